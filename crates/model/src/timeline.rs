//! What happened to a secret and when, from every source there is, and how
//! long it lay open. A pure computation over what is remembered.

use crate::{Case, Event, EventKind, Progress, Provenance, StepName, Validity};

/// What kind of moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MomentKind {
    /// A commit brought it into history.
    Introduced,
    /// A ref of a remote repository holds it; since when is not known better.
    Public,
    /// A scan found it.
    Found,
    /// A provider said that it is live.
    Alive,
    /// A step came to an end.
    Step,
    /// It was revoked, or somebody said so.
    Revoked,
    /// A provider refused it after it had been live, or was never seen alive.
    Dead,
    /// The incident was closed.
    Closed,
    /// It was opened again.
    Reopened,
}

impl MomentKind {
    /// A stable name, such as `introduced`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Introduced => "introduced",
            Self::Public => "public",
            Self::Found => "found",
            Self::Alive => "alive",
            Self::Step => "step",
            Self::Revoked => "revoked",
            Self::Dead => "dead",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
        }
    }
}

/// One point of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When: seconds since 1970-01-01 UTC.
    pub at: i64,
    /// What kind.
    pub kind: MomentKind,
    /// In words; may hold foreign text, such as an author.
    pub text: String,
}

/// How long a secret lay open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The earliest moment at which it is known to have lain somewhere.
    pub from: i64,
    /// When it was proven dead; `None` while it may be live.
    pub until: Option<i64>,
    /// When it was last known to be alive.
    pub last_alive: Option<i64>,
}

impl Window {
    /// Its length in seconds, up to `now` while it is open.
    pub fn seconds(self, now: i64) -> i64 {
        (self.until.unwrap_or(now) - self.from).max(0)
    }
}

/// Moments in order, oldest first, and the window they span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// Oldest first.
    pub moments: Vec<Moment>,
    /// How long it lay open; `None` if no moment is known.
    pub window: Option<Window>,
}

/// Refs of other repositories: what lies there was pushed.
const REMOTE: &str = "refs/remotes/";

impl Timeline {
    /// From what is remembered of a finding and its events.
    pub fn of(case: &Case, events: &[Event]) -> Self {
        let mut moments = origins(case);
        for event in events {
            moments.extend(moment(event));
        }
        // Moments of the same second stay in the order they were told.
        moments.sort_by_key(|moment| moment.at);
        let window = window(&moments);
        Self { moments, window }
    }
}

fn origins(case: &Case) -> Vec<Moment> {
    let places = case.locations.iter().chain(&case.gone);
    let introduced = places.filter_map(|location| match &*location.provenance {
        Provenance::Git(place) => {
            let history = place.history.as_deref()?;
            history.introduced.as_ref().map(|commit| (history, commit))
        }
        Provenance::File(_) | Provenance::Stdin => None,
    });
    let first = introduced.min_by_key(|(_, commit)| commit.committed_at);
    let Some((history, commit)) = first else { return Vec::new() };
    let id = commit.id.to_string();
    let mut moments = vec![Moment {
        at: commit.committed_at,
        kind: MomentKind::Introduced,
        text: format!("committed by {} in {}", commit.author.name, &id[..8]),
    }];
    if let Some(remote) = history.refs.iter().find(|name| name.starts_with(REMOTE)) {
        moments.push(Moment {
            at: commit.committed_at,
            kind: MomentKind::Public,
            text: format!(
                "pushed, not before the commit: {} holds it",
                remote.trim_start_matches(REMOTE)
            ),
        });
    }
    moments
}

fn moment(event: &Event) -> Option<Moment> {
    let kind = match event.entry.kind {
        EventKind::Opened => MomentKind::Found,
        EventKind::Verified => match event.fact("validity") {
            Some(name) if name == Validity::Inactive.name() => MomentKind::Dead,
            Some(name)
                if name == Validity::Active.name() || name == Validity::Restricted.name() =>
            {
                MomentKind::Alive
            }
            _ => return None,
        },
        EventKind::Step => match (event.fact("step"), event.fact("progress")) {
            (Some(step), Some(progress)) if progress == Progress::Done.name() => {
                if step == StepName::Revoke.name() { MomentKind::Revoked } else { MomentKind::Step }
            }
            (_, Some(progress)) if progress == Progress::Waived.name() => MomentKind::Step,
            _ => return None,
        },
        EventKind::Moved => match event.fact("to") {
            Some("closed") => MomentKind::Closed,
            Some("reopened") => MomentKind::Reopened,
            _ => return None,
        },
        _ => return None,
    };
    Some(Moment { at: event.entry.at, kind, text: event.entry.text.clone() })
}

fn window(moments: &[Moment]) -> Option<Window> {
    let from = moments.first()?.at;
    let last = |kind| moments.iter().rev().find(|moment: &&Moment| moment.kind == kind);
    let last_alive = last(MomentKind::Alive).map(|moment| moment.at);
    // The first refusal that nothing alive came after.
    let dead = moments.iter().enumerate().rev();
    let dead = dead
        .take_while(|(_, moment)| moment.kind != MomentKind::Alive)
        .filter(|(_, moment)| moment.kind == MomentKind::Dead)
        .last();
    Some(Window { from, until: dead.map(|(_, moment)| moment.at), last_alive })
}
