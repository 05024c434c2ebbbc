//! What may be typed about hooks.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::receive::{Bypass, Events, PreReceive};

/// Stand before a commit, a push, and an agent.
#[derive(Debug, Subcommand)]
pub(crate) enum Hook {
    /// Put hooks in place, beside those that are there.
    ///
    /// In an ordinary hook script a marked block is added; husky, lefthook and
    /// the pre-commit framework are met in their own files. What is there stays
    /// and runs as before.
    Install(Install),
    /// Take away what `install` added, and nothing else.
    Uninstall(Where),
    /// Say which hooks stand here, and what is not guarded.
    ///
    /// Exit codes: 0 all are in place · 3 something is not guarded
    Status(Where),
    /// Answer Git before a commit: what is staged.
    PreCommit(PreCommit),
    /// Answer Git before a push: what the remote does not have yet.
    PrePush(PrePush),
    /// Answer Git about a commit's message.
    CommitMsg(CommitMsg),
    /// Answer Git before a push is taken, on a server.
    PreReceive(PreReceive),
    /// Leave for a push that would be refused, on a server.
    #[command(subcommand)]
    Bypass(Bypass),
    /// What happened at a server's door: bypasses given and used, and the like.
    Events(Events),
    Agent(super::Agent),
}

/// Which hooks, where, and how.
#[derive(Args, Debug)]
pub(crate) struct Install {
    /// Which. [default: all three]
    #[arg(value_name = "HOOK")]
    pub(crate) hooks: Vec<GitHook>,
    #[command(flatten)]
    pub(crate) place: Where,
    /// What becomes of a commit or push while `leeward` itself is not there or too old.
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = WhenMissing::Stop)]
    pub(crate) when_missing: WhenMissing,
    /// Also change the files of lefthook or the pre-commit framework, where that can be
    /// done exactly; without it the lines to add are shown.
    #[arg(long)]
    pub(crate) apply: bool,
}

/// Which repositories.
#[derive(Args, Debug)]
pub(crate) struct Where {
    /// For all repositories of this user, by `core.hooksPath`; their own hooks still run.
    #[arg(long)]
    pub(crate) global: bool,
}

/// A hook that may be put in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GitHook {
    PreCommit,
    PrePush,
    CommitMsg,
}

/// What becomes of a change while nobody can look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhenMissing {
    Stop,
    Pass,
}

/// How a hook answers.
#[derive(Args, Debug)]
pub(crate) struct Answering {
    /// Findings that are known, written by `leeward scan --write-baseline`.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// The settings, instead of the user's own.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct PreCommit {
    #[command(flatten)]
    pub(crate) how: Answering,
}

#[derive(Args, Debug)]
pub(crate) struct PrePush {
    /// The remote's name, or its address if it has none.
    #[arg(value_name = "REMOTE")]
    pub(crate) remote: Option<String>,
    /// The remote's address.
    #[arg(value_name = "URL")]
    pub(crate) address: Option<String>,
    #[command(flatten)]
    pub(crate) how: Answering,
}

#[derive(Args, Debug)]
pub(crate) struct CommitMsg {
    /// The file that Git names.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) how: Answering,
}
