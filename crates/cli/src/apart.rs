//! `leeward unpack-apart`: the command that Leeward starts itself with, to parse
//! containers apart from the scanner, one after another. Nobody types it, and no value is
//! among its arguments: the container is its standard input, and what it is asked it reads
//! from its standard error, the one stream that is left.

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

/// Parses what is its standard input, as often as it is asked to.
pub(crate) fn run(args: &args::UnpackApart) -> Result<Exit, Failure> {
    let bounds =
        Bounds { memory: args.memory, time: Duration::from_millis(args.milliseconds.max(1)) };
    let streams = file(io::stdin()).and_then(|container| Ok((container, file(io::stderr())?)));
    let served = streams.and_then(|(mut container, requests)| {
        apart::serve(bounds, requests, &mut container, io::stdout().lock())
    });
    match served {
        Ok(()) => Ok(Exit::Clean),
        // Nobody hears what it says but the parent, which knows its own words.
        Err(_) => Ok(Exit::Usage),
    }
}

/// A stream as the file that it is.
#[cfg(unix)]
fn file(stream: impl std::os::fd::AsFd) -> io::Result<File> {
    Ok(File::from(stream.as_fd().try_clone_to_owned()?))
}

/// A stream as the file that it is.
#[cfg(windows)]
fn file(stream: impl std::os::windows::io::AsHandle) -> io::Result<File> {
    Ok(File::from(stream.as_handle().try_clone_to_owned()?))
}
