//! What the API sends, as it is sent: shapes of its own, so that a change inside does
//! not change what programs read. Texts that may be anybody's are plain strings.

use leeward_model::{
    Case, Event, GitObjectKind, Incident, Location, Provenance, StepRecord, Tracking,
};
use serde::Serialize;
use utoipa::ToSchema;

/// An incident: a line of the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IncidentBody {
    /// Its number.
    pub(crate) id: i64,
    /// The secret's identity, `lw1_…`; it does not lead back to the value.
    pub(crate) fingerprint: String,
    /// What it is taken for: the id of a dossier.
    pub(crate) dossier: String,
    /// The secret's first and last characters.
    pub(crate) hint: String,
    /// `critical`, `high`, `medium` or `low`.
    pub(crate) severity: String,
    /// Whether it is live, by the newest answer: `active`, `inactive`, and so on.
    pub(crate) validity: String,
    /// `open`, `reopened`, `contained`, `rotated` or `closed`.
    pub(crate) state: String,
    /// Who takes care of it.
    pub(crate) owner: Option<String>,
    /// By when.
    pub(crate) due: Option<i64>,
    /// When it was opened.
    pub(crate) opened_at: i64,
    /// When anything last happened.
    pub(crate) updated_at: i64,
    /// When it was closed, if it is.
    pub(crate) closed_at: Option<i64>,
    /// One of the places where the secret lies, for people.
    pub(crate) place: String,
    /// How many places there are.
    pub(crate) places: u64,
}

impl From<&Incident> for IncidentBody {
    fn from(line: &Incident) -> Self {
        Self {
            id: line.id.0,
            fingerprint: line.fingerprint.to_string(),
            dossier: line.dossier.as_str().to_owned(),
            hint: line.hint.as_str().to_owned(),
            severity: line.severity.name().to_owned(),
            validity: line.validity.name().to_owned(),
            state: line.state.name().to_owned(),
            owner: line.owner.clone(),
            due: line.due,
            opened_at: line.opened_at,
            updated_at: line.updated_at,
            closed_at: line.closed_at,
            place: line.place.clone(),
            places: line.places,
        }
    }
}

/// A page of incidents.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IncidentPage {
    /// In the order of the work: what is not closed first, then the worst, then what is
    /// due first.
    pub(crate) incidents: Vec<IncidentBody>,
    /// What to ask for as `cursor` to get the next page; absent on the last.
    pub(crate) next: Option<String>,
}

/// An incident, with what is known of its finding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseBody {
    #[serde(flatten)]
    pub(crate) incident: IncidentBody,
    /// Why it is as bad as it is.
    pub(crate) reasons: Vec<String>,
    /// Why it is taken for what it is.
    pub(crate) signals: Vec<String>,
    /// What a provider said of it, in words; empty if nobody asked.
    pub(crate) said: String,
    /// When it was asked.
    pub(crate) checked_at: Option<i64>,
    /// When a scan first saw it.
    pub(crate) first_seen: i64,
    /// When a scan last saw it.
    pub(crate) last_seen: i64,
    /// What it reaches, if that was asked: each in words.
    pub(crate) reach: Vec<String>,
    /// What of that was not asked or not answered.
    pub(crate) gaps: Vec<String>,
}

impl CaseBody {
    pub(crate) fn new(line: &Incident, case: &Case) -> Self {
        let reach = case.assessment.iter().flat_map(|it| &it.impacts);
        let gaps = case.assessment.iter().flat_map(|it| &it.gaps);
        Self {
            incident: line.into(),
            reasons: case.severity.why.clone(),
            signals: case.signals.iter().map(|signal| signal.why.to_string()).collect(),
            said: case.verification.why.clone(),
            checked_at: case.verification.checked_at,
            first_seen: case.first_seen,
            last_seen: case.last_seen,
            reach: reach.map(|it| format!("{} ({})", it.title, it.standing.name())).collect(),
            gaps: gaps.map(|gap| format!("{}: {}", gap.what, gap.why)).collect(),
        }
    }
}

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventBody {
    /// Its place in the log.
    pub(crate) sequence: i64,
    /// Of which incident, if of one.
    pub(crate) incident: Option<i64>,
    /// When.
    pub(crate) at: i64,
    /// Who did it.
    pub(crate) actor: String,
    /// What kind of thing, such as `opened` or `noted`.
    pub(crate) kind: String,
    /// In words.
    pub(crate) text: String,
    /// In detail, by name.
    pub(crate) facts: std::collections::BTreeMap<String, String>,
    /// What binds it to all events before it.
    pub(crate) hash: String,
}

impl From<Event> for EventBody {
    fn from(event: Event) -> Self {
        Self {
            sequence: event.sequence,
            incident: event.entry.incident.map(|id| id.0),
            at: event.entry.at,
            actor: event.entry.actor,
            kind: event.entry.kind.name().to_owned(),
            text: event.entry.text,
            facts: event.entry.facts,
            hash: event.hash,
        }
    }
}

