//! What the operator wants to have watched: one `[[source]]` of the settings. What
//! a service needs beyond that is in its own table, which the service reads.

use serde::Deserialize;

/// Whose the things of a source are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Belongs {
    /// Ours: every value in it is our business, and is verified if the operator asks
    /// for that.
    #[default]
    Us,
    /// Anybody's: only what is ours by its fingerprint, or lies next to our names, is
    /// our business. The rest is never verified, nor kept beyond a fingerprint.
    Anyone,
}

/// One source.
#[derive(Clone, Debug, Deserialize)]
pub struct Setting {
    /// The operator's name for it, unique: it is in cursors, places and metrics.
    pub name: String,
    /// The kind of service, such as `github`.
    pub service: String,
    /// Whose its things are.
    #[serde(default)]
    pub belongs: Belongs,
    /// Seconds between two looks when everything there is was read.
    #[serde(default)]
    pub every_seconds: Option<u64>,
    /// Requests a second; each service has a usual one.
    #[serde(default)]
    pub rate: Option<f64>,
    /// The variable that holds the credential it is asked with.
    #[serde(default)]
    pub token_env: Option<String>,
    /// The file that holds it.
    #[serde(default)]
    pub token_file: Option<std::path::PathBuf>,
    /// The proxy for this source alone, such as `socks5h://127.0.0.1:9050`.
    #[serde(default)]
    pub proxy: Option<String>,
    /// What the service itself needs, such as `organisations` or `url`.
    #[serde(flatten)]
    pub own: toml::Table,
}
