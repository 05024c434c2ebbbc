//! What may be typed about the hooks of AI agents.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use leeward_guard::agent::Client;

/// Answer an agent: read one event from standard input, stop or mask what
/// would take a key out of this machine, and answer in the agent's own
/// protocol.
///
/// What an agent runs can reach a value in ways that no hook sees: this is a
/// help, not a wall. `leeward hook agent install` puts it into an agent's
/// settings.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Agent {
    #[command(subcommand)]
    pub(crate) command: Option<AgentCommand>,
    /// Who asks, where an event does not show it: claude-code, cursor, copilot,
    /// codex or vibe.
    #[arg(long, value_name = "CLIENT")]
    pub(crate) client: Option<Client>,
    /// Mask a key in a tool's input and ask the user, instead of refusing the
    /// tool, where the protocol can.
    #[arg(long)]
    pub(crate) mask_input: bool,
    /// Read settings from this file. [default: leeward.toml in the user's
    /// configuration]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What is done with an agent's settings.
#[derive(Debug, Subcommand)]
pub(crate) enum AgentCommand {
    Install(AgentInstall),
}

/// Put the hook into an agent's settings, and leave everything else in them as
/// it is.
#[derive(Args, Debug)]
pub(crate) struct AgentInstall {
    /// Whose: claude-code, cursor, copilot, codex or vibe.
    #[arg(long, value_name = "CLIENT")]
    pub(crate) client: Client,
    /// Into the settings of the project here, for all who work on it.
    #[arg(long)]
    pub(crate) project: bool,
    /// Into your own settings, for all projects. [default]
    #[arg(long, conflicts_with = "project")]
    pub(crate) user: bool,
    /// Show what the settings would be, and change nothing.
    #[arg(long)]
    pub(crate) print: bool,
    /// Take the hook out again.
    #[arg(long)]
    pub(crate) remove: bool,
}
