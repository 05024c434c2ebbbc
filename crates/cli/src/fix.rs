//! `leeward fix`: moves values out of files.

use crate::{
    args,
    failure::{Exit, Failure},
};

/// Runs it.
pub(crate) fn run(_args: &args::Fix) -> Result<Exit, Failure> {
    Err(Failure::Value("not there yet".to_owned()))
}
