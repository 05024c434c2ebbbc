//! `leeward hook pre-receive`: a push, before a server takes it.

use crate::failure::{Exit, Failure};

/// Runs it.
pub(crate) fn run() -> Result<Exit, Failure> {
    Err(Failure::Value("not there yet".to_owned()))
}
