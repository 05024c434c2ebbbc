//! Walks through what a code host holds: a stack of what is yet to be asked, which
//! is the cursor. A step takes the uppermost task, asks, hands out items and puts
//! the next page and what lies below on the stack; when it is empty, everything was
//! read, and the next pass asks for what is newer.
//!
//! What the tasks are is each service's own.

use std::collections::BTreeMap;

use leeward_model::RemotePlace;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    asker::Asker,
    client::Client,
    item::{Cursor, Gap, Item, Next, Page, Service},
    task::{Host, Pass, Task},
    text::digest,
    trouble::Trouble,
};

/// A pass asks for what changed from this many seconds before the last one began:
/// clocks differ, and a service may show a change late.
pub(crate) const OVERLAP: i64 = 15 * 60;

/// Everything is read again after so many seconds: what moved between two pages
/// while they were read, and so was seen on neither, is seen then.
pub(crate) const ANEW: i64 = 7 * 24 * 3_600;

/// Pages of one listing before it is taken to have no end: a million elements.
const LONGEST: u32 = 10_000;

/// Tasks that are left for the next pass since they cannot be done; a service that
/// fails at more is not to be walked past.
const MOST_PUT_OFF: usize = 200;

/// Steps for one page, if they find nothing: a cursor is stored after each page, and
/// what is found should not wait for what is not.
const STEPS: usize = 20;

/// The most bytes of one task: names and links of a service are short.
const LARGEST_TASK: usize = 64 << 10;

/// Gaps for one page.
const GAPS: usize = 100;

/// Times in a row that an answer made no sense before the task is put off.
const STRANGE: u32 = 3;

/// Passes in which a task cannot be done before it is given up.
const PASSES: u32 = 10;

/// Times in a row that there was an outage before the task is put off. A limit that
/// is waited for does not come so often.
const OUTAGES: u32 = 8;

/// The cursor.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Walk<K> {
    /// Of this form.
    v: u8,
    /// When the running pass began, by whichever clock is behind: ours or theirs.
    began: Option<i64>,
    /// What is older was seen.
    since: Option<i64>,
    /// When everything was last read from the beginning.
    anew: i64,
    /// What the operator had set then, as a digest.
    asked: String,
    /// What is yet to be asked; the last comes first.
    open: Vec<Task<K>>,
    /// What could not be done, for the next pass.
    put_off: Vec<Task<K>>,
    /// What is remembered from pass to pass, by listing.
    marks: BTreeMap<String, String>,
}

/// The form of a cursor.
const FORM: u8 = 1;

impl<K: DeserializeOwned> Walk<K> {
    /// From a cursor; one of another form begins anew: keys tell what was seen.
    fn read(from: Option<&Cursor>) -> Self {
        let read = from.and_then(|cursor| serde_json::from_str::<Self>(&cursor.0).ok());
        read.filter(|walk| walk.v == FORM).unwrap_or(Self {
            v: FORM,
            began: None,
            since: None,
            anew: 0,
            asked: String::new(),
            open: Vec::new(),
            put_off: Vec::new(),
            marks: BTreeMap::new(),
        })
    }
}

/// Hands out a code host's pages.
pub(crate) struct Walker<H: Host> {
    host: H,
    /// The task that fails, and how often it did so in a row.
    stuck: Option<(Task<H::Kind>, u32)>,
    /// What stopped the last page, and where: it was handed out all the same.
    held: Option<(Cursor, Trouble)>,
}

impl<H: Host> Walker<H> {
    /// From a host.
    pub(crate) fn new(host: H) -> Self {
        Self { host, stuck: None, held: None }
    }

    /// Does the uppermost task.
    fn step(
        &self,
        client: &mut Client,
        walk: &mut Walk<H::Kind>,
        page: &mut Gathered,
    ) -> Result<(), Trouble> {
        let Some(task) = walk.open.last().cloned() else { return Ok(()) };
        let mut asker = Asker {
            client,
            home: self.host.home(),
            items: Vec::new(),
            gaps: Vec::new(),
            told: None,
            is_missing: false,
            accept: self.host.accept(),
        };
        let step = self.host.step(&mut asker, &task, &walk.marks)?;
        let (told, items, gaps) = (asker.told, asker.items, asker.gaps);
        walk.open.pop();
        walk.began = walk.began.map(|began| told.map_or(began, |told| told.min(began)));
        if let Some((name, mark)) = step.mark {
            walk.marks.insert(name, mark);
        }
        page.items.extend(items);
        page.gaps.extend(gaps);
        if let Some(next) = step.next {
            match onward(task, next, step.carry) {
                Ok(task) => walk.open.push(task),
                Err(gap) => page.gaps.push(gap),
            }
        }
        for below in step.below.into_iter().rev() {
            if below.at.len() + below.of.len() + below.carry.len() > LARGEST_TASK {
                let what = below.of.chars().take(100).collect();
                page.gaps.push(Gap { what, why: "its name has no end".to_owned() });
            } else {
                walk.open.push(below);
            }
        }
        Ok(())
    }

