//! What may be typed about fixing.

use std::{ffi::OsString, path::PathBuf};

use clap::Args;

const EXIT_CODES: &str = "Exit codes: 0 nothing to do, or done · 1 something is proposed and not \
                          done, or cannot be done · 2 usage or configuration error";

/// Move values out of files into the environment.
///
/// Each value goes into `.env`, which Git is made to ignore, and what stood in
/// the file becomes what reads the variable in its language. The change is shown
/// and asked about first; in a pipe it is only shown. A fix does not take a
/// value out of history: one that was committed has to be revoked.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Fix {
    /// Files and directories, or one line of a file. [default: the current
    /// directory, and what is staged]
    #[arg(value_name = "FILE[:LINE]")]
    pub(crate) targets: Vec<OsString>,
    /// Do it without asking.
    #[arg(long, alias = "yes")]
    pub(crate) apply: bool,
    /// Bring what was staged whole up to date, so that the next commit is clean.
    #[arg(long)]
    pub(crate) stage: bool,
    /// Put values into this file. [default: the nearest `.env` above each file,
    /// or a new one at the root of the repository]
    #[arg(long, value_name = "FILE")]
    pub(crate) env: Option<PathBuf>,
    /// Least confidence of what is moved.
    #[arg(long, value_enum, default_value_t = super::Confidence::Medium, value_name = "LEVEL")]
    pub(crate) confidence: super::Confidence,
    /// More dossiers: a TOML file, or a directory of them.
    #[arg(long, value_name = "PATH")]
    pub(crate) dossiers: Vec<PathBuf>,
}
