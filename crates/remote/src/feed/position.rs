//! Where a feed goes on, as its cursor holds it: what was handed out, the page of the
//! listing, and whether a look has to go further than to the first page without news.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    item::{Cursor, Next},
    known::Known,
};

/// Where a feed goes on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Position {
    /// What was handed out.
    #[serde(default)]
    pub(super) known: Known,
    /// The page of the listing, `None` to begin a look.
    pub(super) at: Option<String>,
    /// The pages of this look so far.
    #[serde(default)]
    pub(super) trail: Known,
    #[serde(default)]
    pub(super) pages: u32,
    /// What the first page's answer was called, when everything in it was read.
    pub(super) etag: Option<String>,
    /// Whether this look goes on behind a page that holds nothing new.
    #[serde(default)]
    pub(super) is_deep: bool,
    /// Whether this look left something, for which the next one must go deep.
    #[serde(default)]
    pub(super) left: bool,
}

impl Position {
    pub(super) fn read(from: Option<&Cursor>) -> Self {
        // A cursor of another version begins anew: items are told by their keys.
        from.and_then(|cursor| serde_json::from_str(&cursor.0).ok()).unwrap_or_default()
    }

    pub(super) fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).unwrap_or_default())
    }

    /// The same page of the listing once more: there is more in it, and what comes next
    /// may move from one page to another meanwhile.
    pub(super) fn here_again(mut self, here: &Url) -> Next {
        (self.at, self.is_deep) = (Some(here.to_string()), true);
        Next::More(self.cursor())
    }

    /// The end of a look.
    pub(super) fn at_rest(self) -> Next {
        let etag = self.etag.filter(|_| !self.left);
        let rest = Self { known: self.known, etag, is_deep: self.left, ..Self::default() };
        Next::Later(rest.cursor())
    }
}
