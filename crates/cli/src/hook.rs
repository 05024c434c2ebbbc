//! `leeward hook`: what stands before a commit, a push, and an agent.

mod agent;
mod client;
mod place;
mod receive;

pub(crate) use place::told;

use crate::{
    args::{self, Color},
    failure::{Exit, Failure},
};

/// Runs it.
pub(crate) fn run(command: &args::Hook, color: Color) -> Result<Exit, Failure> {
    match command {
        args::Hook::Install(args) => place::install(args),
        args::Hook::Uninstall(args) => place::uninstall(args),
        args::Hook::Status(args) => place::status(args),
        args::Hook::PreCommit(args) => client::pre_commit(args, color),
        args::Hook::PrePush(args) => client::pre_push(args, color),
        args::Hook::CommitMsg(args) => client::commit_msg(args, color),
        args::Hook::PreReceive(args) => receive::run(args),
        args::Hook::Bypass(command) => receive::bypass(command),
        args::Hook::Events(args) => receive::events(args),
        args::Hook::Agent(args) => agent::run(args),
    }
}
