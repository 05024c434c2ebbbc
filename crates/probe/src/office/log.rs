//! The log of changes, read over a time: who made a key, who shared a library.
//! Each entry is told with what it means after a leak, where the dossier says.

use std::collections::BTreeSet;

use jiff::Timestamp;
use leeward_dossier::administer::{self, Entry, Event};
use leeward_model::Evidence;
use serde_json::Value;

use super::{
    Answered, Duty, MOST_PAGES, Office, Refused, RefusedKind,
    fill::{Filler, Fillers},
    following,
    record::{text_at, value_at},
};
use crate::{
    assess::{at_page, first},
    count::{items, time, whole},
};

/// One change. Texts are the provider's and its users', as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogEntry {
    /// When it happened: seconds since 1970-01-01 UTC.
    pub time: i64,
    /// The entry's own id.
    pub id: String,
    /// What happened, in the provider's words, such as `api_key.create`.
    pub kind: String,
    /// What sort of actor did it, such as `API_KEY`.
    pub actor_type: Option<String>,
    /// Who did it.
    pub actor: Option<String>,
    /// What sort of thing it was done to.
    pub target_type: Option<String>,
    /// What it was done to.
    pub target: Option<String>,
    /// More about it.
    pub detail: Option<String>,
    /// What happened, in the dossier's words, if it matters after a leak.
    pub what: Option<String>,
    /// Why that matters after a leak.
    pub why: Option<String>,
}

impl LogEntry {
    /// Whether the dossier names it among what matters after a leak.
    pub fn matters(&self) -> bool {
        self.why.is_some()
    }

    /// Reads one; nothing without a time, by which it could be placed.
    fn read(entry: &Entry, events: &[Event], json: &Value) -> Option<Self> {
        let text = |at: &Option<String>| said_at(json, at.as_deref()?);
        let kind = text_at(json, &entry.kind).unwrap_or_default();
        let is_of = |event: &&Event| event.kinds.iter().any(|pattern| fits(pattern, &kind));
        let event = events.iter().find(is_of);
        Some(Self {
            time: value_at(json, &entry.time).and_then(time)?,
            id: value_at(json, &entry.id).and_then(whole).unwrap_or_default(),
            kind,
            actor_type: text(&entry.actor_type),
            actor: text(&entry.actor),
            target_type: text(&entry.target_type),
            target: text(&entry.target),
            detail: text(&entry.detail),
            what: event.map(|event| event.what.clone()),
            why: event.map(|event| event.why.clone()),
        })
    }

    /// What tells it from another: its id, or all that is known of it.
    fn identity(&self) -> String {
        if self.id.is_empty() { format!("{self:?}") } else { self.id.clone() }
    }
}

impl Office {
    /// The changes from one moment to another, both included, oldest first: at
    /// most so many, and then it is said that there are more. Times are seconds
    /// since 1970-01-01 UTC.
    ///
    /// # Errors
    /// Why there are none that can be relied on.
    pub fn log(
        &self,
        after: i64,
        before: i64,
        most: usize,
    ) -> Result<Answered<Vec<LogEntry>>, Refused> {
        let unsupported = || Refused::unsupported(Duty::Log);
        let log = self.administer.log.as_ref().ok_or_else(unsupported)?;
        let mut reading =
            Reading { log, after, before, entries: Vec::new(), seen: BTreeSet::new() };
        let mut evidence = Vec::new();
        let partial = if log.pages.is_some() {
            self.by_page(&mut reading, most, &mut evidence)?
        } else {
            self.by_time(&mut reading, most, &mut evidence)?
        };
        let mut entries = reading.entries;
        entries.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        let is_cut = entries.len() > most;
        entries.truncate(most);
        let partial =
            partial.or_else(|| is_cut.then(|| format!("only the first {most} entries were kept")));
        Ok(Answered { value: entries, partial, evidence })
    }

    /// Page after page, as the provider leads on.
    fn by_page(
        &self,
        reading: &mut Reading<'_>,
        most: usize,
        evidence: &mut Vec<Evidence>,
    ) -> Result<Option<String>, Refused> {
        let log = reading.log;
        let errand = &log.request;
        let base = self.address(&errand.url, &period(reading.after, reading.before)?)?;
        let mut next = first(log.pages.as_ref());
        let mut pages = BTreeSet::new();
        let mut listed = 0;
        for done in 1..=MOST_PAGES {
            let url = at_page(&base, log.pages.as_ref(), next.as_deref());
            let json = match self.carry(Duty::Log, errand, url, None) {
                Ok((json, more)) => {
                    evidence.extend(more);
                    json.unwrap_or_default()
                }
                Err(refused) => return ended(refused, done == 1, reading, evidence),
            };
            let here = items(&json, &log.list).len() as u64;
            reading.take(&json);
            listed += here;
            next = following(log.pages.as_ref(), &json, done, listed, here);
            if next.is_none() {
                return Ok(None);
            }
            if reading.entries.len() >= most || !pages.insert(next.clone()) {
                break;
            }
        }
        Ok(Some(format!("only the first {listed} entries were read")))
    }

