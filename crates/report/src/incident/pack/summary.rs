//! One page for whoever decides: what happened, how long it lay open, what it
//! could reach, what was done and by whom, what remains, who decided what.

use leeward_model::{Event, EventKind, Progress, State, StepName};

use crate::{
    incident::{
        shown::{Shown, Step, Told},
        tell,
    },
    markdown::escape::{code, prose},
    reach,
    words::{capital, clip, count, list, minute},
};

use super::proof::Checked;

/// Decisions, and impacts, that find room on a page.
const DECISIONS: usize = 15;
const IMPACTS: usize = 8;

pub(super) fn text(shown: &Shown<'_>, checked: &Checked<'_>) -> String {
    let incident = shown.view.incident;
    let mut page = Page::default();
    page.line(&format!("# Incident {}: an exposed {}", incident.id, prose(shown.title())));
    let at = minute(shown.view.now).unwrap_or_default();
    page.line(&format!(
        "\nAs of {at}: **{}**, severity **{}**, {}.",
        incident.state.name(),
        incident.severity.name(),
        tell::live_or_not(shown)
    ));
    happened(shown, &mut page);
    page.section("How long it lay open", tell::window(shown).iter().map(|line| capital(line)));
    reached(shown, &mut page);
    page.section("What was done", shown.steps.iter().filter_map(done));
    remains(shown, &mut page);
    decisions(shown, &mut page);
    page.section("How to check this", [proof(shown, checked)]);
    page.0
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    /// A heading and a list; nothing if the list is empty.
    fn section(&mut self, title: &str, items: impl IntoIterator<Item = String>) {
        let mut items = items.into_iter().peekable();
        if items.peek().is_none() {
            return;
        }
        self.line(&format!("\n## {title}\n"));
        for item in items {
            self.line(&format!("- {}", item.trim_end()));
        }
    }
}

fn happened(shown: &Shown<'_>, page: &mut Page) {
    let guidance = shown.view.guidance;
    let mut items = Vec::new();
    let hint = code(shown.hint.as_bytes());
    let places = count(shown.places.len(), "place", "places");
    items.push(format!("The value {hint} of a {} was found in {places}.", prose(shown.title())));
    if !guidance.summary.is_empty() {
        items.push(format!("What such a credential opens: {}", prose(&guidance.summary)));
    }
    if !shown.gone.is_empty() {
        let gone = count(shown.gone.len(), "place", "places");
        items.push(format!("It lay in {gone} more, and was seen there no more by a later scan."));
    }
    items.extend(shown.exposure.lines.iter().map(|line| capital(&prose(line))));
    if !shown.severity_why.is_empty() {
        items.push(format!("Why it is {}: {}", severity(shown), prose(&shown.severity_why)));
    }
    page.section("What happened", items);
}

