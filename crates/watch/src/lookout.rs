//! One source under watch: its pages are read one after the other, what is new in them
//! is looked through, what is ours is recorded, and the page is kept. Why nothing is
//! lost and nothing done twice is said in the store's `page`.

use std::{collections::HashSet, ops::Range, sync::Arc};

use leeward_model::{DossierId, Finding, Fingerprint, NotScanned, SafeText, Secret};
use leeward_pipeline::{self as pipeline, InTexts, Known, Texts, scan_texts};
use leeward_remote::{
    Belongs, Client, Cursor, Gap, Item, Next, Page, Repository, Service, Trouble,
};
use leeward_store::{
    Kept, NewGap, NewJob, NewSource, PageRead, SeenItem, Source, SourceState, Store,
    Trouble as Unkept,
};

use crate::{
    backoff,
    ground::Ground,
    keep::{Met, keep},
    repository::why,
    task::Task,
    turn::{PageDone, Turn, Watched, belongs_name},
    whose::Ours,
};

/// The most bytes of texts that are looked through at once: findings of so many are
/// held until they are recorded. A single text may be larger.
const BATCH: usize = 4 << 20;

/// Seconds between two looks at a source that says nothing about it.
const USUAL: u64 = 300;

/// How soon a paused source is asked after again, in seconds.
const PAUSED: i64 = 60;

/// One source.
pub struct Lookout {
    ground: Arc<Ground>,
    watched: Watched,
    opened: Option<(Box<dyn Service>, Client)>,
    ours: Ours,
    /// A look has begun and there was more.
    is_under_way: bool,
}

/// What was met in the texts of a page.
#[derive(Default)]
struct InPage {
    opened: u64,
    bytes: u64,
    strangers: Vec<(Fingerprint, DossierId)>,
    /// Every value that was met, so that no gap repeats one.
    values: Vec<Secret>,
    /// What was not looked at of what is inside.
    gaps: Vec<Gap>,
}

impl Lookout {
    /// Of a source. Its service is opened when it is first looked at.
    pub fn new(ground: Arc<Ground>, watched: Watched) -> Self {
        Self { ground, watched, opened: None, ours: Ours::default(), is_under_way: false }
    }

    /// The operator's name for it.
    pub fn name(&self) -> &str {
        &self.watched.name
    }

    /// One page, if it is time for one.
    ///
    /// # Errors
    /// What the store says; nothing was kept then, and the turn may be taken again.
    pub fn turn(&mut self, store: &mut Store) -> Result<Turn, Unkept> {
        let source = self.source(store)?;
        let now = self.ground.now();
        if self.ground.stop.is_cancelled() {
            return self.left(store, &source);
        }
        if source.state == SourceState::Paused {
            self.is_under_way = false;
            return Ok(Turn::Idle(now + PAUSED));
        }
        if source.next_at > now && source.next_at - now <= self.furthest() {
            return Ok(Turn::Idle(source.next_at));
        }
        if !self.is_under_way {
            if !store.look_began(source.id, now)? {
                return Ok(Turn::Idle(now + PAUSED));
            }
            self.is_under_way = true;
        }
        let cursor = source.cursor.clone().map(Cursor);
        let page = match &mut self.opened {
            Some((service, client)) => service.page(client, cursor.as_ref()),
            None => match (self.ground.open)(&self.watched.name) {
                Ok(opened) => {
                    let (service, client) = self.opened.insert(opened);
                    service.page(client, cursor.as_ref())
                }
                Err(why) => Err(Trouble::Refused(why)),
            },
        };
        match page {
            Ok(page) => self.page(store, &source, page),
            Err(Trouble::Stopped) => self.left(store, &source),
            Err(trouble) => self.failed(store, &source, &trouble),
        }
    }

    /// Takes in a page that was sent instead of asked for: it is looked through and kept
    /// like any other.
    ///
    /// # Errors
    /// What the store says; the same page may be handed in again.
    pub fn hand_in(&mut self, store: &mut Store, page: &Page) -> Result<Turn, Unkept> {
        /// Others may keep pages of the source meanwhile, each in a moment.
        const TRIES: u32 = 8;
        for _ in 0..TRIES {
            let source = self.source(store)?;
            if source.state == SourceState::Paused {
                return Ok(Turn::Idle(self.ground.now() + PAUSED));
            }
            let cursor = Cursor(source.cursor.clone().unwrap_or_default());
            let page = Page { next: Next::Later(cursor), ..page.clone() };
            let turn = self.page(store, &source, page)?;
            if turn != Turn::Stale {
                return Ok(turn);
            }
        }
        Ok(Turn::Stale)
    }

    /// The longest that a source is ever left alone. One that is to wait longer was put
    /// off by a clock that was wrong, and would not be looked at for years.
    fn furthest(&self) -> i64 {
        let every = i64::try_from(self.watched.every_seconds.unwrap_or(USUAL)).unwrap_or(i64::MAX);
        every.max(backoff::FURTHEST)
    }

