//! `leeward.alert/1`: a notice as a document. It is what a letter carries, so
//! that it is understood after an update, and what a webhook is sent. Described
//! by `docs/schema/alert-1.json`.

use std::fmt::{self, Write as _};

use leeward_model::{Severity, State, StepName, Validity};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    Channel, Channels, Happening, Notice, Occasion,
    escape::{json_visible, shorten},
    page,
    wire::{Time, Word},
};

const SCHEMA: &str = "leeward.alert/1";

/// The longest foreign text that is kept of anything.
const LONGEST: usize = 2_000;

/// One alert for one channel, to be kept until it was delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The name of the channel.
    pub channel: String,
    /// The same for the same happening, incident and channel: a letter whose key
    /// is in the outbox, delivered or not, is not put there again.
    pub key: String,
    /// What [`super::deliver`] takes.
    pub body: String,
}

impl Channels {
    /// A letter for each channel that wants to hear of it.
    pub fn letters(&self, notice: &Notice) -> Vec<Letter> {
        let wanted = self.iter().filter(|channel| channel.wants(notice));
        let write = |channel: &Channel| {
            let alert = Alert::new(notice, channel);
            Letter { channel: channel.name.clone(), body: alert.write(), key: alert.delivery }
        };
        wanted.map(write).collect()
    }
}

/// The document. Fields may be added; none is changed or removed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Alert {
    schema: String,
    /// The letter's key.
    pub(super) delivery: String,
    /// The title line.
    pub(super) summary: String,
    pub(super) happening: Word<Occasion>,
    /// The step that failed.
    pub(super) step: Option<Word<StepName>>,
    pub(super) at: Time,
    pub(super) detail: Option<String>,
    pub(super) incident: Subject,
    pub(super) exposure: Option<String>,
    pub(super) next: Option<NextStep>,
    pub(super) link: Option<String>,
}

/// The incident.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Subject {
    pub(super) id: i64,
    pub(super) fingerprint: String,
    pub(super) dossier: String,
    pub(super) title: String,
    pub(super) hint: String,
    pub(super) severity: Word<Severity>,
    pub(super) validity: Word<Validity>,
    pub(super) state: Word<State>,
    pub(super) owner: Option<String>,
    pub(super) due: Option<Time>,
    pub(super) opened_at: Time,
    pub(super) updated_at: Time,
    pub(super) closed_at: Option<Time>,
    pub(super) place: String,
    pub(super) places: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct NextStep {
    pub(super) step: Word<StepName>,
    pub(super) text: String,
    pub(super) link: Option<String>,
    pub(super) command: Option<String>,
}

/// A body that is no alert, or not of this version.
#[derive(Debug)]
pub(super) enum Unreadable {
    Json(serde_json::Error),
    Schema,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Where, not what: the text is not ours to quote.
            Self::Json(error) => {
                write!(f, "line {}, column {}", error.line(), error.column())
            }
            Self::Schema => write!(f, "it does not say `{SCHEMA}`"),
        }
    }
}

impl Alert {
    pub(super) fn new(notice: &Notice, channel: &Channel) -> Self {
        let incident = &notice.incident;
        let bounded = |text: &str| shorten(text, LONGEST);
        let bounded_too = |text: &Option<String>| text.as_deref().map(bounded);
        let mut alert = Self {
            schema: SCHEMA.to_owned(),
            delivery: key(notice, channel),
            summary: String::new(),
            happening: Word(notice.happening.occasion()),
            step: notice.happening.step().map(Word),
            at: Time(notice.at),
            detail: bounded_too(&notice.detail),
            incident: Subject {
                id: incident.id.0,
                fingerprint: incident.fingerprint.to_string(),
                dossier: incident.dossier.to_string(),
                title: bounded(&notice.title),
                hint: incident.hint.to_string(),
                severity: Word(incident.severity),
                validity: Word(incident.validity),
                state: Word(incident.state),
                owner: bounded_too(&incident.owner),
                due: incident.due.map(Time),
                opened_at: Time(incident.opened_at),
                updated_at: Time(incident.updated_at),
                closed_at: incident.closed_at.map(Time),
                place: bounded(&incident.place),
                places: incident.places,
            },
            exposure: bounded_too(&notice.exposure),
            next: notice.next.as_ref().map(|next| NextStep {
                step: Word(next.step),
                text: bounded(&next.text),
                link: next.link.clone(),
                command: bounded_too(&next.command),
            }),
            link: notice.link.clone(),
        };
        alert.summary = page::title(&alert);
        alert
    }

    /// As JSON on one line, in which nothing acts on a display.
    pub(super) fn write(&self) -> String {
        // Strings, numbers and `null` always have a form in JSON.
        json_visible(&serde_json::to_string(self).unwrap_or_default())
    }

    pub(super) fn read(body: &str) -> Result<Self, Unreadable> {
        let alert: Self = serde_json::from_str(body).map_err(Unreadable::Json)?;
        if alert.schema == SCHEMA { Ok(alert) } else { Err(Unreadable::Schema) }
    }
}

const DAY: i64 = 24 * 3600;

/// What makes a happening the same one. An incident is opened once. What may
/// come again is told for each time in the log; what is tried or asked again
/// and again with the same outcome, at most once a day; a due time once.
fn key(notice: &Notice, channel: &Channel) -> String {
    let incident = &notice.incident;
    let occurrence = match notice.happening {
        Happening::Opened => incident.opened_at,
        Happening::Reopened | Happening::Contained | Happening::Closed => notice.at,
        Happening::Alive | Happening::Failed(_) => notice.at.div_euclid(DAY),
        Happening::Overdue => incident.due.unwrap_or(notice.at.div_euclid(DAY)),
    };
    let parts = [
        channel.name.clone(),
        incident.fingerprint.to_string(),
        incident.id.to_string(),
        notice.happening.occasion().name().to_owned(),
        notice.happening.step().map_or(String::new(), |step| step.to_string()),
        occurrence.to_string(),
    ];
    let mut digest = Sha256::new_with_prefix(b"leeward alert v1");
    for part in parts {
        // None of them can hold this byte.
        digest.update([0]);
        digest.update(part);
    }
    let mut key = String::from("lwa1-");
    for byte in &digest.finalize()[..16] {
        // Writing into a string does not fail.
        let _ = write!(key, "{byte:02x}");
    }
    key
}