fn severity(shown: &Shown<'_>) -> &'static str {
    shown.view.incident.severity.name()
}

fn reached(shown: &Shown<'_>, page: &mut Page) {
    let Some(known) = &shown.assessment else {
        let text = "Nobody asked what it reaches: assume everything that it opens.".to_owned();
        return page.section("What it could reach", [text]);
    };
    let mut items: Vec<String> = known
        .identity
        .iter()
        .map(|says| format!("Belongs to: {} {}", prose(&says.label), code(says.value.as_bytes())))
        .collect();
    items.push(format!("Within its reach: {}.", prose(&reach::at_a_glance(known))));
    let impacts = reach::best_first(&known.impacts, |impact| impact.standing);
    for impact in impacts.into_iter().take(IMPACTS) {
        let standing = capital(impact.standing.name());
        items.push(format!("{standing}: {}: {}", prose(&impact.title), prose(&impact.text)));
    }
    if !known.gaps.is_empty() {
        let gaps: Vec<String> = known.gaps.iter().map(|gap| prose(&gap.what)).collect();
        items.push(format!("Not known: {}.", list(&gaps, 4)));
    }
    page.section("What it could reach", items);
}

/// A step that came to an end.
fn done(step: &Step<'_>) -> Option<String> {
    let record = step.record.as_ref().filter(|_| step.progress.is_settled())?;
    let at = minute(record.at).map(|at| format!(", {at}")).unwrap_or_default();
    let by = match record.by.trim() {
        "" => String::new(),
        by => format!(" by {}", code(clip(by).as_bytes())),
    };
    let how = if step.progress == Progress::Waived { " **waived**" } else { "" };
    let name = capital(&step.name.name().replace('-', " "));
    Some(format!("**{name}**{how}{at}{by}: {}", prose(&record.text)))
}

fn remains(shown: &Shown<'_>, page: &mut Page) {
    let to_do = shown.to_do();
    let mut items: Vec<String> = to_do
        .iter()
        .map(|step| {
            let name = capital(&step.name.name().replace('-', " "));
            let record = step.record.as_ref().map(|record| record.text.as_str());
            let said = record.filter(|text| !text.trim().is_empty()).unwrap_or(step.title());
            format!("**{name}** ({}): {}", step.progress.name(), prose(said))
        })
        .collect();
    let incident = shown.view.incident;
    if items.is_empty() && incident.state == State::Closed {
        items.push("Nothing: every required step is done or waived.".to_owned());
    } else if items.is_empty() {
        items.push("Every required step is done or waived; it is not closed yet.".to_owned());
    }
    if shown.view.timeline.window.is_some_and(|window| window.until.is_none()) {
        items.push("**The credential is not proven dead.**".to_owned());
    }
    if let (Some(at), Some(how)) =
        (incident.due.and_then(minute), tell::due(incident, shown.view.now))
    {
        items.push(format!("Due {at} ({how})."));
    }
    let owner = shown.owner.as_deref().map(|owner| code(owner.as_bytes()));
    if incident.state != State::Closed {
        items.push(format!("Owner: {}.", owner.unwrap_or_else(|| "nobody".to_owned())));
    }
    let optional = shown
        .steps
        .iter()
        .filter(|step| !step.required && !step.progress.is_settled())
        .map(|step| step.name.name().to_owned());
    let optional: Vec<String> = optional.collect();
    if !optional.is_empty() {
        items
            .push(format!("Not required, and not done: {}.", list(&optional, StepName::ALL.len())));
    }
    page.section("What remains", items);
}

/// Who decided what: owner, due, what was left out, how it was moved, what was
/// about to be changed outside.
fn decisions(shown: &Shown<'_>, page: &mut Page) {
    let is_decision = |event: &Event| match event.entry.kind {
        EventKind::Assigned | EventKind::Due | EventKind::Intent | EventKind::Moved => true,
        EventKind::Step => event.fact("progress") == Some(Progress::Waived.name()),
        _ => false,
    };
    let all: Vec<&Told<'_>> = shown.events.iter().filter(|told| is_decision(told.event)).collect();
    let said = |told: &&Told<'_>| {
        let at = tell::second(told.event.entry.at);
        let kind = match told.event.entry.kind {
            EventKind::Step => "waived",
            other => other.name(),
        };
        format!(
            "{at}, {}: {kind}: {} (entry {})",
            code(clip(&told.actor).as_bytes()),
            prose(&told.text),
            told.event.sequence
        )
    };
    let mut items: Vec<String> = all.iter().take(DECISIONS).map(said).collect();
    let more = all.len().saturating_sub(DECISIONS);
    if more > 0 {
        items.push(format!("and {} in `incident.json`", count(more, "more", "more")));
    }
    page.section("Who decided what", items);
}

fn proof(shown: &Shown<'_>, checked: &Checked<'_>) -> String {
    let (hold, broken) = checked.counts();
    let all = count(shown.events.len(), "entry", "entries");
    let said = if broken > 0 {
        format!("**{broken} of {all} of the log do not hold: the log was changed.**")
    } else if hold < shown.events.len() {
        format!(
            "{hold} of {all} of the log were recomputed when this was written, and hold; for the \
             others, the hash of the entry before is not known here."
        )
    } else {
        format!("{hold} of {all} of the log were recomputed when this was written, and hold.")
    };
    let (sequence, hash) = shown.view.head;
    format!(
        "{said} The newest entry of the whole log was number {sequence}, {}. `README.txt` says how \
         to check all of it.",
        code(hash.as_bytes())
    )
}
