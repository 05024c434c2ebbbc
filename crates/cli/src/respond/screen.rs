//! What a response would do, and what it did, on the screen: one block for
//! each step, in the order in which they are taken.

use std::io::{self, BufWriter, Write as _};

use anstyle::{AnsiColor, Style};
use leeward_model::{Progress, SafeText, State, StepName, Validity};
use leeward_respond::{Halt, Plan, Responder};

use leeward_watch::discreet::discreet;

use crate::{args::Color, failure::Failure, terminal};

/// Notes that are shown of a step that nobody named.
const NOTES: usize = 4;

/// Columns before the text of a block.
const INDENT: usize = 6;

/// Prints what would be done.
pub(crate) fn plan(
    responder: &Responder<'_>,
    wanted: &[StepName],
    again: bool,
    typed: &str,
    color: Color,
) -> Result<(), Failure> {
    let mut screen = Screen::new(color);
    screen.headline(responder)?;
    let (order, why) = responder.order();
    writeln!(screen.out, "order: {} ({why})\n", order.name())?;
    let mut changes = false;
    for step in order.steps().into_iter().filter(|step| wanted.contains(step)) {
        screen.step(responder, step)?;
        if responder.is_settled(step) && !again {
            writeln!(screen.out)?;
            continue;
        }
        let plan = responder.plan(step);
        changes |= plan.acts.iter().any(|act| act.changes);
        screen.acts(&plan, again)?;
        writeln!(screen.out)?;
    }
    let what = if changes { "nothing was changed" } else { "nothing was done" };
    writeln!(screen.out, "{what}; to do this: {typed} --apply")?;
    screen.out.flush()?;
    Ok(())
}

/// Prints what was done, and what is left.
pub(crate) fn outcome(
    responder: &Responder<'_>,
    wanted: &[StepName],
    typed: &str,
    color: Color,
) -> Result<(), Failure> {
    let mut screen = Screen::new(color);
    screen.headline(responder)?;
    writeln!(screen.out)?;
    let (order, _) = responder.order();
    for step in order.steps().into_iter().filter(|step| wanted.contains(step)) {
        screen.step(responder, step)?;
    }
    writeln!(screen.out)?;
    screen.what_is_left(responder, typed)?;
    screen.out.flush()?;
    Ok(())
}

struct Screen {
    out: BufWriter<io::StdoutLock<'static>>,
    width: usize,
    colored: bool,
}

impl Screen {
    fn new(color: Color) -> Self {
        let style = terminal::style(color);
        let out = BufWriter::new(io::stdout().lock());
        Self { out, width: style.width, colored: style.color }
    }

    fn style(&self, style: Style) -> Style {
        if self.colored { style } else { Style::new() }
    }

    fn headline(&mut self, responder: &Responder<'_>) -> Result<(), Failure> {
        let incident = responder.incident();
        let bold = self.style(Style::new().bold());
        writeln!(
            self.out,
            "{bold}incident {}: {} {}{bold:#}, {}, {}",
            incident.id,
            text(&responder.dossier().name),
            incident.hint,
            incident.state.name(),
            incident.validity.name(),
        )?;
        Ok(())
    }

    fn step(&mut self, responder: &Responder<'_>, step: StepName) -> Result<(), Failure> {
        let record = responder.record_of(step);
        let progress = record.map_or(Progress::Open, |record| record.progress);
        let color = match progress {
            Progress::Done => AnsiColor::Green,
            Progress::Failed => AnsiColor::Red,
            Progress::Waiting | Progress::Begun => AnsiColor::Yellow,
            Progress::Open | Progress::Waived => AnsiColor::BrightBlack,
        };
        let mark = self.style(Style::new().fg_color(Some(color.into())));
        let bold = self.style(Style::new().bold());
        let required = if responder.is_required(step) { "" } else { " (advised)" };
        writeln!(
            self.out,
            "  {mark}{:<8}{mark:#} {bold}{step}{bold:#}{required}",
            progress.name(),
        )?;
        if let Some(record) =
            record.filter(|it| !it.text.is_empty() && it.progress != Progress::Begun)
        {
            self.block("", &record.text)?;
        }
        Ok(())
    }

