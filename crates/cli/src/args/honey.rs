//! What may be typed about honey keys.

use clap::Subcommand;

/// Make keys that nobody uses, and look for their use.
#[derive(Debug, Subcommand)]
pub(crate) enum Honey {
    /// Make one.
    Create,
}
