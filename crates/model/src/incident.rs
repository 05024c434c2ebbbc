//! An exposure that somebody takes care of: what is remembered of the finding,
//! how far closing it has come, and every event on the way.
//!
//! Events are what happened; the rest follows from them. Where they are kept,
//! and how it is known that none was altered, is the store's business.

use std::{collections::BTreeMap, fmt, str::FromStr};

use crate::{
    Assessment, Companion, DossierId, Fingerprint, Hint, Location, Rating, Severity, Signal,
    StepName, Validity, Verification,
};

/// The number of an incident, counted from 1 in each store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IncidentId(pub i64);

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A finding as it is remembered: everything but its value.
#[derive(Clone, Debug)]
pub struct Case {
    /// Identity of the secret.
    pub fingerprint: Fingerprint,
    /// What it is taken for, or what it turned out to be.
    pub dossier: DossierId,
    /// Its first and last characters.
    pub hint: Hint,
    /// Its public parts, if it has any.
    pub companions: Vec<Companion>,
    /// Why it is taken for that, strongest first.
    pub signals: Vec<Signal>,
    /// How bad, and why.
    pub severity: Rating,
    /// Everywhere it was seen by the last scan that covered the place.
    pub locations: Vec<Location>,
    /// Places where it was seen once, and where the last scan that covered them
    /// saw it no more.
    pub gone: Vec<Location>,
    /// Whether it is live, by the newest answer.
    pub verification: Verification,
    /// What it reaches, by the newest assessment.
    pub assessment: Option<Assessment>,
    /// When a scan first recorded it: seconds since 1970-01-01 UTC.
    pub first_seen: i64,
    /// When a scan last recorded it: seconds since 1970-01-01 UTC.
    pub last_seen: i64,
}

/// How far an incident is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Nothing has been done that makes the value useless.
    Open,
    /// It was closed, and the value was found alive or visible again.
    Reopened,
    /// The value is useless: proven, or said by a person.
    Contained,
    /// And whatever used it uses another.
    Rotated,
    /// And every required step is done or waived.
    Closed,
}

impl State {
    /// All, in the order of the work.
    pub const ALL: [Self; 5] =
        [Self::Open, Self::Reopened, Self::Contained, Self::Rotated, Self::Closed];

    /// Whether the value is thought to be useless, so that finding it alive is
    /// news.
    pub fn is_thought_dead(self) -> bool {
        matches!(self, Self::Contained | Self::Rotated | Self::Closed)
    }

    /// `open`, `reopened`, `contained`, `rotated` or `closed`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Reopened => "reopened",
            Self::Contained => "contained",
            Self::Rotated => "rotated",
            Self::Closed => "closed",
        }
    }
}

impl FromStr for State {
    type Err = Unnamed;

    fn from_str(text: &str) -> Result<Self, Unnamed> {
        Self::ALL.into_iter().find(|state| state.name() == text).ok_or(Unnamed)
    }
}

/// How far a step of an incident is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Progress {
    /// Nothing was done.
    Open,
    /// It was begun, and how it ended is not recorded: the next run finds out.
    Begun,
    /// Somebody or something else must act first; the text says who and what.
    Waiting,
    /// It failed; the text says why.
    Failed,
    /// Done, with evidence.
    Done,
    /// Left out, with a reason.
    Waived,
}

impl Progress {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Begun, Self::Waiting, Self::Failed, Self::Done, Self::Waived];

    /// `open`, `begun`, `waiting`, `failed`, `done` or `waived`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Begun => "begun",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::Done => "done",
            Self::Waived => "waived",
        }
    }

    /// Whether nothing is left to do.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Done | Self::Waived)
    }
}

impl FromStr for Progress {
    type Err = Unnamed;

    fn from_str(text: &str) -> Result<Self, Unnamed> {
        Self::ALL.into_iter().find(|progress| progress.name() == text).ok_or(Unnamed)
    }
}

/// Nothing has that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unnamed;

impl fmt::Display for Unnamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing has that name")
    }
}

impl std::error::Error for Unnamed {}

