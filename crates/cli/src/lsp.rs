//! `leeward lsp`: speaks with an editor.

use crate::{
    args,
    failure::{Exit, Failure},
};

/// Runs it.
pub(crate) fn run(_args: &args::Lsp) -> Result<Exit, Failure> {
    Err(Failure::Value("not there yet".to_owned()))
}
