//! The incident's entries of the log with what it takes to recompute their
//! hashes, `leeward.log-proof/1`; and whether they hold, recomputed here.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use leeward_model::{NO_EVENT, event_hash};
use serde::Serialize;

use crate::{
    incident::{
        IncidentView,
        json::{EventLine, Log},
        shown::Shown,
    },
    json::{inert::write_pretty, shape::Tool},
    words::rfc3339,
};

const SCHEMA: &str = "leeward.log-proof/1";
const CONSTRUCTION: &str = "SHA-256 over fields, each with its length in bytes before it as eight \
    bytes, most significant first: \"leeward event v1\", previous, sequence, incident (empty if \
    null), seconds, actor, kind, text, then name and value of each fact in the order of the names' \
    bytes; numbers as decimal digits, hashes as lower-case hexadecimal digits";

/// What became of recomputing the hashes, event by event.
pub(super) struct Checked<'a> {
    /// Hash of the entry before; `None` if it was not handed in.
    previous: Vec<Option<&'a str>>,
    /// Whether its hash follows from it; `None` if that cannot be known here.
    holds: Vec<Option<bool>>,
}

impl Checked<'_> {
    /// How many hold, how many do not.
    pub(super) fn counts(&self) -> (usize, usize) {
        let count = |wanted| self.holds.iter().filter(|holds| **holds == Some(wanted)).count();
        (count(true), count(false))
    }
}

/// Recomputes the hash of each event from the event as the log has it.
pub(super) fn check<'a>(shown: &Shown<'a>) -> Checked<'a> {
    let view: &'a IncidentView<'a> = shown.view;
    let own = view.events.iter().map(|event| (event.sequence, event.hash.as_str()));
    let known: BTreeMap<i64, &str> =
        view.links.iter().copied().chain(own).chain([(0, NO_EVENT)]).collect();
    let hash_of = |sequence: i64| known.get(&sequence).copied();
    let previous: Vec<Option<&str>> =
        view.events.iter().map(|event| hash_of(event.sequence.saturating_sub(1))).collect();
    let holds = view.events.iter().zip(&previous).map(|(event, before)| {
        before.map(|before| event_hash(before, event.sequence, &event.entry) == event.hash)
    });
    Checked { holds: holds.collect(), previous }
}

#[derive(Serialize)]
struct Proof<'a> {
    schema: &'static str,
    tool: Tool<'a>,
    at: Option<String>,
    incident: i64,
    construction: &'static str,
    head: Log<'a>,
    entries: Vec<Link<'a>>,
}

/// `holds` is what Leeward found when it wrote this, with the original even
/// where the event is masked.
#[derive(Serialize)]
struct Link<'a> {
    previous: Option<&'a str>,
    holds: Option<bool>,
    event: EventLine<'a>,
}

pub(super) fn write(
    shown: &Shown<'_>,
    checked: &Checked<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let view = shown.view;
    let links = shown.events.iter().zip(&checked.previous).zip(&checked.holds);
    let proof = Proof {
        schema: SCHEMA,
        tool: Tool::of(view.tool_version),
        at: rfc3339(view.now),
        incident: view.incident.id.0,
        construction: CONSTRUCTION,
        head: Log { sequence: view.head.0, hash: view.head.1 },
        entries: links
            .map(|((told, previous), holds)| Link {
                previous: *previous,
                holds: *holds,
                event: EventLine::of(told),
            })
            .collect(),
    };
    write_pretty(&proof, out)
}
