//! What may be typed about fixing.

use clap::Args;

/// Move values out of files into the environment.
#[derive(Args, Debug)]
pub(crate) struct Fix {}
