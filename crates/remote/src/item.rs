//! What a service hands out: items, page by page, and from where it goes on. Which
//! requests bring them is each service's own.

use leeward_model::RemotePlace;

use crate::{client::Client, trouble::Trouble};

/// One kind of service, opened for one source that the operator named.
pub trait Service: Send {
    /// The page from a cursor on; `None` to begin.
    ///
    /// Delivery is at least once: after trouble, or a restart, the same cursor is
    /// asked for again, and items that were seen are told by their keys. So a page
    /// must not depend on anything but its cursor and what the service holds.
    ///
    /// # Errors
    /// Why there is no page; the cursor stays where it is.
    fn page(&mut self, client: &mut Client, from: Option<&Cursor>) -> Result<Page, Trouble>;

    /// A text again, by its place, to ask about its value once more: `None` if it is
    /// there no more.
    ///
    /// # Errors
    /// Why it could not be had.
    fn again(
        &mut self,
        client: &mut Client,
        place: &RemotePlace,
    ) -> Result<Option<Vec<u8>>, Trouble>;
}

/// Where a service goes on: a text of its own, kept unread. It never holds a
/// credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub String);

/// Some items, and from where it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// In the order in which they were handed out.
    pub items: Vec<Item>,
    /// What was not looked at, and why.
    pub gaps: Vec<Gap>,
    /// From where it goes on.
    pub next: Next,
}

/// From where it goes on, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// There is more now.
    More(Cursor),
    /// Everything there is was handed out; what is new will come from this cursor.
    Later(Cursor),
}

/// Something of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A text that is at hand.
    Text(Text),
    /// A repository that is to be cloned and scanned.
    Repository(Repository),
}

impl Item {
    /// What tells it from others.
    pub fn key(&self) -> &ItemKey {
        match self {
            Self::Text(text) => &text.key,
            Self::Repository(repository) => &repository.key,
        }
    }
}

/// What tells an item from others of its source, and a version from those before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemKey {
    /// The same for all its versions.
    pub id: String,
    /// Another for each: a time of change, an entity tag, a commit.
    pub version: String,
}

/// A text that is at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What tells it from others; `place.item` is its `id`.
    pub key: ItemKey,
    /// Where it lies.
    pub place: RemotePlace,
    /// All of it, or as much as was read: a gap says what was left out.
    pub bytes: Vec<u8>,
}

/// A repository that is to be cloned and scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// What tells it from others; the version changes with each push.
    pub key: ItemKey,
    /// From where it is cloned: HTTPS, without user information.
    pub url: String,
    /// Whether anybody may read it; `None` if that is not known.
    pub is_public: Option<bool>,
    /// Whether the source's own credential is sent when it is cloned.
    pub needs_credential: bool,
}

/// Something that was not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// What, by its name within the source; foreign text.
    pub what: String,
    /// Why, in words, with the next step where there is one.
    pub why: String,
}
