//! Incidents as JSON documents, `leeward.incidents/1` and
//! `leeward.incident/1`. Field order is the order on the wire; an absent fact
//! is `null`, never a missing field. Described in `docs/formats.md`; adding a
//! field is free, changing one needs a new number.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use leeward_model::{Moment, Severity, State};
use serde::Serialize;

use crate::{
    json::{inert::write_pretty, proof, shape},
    words::rfc3339,
};

use super::{
    IncidentView, IncidentsView,
    shown::{Row, Shown, Step, Told, rows},
    tell,
};

const LIST: &str = "leeward.incidents/1";
const ONE: &str = "leeward.incident/1";

#[derive(Serialize)]
struct List<'a> {
    schema: &'static str,
    tool: shape::Tool<'a>,
    at: Option<String>,
    summary: Summary,
    incidents: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Summary {
    shown: usize,
    total: usize,
    severities: BTreeMap<&'static str, usize>,
    states: BTreeMap<&'static str, usize>,
    live: usize,
    overdue: usize,
}

/// What a list says of an incident.
#[derive(Serialize)]
struct Line<'a> {
    id: i64,
    severity: &'static str,
    state: &'static str,
    validity: &'static str,
    live: bool,
    hint: &'a str,
    dossier: &'a str,
    title: &'a str,
    fingerprint: String,
    owner: Option<&'a str>,
    due: Option<String>,
    overdue: bool,
    opened_at: Option<String>,
    updated_at: Option<String>,
    closed_at: Option<String>,
    place: &'a str,
    places: u64,
}

pub(super) fn list(view: &IncidentsView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let rows = rows(view);
    let document = List {
        schema: LIST,
        tool: shape::Tool::of(view.tool_version),
        at: rfc3339(view.now),
        summary: Summary::of(&rows, view),
        incidents: rows.iter().map(|row| Line::of(row, view.now)).collect(),
    };
    write_pretty(&document, out)
}

impl Summary {
    fn of(rows: &[Row<'_>], view: &IncidentsView<'_>) -> Self {
        const SEVERITIES: [Severity; 4] =
            [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
        let count =
            |wanted: &dyn Fn(&Row<'_>) -> bool| rows.iter().filter(|row| wanted(row)).count();
        let severity = |one: Severity| (one.name(), count(&|row| row.incident.severity == one));
        let state = |one: State| (one.name(), count(&|row| row.incident.state == one));
        Self {
            shown: rows.len(),
            total: view.total.max(rows.len()),
            severities: SEVERITIES.map(severity).into_iter().collect(),
            states: State::ALL.map(state).into_iter().collect(),
            live: count(&|row| row.incident.validity.is_live()),
            overdue: count(&|row| tell::is_overdue(row.incident, view.now)),
        }
    }
}

impl<'a> Line<'a> {
    fn of(row: &'a Row<'_>, now: i64) -> Self {
        let incident = row.incident;
        Self {
            id: incident.id.0,
            severity: incident.severity.name(),
            state: incident.state.name(),
            validity: incident.validity.name(),
            live: incident.validity.is_live(),
            hint: &row.hint,
            dossier: incident.dossier.as_str(),
            title: &row.title,
            fingerprint: incident.fingerprint.to_string(),
            owner: row.owner.as_deref(),
            due: incident.due.and_then(rfc3339),
            overdue: tell::is_overdue(incident, now),
            opened_at: rfc3339(incident.opened_at),
            updated_at: rfc3339(incident.updated_at),
            closed_at: incident.closed_at.and_then(rfc3339),
            place: row.first_place(),
            places: incident.places,
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tool: shape::Tool<'a>,
    at: Option<String>,
    incident: Line<'a>,
    next: Vec<Next<'a>>,
    window: Option<Window<'a>>,
    timeline: Vec<Point<'a>>,
    steps: Vec<StepLine<'a>>,
    finding: Finding<'a>,
    events: Vec<EventLine<'a>>,
    log: Log<'a>,
    guidance: shape::Guidance<'a>,
}

#[derive(Serialize)]
struct Next<'a> {
    what: &'a str,
    command: Option<&'a str>,
}

#[derive(Serialize)]
struct Window<'a> {
    from: Option<String>,
    until: Option<String>,
    last_alive: Option<String>,
    seconds: i64,
    text: &'a [String],
}

#[derive(Serialize)]
struct Point<'a> {
    at: Option<String>,
    kind: &'static str,
    text: &'a str,
}

#[derive(Serialize)]
struct StepLine<'a> {
    step: &'static str,
    phase: &'static str,
    title: &'a str,
    required: bool,
    progress: &'static str,
    text: Option<&'a str>,
    by: Option<&'a str>,
    at: Option<String>,
}

#[derive(Serialize)]
struct Finding<'a> {
    severity: shape::Severity<'a>,
    evidence: &'a [String],
    exposure: shape::Exposure<'a>,
    companions: Vec<shape::Companion<'a>>,
    verification: proof::Verification<'a>,
    assessment: Option<proof::Assessment<'a>>,
    first_seen: Option<String>,
    last_seen: Option<String>,
    locations: Vec<shape::Location<'a>>,
    gone: Vec<shape::Location<'a>>,
}

