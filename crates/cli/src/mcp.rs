//! `leeward mcp`: serves agents.

use crate::{
    args,
    failure::{Exit, Failure},
};

/// Runs it.
pub(crate) fn run(_args: &args::Mcp) -> Result<Exit, Failure> {
    Err(Failure::Value("not there yet".to_owned()))
}
