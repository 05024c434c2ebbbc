//! `--show-secrets`: only to a person at a terminal who asked twice.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

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
    let mut stderr = io::stderr();
    write!(
        stderr,
        "warning: whole values will appear on this screen and in its scroll-back; anyone who sees \
         them can use them. Type `show` to go on: "
    )?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if answer.trim() == "show" {
        Ok(())
    } else {
        Err(Failure::Reveal("values stay hidden; leave `--show-secrets` out"))
    }
}