    /// What a step would do; all notes only if it was named.
    fn acts(&mut self, plan: &Plan, in_full: bool) -> Result<(), Failure> {
        for act in &plan.acts {
            let mark = if act.changes { "! " } else { "- " };
            self.block(mark, &act.text)?;
        }
        for need in &plan.needs {
            self.block("needs: ", need)?;
        }
        let shown = if in_full { plan.notes.len() } else { plan.notes.len().min(NOTES) };
        for note in &plan.notes[..shown] {
            self.block("note: ", note)?;
        }
        if shown < plan.notes.len() {
            let more = plan.notes.len() - shown;
            self.block("", &format!("{more} more notes: name the step to see them"))?;
        }
        if let Some(manual) = plan.manual.as_ref().filter(|_| !plan.needs.is_empty()) {
            let link = manual.link.as_ref().map(|link| format!(" at {link}")).unwrap_or_default();
            self.block("by hand: ", &format!("{}{link}: {}", manual.title, manual.text))?;
        }
        Ok(())
    }

    /// A paragraph, indented and broken into lines.
    fn block(&mut self, before: &str, words: &str) -> Result<(), Failure> {
        if words.contains('\n') {
            return self.verbatim(before, words);
        }
        let hang = INDENT + before.len().min(2);
        let mut line = format!("{:INDENT$}{before}", "");
        let mut is_new = true;
        for word in discreet(&text(words)).split(' ') {
            if !is_new && line.chars().count() + 1 + word.chars().count() > self.width {
                writeln!(self.out, "{line}")?;
                line = " ".repeat(hang);
                is_new = true;
            }
            if !is_new {
                line.push(' ');
            }
            line.push_str(word);
            is_new = false;
        }
        writeln!(self.out, "{line}")?;
        Ok(())
    }

    /// Lines as they are, such as those of a difference.
    fn verbatim(&mut self, before: &str, lines: &str) -> Result<(), Failure> {
        writeln!(self.out, "{:INDENT$}{before}", "")?;
        for line in lines.lines() {
            let line = discreet(&SafeText::new(line).to_string());
            writeln!(self.out, "{:INDENT$}  {line}", "")?;
        }
        Ok(())
    }

    fn what_is_left(&mut self, responder: &Responder<'_>, typed: &str) -> Result<(), Failure> {
        let incident = responder.incident();
        let id = incident.id;
        let missing: Vec<&str> = responder.missing().iter().map(|step| step.name()).collect();
        if !missing.is_empty() {
            let is_closed = if incident.state == State::Closed { "closed, but " } else { "" };
            writeln!(
                self.out,
                "{is_closed}left to do: {}; when that is possible: {typed} --apply; or leave a step out \
                 with --waive STEP=REASON",
                missing.join(", ")
            )?;
        } else if incident.state == State::Closed {
            let proof = if incident.validity == Validity::Inactive { ", proven dead" } else { "" };
            writeln!(
                self.out,
                "closed{proof}; evidence: leeward incident export {id} --output incident-{id}.zip"
            )?;
        } else if let Some(why) = responder.hindrance() {
            writeln!(
                self.out,
                "every required step is settled, but {why}: run `leeward respond {id} revoke --apply`, or \
                 say why it may stay so with --waive revoke=REASON"
            )?;
        } else {
            writeln!(
                self.out,
                "every required step is settled; next: leeward incident close {id}"
            )?;
        }
        Ok(())
    }
}

/// Says what was sent and not written down, if a run had to end there.
pub(crate) fn halted(responder: &Responder<'_>, halt: &Halt) {
    if let Some(sent) = responder.unsettled() {
        terminal::notice(&format!(
            "note: the last thing that was about to be done may have been done: {}; the next run finds \
             out",
            discreet(&text(&sent))
        ));
    }
    if *halt == Halt::Stopped {
        terminal::notice(&halt.to_string());
    }
}

/// Foreign text, on one line.
fn text(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    SafeText::new(&line).to_string()
}
