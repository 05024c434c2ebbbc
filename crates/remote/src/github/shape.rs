//! The shapes of GitHub's answers, as far as they are read. Names of fields are
//! GitHub's.

use std::collections::BTreeMap;

use serde::Deserialize;

/// `simple-user`.
#[derive(Deserialize)]
pub(super) struct User {
    pub(super) login: String,
}

/// `minimal-repository`.
#[derive(Deserialize)]
pub(super) struct Repository {
    pub(super) full_name: String,
    #[serde(default)]
    pub(super) private: Option<bool>,
    pub(super) visibility: Option<String>,
    pub(super) pushed_at: Option<String>,
    pub(super) updated_at: Option<String>,
    #[serde(default)]
    pub(super) disabled: bool,
}

/// `issue`; a pull request is one, too.
#[derive(Deserialize)]
pub(super) struct Issue {
    pub(super) number: u64,
    #[serde(default)]
    pub(super) title: String,
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) html_url: String,
    pub(super) user: Option<User>,
    pub(super) created_at: Option<String>,
    pub(super) updated_at: Option<String>,
    pub(super) pull_request: Option<serde::de::IgnoredAny>,
}

/// `pull-request-review`: there is no time of change.
#[derive(Deserialize)]
pub(super) struct Review {
    pub(super) id: u64,
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) html_url: String,
    pub(super) user: Option<User>,
    pub(super) submitted_at: Option<String>,
}

/// `issue-comment`, and `pull-request-review-comment`.
#[derive(Deserialize)]
pub(super) struct Comment {
    pub(super) id: u64,
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) html_url: String,
    pub(super) user: Option<User>,
    pub(super) created_at: Option<String>,
    pub(super) updated_at: Option<String>,
    /// Of a review alone: the file it is on.
    pub(super) path: Option<String>,
}

/// `release`.
#[derive(Deserialize)]
pub(super) struct Release {
    pub(super) id: u64,
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) tag_name: String,
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) html_url: String,
    pub(super) author: Option<User>,
    pub(super) created_at: Option<String>,
    pub(super) published_at: Option<String>,
    pub(super) updated_at: Option<String>,
    #[serde(default)]
    pub(super) draft: bool,
    #[serde(default)]
    pub(super) assets: Vec<AssetLine>,
}

/// `release-asset`, where only that there is one matters.
#[derive(Deserialize)]
pub(super) struct AssetLine {
    pub(super) updated_at: Option<String>,
}

/// `release-asset`.
#[derive(Deserialize)]
pub(super) struct Asset {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) name: String,
    pub(super) size: Option<u64>,
    pub(super) state: Option<String>,
    #[serde(default)]
    pub(super) browser_download_url: String,
    pub(super) uploader: Option<User>,
    pub(super) created_at: Option<String>,
    pub(super) updated_at: Option<String>,
}

/// `workflow-run`.
#[derive(Deserialize)]
pub(super) struct Run {
    pub(super) id: u64,
    pub(super) run_attempt: Option<u64>,
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) html_url: String,
    pub(super) updated_at: Option<String>,
}

/// `base-gist`.
#[derive(Deserialize)]
pub(super) struct GistLine {
    pub(super) id: String,
    pub(super) updated_at: Option<String>,
}

/// `gist-simple`.
#[derive(Deserialize)]
pub(super) struct Gist {
    pub(super) id: String,
    #[serde(default)]
    pub(super) html_url: String,
    pub(super) public: Option<bool>,
    pub(super) owner: Option<User>,
    pub(super) updated_at: Option<String>,
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) truncated: bool,
    #[serde(default)]
    pub(super) files: BTreeMap<String, Option<GistFile>>,
}

/// A file of a gist: its content is there up to 1 MB.
#[derive(Deserialize)]
pub(super) struct GistFile {
    pub(super) raw_url: Option<String>,
    #[serde(default)]
    pub(super) truncated: bool,
    pub(super) content: Option<String>,
    pub(super) encoding: Option<String>,
}

/// `code-search-result-item`.
#[derive(Deserialize)]
pub(super) struct Match {
    pub(super) path: String,
    pub(super) sha: String,
    #[serde(default)]
    pub(super) html_url: String,
    pub(super) repository: Repository,
}

/// `event`.
#[derive(Deserialize)]
pub(super) struct Event {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) repo: EventRepository,
    pub(super) public: Option<bool>,
    pub(super) created_at: Option<String>,
    #[serde(default)]
    pub(super) payload: Payload,
}

/// The repository of an event: `name` is the full one.
#[derive(Deserialize)]
pub(super) struct EventRepository {
    pub(super) name: String,
}

/// What an event tells, by its type: `push-event` names commits and holds none since
/// October 2025; comments and descriptions are there.
#[derive(Default, Deserialize)]
pub(super) struct Payload {
    pub(super) head: Option<String>,
    pub(super) before: Option<String>,
    pub(super) issue: Option<serde_json::Value>,
    pub(super) pull_request: Option<serde_json::Value>,
    pub(super) comment: Option<serde_json::Value>,
    pub(super) review: Option<serde_json::Value>,
    pub(super) release: Option<serde_json::Value>,
}
