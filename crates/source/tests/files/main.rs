//! Files and directories as they are found in the world: real ones, made in
//! temporary directories.

mod cancel;
mod change;
mod coverage;
mod git;
mod hostile;
mod keep;
mod large;
mod tree;
