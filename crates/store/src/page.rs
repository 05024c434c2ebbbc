//! A page of a source, kept as a whole: where it goes on, which versions of items were
//! seen, what was not looked at, what is counted, and the work that follows, in one
//! transaction that only goes through if nobody kept a page of that source since.
//!
//! Why everything happens effectively once: what lies in a page is recorded *before*
//! the page is kept. If the program ends before that, the page is asked for again and
//! read again. What was recorded of it is recorded again to no effect, because an
//! incident is its value's and a place is its item's and span's; its items are not yet
//! among those seen, so nothing of it is passed over. If the program ends after that,
//! the next page follows, because cursor and items were kept together. There is no
//! moment between the two at which something is kept in part. Two programs that read
//! the same page both record it, to the same effect, and the turn lets one of them keep
//! it: counters and work are written once.

use std::collections::{BTreeMap, HashSet};

use leeward_model::{DossierId, Fingerprint};
use sha2::{Digest as _, Sha256};

use crate::{
    db::{Db, Value},
    job::{self, NewJob},
    log::hexadecimal,
    source::{self, Source, SourceId},
    store::Store,
    trouble::Trouble,
};

/// The most gaps that are listed of a source; the rest are counted. So many say what
/// is amiss, and a service cannot fill the database with its complaints.
pub const MOST_GAPS: i64 = 500;

/// The most characters of a gap's words.
const LONGEST_WORDS: usize = 300;

const SECONDS_A_DAY: i64 = 86_400;

/// A version of an item, as it is kept: it holds nothing of what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeenItem {
    item: i64,
    version: i64,
}

impl SeenItem {
    /// Of what tells an item from others, and this version from its others.
    pub fn new(id: &str, version: &str) -> Self {
        let mut state = Sha256::new();
        state.update((id.len() as u64).to_be_bytes());
        state.update(id);
        let item = number(state.clone());
        state.update(version);
        Self { item, version: number(state) }
    }
}

/// 64 bits of a hash.
fn number(state: Sha256) -> i64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&state.finalize()[..8]);
    i64::from_be_bytes(bytes)
}

/// Something that was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewGap<'a> {
    /// What; free of values.
    pub what: &'a str,
    /// Why; free of values.
    pub why: &'a str,
}

/// A page that was read.
#[derive(Clone, Debug)]
pub struct PageRead<'a> {
    /// Of which source.
    pub source: SourceId,
    /// The source's turn when the page was asked for.
    pub turn: i64,
    /// When: seconds since 1970-01-01 UTC.
    pub at: i64,
    /// From where it goes on.
    pub cursor: &'a str,
    /// When it goes on if this was all there is; `None` if there is more now.
    pub next_at: Option<i64>,
    /// Versions of texts in it, with how many bytes were read of each.
    pub texts: &'a [(SeenItem, u64)],
    /// Versions of repositories in it.
    pub repositories: &'a [SeenItem],
    /// What was not looked at.
    pub gaps: &'a [NewGap<'a>],
    /// What follows.
    pub jobs: &'a [NewJob],
    /// Values of other people.
    pub strangers: &'a [(Fingerprint, DossierId)],
}

/// What became of keeping a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It was kept: the source as it is now, and how many versions were new.
    Page(Box<Source>, u64),
    /// Somebody else kept a page of it since; nothing was changed.
    Stale,
}

/// What was not looked at, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapLine {
    /// The name of the source.
    pub source: String,
    /// What; foreign text.
    pub what: String,
    /// Why, when it was last met.
    pub why: String,
    /// When it was first met: seconds since 1970-01-01 UTC.
    pub first_at: i64,
    /// When it was last met.
    pub last_at: i64,
    /// How often.
    pub times: u64,
}

impl Store {
    /// Which of these versions were seen before.
    pub fn seen_items(
        &mut self,
        source: SourceId,
        items: &[SeenItem],
    ) -> Result<HashSet<SeenItem>, Trouble> {
        seen(&mut self.db, source, items)
    }

    /// Keeps a page that was read, after what lies in it was recorded; all of it or
    /// nothing.
    pub fn keep_page(&mut self, page: &PageRead<'_>) -> Result<Kept, Trouble> {
        self.db.write(|db| keep(db, page))
    }

