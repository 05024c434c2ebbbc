//! The log of what happened at a server's door: a file of JSON lines that is
//! only ever added to. Each line is bound to those before it by a hash, made as
//! `leeward_model::chain` describes with other words in front, so that whoever
//! keeps the newest hash elsewhere notices any change.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use leeward_model::{NO_EVENT, fields_hash};
use serde::{Deserialize, Serialize};

/// What a line says it is.
pub const SCHEMA: &str = "leeward.push-event/1";
/// The words in front of what is hashed.
const DOMAIN: &str = "leeward push event v1";
/// The most bytes of a line.
const LONGEST: u64 = 1 << 20;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Happened {
    /// When: seconds since 1970-01-01 UTC.
    pub(super) at: i64,
    /// Who did it, as the server knows them; foreign text.
    pub(super) actor: String,
    /// What kind of thing.
    pub(super) kind: Kind,
    /// In words, a line; never a value.
    pub(super) text: String,
    /// Facts by name; never a value.
    pub(super) facts: BTreeMap<String, String>,
}

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A bypass was made.
    BypassCreated,
    /// A bypass was taken back.
    BypassRevoked,
    /// A push passed by a bypass.
    BypassUsed,
    /// A bypass was offered and did not help.
    BypassRefused,
    /// A push passed though not all of it could be looked at.
    PassedUnseen,
    /// A push passed because of comments beside values.
    CommentsHonoured,
}

impl Kind {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::BypassCreated => "bypass-created",
            Self::BypassRevoked => "bypass-revoked",
            Self::BypassUsed => "bypass-used",
            Self::BypassRefused => "bypass-refused",
            Self::PassedUnseen => "passed-unseen",
            Self::CommentsHonoured => "comments-honoured",
        }
    }
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Event {
    /// `leeward.push-event/1`.
    pub schema: String,
    /// Its number, from 1.
    pub sequence: i64,
    /// When: seconds since 1970-01-01 UTC.
    pub at: i64,
    /// Who did it; foreign text.
    pub actor: String,
    /// What kind of thing.
    pub kind: Kind,
    /// In words.
    pub text: String,
    /// Facts by name.
    pub facts: BTreeMap<String, String>,
    /// The hash of the line before.
    pub before: String,
    /// The hash of this line.
    pub hash: String,
}

impl Event {
    fn following(last: Option<&Self>, happened: Happened) -> Self {
        let Happened { at, actor, kind, text, facts } = happened;
        let mut event = Self {
            schema: SCHEMA.to_owned(),
            sequence: last.map_or(1, |last| last.sequence + 1),
            at,
            actor,
            kind,
            text,
            facts,
            before: last.map_or(NO_EVENT, |last| &last.hash).to_owned(),
            hash: String::new(),
        };
        event.hash = event.computed();
        event
    }

    fn computed(&self) -> String {
        let (sequence, at) = (self.sequence.to_string(), self.at.to_string());
        let head =
            [DOMAIN, &self.before, &sequence, &at, &self.actor, self.kind.name(), &self.text];
        let facts = self.facts.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
        fields_hash(head.into_iter().chain(facts))
    }

    fn follows(&self, last: Option<&Self>) -> Result<(), &'static str> {
        if self.schema != SCHEMA {
            return Err("it is of another version");
        }
        if self.sequence != last.map_or(1, |last| last.sequence + 1) {
            return Err("its number does not follow the one before");
        }
        if self.before != last.map_or(NO_EVENT, |last| &last.hash) {
            return Err("it does not follow the line before");
        }
        if self.hash != self.computed() {
            return Err("its hash is not that of what it says");
        }
        Ok(())
    }
}

/// A line that is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: &'static str,
}

/// Adds a line, and waits until the disk has it. Whoever calls holds the lock.
pub(super) fn append(path: &Path, happened: Happened) -> io::Result<Event> {
    let mut file = super::ledger::private().read(true).append(true).create(true).open(path)?;
    let (last, whole) = last(&mut file)?;
    // A line that was cut short was never acknowledged: no push passed by it.
    if whole < file.metadata()?.len() {
        file.set_len(whole)?;
    }
    let event = Event::following(last.as_ref(), happened);
    let mut line = serde_json::to_vec(&event)?;
    line.push(b'\n');
    if line.len() as u64 > LONGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the event is too long"));
    }
    file.write_all(&line)?;
    file.sync_all()?;
    Ok(event)
}

