//! Where Jira goes on. The bound of its query is a minute, and no page of it is taken
//! for a place: issues leave theirs while they are read.

use jiff::{Span, civil::DateTime};
use serde::{Deserialize, Serialize};

use crate::{item::Cursor, known::Known, put_off::PutOff};

/// Issues that are asked for again when a minute holds more than a page of them: one
/// that changes meanwhile moves the others up.
const OVERLAP: usize = 10;

/// How far a look goes back: an hour that a clock is set back is read twice.
const BACK_MINUTES: i64 = 61;

/// Where it goes on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Position {
    /// Issues as they were handed out.
    #[serde(default)]
    pub(super) known: Known,
    /// Attachments that were handed out: they stay as they are when their issue changes.
    /// Apart from the issues, of which there may be many in an hour.
    #[serde(default)]
    pub(super) attached: Known,
    /// Whether attachments were read up to here.
    #[serde(default)]
    pub(super) has_attachments: bool,
    /// Issues with attachments that were put off.
    #[serde(default)]
    pub(super) put_off: PutOff,
    /// `yyyy-MM-dd HH:mm` in the zone of the user.
    pub(super) since: Option<String>,
    /// The next page of the same query.
    pub(super) token: Option<String>,
    #[serde(default)]
    pub(super) start: usize,
    /// Issues a page, if fewer than usual because they are large.
    pub(super) limit: Option<usize>,
}

impl Position {
    /// The position of a cursor. Where attachments are read that were not read so far,
    /// everything is read once more.
    pub(super) fn new(from: Option<&Cursor>, with_attachments: bool) -> Self {
        let read: Option<Self> = from.and_then(|cursor| serde_json::from_str(&cursor.0).ok());
        let read = read.filter(|read| read.has_attachments || !with_attachments);
        Self { has_attachments: with_attachments, ..read.unwrap_or_default() }
    }

    /// As a cursor.
    pub(super) fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).unwrap_or_default())
    }

    /// Moves on. Not by pages alone: an issue that changes meanwhile leaves its place,
    /// and one would be passed over. So the bound moves as soon as the minute does.
    pub(super) fn advance(
        &mut self,
        last: Option<DateTime>,
        token: Option<String>,
        count: usize,
        is_over: bool,
    ) {
        let since = self.since.as_deref().and_then(|since| since.parse::<DateTime>().ok());
        let back = |at: DateTime| at.checked_sub(Span::new().minutes(BACK_MINUTES)).unwrap_or(at);
        if is_over {
            let newest = last.map(back).max(since);
            (self.since, self.token, self.start) = (newest.map(shown), None, 0);
            self.limit = None;
            return;
        }
        match last {
            Some(last) if since.is_none_or(|since| last > since) => {
                (self.since, self.token, self.start) = (Some(shown(last)), None, 0);
            }
            _ => {
                self.token = token;
                self.start += count.saturating_sub(OVERLAP.min(count / 2)).max(1);
            }
        }
    }
}

/// The local part of a time, as JQL takes it.
pub(super) fn minute(updated: &str) -> Option<DateTime> {
    updated.get(..16)?.parse().ok()
}

fn shown(at: DateTime) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}