    /// What the store knows of it.
    fn source(&self, store: &mut Store) -> Result<Source, Unkept> {
        let Watched { name, service, belongs, .. } = &self.watched;
        let belongs = belongs_name(*belongs);
        if let Some(source) = store.source(name)?
            && source.service == *service
            && source.belongs == belongs
        {
            return Ok(source);
        }
        store.source_named(&NewSource { name, service, belongs }, self.ground.now())
    }

    /// Leaves a look where it is; the next goes on there.
    fn left(&mut self, store: &mut Store, source: &Source) -> Result<Turn, Unkept> {
        if self.is_under_way {
            self.is_under_way = false;
            let now = self.ground.now();
            store.look_left(source.id, now, now)?;
        }
        Ok(Turn::Stopped)
    }

    fn failed(
        &mut self,
        store: &mut Store,
        source: &Source,
        trouble: &Trouble,
    ) -> Result<Turn, Unkept> {
        let now = self.ground.now();
        let is_refused = matches!(trouble, Trouble::Refused(_));
        let (state, wait, why) = match trouble {
            Trouble::Refused(why) => (SourceState::Refused, backoff::refused(), why),
            Trouble::Later { after, why } => {
                (SourceState::Failing, backoff::after(source.troubles + 1, Some(*after)), why)
            }
            Trouble::Strange(why) => {
                (SourceState::Failing, backoff::after(source.troubles + 1, None), why)
            }
            Trouble::Stopped => return self.left(store, source),
        };
        let why = self.shown(why);
        let next_at = now + wait;
        self.is_under_way = false;
        // The operator may have mended the settings: they are read again next time.
        if is_refused {
            self.opened = None;
        }
        store.look_failed(source.id, now, state, &why, next_at)?;
        let name = self.watched.name.clone();
        metrics::counter!("leeward_looks_failed_total", "source" => name).increment(1);
        tracing::warn!(source = self.watched.name, next_at, "{why}");
        Ok(Turn::Trouble { why, is_refused, next_at })
    }

    /// Words of others, as they may be kept and logged.
    fn shown(&self, why: &str) -> String {
        SafeText::new(why).to_string()
    }

    fn page(&mut self, store: &mut Store, source: &Source, page: Page) -> Result<Turn, Unkept> {
        let now = self.ground.now();
        self.ours.refresh(store, now)?;
        let Page { items, mut gaps, next } = page;
        let seen = |item: &Item| SeenItem::new(&item.key().id, &item.key().version);
        let keys: Vec<SeenItem> = items.iter().map(seen).collect();
        let mut known = store.seen_items(source.id, &keys)?;
        let mut met = InPage::default();
        let (mut texts, mut repositories, mut jobs) = (Vec::new(), Vec::new(), Vec::new());
        let mut batch = Batch::default();
        for (item, key) in items.into_iter().zip(keys) {
            // Handed out twice in a page is handed out once.
            let is_new = known.insert(key);
            match item {
                Item::Text(text) => {
                    texts.push((key, text.bytes.len() as u64));
                    if is_new {
                        batch.add(text, &self.watched.name);
                    }
                }
                Item::Repository(repository) => {
                    repositories.push(key);
                    if is_new {
                        jobs.push(self.clone_job(repository, now));
                    }
                }
            }
            if batch.bytes >= BATCH {
                self.look_through(store, &mut batch, &mut met)?;
            }
        }
        self.look_through(store, &mut batch, &mut met)?;
        if self.ground.stop.is_cancelled() {
            // A container may have been left half open: the page is read again.
            return self.left(store, source);
        }
        gaps.append(&mut met.gaps);
        let gaps_met = gaps.len() as u64;
        let values: Vec<&Secret> = met.values.iter().collect();
        let gaps: Vec<(String, String)> = gaps
            .iter()
            .map(|gap| {
                let mask = |text: &str| leeward_report::mask_text(&self.shown(text), &values);
                (mask(&gap.what), mask(&gap.why))
            })
            .collect();
        let gaps: Vec<NewGap<'_>> = gaps.iter().map(|(what, why)| NewGap { what, why }).collect();
        let every = self.watched.every_seconds.unwrap_or(USUAL);
        let (cursor, next_at) = match &next {
            Next::More(cursor) => (cursor, None),
            Next::Later(cursor) => (cursor, Some(now.saturating_add_unsigned(every.max(1)))),
        };
        let kept = store.keep_page(&PageRead {
            source: source.id,
            turn: source.turn,
            at: now,
            cursor: &cursor.0,
            next_at,
            texts: &texts,
            repositories: &repositories,
            gaps: &gaps,
            jobs: &jobs,
            strangers: &met.strangers,
        })?;
        let Kept::Page(_, new) = kept else {
            self.is_under_way = false;
            return Ok(Turn::Stale);
        };
        self.is_under_way = next_at.is_none();
        if !jobs.is_empty() {
            self.ground.bell.ring();
        }
        let done = PageDone {
            more: next_at.is_none(),
            new,
            bytes: met.bytes,
            opened: met.opened,
            strangers: met.strangers.len() as u64,
            gaps: gaps_met,
        };
        self.count(&done);
        Ok(Turn::Page(done))
    }

