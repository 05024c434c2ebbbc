//! `leeward hook agent`: what an AI agent is about to do.

use crate::failure::{Exit, Failure};

/// Runs it.
pub(crate) fn run() -> Result<Exit, Failure> {
    Err(Failure::Value("not there yet".to_owned()))
}
