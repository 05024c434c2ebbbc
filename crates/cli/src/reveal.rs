//! `--show-secrets`: only to a person at a terminal who asked twice.

use std::{
    fs::File,
    io::{self, BufReader, IsTerminal as _, Write as _},
};

use crate::failure::Failure;

/// Asks whether values may be shown.
///
/// # Errors
/// Refused where nobody can be asked, or nobody agreed.
pub(crate) fn ask() -> Result<(), Failure> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Failure::Reveal(
            "`--show-secrets` works only on a terminal, so that values do not end up in files, \
             pipes and logs; leave it out to see the first and last four characters",
        ));
    }
    if agreed(io::stdin().lock())? {
        Ok(())
    } else {
        Err(Failure::Reveal("values stay hidden; leave `--show-secrets` out"))
    }
}

/// Asks, if values would be shown on a terminal, whether they may, also where
/// standard input holds something else. What goes to a file or a pipe is not
/// asked about: who named the key wanted it there.
///
/// # Errors
/// Refused where nobody can be asked, or nobody agreed.
pub(crate) fn ask_aside() -> Result<(), Failure> {
    if !io::stdout().is_terminal() {
        return Ok(());
    }
    let terminal = if cfg!(windows) { "CONIN$" } else { "/dev/tty" };
    let refused =
        || Failure::Reveal("values stay sealed; write to a file or a pipe instead of the terminal");
    let terminal = File::open(terminal).map_err(|_| refused())?;
    if agreed(BufReader::new(terminal))? { Ok(()) } else { Err(refused()) }
}

fn agreed(mut answers: impl io::BufRead) -> io::Result<bool> {
    let mut stderr = io::stderr();
    write!(
        stderr,
        "warning: whole values will appear on this screen and in its scroll-back; anyone who sees \
         them can use them. Type `show` to go on: "
    )?;
    stderr.flush()?;
    let mut answer = String::new();
    answers.read_line(&mut answer)?;
    Ok(answer.trim() == "show")
}
