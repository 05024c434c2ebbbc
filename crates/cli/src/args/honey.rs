//! What may be typed about honey keys.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Asking, Kept};

/// Make keys that nobody uses, and look for their use.
///
/// A value of a credential's shape, put where only a thief looks. It opens
/// nothing. Wherever `leeward scan --record` meets it again, or a log shows it,
/// somebody read what they should not have, and an incident begins that is
/// critical.
#[derive(Debug, Subcommand)]
pub(crate) enum Honey {
    /// Make one, and put it into a new file.
    Create(HoneyCreate),
    /// All that are watched for.
    List(HoneyList),
    /// Everything about one.
    Show(HoneyShow),
    /// Stop watching for one.
    Retire(HoneyRetire),
    /// Look for their use in logs of gateways and proxies.
    ///
    /// Exits with 1 if one was used, and with 3 if a log could not be read.
    Check(HoneyCheck),
}

/// What is made, and where it goes.
#[derive(Args, Debug)]
pub(crate) struct HoneyCreate {
    /// What it looks like, such as `mistral-api-key`. [default: the kind that a
    /// value without surroundings is taken for]
    #[arg(long, value_name = "ID")]
    pub(crate) kind: Option<String>,
    /// The variable or setting that holds it. [default: the kind's usual one]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// What you want to remember of it.
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    /// Write a file that looks like somebody's settings: JSON, YAML, or else
    /// lines as of an `.env` file, by its name. It must not be there yet.
    #[arg(long, short, value_name = "FILE", required_unless_present = "stdout")]
    pub(crate) output: Option<PathBuf>,
    /// Write the value alone to standard output, if that is no terminal.
    #[arg(long, requires = "place", conflicts_with = "output")]
    pub(crate) stdout: bool,
    /// The file that it will lie in, where a sighting means nothing; with
    /// `--stdout`.
    #[arg(long, value_name = "FILE", requires = "stdout")]
    pub(crate) place: Option<PathBuf>,
    /// More dossiers: a TOML file, or a directory of them.
    #[arg(long, value_name = "PATH")]
    pub(crate) dossiers: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) kept: Kept,
}

/// Which are listed.
#[derive(Args, Debug)]
pub(crate) struct HoneyList {
    /// Retired ones too.
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) kept: Kept,
}

/// Which is shown.
#[derive(Args, Debug)]
pub(crate) struct HoneyShow {
    /// Its number, or its fingerprint.
    #[arg(value_name = "HONEY")]
    pub(crate) honey: String,
    #[command(flatten)]
    pub(crate) kept: Kept,
}

/// Which is watched for no more.
#[derive(Args, Debug)]
pub(crate) struct HoneyRetire {
    /// Its number, or its fingerprint.
    #[arg(value_name = "HONEY")]
    pub(crate) honey: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) kept: Kept,
}

/// What is read.
#[derive(Args, Debug)]
pub(crate) struct HoneyCheck {
    /// Logs, or directories of them; gzip is undone. As for `respond --logs`.
    #[arg(value_name = "LOG", required = true)]
    pub(crate) logs: Vec<PathBuf>,
    /// More dossiers: a TOML file, or a directory of them.
    #[arg(long, value_name = "PATH")]
    pub(crate) dossiers: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) kept: Kept,
    #[command(flatten, next_help_heading = "How alerts are delivered")]
    pub(crate) asking: Asking,
}
