//! What takes a while to count, kept until the log goes on: everything that is counted
//! follows from it. The hash of its end tells one store, and one moment of it, from all
//! others. One of each is kept, so that memory does not grow.

use std::sync::{Mutex, PoisonError};

use leeward_store::{Counts, Exposed, Store, Stretch, Trend, Trouble};

/// Counts go by the time too: how old, and what is late. So they are kept for less than
/// a minute, in seconds.
const FRESH: i64 = 30;

/// What the filters of the list can be set to: names and how many each.
#[derive(Clone, Default)]
pub(super) struct Choices {
    pub(super) owners: Vec<(String, u64)>,
    pub(super) kinds: Vec<(String, u64)>,
    pub(super) sources: Vec<(String, u64)>,
}

static COUNTS: Mutex<Option<(String, i64, Counts)>> = Mutex::new(None);
static CHOICES: Mutex<Option<(String, Choices)>> = Mutex::new(None);

/// All incidents, counted.
pub(super) fn counts(store: &mut Store, now: i64) -> Result<Counts, Trouble> {
    let end = store.head()?.hash;
    let kept = COUNTS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((at, since, counts)) = kept
        && at == end
        && (since..since.saturating_add(FRESH)).contains(&now)
    {
        return Ok(counts);
    }
    let counts = store.counts(now)?;
    let keep = Some((end, now, counts.clone()));
    *COUNTS.lock().unwrap_or_else(PoisonError::into_inner) = keep;
    Ok(counts)
}

static EXPOSED: Mutex<Option<(String, i64, Exposed)>> = Mutex::new(None);

/// What lies open now; kept until the log goes on, and not for long while events are not
/// taken account of yet.
pub(super) fn exposed(store: &mut Store, now: i64) -> Result<Exposed, Trouble> {
    let end = store.head()?.hash;
    let kept = EXPOSED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((at, since, exposed)) = kept
        && at == end
        && (exposed.behind == 0 || (since..since.saturating_add(FRESH)).contains(&now))
    {
        return Ok(exposed);
    }
    exposed_now(store, now)
}

/// What lies open now, looked up anew.
pub(super) fn exposed_now(store: &mut Store, now: i64) -> Result<Exposed, Trouble> {
    let end = store.head()?.hash;
    let exposed = store.exposed()?;
    *EXPOSED.lock().unwrap_or_else(PoisonError::into_inner) = Some((end, now, exposed));
    Ok(exposed)
}

/// What the filters can be set to.
pub(super) fn choices(store: &mut Store) -> Result<Choices, Trouble> {
    let end = store.head()?.hash;
    let kept = CHOICES.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((at, choices)) = kept
        && at == end
    {
        return Ok(choices);
    }
    let choices = Choices {
        owners: store.owners()?,
        kinds: store.kinds()?,
        sources: store.sources_with_incidents()?,
    };
    *CHOICES.lock().unwrap_or_else(PoisonError::into_inner) = Some((end, choices.clone()));
    Ok(choices)
}

/// Which trend: the end of the log, whether exposures take account of all of it, and what
/// stretches of time.
type Which = (String, bool, Stretch, u16);

/// Stretches of time that are kept: as many as people choose from.
const TRENDS: usize = 4;

static TREND: Mutex<Vec<(Which, i64, Vec<Trend>)>> = Mutex::new(Vec::new());

/// What became of incidents over time. `is_whole` says that exposures take account of
/// every event; while they do not, what was drawn a moment ago is as good as anything.
pub(super) fn trend(
    store: &mut Store,
    is_whole: bool,
    by: Stretch,
    now: i64,
    many: u16,
) -> Result<Vec<Trend>, Trouble> {
    let which = (store.head()?.hash, is_whole, by, many);
    let kept = TREND.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let fits = |since: i64| (since..since.saturating_add(FRESH)).contains(&now);
    if let Some((.., trend)) = kept.into_iter().find(|(of, since, _)| *of == which && fits(*since))
    {
        return Ok(trend);
    }
    let trend = store.trend(by, now, many)?;
    let mut all = TREND.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|((_, _, stretch, length), ..)| (*stretch, *length) != (by, many));
    all.truncate(TRENDS - 1);
    all.push((which, now, trend.clone()));
    Ok(trend)
}