/// The last whole line, and where it ends.
fn last(file: &mut File) -> io::Result<(Option<Event>, u64)> {
    let len = file.metadata()?.len();
    let start = len.saturating_sub(2 * LONGEST);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    io::Read::by_ref(file).take(2 * LONGEST).read_to_end(&mut tail)?;
    let Some(end) = tail.iter().rposition(|&byte| byte == b'\n') else {
        if start == 0 {
            return Ok((None, 0));
        }
        return Err(damaged());
    };
    let line = tail[..end].rsplit(|&byte| byte == b'\n').next().unwrap_or_default();
    let event: Event = serde_json::from_slice(line).map_err(|_| damaged())?;
    if event.schema != SCHEMA || event.hash != event.computed() {
        return Err(damaged());
    }
    Ok((Some(event), start + end as u64 + 1))
}

fn damaged() -> io::Error {
    let why = "its last line is not what was written; `leeward hook events --verify` says more";
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Reads all lines, and whether each follows the one before: what could be read
/// before the first that does not, and that one.
pub(super) fn read(path: &Path) -> io::Result<(Vec<Event>, Option<Broken>)> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), None)),
        Err(error) => return Err(error),
    };
    let mut events: Vec<Event> = Vec::new();
    let mut lines = BufReader::new(file);
    for line in 1.. {
        let mut text = Vec::new();
        if lines.by_ref().take(LONGEST + 1).read_until(b'\n', &mut text)? == 0 {
            break;
        }
        let found = match text.strip_suffix(b"\n") {
            None => Err("it is cut short"),
            Some(text) => serde_json::from_slice::<Event>(text).map_err(|_| "it is not an event"),
        };
        let found = found.and_then(|event| event.follows(events.last()).map(|()| event));
        match found {
            Ok(event) => events.push(event),
            Err(why) => return Ok((events, Some(Broken { line, why }))),
        }
    }
    Ok((events, None))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn happened(text: &str) -> Happened {
        Happened {
            at: 1_700_000_000,
            actor: "jane".into(),
            kind: Kind::BypassUsed,
            text: text.into(),
            facts: BTreeMap::from([("token".into(), "1".into())]),
        }
    }

    #[test]
    fn lines_follow_one_another_and_a_change_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        for text in ["one", "two\nlines", "three"] {
            append(&path, happened(text)).unwrap();
        }
        let (events, broken) = read(&path).unwrap();
        assert_eq!((events.len(), broken), (3, None));
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let broken = |text: String| {
            fs::write(&path, text).unwrap();
            read(&path).unwrap().1.unwrap().line
        };
        assert_eq!(broken(text.replace("lines", "words")), 2);
        assert_eq!(broken(format!("{}\n{}\n", lines[0], lines[2])), 2);
        assert_eq!(broken(format!("{}\n", lines[1])), 1);
        assert_eq!(broken(format!("{}\nx\n", lines[0])), 2);
        assert_eq!(broken(format!("{}\n{}", lines[0], lines[1])), 2);
    }

    #[test]
    fn a_line_cut_short_is_replaced_and_another_is_not_built_upon() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        append(&path, happened("one")).unwrap();
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{whole}{{\"schema\":")).unwrap();
        assert_eq!(append(&path, happened("two")).unwrap().sequence, 2);
        assert_eq!(read(&path).unwrap().1, None);
        fs::write(&path, "nonsense\n").unwrap();
        assert!(append(&path, happened("three")).is_err());
    }

    #[test]
    fn the_construction_never_changes() {
        let event = Event::following(None, happened("clé"));
        // Logs in the field depend on this; it was computed by another program.
        let known = "e8a1d66e366957561d2310fb6b8e4895eb2aae26be0d15f0894c2b89861b8423";
        assert_eq!(event.hash, known);
    }
}