    fn count(&self, done: &PageDone) {
        let name = &self.watched.name;
        let count = |what: &'static str, by: u64| {
            metrics::counter!(what, "source" => name.clone()).increment(by);
        };
        count("leeward_pages_total", 1);
        count("leeward_items_total", done.new);
        count("leeward_bytes_total", done.bytes);
        count("leeward_gaps_total", done.gaps);
        count("leeward_strangers_total", done.strangers);
        tracing::debug!(source = name, new = done.new, more = done.more, "a page was kept");
    }

    fn clone_job(&self, repository: Repository, now: i64) -> NewJob {
        let Repository { url, is_public, needs_credential, .. } = repository;
        let source = Some(self.watched.name.clone());
        Task::Repository { source, url, is_public, needs_credential }.job(now)
    }

    /// Looks through texts and records what is ours in them.
    fn look_through(
        &mut self,
        store: &mut Store,
        batch: &mut Batch,
        met: &mut InPage,
    ) -> Result<(), Unkept> {
        let Batch { texts, bytes } = std::mem::take(batch);
        if texts.is_empty() {
            return Ok(());
        }
        met.bytes += bytes as u64;
        let now = self.ground.now();
        let (ours, names) = (&self.ours, &self.ground.names);
        let known = Known {
            tokens: &self.ground.tokens,
            is_known: &|print: &Fingerprint| ours.has(print),
            is_near: &|text: &[u8], value: Range<usize>| names.are_near(text, value),
        };
        let found = scan_texts(
            &Texts {
                texts: &texts,
                unpack: self.ground.unpack.as_ref(),
                is_stopped: &|| self.ground.stop.is_cancelled(),
                least: self.ground.least,
                ignore: None,
                today: self.ground.today(),
                now,
            },
            &self.ground.library,
            &self.ground.detector,
            Some(&known),
        );
        let InTexts { findings, hidden, near, left_out } = found;
        met.gaps.extend(left_out.iter().filter_map(|(number, left)| {
            (!left.reason.is_by_choice()).then_some(())?;
            Some(unread(&texts.get(*number)?.place.item, left))
        }));
        let (mine, theirs): (Vec<Finding>, Vec<Finding>) =
            findings.into_iter().partition(|finding| self.is_ours(finding, &near));
        let strangers = theirs.iter().map(|it| (it.fingerprint, it.dossier.clone()));
        met.strangers.extend(strangers);
        let mine: Vec<Finding> = mine
            .into_iter()
            .map(|mut finding| {
                self.ours.rename(&mut finding);
                finding
            })
            .collect();
        for finding in &mine {
            self.ours.add(finding);
        }
        met.values.extend(mine.iter().map(|finding| finding.secret.duplicate()));
        met.values.extend(theirs.into_iter().map(|finding| finding.secret));
        met.values.extend(hidden);
        if mine.is_empty() {
            return Ok(());
        }
        let values: Vec<&Secret> = met.values.iter().collect();
        let targets = [format!("source {}", self.watched.name)];
        let what = Met { findings: mine, hidden: &values, targets: &targets, covered: &[] };
        let recorded = keep(&self.ground, store, what)?;
        met.opened += (recorded.opened.len() + recorded.reopened.len()) as u64;
        Ok(())
    }

    /// Whether a finding is our business.
    fn is_ours(&self, finding: &Finding, near: &HashSet<Fingerprint>) -> bool {
        let print = &finding.fingerprint;
        if self.watched.belongs == Belongs::Us || self.ours.has(print) || near.contains(print) {
            return true;
        }
        let names = &self.ground.names;
        finding
            .locations
            .iter()
            .any(|location| names.are_of(&location.provenance) || names.are_on(&location.inside))
    }
}

/// Something inside an item that was not looked at: foreign text, not masked.
fn unread(item: &str, left: &NotScanned) -> Gap {
    let path = String::from_utf8_lossy(&left.path);
    let what = match path.strip_prefix('-') {
        Some(inside) => format!("{item}{inside}"),
        None => format!("{item}: {path}"),
    };
    Gap { what, why: why(&left.reason) }
}

/// Texts that are looked through at once.
#[derive(Default)]
struct Batch {
    texts: Vec<pipeline::Text>,
    bytes: usize,
}

impl Batch {
    fn add(&mut self, text: leeward_remote::Text, source: &str) {
        let leeward_remote::Text { mut place, bytes, .. } = text;
        // A place is one of the source that it was read from, whatever the service says.
        source.clone_into(&mut place.source);
        self.bytes += bytes.len();
        self.texts.push(pipeline::Text { place, bytes });
    }
}
