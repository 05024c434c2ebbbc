//! Where Confluence goes on: the bound of its search, and the page of it.

use serde::{Deserialize, Serialize};

use crate::{item::Cursor, known::Known, put_off::PutOff};

/// Where it goes on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Position {
    #[serde(default)]
    pub(super) known: Known,
    /// The last change that was seen when a look ended.
    pub(super) since: Option<i64>,
    /// The last one of this look.
    pub(super) newest: Option<i64>,
    /// The next page of this look.
    pub(super) next: Option<String>,
    /// Pages of the wiki in a page of ours, if fewer than usual because they are large.
    pub(super) limit: Option<usize>,
    /// Whether attachments were read up to here.
    #[serde(default)]
    has_attachments: bool,
    /// Attachments that were put off.
    #[serde(default)]
    pub(super) put_off: PutOff,
}

impl Position {
    /// The position of a cursor. Where attachments are read that were not read so far,
    /// the search begins anew, and what is known is not asked for again.
    pub(super) fn new(from: Option<&Cursor>, with_attachments: bool) -> Self {
        let read: Option<Self> = from.and_then(|cursor| serde_json::from_str(&cursor.0).ok());
        let read = read.unwrap_or_default();
        if with_attachments && !read.has_attachments {
            return Self { known: read.known, has_attachments: true, ..Self::default() };
        }
        Self { has_attachments: with_attachments, ..read }
    }

    /// As a cursor.
    pub(super) fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).unwrap_or_default())
    }
}
