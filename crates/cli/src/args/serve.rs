//! What may be typed to run a server, and to copy what it keeps.

use std::path::PathBuf;

use clap::Args;

use super::Kept;

/// Keep watch, and answer browsers, programs and webhooks.
///
/// It listens on 127.0.0.1:8321 unless `[serve]` in the settings says otherwise,
/// and prints a link for the first administrator while there is no account.
/// docs/server.md says how it is set up.
#[cfg(feature = "serve")]
#[derive(Args, Debug)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) kept: Kept,
    /// Listen here, whatever the settings say.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<std::net::SocketAddr>,
    /// More dossiers: a TOML file, or a directory of them.
    #[arg(long, value_name = "PATH")]
    pub(crate) dossiers: Vec<PathBuf>,
    /// Ask at this address, such as a gateway's, instead of the provider's, and
    /// nowhere else; without a family it stands for Mistral AI's.
    #[arg(long, value_name = "[FAMILY=]URL")]
    pub(crate) base_url: Vec<String>,
    /// Trust the certificates in this file (PEM) besides the system's.
    #[arg(long, value_name = "FILE", help_heading = "How to ask providers")]
    pub(crate) ca: Vec<PathBuf>,
    /// Ask no provider, read no source and clone nothing: what is kept is shown, and what is
    /// sent is taken in.
    #[arg(long, help_heading = "How to ask providers")]
    pub(crate) offline: bool,
    #[command(flatten, next_help_heading = "How to share scans among machines")]
    pub(crate) queue: super::fleet::OfQueue,
}

/// Copy the database to a file, also while it is in use.
///
/// The copy is one moment of the database, whole and looked at before it gets
/// its name. To restore it, stop the server and put the copy in the place of the
/// database. A PostgreSQL server's own programs copy its databases: the command
/// is named instead.
#[derive(Args, Debug)]
pub(crate) struct Backup {
    /// The copy; it must not exist.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) kept: Kept,
}
