//! Protocols: which agent speaks, what its event is, and how it is answered.
//! Each file has one protocol and where its facts are from.

mod claude;
mod codex;
mod copilot;
mod cursor;
mod vibe;

use std::{fmt, path::PathBuf, str::FromStr};

use serde_json::{Map, Value};

use super::{Answer, Event, Moment, Verdict};

/// An agent whose hooks are spoken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// Claude Code.
    ClaudeCode,
    /// Cursor, and its agent on the command line.
    Cursor,
    /// GitHub Copilot: its command line, cloud agent, and in VS Code.
    Copilot,
    /// Codex, on the command line.
    Codex,
    /// Vibe, on the command line.
    Vibe,
}

impl Client {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::ClaudeCode, Self::Cursor, Self::Copilot, Self::Codex, Self::Vibe];

    /// As it is written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::Cursor => "cursor",
            Self::Copilot => "copilot",
            Self::Codex => "codex",
            Self::Vibe => "vibe",
        }
    }

    /// Who sends an event, by what only they send. An event that says nothing
    /// of it is nobody's.
    pub(super) fn of(said: &Map<String, Value>) -> Option<Self> {
        // Cursor and Copilot also run hooks that were made for Claude Code, so
        // what is theirs goes first.
        let order = [Self::Cursor, Self::Vibe, Self::Copilot, Self::Codex, Self::ClaudeCode];
        order.into_iter().find(|client| match client {
            Self::ClaudeCode => claude::is_spoken(said),
            Self::Cursor => cursor::is_spoken(said),
            Self::Copilot => copilot::is_spoken(said),
            Self::Codex => codex::is_spoken(said),
            Self::Vibe => vibe::is_spoken(said),
        })
    }

    /// What happens.
    pub(super) fn event(self, said: Map<String, Value>) -> Option<Event> {
        match self {
            Self::ClaudeCode => claude::event(said),
            Self::Cursor => cursor::event(said),
            Self::Copilot => copilot::event(said),
            Self::Codex => codex::event(said),
            Self::Vibe => vibe::event(said),
        }
    }

    /// What is said to it.
    pub(super) fn answer(self, event: &Event, verdict: Verdict) -> Answer {
        match self {
            Self::ClaudeCode => claude::answer(event, verdict),
            Self::Cursor => cursor::answer(event, verdict),
            Self::Copilot => copilot::answer(event, verdict),
            Self::Codex => codex::answer(event, verdict),
            Self::Vibe => vibe::answer(event, verdict),
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Client {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|client| client.name() == text).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|client| client.name()).collect();
            format!("one of {}", names.join(", "))
        })
    }
}

/// One event of a protocol: its name, what it is, and the fields of which the
/// first that is there is looked at.
struct Known(&'static str, Moment, &'static [&'static str]);

/// The event of a protocol whose events say their names, in one of these
/// fields.
fn event(
    mut said: Map<String, Value>,
    named: &[&str],
    known: &'static [Known],
    harmless: &'static [&'static str],
) -> Option<Event> {
    let name = named.iter().find_map(|name| said.get(*name))?.as_str()?;
    let (moment, name, fields) = match known.iter().find(|known| known.0 == name) {
        Some(Known(name, moment, fields)) => (*moment, *name, *fields),
        None if harmless.contains(&name) => (Moment::Harmless, "", [].as_slice()),
        None => (Moment::Unknown, "", [].as_slice()),
    };
    Some(Event {
        moment,
        name,
        tool: text(&said, "tool_name"),
        files: Vec::new(),
        cwd: text(&said, "cwd").map(PathBuf::from),
        is_snake: true,
        said: taken(&mut said, fields),
    })
}

/// The first of these fields that is there.
fn taken(said: &mut Map<String, Value>, fields: &[&str]) -> Value {
    fields.iter().find_map(|field| said.remove(*field)).unwrap_or_default()
}

/// What a field says.
fn text(said: &Map<String, Value>, field: &str) -> Option<String> {
    said.get(field).and_then(Value::as_str).map(str::to_owned)
}

/// A value that may be JSON in a text, as some versions send it.
fn unpacked(value: Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        value => value,
    }
}

/// A JSON document on standard output.
fn said(out: Value) -> Answer {
    Answer { out: Some(out), ..Answer::default() }
}

/// A line on standard error.
fn noted(note: String) -> Answer {
    Answer { note: Some(note), ..Answer::default() }
}

/// A line on standard error and the exit code of a refusal.
fn refused(note: String) -> Answer {
    Answer { note: Some(note), refuses: true, ..Answer::default() }
}
