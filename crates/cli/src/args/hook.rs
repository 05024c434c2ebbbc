//! What may be typed about hooks.

use clap::Subcommand;

use super::receive::{Bypass, Events, PreReceive};

/// Stand before a commit, a push, and an agent.
#[derive(Debug, Subcommand)]
pub(crate) enum Hook {
    /// Put hooks in place.
    Install,
    /// Answer Git before a push is taken, on a server.
    PreReceive(PreReceive),
    /// Leave for a push that would be refused, on a server.
    #[command(subcommand)]
    Bypass(Bypass),
    /// What happened at a server's door: bypasses given and used, and the like.
    Events(Events),
    /// Answer an agent.
    Agent,
}
