//! What an agent is told to type.

use std::path::PathBuf;

use clap::Args;

/// Serve agents over standard input and output, as the Model Context Protocol
/// has it: `scan`, `explain` and `redact`, which never return a value.
#[derive(Args, Debug)]
pub(crate) struct Mcp {
    /// Directories that may be scanned, and nothing outside them. [default: the
    /// current directory]
    #[arg(value_name = "ROOT")]
    pub(crate) roots: Vec<PathBuf>,
    /// More dossiers: a TOML file, or a directory of them.
    #[arg(long, value_name = "PATH")]
    pub(crate) dossiers: Vec<PathBuf>,
    /// Read settings from this file. [default: leeward.toml in the user's
    /// configuration]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}
