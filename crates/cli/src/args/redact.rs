//! What may be typed about redaction.

use clap::Args;

/// Copy standard input to standard output with every secret masked.
#[derive(Args, Debug)]
pub(crate) struct Redact {}
