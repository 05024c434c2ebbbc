//! Reads the world and hands it out as blobs: files and directories, streams,
//! Git repositories. Nothing here judges what the bytes say, and nothing here
//! is ever configured or driven by what is being read.
//!
//! Every source takes an [`Inspect`](leeward_model::Inspect) and returns a
//! [`Coverage`](leeward_model::Coverage): what was read, what was not and why.

pub mod files;
pub mod git;
mod piece;
mod progress;
pub mod stream;
mod tee;

pub use piece::{Cut, Cutter, Filled, Measured};
pub use progress::Progress;
