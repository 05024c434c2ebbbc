//! What an editor is told to type.

use clap::Args;

/// Speak with an editor over standard input and output.
#[derive(Args, Debug)]
pub(crate) struct Lsp {}
