//! `leeward honey`: keys that nobody uses, so that whoever does is seen.

use crate::{
    args,
    failure::{Exit, Failure},
};

/// Runs it.
pub(crate) fn run(_args: &args::Honey) -> Result<Exit, Failure> {
    Err(Failure::Value("not there yet".to_owned()))
}