/// An event; `seconds` is the time as it was hashed.
#[derive(Serialize)]
pub(super) struct EventLine<'a> {
    sequence: i64,
    incident: Option<i64>,
    at: Option<String>,
    seconds: i64,
    actor: &'a str,
    kind: &'static str,
    text: &'a str,
    facts: BTreeMap<&'a str, &'a str>,
    masked: bool,
    hash: &'a str,
}

#[derive(Serialize)]
pub(super) struct Log<'a> {
    pub(super) sequence: i64,
    pub(super) hash: &'a str,
}

pub(super) fn show(view: &IncidentView<'_>, out: &mut dyn Write) -> io::Result<()> {
    write(&Shown::of(view), out)
}

pub(super) fn write(shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
    let view = shown.view;
    let (next, sentences, row) = (tell::next(shown), tell::window(shown), shown.row());
    let case = view.case;
    let document = Document {
        schema: ONE,
        tool: shape::Tool::of(view.tool_version),
        at: rfc3339(view.now),
        incident: Line::of(&row, view.now),
        next: next
            .iter()
            .map(|next| Next { what: &next.what, command: next.command.as_deref() })
            .collect(),
        window: view.timeline.window.map(|window| Window {
            from: rfc3339(window.from),
            until: window.until.and_then(rfc3339),
            last_alive: window.last_alive.and_then(rfc3339),
            seconds: window.seconds(view.now),
            text: &sentences,
        }),
        timeline: shown.moments.iter().map(Point::of).collect(),
        steps: shown.steps.iter().map(StepLine::of).collect(),
        finding: Finding {
            severity: shape::Severity {
                level: case.severity.level.name(),
                why: &shown.severity_why,
            },
            evidence: &shown.why,
            exposure: shape::Exposure::of(&shown.exposure),
            companions: shape::Companion::all(&shown.companions),
            verification: proof::Verification::of(&shown.verification),
            assessment: shown.assessment.as_ref().map(proof::Assessment::of),
            first_seen: rfc3339(case.first_seen),
            last_seen: rfc3339(case.last_seen),
            locations: shown.places.iter().map(shape::Location::of).collect(),
            gone: shown.gone.iter().map(shape::Location::of).collect(),
        },
        events: shown.events.iter().map(EventLine::of).collect(),
        log: Log { sequence: view.head.0, hash: view.head.1 },
        guidance: shape::Guidance::of(view.guidance),
    };
    write_pretty(&document, out)
}

impl<'a> Point<'a> {
    fn of(moment: &'a Moment) -> Self {
        Self { at: rfc3339(moment.at), kind: moment.kind.name(), text: &moment.text }
    }
}

impl<'a> StepLine<'a> {
    fn of(step: &'a Step<'_>) -> Self {
        let record = step.record.as_ref();
        Self {
            step: step.name.name(),
            phase: step.name.phase(),
            title: step.title(),
            required: step.required,
            progress: step.progress.name(),
            text: record.map(|record| record.text.as_str()),
            by: record.map(|record| record.by.as_str()),
            at: record.and_then(|record| rfc3339(record.at)),
        }
    }
}

impl<'a> EventLine<'a> {
    pub(super) fn of(told: &'a Told<'_>) -> Self {
        let entry = &told.event.entry;
        Self {
            sequence: told.event.sequence,
            incident: entry.incident.map(|id| id.0),
            at: rfc3339(entry.at),
            seconds: entry.at,
            actor: &told.actor,
            kind: entry.kind.name(),
            text: &told.text,
            facts: told.facts.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            masked: told.altered,
            hash: &told.event.hash,
        }
    }
}
