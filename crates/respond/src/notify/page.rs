//! The words of an alert, before any format: what a person who was woken needs
//! in the order they need it. What happened and how bad; what to do, where and
//! by when; then the facts.

use leeward_model::Validity;

use super::{
    Occasion,
    alert::{Alert, NextStep, Subject},
    channel::Channel,
    escape::{inert, shorten, web_address},
};

/// A run of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Words, which may be foreign or quote what is.
    Text(String),
    /// Foreign text to be shown as it is, such as a path.
    Code(String),
    /// A link. The address is a web address and stands in any format.
    Link { words: &'static str, to: String },
    /// Part of the user's own template, in the format of the place.
    Raw(String),
}

/// What is to be shown.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// One line that says it all; nothing in it acts on a display, and it is not
    /// escaped for any format.
    pub(super) title: String,
    /// What it means.
    pub(super) lead: Vec<Piece>,
    /// What to do next, where and by when.
    pub(super) todo: Vec<Fact>,
    /// What else is known.
    pub(super) facts: Vec<Fact>,
    /// The user's own lines, in place of all but the title.
    pub(super) own: Option<Vec<Vec<Piece>>>,
}

/// A named line.
pub(super) type Fact = (&'static str, Vec<Piece>);

impl Channel {
    pub(super) fn page(&self, alert: &Alert) -> Page {
        let mut page = page(alert);
        page.own = self.template.as_ref().map(|template| template.fill(alert));
        page
    }
}

fn page(alert: &Alert) -> Page {
    let incident = &alert.incident;
    let ended = matches!(alert.happening.0, Occasion::Closed);
    let mut todo: Vec<Fact> = Vec::new();
    todo.extend(next_step(alert).map(|step| ("Do next", step)));
    if let Some(command) = alert.next.as_ref().and_then(|next| next.command.as_deref()) {
        todo.push(("Or type", vec![code(command, 120)]));
    }
    if let Some(due) = incident.due.filter(|_| !ended) {
        let late = if due.0 < alert.at.0 { " (that has passed)" } else { "" };
        todo.push(("By", vec![Piece::Text(format!("{}{late}", due.minute()))]));
    }
    let mut facts = vec![("Where", place(incident))];
    facts.extend(alert.exposure.as_deref().map(|text| ("Exposed", vec![words(text, 200)])));
    facts.push(("Key", vec![code(&incident.hint, 40)]));
    facts.push(("Owner", owner(incident)));
    facts.push(("Incident", vec![Piece::Text(account(incident))]));
    facts.push(("Fingerprint", vec![code(&incident.fingerprint, 60)]));
    facts.extend(alert.link.as_deref().map(|to| ("Look at it", vec![link("dashboard", to)])));
    Page { title: title(alert), lead: lead(alert), todo, facts, own: None }
}

/// `[CRITICAL] Live Mistral AI API key in deploy/.env and 2 more places (incident 12)`.
pub(super) fn title(alert: &Alert) -> String {
    let incident = &alert.incident;
    let thing = shorten(&inert(&incident.title), 60);
    let live = match incident.validity.0 {
        Validity::Active => "live ",
        Validity::Restricted => "live, limited ",
        Validity::Inactive => "refused ",
        Validity::Unknown => "possibly live ",
        Validity::Unchecked => "unverified ",
    };
    let what = match alert.happening.0 {
        Occasion::Opened => format!("{}{thing}", capital(live)),
        Occasion::Reopened => format!("Open again: {live}{thing}"),
        Occasion::Alive => format!("Proven live: {thing}"),
        Occasion::Contained => format!("Contained: {thing}"),
        Occasion::Closed => format!("Closed: {thing}"),
        Occasion::Overdue => format!("Overdue: {live}{thing}"),
        Occasion::Failed => match alert.step {
            Some(step) => format!("Step {} failed: {live}{thing}", step.0),
            None => format!("A step failed: {live}{thing}"),
        },
    };
    // What is over shouts no more.
    let over = matches!(alert.happening.0, Occasion::Contained | Occasion::Closed);
    let severity = incident.severity.0.name();
    let severity = if over { severity.to_owned() } else { severity.to_uppercase() };
    let place = shorten(&inert(&incident.place), 80);
    format!("[{severity}] {what} in {place}{} (incident {})", more(incident), incident.id)
}

/// What it means, in a sentence or two: what happened, why if that is said, and
/// whether the value can be used.
fn lead(alert: &Alert) -> Vec<Piece> {
    let due = || alert.incident.due.map_or(String::new(), |due| format!(" at {}", due.minute()));
    let happened = match alert.happening.0 {
        Occasion::Opened => "A scan found it".to_owned(),
        Occasion::Reopened => "It was closed, and is alive or visible again".to_owned(),
        Occasion::Alive => "It works".to_owned(),
        Occasion::Contained => "The value is useless from now on".to_owned(),
        Occasion::Closed => "Every required step is done, or waived with a reason".to_owned(),
        Occasion::Overdue => format!("It was due{} and is not closed", due()),
        Occasion::Failed => match alert.step {
            Some(step) => format!("The step {} was tried and failed", step.0),
            None => "A step was tried and failed".to_owned(),
        },
    };
    let follows = match (alert.happening.0, alert.incident.validity.0) {
        (Occasion::Contained, _) => {
            "What used it needs another one: the incident stays open until that is done."
        }
        (Occasion::Closed, _) => "Nothing is left to do.",
        (_, Validity::Active) => {
            "The provider accepts it: whoever reads it there can use it until it is revoked."
        }
        (_, Validity::Restricted) => {
            "The provider knows it but limits it for now: take it for usable until it is revoked."
        }
        (_, Validity::Inactive) => "The provider refuses it: it cannot be used as it is.",
        (_, Validity::Unknown) => {
            "The provider was asked, and no answer says whether it works: take it for usable."
        }
        (_, Validity::Unchecked) => {
            "Nobody has asked the provider whether it works: take it for usable."
        }
    };
    let mut pieces = vec![Piece::Text(happened)];
    if let Some(detail) = &alert.detail {
        pieces.push(Piece::Text(": ".to_owned()));
        pieces.push(words(detail.trim_end().trim_end_matches('.'), 300));
    }
    pieces.push(Piece::Text(format!(". {follows}")));
    pieces
}

/// Where the secret lies.
pub(super) fn place(incident: &Subject) -> Vec<Piece> {
    vec![code(&incident.place, 160), Piece::Text(more(incident))]
        .into_iter()
        .filter(|piece| *piece != Piece::Text(String::new()))
        .collect()
}

fn more(incident: &Subject) -> String {
    match incident.places {
        0 | 1 => String::new(),
        2 => " and 1 more place".to_owned(),
        n => format!(" and {} more places", n - 1),
    }
}

/// Who takes care of it.
pub(super) fn owner(incident: &Subject) -> Vec<Piece> {
    match &incident.owner {
        Some(owner) => vec![code(owner, 80)],
        None => vec![Piece::Text("nobody".to_owned())],
    }
}

/// What is to be done, with the page to do it on.
pub(super) fn next_step(alert: &Alert) -> Option<Vec<Piece>> {
    let NextStep { text, link: to, .. } = alert.next.as_ref()?;
    let mut pieces = vec![words(text, 300)];
    if let Some(to) = to {
        pieces.push(Piece::Text(" ".to_owned()));
        pieces.push(link("open the page for it", to));
    }
    Some(pieces)
}

/// A link, or the address as text if it is not one of the web.
pub(super) fn link(words: &'static str, to: &str) -> Piece {
    match web_address(to) {
        Some(to) => Piece::Link { words, to },
        None => code(to, 160),
    }
}

/// `12, opened 2026-11-27 21:59 UTC, now contained`.
fn account(incident: &Subject) -> String {
    let (opened, state) = (incident.opened_at.minute(), incident.state.0.name());
    format!("{}, opened {opened}, now {state}", incident.id)
}

fn code(text: &str, most: usize) -> Piece {
    Piece::Code(shorten(text, most))
}

fn words(text: &str, most: usize) -> Piece {
    Piece::Text(shorten(text, most))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}
