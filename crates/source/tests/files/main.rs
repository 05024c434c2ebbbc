//! Files and directories as they are found in the world: real ones, made in
//! temporary directories.

#![expect(clippy::unwrap_used, reason = "also in the helpers of tests, a failure is a panic")]

mod cancel;
mod change;
mod coverage;
mod git;
mod hostile;
mod judged;
mod keep;
mod large;
mod tree;
