//! `leeward unpack-apart`: the command that Leeward starts itself with, to parse one
//! container apart from the scanner. Nobody types it, and no value is among its
//! arguments: the container is its standard input.

use std::{fs::File, io, path::PathBuf, time::Duration};

use leeward_unpack::{
    Apart, Settings,
    apart::{self, Bounds},
};

use crate::{
    args,
    failure::{Exit, Failure},
};

/// Its name.
pub(crate) const COMMAND: &str = "unpack-apart";

/// How containers are opened: with parsers that run apart where this program can be
/// started again.
pub(crate) fn settings() -> Settings {
    let apart = program().map(|program| Apart { program, arguments: vec![COMMAND.into()] });
    Settings { apart, ..Settings::default() }
}

/// This program. The link of the process leads to it also when its file was replaced
/// since.
fn program() -> Option<PathBuf> {
    let own = PathBuf::from("/proc/self/exe");
    if cfg!(target_os = "linux") && own.exists() {
        return Some(own);
    }
    std::env::current_exe().ok()
}

/// Parses what is its standard input.
pub(crate) fn run(args: &args::UnpackApart) -> Result<Exit, Failure> {
    let bounds =
        Bounds { memory: args.memory, time: Duration::from_millis(args.milliseconds.max(1)) };
    let served = standard_input().and_then(|mut container| {
        apart::serve(&args.form, bounds, &mut container, io::stdout().lock())
    });
    match served {
        Ok(()) => Ok(Exit::Clean),
        // Nobody hears what it says but the parent, which knows its own words.
        Err(_) => Ok(Exit::Usage),
    }
}

/// Standard input as the file it is.
#[cfg(unix)]
fn standard_input() -> io::Result<File> {
    use std::os::fd::AsFd as _;

    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

/// Standard input as the file it is.
#[cfg(windows)]
fn standard_input() -> io::Result<File> {
    use std::os::windows::io::AsHandle as _;

    Ok(File::from(io::stdin().as_handle().try_clone_to_owned()?))
}
