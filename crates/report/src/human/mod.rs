//! The report a person reads: a panicked developer at two in the morning and
//! an auditor a year later. What is worst comes first; within a finding, what
//! it is and where, then what to do, then everything that explains it.
//!
//! It carries the same facts with and without colour and line drawing. Nothing
//! parses it; it may change between any two versions.

mod excerpt;
pub(crate) mod finding;
pub(crate) mod reach;
pub(crate) mod screen;
mod stealer;
mod summary;

use std::io::{self, Write};

use crate::{Report, Style, view::View};

use screen::Screen;

pub(crate) fn write(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let view = View::of(report);
    for stealer in &view.stealers {
        let mut screen = Screen::new(style);
        stealer::show(stealer, &mut screen);
        screen.blank();
        out.write_all(screen.text().as_bytes())?;
    }
    for finding in &view.findings {
        let mut screen = Screen::new(style);
        finding::show(finding, &mut screen);
        screen.blank();
        out.write_all(screen.text().as_bytes())?;
    }
    let mut screen = Screen::new(style);
    summary::show(&view, &mut screen);
    out.write_all(screen.text().as_bytes())
}