    /// Leaves the uppermost task for the next pass, if it failed so often that what
    /// comes after it should not wait longer.
    fn put_off(
        &mut self,
        walk: &mut Walk<H::Kind>,
        trouble: &Trouble,
        page: &mut Gathered,
    ) -> bool {
        let most = match trouble {
            Trouble::Strange(_) => STRANGE,
            Trouble::Later { .. } => OUTAGES,
            Trouble::Refused(_) | Trouble::Stopped => return false,
        };
        let Some(task) = walk.open.last() else { return false };
        // What failed at the last look is not to hold up each one as long again.
        let most = if task.failed > 0 { 1 } else { most };
        let before = match &self.stuck {
            Some((stuck, times)) if stuck == task => *times,
            _ => 0,
        };
        if before + 1 < most || walk.put_off.len() >= MOST_PUT_OFF {
            self.stuck = Some((task.clone(), before + 1));
            return false;
        }
        self.stuck = None;
        let what = task.at.split('?').next().unwrap_or_default().to_owned();
        let task = walk.open.pop().map(|task| Task { failed: task.failed + 1, ..task });
        let task = task.filter(|task| task.failed < PASSES);
        let why = match task {
            Some(_) => format!("{trouble}; put off to the next look"),
            None => format!("{trouble}; given up after {PASSES} looks"),
        };
        page.gaps.push(Gap { what, why });
        walk.put_off.extend(task);
        true
    }
}

/// What a page has so far.
#[derive(Default)]
struct Gathered {
    items: Vec<Item>,
    gaps: Vec<Gap>,
}

/// The task of the next page, unless the pages go in a circle or never end.
fn onward<K>(task: Task<K>, next: String, carry: Option<String>) -> Result<Task<K>, Gap> {
    let gap = |why: &str| {
        let what = task.at.split('?').next().unwrap_or_default().to_owned();
        Gap { what, why: why.to_owned() }
    };
    if next.len() > LARGEST_TASK {
        return Err(gap("the link to its next page has no end"));
    }
    if next == task.at || next == task.behind {
        return Err(gap("its pages go round in a circle; the rest was not asked for"));
    }
    let page = task.page + 1;
    if page >= LONGEST {
        return Err(gap("its list has no end; the rest was not asked for"));
    }
    // The page that is kept is moved up whenever the way has doubled: any circle is
    // found, with one page remembered.
    let behind = if page.is_power_of_two() { task.at.clone() } else { task.behind.clone() };
    Ok(Task { at: next, page, behind, failed: 0, carry: carry.unwrap_or(task.carry), ..task })
}

impl<H: Host> Service for Walker<H> {
    fn page(&mut self, client: &mut Client, from: Option<&Cursor>) -> Result<Page, Trouble> {
        if let Some((at, trouble)) = self.held.take()
            && Some(&at) == from
        {
            return Err(trouble);
        }
        let mut walk = Walk::<H::Kind>::read(from);
        if walk.open.is_empty() {
            let now = client.clock().now();
            let asked = digest(self.host.asked().as_bytes());
            // What was added to the settings has a past of its own.
            if walk.asked != asked {
                walk = Walk { since: None, anew: 0, asked, ..walk };
            }
            let mut pass = Pass { since: walk.since, last: walk.since, now };
            // A clock that was set back begins anew, too.
            if !(0..ANEW).contains(&(now - walk.anew)) {
                pass.since = None;
                walk.anew = now;
            }
            walk.began = Some(now);
            walk.open = self.host.roots(&pass);
            walk.open.reverse();
            walk.open.append(&mut walk.put_off);
        }
        let mut page = Gathered::default();
        for steps in 0..STEPS {
            if walk.open.is_empty() || !page.items.is_empty() || page.gaps.len() >= GAPS {
                break;
            }
            if let Err(trouble) = self.step(client, &mut walk, &mut page) {
                if self.put_off(&mut walk, &trouble, &mut page) {
                    continue;
                }
                if steps == 0 {
                    return Err(trouble);
                }
                let at = written(&walk)?;
                self.held = Some((at.clone(), trouble));
                return Ok(Page { items: page.items, gaps: page.gaps, next: Next::More(at) });
            }
            self.stuck = None;
        }
        let is_done = walk.open.is_empty();
        if is_done {
            walk.since = walk.began.take().map(|began| began - OVERLAP);
        }
        let at = written(&walk)?;
        let next = if is_done { Next::Later(at) } else { Next::More(at) };
        Ok(Page { items: page.items, gaps: page.gaps, next })
    }

    fn again(
        &mut self,
        client: &mut Client,
        place: &RemotePlace,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        let Some(task) = self.host.retrace(place) else {
            return Err(Trouble::Strange("a place that is not of this source".to_owned()));
        };
        let mut asker = Asker {
            client,
            home: self.host.home(),
            items: Vec::new(),
            gaps: Vec::new(),
            told: None,
            is_missing: false,
            accept: self.host.accept(),
        };
        self.host.step(&mut asker, &task, &BTreeMap::new())?;
        let (items, gaps, is_missing) = (asker.items, asker.gaps, asker.is_missing);
        let found = items.into_iter().find_map(|item| match item {
            Item::Text(text) if text.place.item == place.item => Some(text.bytes),
            _ => None,
        });
        match (found, gaps.into_iter().next()) {
            // Not to be reached is not the same as gone.
            (None, Some(gap)) if !is_missing => Err(Trouble::Strange(gap.why)),
            (found, _) => Ok(found),
        }
    }
}

fn written<K: Serialize>(walk: &Walk<K>) -> Result<Cursor, Trouble> {
    let text = serde_json::to_string(walk);
    text.map(Cursor).map_err(|_| Trouble::Strange("a cursor that cannot be written".to_owned()))
}