/// One secret's exposure on its way from open to closed: a line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Its number.
    pub id: IncidentId,
    /// The secret's identity.
    pub fingerprint: Fingerprint,
    /// What it is taken for.
    pub dossier: DossierId,
    /// The secret's first and last characters.
    pub hint: Hint,
    /// How bad.
    pub severity: Severity,
    /// Whether it is live, by the newest answer.
    pub validity: Validity,
    /// How far it is.
    pub state: State,
    /// Who takes care of it; foreign text.
    pub owner: Option<String>,
    /// By when: seconds since 1970-01-01 UTC.
    pub due: Option<i64>,
    /// When it was opened: seconds since 1970-01-01 UTC.
    pub opened_at: i64,
    /// When anything last happened: seconds since 1970-01-01 UTC.
    pub updated_at: i64,
    /// When it was closed, if it is: seconds since 1970-01-01 UTC.
    pub closed_at: Option<i64>,
    /// One of the places where the secret lies, for people; foreign text.
    pub place: String,
    /// How many places there are.
    pub places: u64,
}

/// How far one step of an incident is, and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRecord {
    /// Which.
    pub step: StepName,
    /// How far.
    pub progress: Progress,
    /// What was done, or why not, in a line.
    pub text: String,
    /// Who did it.
    pub by: String,
    /// When: seconds since 1970-01-01 UTC.
    pub at: i64,
}

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// A scan found a secret that was not known, and an incident began.
    Opened,
    /// A scan saw it again, in places that were not known.
    Seen,
    /// A scan that covered a place saw it there no more.
    Gone,
    /// A provider was asked whether it is live.
    Verified,
    /// What it reaches was asked.
    Assessed,
    /// It is judged worse, or less bad, than before.
    Rated,
    /// Somebody takes care of it from now on.
    Assigned,
    /// It is due at another time.
    Due,
    /// Somebody said something.
    Noted,
    /// The incident is in another state.
    Moved,
    /// A step is about to change something outside, and says what, so that a
    /// run that ends here is understood by the next.
    Intent,
    /// A step is in another progress.
    Step,
    /// Something was learnt or done that proves a step.
    Evidence,
    /// Somebody was told.
    Alerted,
    /// A pack of evidence was written.
    Exported,
    /// Somebody did something to the server or a source, signed in or tried to, or read
    /// what is kept.
    Acted,
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Opened,
        Self::Seen,
        Self::Gone,
        Self::Verified,
        Self::Assessed,
        Self::Rated,
        Self::Assigned,
        Self::Due,
        Self::Noted,
        Self::Moved,
        Self::Intent,
        Self::Step,
        Self::Evidence,
        Self::Alerted,
        Self::Exported,
        Self::Acted,
    ];

    /// A stable name, such as `opened`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Seen => "seen",
            Self::Gone => "gone",
            Self::Verified => "verified",
            Self::Assessed => "assessed",
            Self::Rated => "rated",
            Self::Assigned => "assigned",
            Self::Due => "due",
            Self::Noted => "noted",
            Self::Moved => "moved",
            Self::Intent => "intent",
            Self::Step => "step",
            Self::Evidence => "evidence",
            Self::Alerted => "alerted",
            Self::Exported => "exported",
            Self::Acted => "acted",
        }
    }
}

impl FromStr for EventKind {
    type Err = Unnamed;

    fn from_str(text: &str) -> Result<Self, Unnamed> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or(Unnamed)
    }
}

/// Something that happened, as it is about to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Of which incident; `None` if of the store as a whole.
    pub incident: Option<IncidentId>,
    /// When: seconds since 1970-01-01 UTC.
    pub at: i64,
    /// Who did it, as the machine knows them; foreign text.
    pub actor: String,
    /// What kind of thing.
    pub kind: EventKind,
    /// In words, a line; never a value.
    pub text: String,
    /// Facts by name, such as `step`, `progress`, `to`, `owner`, `key-id`; never a
    /// value.
    pub facts: BTreeMap<String, String>,
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place in the log, from 1.
    pub sequence: i64,
    /// What happened.
    pub entry: Entry,
    /// The hash that binds it to all before it, in hexadecimal digits.
    pub hash: String,
}

impl Event {
    /// A fact by its name.
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.entry.facts.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        for state in State::ALL {
            assert_eq!(state.name().parse(), Ok(state));
        }
        for progress in Progress::ALL {
            assert_eq!(progress.name().parse(), Ok(progress));
        }
        for kind in EventKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
        }
        for step in StepName::ALL {
            assert_eq!(step.name().parse(), Ok(step));
        }
        assert_eq!("shut".parse::<State>(), Err(Unnamed));
    }
}