    /// What was not looked at, of one source or all, what was last met first.
    pub fn gaps(&mut self, source: Option<SourceId>) -> Result<Vec<GapLine>, Trouble> {
        let only = if source.is_some() { "WHERE source = ?1" } else { "" };
        let bound: Vec<Value<'_>> = source.iter().map(|id| id.0.into()).collect();
        let sql = format!(
            "SELECT name, what, why, first_at, last_at, times FROM gaps \
             JOIN sources ON sources.id = source {only} ORDER BY last_at DESC, source, key"
        );
        self.db.query(&sql, &bound, |row| {
            Ok(GapLine {
                source: row.text(0)?.to_owned(),
                what: row.text(1)?.to_owned(),
                why: row.text(2)?.to_owned(),
                first_at: row.int(3)?,
                last_at: row.int(4)?,
                times: u64::try_from(row.int(5)?).unwrap_or(0),
            })
        })
    }

    /// Notes something that was not looked at outside a page, such as a repository that
    /// could not be cloned.
    pub fn note_gaps(
        &mut self,
        source: SourceId,
        gaps: &[NewGap<'_>],
        at: i64,
    ) -> Result<(), Trouble> {
        self.db.write(|db| {
            let untold = note(db, source, gaps, at)?;
            let sql = "UPDATE sources SET gaps = gaps + ?2, untold = untold + ?3 WHERE id = ?1";
            let bound = [source.0.into(), (gaps.len() as i64).into(), untold.into()];
            db.execute(sql, &bound)?;
            Ok(())
        })
    }

    /// Forgets what was last seen or met before a time: items that a service still
    /// hands out are read again, to no other effect. Other people's fingerprints are
    /// forgotten so long after they were first met. How many items.
    pub fn forget_before(&mut self, at: i64) -> Result<u64, Trouble> {
        self.db.write(|db| {
            let day = at.div_euclid(SECONDS_A_DAY);
            db.execute("DELETE FROM gaps WHERE last_at < ?1", &[at.into()])?;
            db.execute("DELETE FROM strangers WHERE day < ?1", &[day.into()])?;
            db.execute("DELETE FROM items WHERE day < ?1", &[day.into()])
        })
    }
}

fn seen(db: &mut Db, source: SourceId, items: &[SeenItem]) -> Result<HashSet<SeenItem>, Trouble> {
    let mut ids: Vec<i64> = items.iter().map(|item| item.item).collect();
    ids.sort_unstable();
    ids.dedup();
    let wanted: Vec<Value<'_>> = ids.into_iter().map(Value::from).collect();
    let asked: HashSet<SeenItem> = items.iter().copied().collect();
    let mut found = HashSet::new();
    let sql = format!(
        "SELECT item, version FROM items WHERE source = {} AND item IN (…)",
        // A number of our own.
        source.0
    );
    db.each_of(&sql, &wanted, |row| {
        let item = SeenItem { item: row.int(0)?, version: row.int(1)? };
        if asked.contains(&item) {
            found.insert(item);
        }
        Ok(())
    })?;
    Ok(found)
}

fn keep(db: &mut Db, page: &PageRead<'_>) -> Result<Kept, Trouble> {
    let id = page.source;
    let turn = "SELECT turn FROM sources WHERE id = ?1";
    let turn = db.one(turn, &[id.0.into()], |row| row.int(0))?;
    if turn != Some(page.turn) {
        return Ok(Kept::Stale);
    }
    let texts: BTreeMap<SeenItem, u64> = page.texts.iter().copied().collect();
    let repositories: BTreeMap<SeenItem, u64> =
        page.repositories.iter().map(|item| (*item, 0)).collect();
    let all: Vec<SeenItem> = texts.keys().chain(repositories.keys()).copied().collect();
    let known = seen(db, id, &all)?;
    let is_new = |item: &SeenItem| !known.contains(item);
    let new_texts = texts.iter().filter(|(item, _)| is_new(item));
    let (mut items, mut bytes) = (0_i64, 0_i64);
    for (_, size) in new_texts {
        items += 1;
        bytes += i64::try_from(*size).unwrap_or(i64::MAX);
    }
    let new_repositories = repositories.keys().filter(|item| is_new(item)).count() as i64;
    let day = page.at.div_euclid(SECONDS_A_DAY);
    let rows: Vec<Vec<Value<'_>>> = all
        .iter()
        .map(|seen| vec![id.0.into(), seen.item.into(), seen.version.into(), day.into()])
        .collect();
    let again = "ON CONFLICT (source, item, version) DO UPDATE SET day = excluded.day";
    db.insert("items (source, item, version, day)", &rows, again)?;
    let untold = note(db, id, page.gaps, page.at)?;
    for job in page.jobs {
        job::add(db, job, page.at)?;
    }
    note_strangers(db, page.strangers, day)?;
    let sql = "UPDATE sources SET turn = turn + 1, cursor = ?2, trouble = NULL, troubles = 0, \
               pages = pages + 1, items = items + ?3, bytes = bytes + ?4, \
               repositories = repositories + ?5, gaps = gaps + ?6, untold = untold + ?7 \
               WHERE id = ?1";
    let bound: [Value<'_>; 7] = [
        id.0.into(),
        page.cursor.into(),
        (items + new_repositories).into(),
        bytes.into(),
        new_repositories.into(),
        (page.gaps.len() as i64).into(),
        untold.into(),
    ];
    db.execute(sql, &bound)?;
    if let Some(next_at) = page.next_at {
        // Somebody may have asked for a look, or for a pause, in the meantime; what is put
        // off beyond its time was by a clock that was wrong.
        let sql = "UPDATE sources SET success_at = ?2, ended_at = ?2, \
                   state = CASE WHEN state = 'paused' THEN state ELSE 'waiting' END, \
                   next_at = CASE WHEN next_at > began_at AND next_at < ?3 THEN next_at \
                   ELSE ?3 END \
                   WHERE id = ?1";
        db.execute(sql, &[id.0.into(), page.at.into(), next_at.into()])?;
    }
    let source = source::by_id(db, id)?
        .ok_or_else(|| Trouble::Corrupt("a source vanished while it was read".to_owned()))?;
    let new = u64::try_from(items + new_repositories).unwrap_or(0);
    Ok(Kept::Page(Box::new(source), new))
}

/// Lists what was not looked at; how many are only counted.
fn note(db: &mut Db, source: SourceId, gaps: &[NewGap<'_>], at: i64) -> Result<i64, Trouble> {
    let mut untold = 0;
    if gaps.is_empty() {
        return Ok(untold);
    }
    let count = "SELECT count(*) FROM gaps WHERE source = ?1";
    let mut listed = db.one(count, &[source.0.into()], |row| row.int(0))?.unwrap_or(0);
    for gap in gaps {
        let (what, why) = (cut(gap.what), cut(gap.why));
        let key = hexadecimal(&Sha256::digest(gap.what)[..16]);
        let known = "UPDATE gaps SET why = ?3, last_at = ?4, times = times + 1 \
                     WHERE source = ?1 AND key = ?2";
        let bound: [Value<'_>; 4] =
            [source.0.into(), key.as_str().into(), why.as_str().into(), at.into()];
        if db.execute(known, &bound)? > 0 {
            continue;
        }
        if listed >= MOST_GAPS {
            untold += 1;
            continue;
        }
        let new = "INSERT INTO gaps (source, key, what, why, first_at, last_at, times) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?5, 1)";
        let bound: [Value<'_>; 5] =
            [source.0.into(), key.as_str().into(), what.into(), why.into(), at.into()];
        db.execute(new, &bound)?;
        listed += 1;
    }
    Ok(untold)
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST_WORDS).collect()
}

pub(crate) fn note_strangers(
    db: &mut Db,
    strangers: &[(Fingerprint, DossierId)],
    day: i64,
) -> Result<(), Trouble> {
    let unique: BTreeMap<String, &DossierId> =
        strangers.iter().map(|(print, dossier)| (print.to_string(), dossier)).collect();
    let rows: Vec<Vec<Value<'_>>> = unique
        .into_iter()
        .map(|(print, dossier)| vec![print.into(), dossier.as_str().into(), day.into()])
        .collect();
    let known = "ON CONFLICT (fingerprint) DO NOTHING";
    db.insert("strangers (fingerprint, dossier, day)", &rows, known)
}
