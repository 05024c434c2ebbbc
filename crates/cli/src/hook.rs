//! `leeward hook`: what stands before a commit, a push, and an agent.

mod agent;
mod client;
mod receive;

use crate::{
    args,
    failure::{Exit, Failure},
};

/// Runs it.
pub(crate) fn run(command: &args::Hook) -> Result<Exit, Failure> {
    match command {
        args::Hook::Install => client::run(),
        args::Hook::PreReceive => receive::run(),
        args::Hook::Agent(args) => agent::run(args),
    }
}