/// A page of the log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventPage {
    /// Oldest first.
    pub(crate) events: Vec<EventBody>,
    /// What to ask for as `after` to get the next page; absent on the last.
    pub(crate) next: Option<i64>,
}

impl EventPage {
    /// Of events of which one more was asked for than is shown.
    pub(crate) fn new(mut events: Vec<Event>, most: usize) -> Self {
        let is_more = events.len() > most;
        events.truncate(most);
        let next = events.last().filter(|_| is_more).map(|event| event.sequence);
        Self { events: events.into_iter().map(Into::into).collect(), next }
    }
}

/// How far a step is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepBody {
    /// Which of the eight.
    pub(crate) step: String,
    /// `open`, `begun`, `waiting`, `failed`, `done` or `waived`.
    pub(crate) progress: String,
    /// What was done, or why not.
    pub(crate) text: String,
    /// Who did it.
    pub(crate) by: String,
    /// When.
    pub(crate) at: i64,
    /// Whether closing asks for it.
    pub(crate) is_required: bool,
}

impl StepBody {
    pub(crate) fn new(record: StepRecord, is_required: bool) -> Self {
        Self {
            step: record.step.name().to_owned(),
            progress: record.progress.name().to_owned(),
            text: record.text,
            by: record.by,
            at: record.at,
            is_required,
        }
    }
}

/// A place where the secret lies, or lay.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlaceBody {
    /// `file`, `git`, `remote` or `input`.
    pub(crate) kind: String,
    /// The file's path, as far as it is text.
    pub(crate) path: Option<String>,
    /// What Git knows of a file: `tracked`, `untracked`, `ignored`.
    pub(crate) tracking: Option<String>,
    /// The repository of an object.
    pub(crate) repository: Option<String>,
    /// `blob`, `staged`, `commit` or `tag`.
    pub(crate) object_kind: Option<String>,
    /// The object's name.
    pub(crate) object: Option<String>,
    /// The commit that brought it.
    pub(crate) commit: Option<String>,
    /// The source that a text was found in.
    pub(crate) source: Option<String>,
    /// What makes it the same text within its source.
    pub(crate) item: Option<String>,
    /// Where a person looks at it. Anybody may have chosen it.
    pub(crate) url: Option<String>,
    /// Whether anybody may read it.
    pub(crate) is_public: Option<bool>,
    /// The line, from 1.
    pub(crate) line: u64,
    /// The column, from 1.
    pub(crate) column: u64,
    /// The line around it, masked.
    pub(crate) excerpt: String,
    /// Whether the last scan that covered the place saw it there no more.
    pub(crate) is_gone: bool,
}

impl PlaceBody {
    pub(crate) fn new(location: &Location, is_gone: bool) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut body = Self {
            kind: "input".to_owned(),
            path: None,
            tracking: None,
            repository: None,
            object_kind: None,
            object: None,
            commit: None,
            source: None,
            item: None,
            url: None,
            is_public: None,
            line: location.start.line,
            column: location.start.column,
            excerpt: location.excerpt.text.clone(),
            is_gone,
        };
        match &*location.provenance {
            Provenance::Stdin => {}
            Provenance::File(place) => {
                body.kind = "file".to_owned();
                body.path = Some(text(&place.path));
                body.tracking = match place.tracking {
                    Tracking::Tracked => Some("tracked"),
                    Tracking::Untracked => Some("untracked"),
                    Tracking::Ignored => Some("ignored"),
                    Tracking::NoRepository => None,
                }
                .map(str::to_owned);
            }
            Provenance::Git(place) => {
                body.kind = "git".to_owned();
                body.repository = Some(place.repository.clone());
                let kind = match place.kind {
                    GitObjectKind::Blob => "blob",
                    GitObjectKind::Staged => "staged",
                    GitObjectKind::Commit => "commit",
                    GitObjectKind::Tag => "tag",
                };
                body.object_kind = Some(kind.to_owned());
                body.object = Some(place.object.to_string());
                if let Some(history) = place.history.as_deref() {
                    body.path = history.paths.last().map(|path| text(path));
                    body.commit = history.introduced.as_ref().map(|commit| commit.id.to_string());
                }
            }
            Provenance::Remote(place) => {
                body.kind = "remote".to_owned();
                body.path = place.path.as_deref().map(text);
                body.source = Some(place.source.clone());
                body.item = Some(place.item.clone());
                body.url = Some(place.url.clone());
                body.is_public = place.is_public;
            }
        }
        body
    }
}

/// What was done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DoneBody {
    /// In words.
    pub(crate) outcome: String,
}

impl DoneBody {
    pub(crate) fn new(outcome: impl Into<String>) -> axum::Json<Self> {
        axum::Json(Self { outcome: outcome.into() })
    }
}
