//! Incidents on a terminal or in a log. The same facts with and without colour
//! and line drawing; nothing parses it.

mod list;
pub(super) mod picture;
mod show;

use std::io::{self, Write};

use crate::{Style, human::screen::Screen};

use super::{IncidentView, IncidentsView, shown::Shown};

pub(super) fn list(view: &IncidentsView<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut screen = Screen::new(style);
    list::show(view, style, &mut screen);
    out.write_all(screen.text().as_bytes())
}

pub(super) fn show(view: &IncidentView<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut screen = Screen::new(style);
    show::show(&Shown::of(view), &mut screen);
    out.write_all(screen.text().as_bytes())
}
