//! The shapes of GitLab's answers, as far as they are read. Names of fields are
//! GitLab's.

use serde::Deserialize;

/// An author.
#[derive(Deserialize)]
pub(super) struct User {
    pub(super) username: String,
}

/// A project.
#[derive(Deserialize)]
pub(super) struct Project {
    pub(super) id: u64,
    pub(super) path_with_namespace: String,
    pub(super) visibility: Option<String>,
    pub(super) last_activity_at: Option<String>,
    #[serde(default)]
    pub(super) empty_repo: bool,
}

/// An event of a project: a push, here.
#[derive(Deserialize)]
pub(super) struct Event {
    pub(super) id: u64,
}

/// An issue, and a merge request.
#[derive(Deserialize)]
pub(super) struct Issue {
    pub(super) iid: u64,
    #[serde(default)]
    pub(super) title: String,
    pub(super) description: Option<String>,
    pub(super) author: Option<User>,
    pub(super) created_at: Option<String>,
    pub(super) updated_at: Option<String>,
    #[serde(default)]
    pub(super) web_url: String,
    #[serde(default)]
    pub(super) confidential: bool,
    pub(super) user_notes_count: Option<u64>,
}

/// A note under one of them.
#[derive(Deserialize)]
pub(super) struct Note {
    pub(super) id: u64,
    pub(super) body: Option<String>,
    pub(super) author: Option<User>,
    pub(super) created_at: Option<String>,
    pub(super) updated_at: Option<String>,
    #[serde(default)]
    pub(super) internal: bool,
}

/// A snippet.
#[derive(Deserialize)]
pub(super) struct Snippet {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) title: String,
    pub(super) description: Option<String>,
    pub(super) file_name: Option<String>,
    pub(super) visibility: Option<String>,
    pub(super) author: Option<User>,
    pub(super) updated_at: Option<String>,
    #[serde(default)]
    pub(super) web_url: String,
    pub(super) project_id: Option<u64>,
    #[serde(default)]
    pub(super) files: Vec<File>,
}

/// A file of a snippet.
#[derive(Deserialize)]
pub(super) struct File {
    pub(super) path: String,
    #[serde(default)]
    pub(super) raw_url: String,
}

/// A release.
#[derive(Deserialize)]
pub(super) struct Release {
    /// Left out if the credential may not see the repository.
    #[serde(default)]
    pub(super) tag_name: String,
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) created_at: Option<String>,
    pub(super) author: Option<User>,
    #[serde(default)]
    pub(super) assets: Assets,
}

/// The assets of a release: `sources` are made from the repository.
#[derive(Default, Deserialize)]
pub(super) struct Assets {
    #[serde(default)]
    pub(super) links: Vec<LinkLine>,
}

/// A link, where only its number matters.
#[derive(Deserialize)]
pub(super) struct LinkLine {
    #[serde(default)]
    pub(super) id: u64,
}

/// A link of a release.
#[derive(Deserialize)]
pub(super) struct Link {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) name: String,
    pub(super) url: String,
    pub(super) direct_asset_url: Option<String>,
}

/// A job.
#[derive(Deserialize)]
pub(super) struct Job {
    pub(super) id: u64,
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) web_url: String,
    pub(super) created_at: Option<String>,
    pub(super) finished_at: Option<String>,
    pub(super) user: Option<User>,
}
