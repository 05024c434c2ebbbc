//! The shapes of Gitea's answers, as far as they are read. Names of fields are
//! Gitea's.

use serde::Deserialize;

/// `User`.
#[derive(Deserialize)]
pub(super) struct User {
    pub(super) login: String,
}

/// `Repository`.
#[derive(Deserialize)]
pub(super) struct Repository {
    pub(super) full_name: String,
    #[serde(default)]
    pub(super) private: bool,
    /// Only for those who signed in.
    #[serde(default)]
    pub(super) internal: bool,
    #[serde(default)]
    pub(super) empty: bool,
    pub(super) updated_at: Option<String>,
}

/// `Issue`; a pull request is one, too.
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

/// `Comment`, and `PullReviewComment`.
#[derive(Deserialize)]
pub(super) struct Comment {
    pub(super) id: u64,
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) html_url: String,
    pub(super) user: Option<User>,
    pub(super) created_at: Option<String>,
    pub(super) updated_at: Option<String>,
    pub(super) path: Option<String>,
}

/// `PullReview`.
#[derive(Deserialize)]
pub(super) struct Review {
    pub(super) id: u64,
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) html_url: String,
    pub(super) user: Option<User>,
    pub(super) submitted_at: Option<String>,
    pub(super) updated_at: Option<String>,
    pub(super) comments_count: Option<u64>,
}

/// `Release`; there is no time of change.
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
    pub(super) published_at: Option<String>,
    #[serde(default)]
    pub(super) draft: bool,
    #[serde(default)]
    pub(super) assets: Vec<AssetLine>,
}

/// `Attachment`, where only that there is one matters.
#[derive(Deserialize)]
pub(super) struct AssetLine {
    pub(super) created_at: Option<String>,
}

/// `Attachment`: it is never replaced. `type` is Forgejo's, and `external` if it is a
/// link.
#[derive(Deserialize)]
pub(super) struct Asset {
    pub(super) uuid: String,
    #[serde(default)]
    pub(super) name: String,
    pub(super) size: Option<u64>,
    pub(super) created_at: Option<String>,
    #[serde(default)]
    pub(super) browser_download_url: String,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}
