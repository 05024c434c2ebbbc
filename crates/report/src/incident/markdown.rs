//! One incident for a ticket: what to do, how long it lay open, its steps, what
//! it reaches. Foreign text stands in code or is escaped, as in the report.

use std::io::{self, Write};

use leeward_model::{EventKind, Progress};

use crate::{
    Style,
    human::screen::Screen,
    markdown::{
        escape::{code, fenced, link, prose},
        place_line, reach,
    },
    words::{self, capital, minute},
};

use super::{
    IncidentView,
    human::picture,
    shown::{Shown, Step},
    tell::{self, Beat},
};

/// The version of the layout, as a comment that a bot finds its own text by.
const SCHEMA: &str = "<!-- leeward.incident.markdown/1 -->";
/// Tickets have a size limit.
const PLACES: usize = 50;
const MOMENTS: usize = 200;

pub(super) fn show(view: &IncidentView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let shown = Shown::of(view);
    writeln!(out, "{SCHEMA}")?;
    heading(&shown, out)?;
    exposure(&shown, out)?;
    timeline(&shown, out)?;
    steps(&shown, out)?;
    writeln!(out, "\n### The credential\n")?;
    reach::facts(shown.known(), out)?;
    writeln!(
        out,
        "- **Severity:** {}: {}",
        view.incident.severity.name(),
        prose(&shown.severity_why)
    )?;
    writeln!(out, "- **Where:** {}", prose(&shown.exposure.lines.join("; ")))?;
    for (role, value) in &shown.companions {
        writeln!(out, "- **Belongs to:** {} {}", prose(role), code(value.as_bytes()))?;
    }
    let dossier = code(view.incident.dossier.as_str().as_bytes());
    writeln!(out, "- **Identity:** {dossier} `{}`", view.incident.fingerprint)?;
    reach::section(shown.known(), out)?;
    places(&shown, out)?;
    notes(&shown, out)?;
    let (sequence, hash) = view.head;
    writeln!(out, "\nLog: entry {sequence}, {}", code(hash.as_bytes()))
}

fn heading(shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
    let incident = shown.view.incident;
    let hint = code(shown.hint.as_bytes());
    writeln!(
        out,
        "## Incident {}: {}: {} {hint}\n",
        incident.id,
        incident.severity.name(),
        prose(shown.title())
    )?;
    writeln!(out, "- **State:** {}", incident.state.name())?;
    writeln!(out, "- **Live or not:** {}", tell::live_or_not(shown))?;
    for next in tell::next(shown) {
        let command = next.command.map(|command| format!("`{command}`: ")).unwrap_or_default();
        writeln!(out, "- **Next:** {command}{}", prose(&next.what))?;
    }
    match &shown.owner {
        Some(owner) => writeln!(out, "- **Owner:** {}", code(owner.as_bytes()))?,
        None => writeln!(out, "- **Owner:** nobody")?,
    }
    let due = tell::due(incident, shown.view.now);
    if let (Some(at), Some(how)) = (incident.due.and_then(minute), due) {
        let how =
            if tell::is_overdue(incident, shown.view.now) { format!("**{how}**") } else { how };
        writeln!(out, "- **Due:** {at} ({how})")?;
    }
    Ok(())
}

fn exposure(shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n### How long it lay open\n")?;
    for sentence in tell::window(shown) {
        writeln!(out, "- {}", capital(&sentence))?;
    }
    if let Some(line) = &shown.line {
        let mut screen = Screen::new(Style { width: 90, ..Style::PLAIN });
        picture::show(line, &mut screen);
        writeln!(out, "\n{}", fenced(screen.text().trim_end()))?;
        writeln!(out, "\nNot to scale: a longer stretch is drawn longer.")?;
    }
    Ok(())
}

fn timeline(shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n### What happened\n")?;
    let beats = tell::beats(shown);
    for beat in beats.iter().take(MOMENTS) {
        match beat {
            Beat::Moment(moment, after) => {
                let after =
                    after.map_or_else(String::new, |after| format!(" (+{})", tell::brief(after)));
                let text = match moment.text.trim() {
                    "" => String::new(),
                    text => format!(": {}", prose(text)),
                };
                let (at, kind) = (tell::second(moment.at), tell::moment(moment.kind));
                writeln!(out, "- {at}{after} **{kind}**{text}")?;
            }
            Beat::More(n, kind) => {
                writeln!(out, "- … {} {n} more times", tell::moment(*kind))?;
            }
        }
    }
    let more = beats.len().saturating_sub(MOMENTS);
    if more > 0 {
        writeln!(out, "- and {}", words::count(more, "more moment", "more moments"))?;
    }
    Ok(())
}

fn steps(shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n### Steps: {}\n", tell::progress(shown))?;
    for step in &shown.steps {
        let mark = if step.progress.is_settled() { "x" } else { " " };
        let required = if step.required { "" } else { ", not required" };
        let progress = match step.progress {
            Progress::Done | Progress::Open => step.progress.name().to_owned(),
            other => format!("**{}**", other.name()),
        };
        writeln!(
            out,
            "- [{mark}] **{}**: {progress}{required}{}: {}{}",
            step.name,
            by_whom(step),
            prose(said(step)),
            step.remedy
                .filter(|_| !step.progress.is_settled())
                .and_then(|remedy| remedy.url.as_deref())
                .map(link)
                .unwrap_or_default(),
        )?;
    }
    Ok(())
}

/// What was done, or what is to be done.
fn said<'a>(step: &'a Step<'_>) -> &'a str {
    let record = step.record.as_ref().map(|record| record.text.as_str());
    record.filter(|text| !text.trim().is_empty()).unwrap_or_else(|| step.title())
}

fn by_whom(step: &Step<'_>) -> String {
    let Some(record) = &step.record else { return String::new() };
    let at = minute(record.at).map(|at| format!(", {at}")).unwrap_or_default();
    match record.by.trim() {
        "" => at,
        by => format!("{at} by {}", code(words::clip(by).as_bytes())),
    }
}

fn places(shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
    for (title, places) in [("lies", &shown.places), ("lay once", &shown.gone)] {
        if places.is_empty() {
            continue;
        }
        writeln!(out, "\n### Where it {title}\n")?;
        for place in places.iter().take(PLACES) {
            writeln!(out, "- {}", place_line(place))?;
        }
        let more = places.len().saturating_sub(PLACES);
        if more > 0 {
            writeln!(out, "- and {} more", words::grouped(more as u64))?;
        }
    }
    Ok(())
}

fn notes(shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut notes = shown.told(EventKind::Noted).peekable();
    if notes.peek().is_some() {
        writeln!(out, "\n### Notes\n")?;
    }
    for note in notes {
        let at = tell::second(note.event.entry.at);
        writeln!(out, "- {}, {at}: {}", code(note.actor.as_bytes()), prose(&note.text))?;
    }
    Ok(())
}
