//! What an agent is told to type.

use clap::Args;

/// Serve agents over standard input and output.
#[derive(Args, Debug)]
pub(crate) struct Mcp {}
