//! What may be typed about sources that are watched.

use clap::{Args, Subcommand};

use super::{Asking, Kept};

/// Watch the sources that your settings name, and record what is found.
///
/// Reads each `[[source]]` of the settings page by page, looks through what is new,
/// opens an incident for each value that is yours, and tells the channels of
/// `[[alert]]`. What lies where anybody writes (`belongs = "anyone"`) is yours if its
/// fingerprint is known or one of your names stands beside it; other people's values
/// are neither asked about nor kept. Ends with Ctrl-C, and goes on where it was.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Exit codes: 0 nothing new · 1 incidents were opened (`--once`) · 2 usage \
                        or configuration error · 3 something could not be looked at")]
pub(crate) struct Watch {
    #[command(subcommand)]
    pub(crate) command: Option<WatchCommand>,
    /// Look at everything once, do the work that follows, and end.
    #[arg(long)]
    pub(crate) once: bool,
    /// Only these sources, by their names in the settings.
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Vec<String>,
    /// Say how it goes, and look at nothing.
    #[arg(long, conflicts_with = "once")]
    pub(crate) status: bool,
    /// No line for each look.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) kept: Kept,
    #[command(flatten, next_help_heading = "How to ask providers")]
    pub(crate) asking: Asking,
}

/// What else is done about sources.
#[derive(Debug, Subcommand)]
pub(crate) enum WatchCommand {
    /// Have values of your own known wherever they turn up.
    ///
    /// Reads them from standard input, one on a line, or from a place where secrets
    /// are kept. Only their fingerprints are stored; the values go nowhere.
    Ours(WatchOurs),
    /// Look at a source no more until it is resumed.
    Pause(WatchSource),
    /// Look at a source again that is paused or in trouble, now.
    Resume(WatchSource),
    /// Look at a source now.
    Look(WatchSource),
}

/// Whose values are made known.
#[derive(Args, Debug)]
pub(crate) struct WatchOurs {
    /// What you call them, such as `vault: production`.
    #[arg(long, value_name = "TEXT", default_value = "ours")]
    pub(crate) label: String,
    /// Read the value from this place instead, written as for `respond --to`.
    #[arg(long, value_name = "PLACE")]
    pub(crate) from: Vec<String>,
    /// What kind of values they are, if they do not show that themselves.
    #[arg(long, value_name = "ID")]
    pub(crate) dossier: Option<String>,
    #[command(flatten)]
    pub(crate) kept: Kept,
    #[command(flatten, next_help_heading = "How places are reached")]
    pub(crate) asking: Asking,
}

/// Which source is meant.
#[derive(Args, Debug)]
pub(crate) struct WatchSource {
    /// Its name in the settings.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Why, for those who come after.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) kept: Kept,
}