    /// Where nothing leads on, a full page is followed by one that begins just
    /// before the last entry's time: several may have happened at once, and
    /// those that are told twice are known by their ids.
    fn by_time(
        &self,
        reading: &mut Reading<'_>,
        most: usize,
        evidence: &mut Vec<Evidence>,
    ) -> Result<Option<String>, Refused> {
        let log = reading.log;
        let errand = &log.request;
        // Whether the provider's bounds are within the time is not documented.
        let (mut from, to) = (reading.after.saturating_sub(1), reading.before.saturating_add(1));
        let mut missed = None;
        for done in 1..=MOST_PAGES {
            let url = self.address(&errand.url, &period(from, to)?)?;
            let json = match self.carry(Duty::Log, errand, url, None) {
                Ok((json, more)) => {
                    evidence.extend(more);
                    json.unwrap_or_default()
                }
                Err(refused) => return ended(refused, done == 1, reading, evidence),
            };
            let here = items(&json, &log.list).len() as u64;
            let (is_new, last) = reading.take(&json);
            let Some(last) = last.filter(|_| here >= log.size) else { return Ok(missed) };
            if reading.entries.len() >= most {
                break;
            }
            from = match last {
                last if is_new && last - 1 > from => last - 1,
                // A page is not enough for a second, and there is no other way on.
                last => {
                    missed = Some(format!(
                        "{} changes or more happened within a second, of which some may be missing",
                        log.size
                    ));
                    last.max(from + 1)
                }
            };
        }
        Ok(Some(format!("only the first {} entries were read", reading.entries.len())))
    }
}

/// What comes when a page is refused: an error if it is the first, the rest of
/// the list otherwise.
fn ended(
    refused: Refused,
    is_first: bool,
    reading: &Reading<'_>,
    evidence: &mut Vec<Evidence>,
) -> Result<Option<String>, Refused> {
    if is_first {
        return Err(refused);
    }
    evidence.extend(refused.evidence);
    Ok(Some(format!("the log ends after {} entries: {}", reading.entries.len(), refused.why)))
}

/// The log on its way.
struct Reading<'l> {
    log: &'l administer::Log,
    after: i64,
    before: i64,
    entries: Vec<LogEntry>,
    seen: BTreeSet<String>,
}

impl Reading<'_> {
    /// Takes the entries of a page that were not told before; whether there
    /// were any, and the time of the newest.
    fn take(&mut self, json: &Value) -> (bool, Option<i64>) {
        let (mut is_new, mut last) = (false, None);
        for item in items(json, &self.log.list) {
            let read = LogEntry::read(&self.log.entry, &self.log.events, item);
            let Some(entry) = read else { continue };
            last = last.max(Some(entry.time));
            if !self.seen.insert(entry.identity()) {
                continue;
            }
            is_new = true;
            if (self.after..=self.before).contains(&entry.time) {
                self.entries.push(entry);
            }
        }
        (is_new, last)
    }
}

fn period(after: i64, before: i64) -> Result<Fillers, Refused> {
    let moment = |second| {
        Timestamp::from_second(second).map(|moment| Filler::Text(moment.to_string())).map_err(
            |_| {
                let why = "not asked: the time to look at is none; name it as seconds since 1970";
                Refused::unsent(RefusedKind::NotUnderstood, why)
            },
        )
    };
    Ok(vec![
        ("after", moment(after)?),
        ("before", moment(before)?),
        ("after-unix", Filler::Number(after)),
        ("before-unix", Filler::Number(before)),
    ])
}

/// A text, or the texts of an object as `name: text`.
fn said_at(json: &Value, pointers: &str) -> Option<String> {
    const MOST: usize = 12;
    let Some(Value::Object(fields)) = value_at(json, pointers) else {
        return text_at(json, pointers);
    };
    let said: Vec<String> = fields
        .iter()
        .take(MOST)
        .filter_map(|(name, value)| Some(format!("{name}: {}", text_at(value, "")?)))
        .collect();
    (!said.is_empty()).then(|| said.join(", "))
}

/// Whether a kind fits a pattern, in which `*` stands for any characters.
fn fits(pattern: &str, kind: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = kind.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_kinds() {
        for (pattern, kind, expected) in [
            ("api_key.create", "api_key.create", true),
            ("api_key.create", "api_key.created", false),
            ("api_key.*", "api_key.create", true),
            ("api_key.*", "admin_api_key.create", false),
            ("*api_key.create*", "admin_api_key.created", true),
            ("*.share", "library.share", true),
            ("*.share", "library.unshare", false),
            ("*", "anything", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "acb", false),
            ("", "", true),
        ] {
            assert_eq!(fits(pattern, kind), expected, "{pattern} {kind}");
        }
    }

    #[test]
    fn objects_are_told_as_text() {
        let json = serde_json::json!({"a": {"name": "ci", "n": 3, "deep": {}}, "b": "x", "c": {}});
        assert_eq!(said_at(&json, "/a").as_deref(), Some("n: 3, name: ci"));
        assert_eq!(said_at(&json, "/x|/b").as_deref(), Some("x"));
        assert_eq!(said_at(&json, "/c"), None);
    }
}
