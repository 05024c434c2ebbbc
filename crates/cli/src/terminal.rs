//! The terminal: colour, width, complaints.

use std::{
    io::{self, IsTerminal as _, Write as _},
    panic::Location,
    process::ExitCode,
    sync::{
        Once,
        atomic::{AtomicBool, Ordering},
    },
};

use anstyle::{AnsiColor, Style};
use leeward_guard::hook::Part;
use leeward_report as report;

use leeward_watch::discreet::discreet;

use crate::{
    args::Color,
    environment,
    failure::{Exit, Failure},
};

/// How a report for people may look on standard output.
pub(crate) fn style(color: Color) -> report::Style {
    let terminal = io::stdout().is_terminal();
    let plain = report::Style::PLAIN;
    report::Style {
        color: is_colored(color, &io::stdout()),
        width: if terminal { width().unwrap_or(plain.width) } else { plain.width },
        unicode: terminal && environment::is_utf8(),
    }
}

/// Whether a stream is to be coloured.
pub(crate) fn is_colored(color: Color, stream: &impl anstream::stream::RawStream) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never,
    }
}

/// Columns of the terminal on standard output, within reason.
pub(crate) fn width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size()?;
    Some(usize::from(width.0).clamp(40, 160))
}

/// Says why a command could not be done.
pub(crate) fn complain(failure: &Failure, color: Color) {
    let error = if is_colored(color, &io::stderr()) {
        Style::new().bold().fg_color(Some(AnsiColor::Red.into()))
    } else {
        Style::new()
    };
    // If standard error is gone too, there is nobody to tell.
    let what = discreet(&failure.to_string());
    let _ = writeln!(io::stderr(), "{error}error:{error:#} {what}");
}

/// Says something in passing, on a line of its own also where progress is shown.
pub(crate) fn notice(text: &str) {
    let start = if io::stderr().is_terminal() { "\r\x1b[2K" } else { "" };
    // As above.
    let _ = writeln!(io::stderr(), "{start}{text}");
}

/// A line of what a hook says.
pub(crate) fn told(part: Part, text: &str, color: Color) {
    let style = match part {
        _ if !is_colored(color, &io::stderr()) => Style::new(),
        Part::Stopped => Style::new().bold().fg_color(Some(AnsiColor::Red.into())),
        Part::Passed => Style::new().fg_color(Some(AnsiColor::Yellow.into())),
        Part::Place => Style::new().bold(),
        Part::Advice => Style::new(),
    };
    // As above.
    let _ = writeln!(io::stderr(), "{style}{text}{style:#}");
}

/// Shows what is going on, on a line that the next replaces; nothing where
/// nobody is looking.
pub(crate) fn passing(text: &str) {
    if io::stderr().is_terminal() {
        // As above.
        let _ = write!(io::stderr(), "\r\x1b[2K{}", discreet(text));
        let _ = io::stderr().flush();
    }
}

/// Takes that line away.
pub(crate) fn passed() {
    if io::stderr().is_terminal() {
        // As above.
        let _ = write!(io::stderr(), "\r\x1b[2K");
    }
}

/// Calls `stop` at the first interrupt, so that what was done is reported; ends
/// the program at the second.
pub(crate) fn on_interrupt(stop: impl Fn() + Send + 'static) {
    let interrupted = AtomicBool::new(false);
    // Without a handler an interrupt ends the command without a report.
    let _ = ctrlc::set_handler(move || {
        if interrupted.swap(true, Ordering::Relaxed) {
            #[expect(
                clippy::exit,
                clippy::disallowed_methods,
                reason = "asked for twice, and nothing is left to report"
            )]
            std::process::exit(130);
        }
        stop();
        notice("stopping; what was done is reported (interrupt again to quit now)");
    });
}

/// Shows help, version or what was wrong with what was typed.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    // As above.
    if !error.use_stderr() {
        let _ = error.print();
        return Exit::Clean.into();
    }
    let text = error.render();
    let text = if is_colored(Color::Auto, &io::stderr()) {
        text.ansi().to_string()
    } else {
        text.to_string()
    };
    let _ = write!(io::stderr(), "{}", discreet(&text));
    Exit::Usage.into()
}

/// Says that a panic happened, without what it says: that may quote a value.
/// Once, since the threads that wait for a panicked one panic too.
pub(crate) fn panicked(location: Option<&Location<'_>>) {
    static FIRST: Once = Once::new();
    FIRST.call_once(|| {
        let place = location.map(|at| format!(" at {}:{}", at.file(), at.line()));
        // As above.
        let _ = writeln!(
            io::stderr(),
            "error: leeward has a bug{}; please report this line, which holds nothing of what was \
             scanned",
            place.unwrap_or_default()
        );
    });
}
