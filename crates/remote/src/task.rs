//! What there is to ask of a code host, and what one step of it comes to: the parts
//! that each service fills in, and [`walk`](crate::walk) walks through.

use std::collections::BTreeMap;

use leeward_model::RemotePlace;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{asker::Asker, home::Home, trouble::Trouble, walk::ANEW};

/// Something to be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Task<K> {
    /// What it is.
    #[serde(rename = "k")]
    pub(crate) kind: K,
    /// The path and query to ask, under the service's base.
    #[serde(rename = "a")]
    pub(crate) at: String,
    /// What it belongs to: a repository, a group; foreign text.
    #[serde(rename = "o", default, skip_serializing_if = "String::is_empty")]
    pub(crate) of: String,
    /// What the kind needs beyond that.
    #[serde(rename = "c", default, skip_serializing_if = "String::is_empty")]
    pub(crate) carry: String,
    /// Whether anybody may read what it belongs to.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub(crate) is_public: Option<bool>,
    /// What is older was seen.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<i64>,
    /// Passes in which it could not be done.
    #[serde(rename = "f", default)]
    pub(crate) failed: u32,
    /// Pages of this listing so far.
    #[serde(rename = "n", default)]
    pub(crate) page: u32,
    /// A page some way back: coming to it again is going in a circle.
    #[serde(rename = "b", default, skip_serializing_if = "String::is_empty")]
    pub(crate) behind: String,
}

impl<K> Task<K> {
    /// A task at the root.
    pub(crate) fn new(kind: K, at: String, of: &str, since: Option<i64>) -> Self {
        Self {
            kind,
            at,
            of: of.to_owned(),
            carry: String::new(),
            is_public: None,
            since,
            failed: 0,
            page: 0,
            behind: String::new(),
        }
    }

    /// One that lies below this one.
    pub(crate) fn below(&self, kind: K, at: String) -> Self {
        Self { is_public: self.is_public, ..Self::new(kind, at, &self.of, self.since) }
    }

    /// With what the kind needs.
    pub(crate) fn carrying(self, carry: impl Into<String>) -> Self {
        Self { carry: carry.into(), ..self }
    }

    /// Whether something was changed since the last pass; what tells no time was.
    pub(crate) fn is_new(&self, changed: Option<&str>) -> bool {
        let changed = changed.and_then(crate::asker::seconds);
        self.since.zip(changed).is_none_or(|(since, changed)| changed >= since)
    }
}

/// What a step came to, besides items and gaps.
pub(crate) struct Step<K> {
    /// What lies below, in the order in which it is to be asked.
    pub(crate) below: Vec<Task<K>>,
    /// The next page of the same listing.
    pub(crate) next: Option<String>,
    /// What the next page's task carries, if not the same.
    pub(crate) carry: Option<String>,
    /// Something to remember for the next pass.
    pub(crate) mark: Option<(String, String)>,
}

impl<K> Step<K> {
    /// The end of it.
    pub(crate) fn done() -> Self {
        Self { below: Vec::new(), next: None, carry: None, mark: None }
    }

    /// Goes on with another page.
    pub(crate) fn page(next: Option<String>) -> Self {
        Self { next, ..Self::done() }
    }
}

/// A pass through everything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pass {
    /// What is older was seen; `None` to read everything from the beginning.
    pub(crate) since: Option<i64>,
    /// The same, though everything is read from the beginning: for what never changes
    /// once it is there, such as logs.
    pub(crate) last: Option<i64>,
    /// What time it is.
    pub(crate) now: i64,
}

impl Pass {
    /// From when on files that were attached are fetched: they are large, and seldom
    /// replaced. When everything is read again, those are that were new since the last
    /// time that was done; `None` for all there are.
    pub(crate) fn files_from(&self) -> Option<i64> {
        self.since.or_else(|| self.last.map(|last| last.min(self.now) - ANEW))
    }
}

/// A code host.
pub(crate) trait Host: Send {
    /// What there is to ask.
    type Kind: Clone + PartialEq + Send + Serialize + DeserializeOwned;

    /// Where it lives.
    fn home(&self) -> &Home;

    /// The media type it is asked for.
    fn accept(&self) -> &'static str;

    /// What the operator set, in any form that differs when that does.
    fn asked(&self) -> String;

    /// Where a pass begins.
    fn roots(&self, pass: &Pass) -> Vec<Task<Self::Kind>>;

    /// Does a task.
    fn step(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Self::Kind>,
        marks: &BTreeMap<String, String>,
    ) -> Result<Step<Self::Kind>, Trouble>;

    /// The task that brings a text again, by its place.
    fn retrace(&self, place: &RemotePlace) -> Option<Task<Self::Kind>>;
}
