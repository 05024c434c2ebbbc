//! The shapes of Bitbucket's answers, as far as they are read. Names of fields are
//! Bitbucket's.

use std::collections::BTreeMap;

use serde::Deserialize;

/// An account: nicknames are there for people, names for teams.
#[derive(Deserialize)]
pub(super) struct Account {
    pub(super) nickname: Option<String>,
    pub(super) display_name: Option<String>,
}

impl Account {
    /// What people call it.
    pub(super) fn name(self) -> Option<String> {
        self.nickname.or(self.display_name)
    }
}

/// A link.
#[derive(Deserialize)]
pub(super) struct Link {
    #[serde(default)]
    pub(super) href: String,
}

/// Links.
#[derive(Default, Deserialize)]
pub(super) struct Links {
    pub(super) html: Option<Link>,
    #[serde(rename = "self")]
    pub(super) own: Option<Link>,
}

impl Links {
    /// Where people look.
    pub(super) fn page(self) -> String {
        self.html.map(|link| link.href).unwrap_or_default()
    }
}

/// A repository.
#[derive(Deserialize)]
pub(super) struct Repository {
    pub(super) full_name: String,
    pub(super) is_private: Option<bool>,
    pub(super) updated_on: Option<String>,
}

/// A pull request.
#[derive(Deserialize)]
pub(super) struct PullRequest {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) title: String,
    pub(super) description: Option<String>,
    pub(super) author: Option<Account>,
    pub(super) created_on: Option<String>,
    pub(super) updated_on: Option<String>,
    pub(super) comment_count: Option<u64>,
    #[serde(default)]
    pub(super) links: Links,
}

/// A text, as it was written.
#[derive(Default, Deserialize)]
pub(super) struct Content {
    pub(super) raw: Option<String>,
}

/// The file that a comment is on.
#[derive(Deserialize)]
pub(super) struct Inline {
    pub(super) path: Option<String>,
}

/// A comment.
#[derive(Deserialize)]
pub(super) struct Comment {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) content: Content,
    pub(super) user: Option<Account>,
    pub(super) created_on: Option<String>,
    pub(super) updated_on: Option<String>,
    pub(super) inline: Option<Inline>,
    #[serde(default)]
    pub(super) links: Links,
}

/// A snippet; the list leaves out its files.
#[derive(Deserialize)]
pub(super) struct Snippet {
    pub(super) id: String,
    pub(super) title: Option<String>,
    pub(super) is_private: Option<bool>,
    pub(super) owner: Option<Account>,
    pub(super) updated_on: Option<String>,
    #[serde(default)]
    pub(super) links: Links,
    #[serde(default)]
    pub(super) files: BTreeMap<String, File>,
}

/// A file of a snippet.
#[derive(Deserialize)]
pub(super) struct File {
    #[serde(default)]
    pub(super) links: Links,
}

/// A file that is offered for download: it has no number, and one of the same name
/// replaces it.
#[derive(Deserialize)]
pub(super) struct Download {
    pub(super) name: String,
    pub(super) size: Option<u64>,
    pub(super) created_on: Option<String>,
    pub(super) user: Option<Account>,
}
