//! What may be typed about hooks.

use clap::Subcommand;

/// Stand before a commit, a push, and an agent.
#[derive(Debug, Subcommand)]
pub(crate) enum Hook {
    /// Put hooks in place.
    Install,
    /// Answer Git before a push is taken, on a server.
    PreReceive,
    Agent(super::Agent),
}
