//! What may be typed about redaction.

use std::path::PathBuf;

use clap::Args;

use super::Confidence;

const AFTER: &str = "\
Exit codes: 0 done · 1 something was masked, with --fail-on-found · 2 usage error, or not done to \
the end · 3 --restore left tokens that do not open";

/// Copy standard input to standard output with every secret masked.
///
/// The same secret gets the same token everywhere, such as
/// `[redacted:KIND:1a2b3c4d]`, on every machine. With a key the tokens hold what
/// they stand for, sealed, and whoever has the key can put it back. All other
/// bytes come out as they went in. A value that was seen as a secret once is
/// masked wherever it comes again; what somebody accepted is masked too.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Redact {
    /// Least confidence masked.
    #[arg(long, value_enum, default_value_t = Confidence::Medium, value_name = "LEVEL")]
    pub(crate) confidence: Confidence,
    /// More dossiers: a TOML file, or a directory of them.
    #[arg(long, value_name = "PATH")]
    pub(crate) dossiers: Vec<PathBuf>,
    /// Let each line leave as soon as it is complete, without waiting a moment
    /// for what the next ones say of it.
    #[arg(long, conflicts_with = "restore")]
    pub(crate) line_buffered: bool,
    /// Exit with 1 if something was masked.
    #[arg(long, conflicts_with = "restore")]
    pub(crate) fail_on_found: bool,
    /// Say on standard error how much was masked, or put back.
    #[arg(long)]
    pub(crate) stats: bool,
    /// Write what was masked to this file, as JSON, without values.
    #[arg(long, value_name = "FILE", conflicts_with = "restore")]
    pub(crate) report: Option<PathBuf>,
    #[command(flatten, next_help_heading = "What can be put back")]
    pub(crate) sealing: Sealing,
}

/// The key, and what is done with it.
#[derive(Args, Debug)]
pub(crate) struct Sealing {
    /// Seal what is masked with the key in this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Take the key from the environment variable of this name.
    #[arg(long, value_name = "NAME", conflicts_with = "key")]
    pub(crate) key_variable: Option<String>,
    /// Put back what was sealed with the key: the output holds secrets.
    #[arg(long)]
    pub(crate) restore: bool,
    /// Make a key, write it to this new file, and do nothing else.
    #[arg(long, value_name = "FILE", exclusive = true)]
    pub(crate) new_key: Option<PathBuf>,
}
