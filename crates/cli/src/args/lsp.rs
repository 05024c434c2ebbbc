//! What an editor is told to type.

use std::path::PathBuf;

use clap::Args;

/// Speak with an editor over standard input and output.
///
/// A language server: it marks values as they are typed, says why it thinks
/// them keys, and moves them into the environment or notes why they may stay.
/// Editors start it themselves; docs/editors.md says how each is told to.
#[derive(Args, Debug)]
pub(crate) struct Lsp {
    /// Does nothing: some editors say it to every server.
    #[arg(long, hide = true)]
    stdio: bool,
    /// The editor's process, which some editors name; the session ends with the
    /// stream in any case.
    #[arg(long, hide = true, value_name = "PID", alias = "clientProcessId")]
    client_process_id: Option<u64>,
    /// Least confidence of what is marked.
    #[arg(long, value_enum, default_value_t = super::Confidence::Medium, value_name = "LEVEL")]
    pub(crate) confidence: super::Confidence,
    /// More dossiers: a TOML file, or a directory of them.
    #[arg(long, value_name = "PATH")]
    pub(crate) dossiers: Vec<PathBuf>,
}
