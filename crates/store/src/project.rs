//! What follows from an event for the line of its incident and its steps. The same
//! code writes the tables and checks them against the log.

use std::collections::BTreeMap;

use leeward_model::{
    DossierId, Entry, EventKind, Hint, Incident, IncidentId, Progress, SafeText, Severity, State,
    StepName, StepRecord, Validity,
};

use crate::{facts, trouble::Trouble, wire};

/// An incident as its events make it.
#[derive(Clone, Debug)]
pub(crate) struct Projected {
    /// Its line. Hint and places follow from no event.
    pub(crate) line: Incident,
    /// The steps of which something was said.
    pub(crate) steps: BTreeMap<StepName, StepRecord>,
}

impl Projected {
    /// An incident that begins.
    pub(crate) fn opened(id: IncidentId, entry: &Entry) -> Result<Self, Trouble> {
        let line = Incident {
            id,
            fingerprint: needed(entry, facts::FINGERPRINT)?,
            dossier: DossierId::new(fact(entry, facts::DOSSIER)?),
            hint: Hint::from_text(""),
            severity: severity(entry)?,
            validity: Validity::Unchecked,
            state: State::Open,
            owner: None,
            due: due(entry)?,
            opened_at: entry.at,
            updated_at: entry.at,
            closed_at: None,
            place: String::new(),
            places: 0,
        };
        Ok(Self { line, steps: BTreeMap::new() })
    }

    /// What an event changes. An entry that does not say what its kind must say is
    /// refused.
    pub(crate) fn apply(&mut self, entry: &Entry) -> Result<(), Trouble> {
        let line = &mut self.line;
        match entry.kind {
            EventKind::Opened => return Err(missing(entry, "only a scan opens an incident")),
            EventKind::Moved => {
                line.state = needed(entry, facts::TO)?;
                line.closed_at = (line.state == State::Closed).then_some(entry.at);
                if line.state == State::Reopened {
                    // What was done before did not hold.
                    self.steps = StepName::ALL.map(|step| (step, again(step, entry))).into();
                }
            }
            EventKind::Assigned => {
                let owner = fact(entry, facts::OWNER)?;
                line.owner = Some(owner.to_owned()).filter(|owner| !owner.is_empty());
            }
            EventKind::Due => {
                fact(entry, facts::DUE)?;
                line.due = due(entry)?;
            }
            EventKind::Rated => line.severity = severity(entry)?,
            EventKind::Verified => match validity(entry)? {
                // That nobody answered does not undo what was answered before.
                Validity::Unknown if line.validity != Validity::Unchecked => {}
                Validity::Unchecked => {}
                validity => line.validity = validity,
            },
            EventKind::Step => {
                let step: StepName = needed(entry, facts::STEP)?;
                let progress: Progress = needed(entry, facts::PROGRESS)?;
                let record = StepRecord {
                    step,
                    progress,
                    text: entry.text.clone(),
                    by: entry.actor.clone(),
                    at: entry.at,
                };
                self.steps.insert(step, record);
            }
            _ => {}
        }
        if let (EventKind::Verified | EventKind::Rated, Some(id)) =
            (entry.kind, entry.facts.get(facts::DOSSIER))
        {
            self.line.dossier = DossierId::new(id.as_str());
        }
        self.line.updated_at = self.line.updated_at.max(entry.at);
        Ok(())
    }
}

/// A step of an incident that was opened again.
fn again(step: StepName, entry: &Entry) -> StepRecord {
    StepRecord {
        step,
        progress: Progress::Open,
        text: "to be done again: the incident was reopened".to_owned(),
        by: entry.actor.clone(),
        at: entry.at,
    }
}

fn fact<'a>(entry: &'a Entry, name: &str) -> Result<&'a str, Trouble> {
    let value = entry.facts.get(name).map(String::as_str);
    value.ok_or_else(|| missing(entry, &format!("its fact `{name}` is not there")))
}

fn needed<T: std::str::FromStr>(entry: &Entry, name: &str) -> Result<T, Trouble> {
    let text = fact(entry, name)?;
    text.parse().map_err(|_| strange(entry, name, text))
}

fn due(entry: &Entry) -> Result<Option<i64>, Trouble> {
    match entry.facts.get(facts::DUE).map(String::as_str) {
        None | Some("") => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| strange(entry, facts::DUE, text)),
    }
}

fn severity(entry: &Entry) -> Result<Severity, Trouble> {
    let text = fact(entry, facts::SEVERITY)?;
    wire::read_severity(text).map_err(|_| strange(entry, facts::SEVERITY, text))
}

fn validity(entry: &Entry) -> Result<Validity, Trouble> {
    let text = fact(entry, facts::VALIDITY)?;
    wire::read_validity(text).map_err(|_| strange(entry, facts::VALIDITY, text))
}

fn strange(entry: &Entry, name: &str, text: &str) -> Trouble {
    missing(entry, &format!("its fact `{name}` cannot be `{}`", SafeText::new(text)))
}

fn missing(entry: &Entry, what: &str) -> Trouble {
    Trouble::Entry(format!("`{}`: {what}", entry.kind.name()))
}
