//! `leeward redact`: a stream with its secrets masked.

use crate::{
    args,
    failure::{Exit, Failure},
};

/// Runs it.
pub(crate) fn run(_args: &args::Redact) -> Result<Exit, Failure> {
    Err(Failure::Value("not there yet".to_owned()))
}
