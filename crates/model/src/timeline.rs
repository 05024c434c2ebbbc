//! What happened to a secret and when, from every source there is, and how
//! long it lay open. A pure computation over what is remembered.

use crate::{
    Case, Commit, Event, EventKind, GitPlace, History, Progress, Provenance, State, StepName,
    Validity, facts,
};

/// What kind of moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MomentKind {
    /// A commit brought it into history.
    Introduced,
    /// A remote repository holds it: not before this commit, and since when is
    /// not known better.
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
        self.until.unwrap_or(now).saturating_sub(self.from).max(0)
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

impl Timeline {
    /// From what is remembered of a finding and its events, which may come in
    /// any order.
    pub fn of(case: &Case, events: &[Event]) -> Self {
        let mut events: Vec<&Event> = events.iter().collect();
        events.sort_by_key(|event| event.sequence);
        let mut moments = origins(case);
        if !events.iter().any(|event| event.entry.kind == EventKind::Opened) {
            moments.push(Moment {
                at: case.first_seen,
                kind: MomentKind::Found,
                text: "first seen by a scan".to_owned(),
            });
        }
        let told: Vec<Moment> =
            events.iter().filter_map(|event| moment(event)).chain(answer(case, &events)).collect();
        let window = window(&moments, &told);
        moments.extend(told);
        // Moments of the same second stay in the order they were told.
        moments.sort_by_key(|moment| moment.at);
        Self { moments, window }
    }
}

/// When it came into history, and when others could first have it.
fn origins(case: &Case) -> Vec<Moment> {
    let commits = || {
        case.locations.iter().chain(&case.gone).filter_map(|location| match &*location.provenance {
            Provenance::Git(place) => {
                let history = place.history.as_deref()?;
                Some((place, history, history.introduced.as_ref()?))
            }
            Provenance::File(_) | Provenance::Stdin | Provenance::Remote(_) => None,
        })
    };
    let at = |commit: &Commit| believable(commit, case.first_seen);
    let mut moments = Vec::new();
    if let Some((_, _, commit)) = commits().min_by_key(|(.., commit)| at(commit)) {
        let id = commit.id.to_string();
        let mut text = format!("committed by {} in {}", commit.author.name, &id[..8]);
        if at(commit) != commit.committed_at {
            text.push_str("; the time that the commit claims cannot be right");
        }
        moments.push(Moment { at: at(commit), kind: MomentKind::Introduced, text });
    }
    let pushed = commits().filter_map(|(place, history, commit)| {
        remote(place, history).map(|holder| (at(commit), holder))
    });
    if let Some((at, holder)) = pushed.min_by_key(|(at, _)| *at) {
        let text = format!("pushed, not before the commit: {holder} holds it");
        moments.push(Moment { at, kind: MomentKind::Public, text });
    }
    moments
}

/// The time a commit claims, unless no commit can have it: whoever writes a
/// commit sets its clock. Then it is only known that the first scan saw it.
fn believable(commit: &Commit, first_seen: i64) -> i64 {
    /// 2005-04-07, the day on which Git kept its own first commit.
    const FIRST_COMMIT_EVER: i64 = 1_112_832_000;
    if (FIRST_COMMIT_EVER..=first_seen).contains(&commit.committed_at) {
        commit.committed_at
    } else {
        first_seen
    }
}

/// The remote that holds an object, if any does: a ref of one, or the
/// repository itself, when it was read by its address.
fn remote<'a>(place: &'a GitPlace, history: &'a History) -> Option<&'a str> {
    let address = || {
        let name = place.repository.as_str();
        let (scheme, _) = name.split_once("://")?;
        let is_scheme = scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+');
        (is_scheme && !scheme.is_empty() && scheme != "file").then_some(name)
    };
    history.remote().or_else(address)
}

fn moment(event: &Event) -> Option<Moment> {
    let kind = match event.entry.kind {
        EventKind::Opened => MomentKind::Found,
        EventKind::Verified => {
            let name = event.fact(facts::VALIDITY)?;
            ANSWERS.into_iter().find(|(validity, _)| validity.name() == name)?.1
        }
        EventKind::Step => match (event.fact(facts::STEP), event.fact(facts::PROGRESS)) {
            (Some(step), Some(progress)) if progress == Progress::Done.name() => {
                if step == StepName::Revoke.name() { MomentKind::Revoked } else { MomentKind::Step }
            }
            (_, Some(progress)) if progress == Progress::Waived.name() => MomentKind::Step,
            _ => return None,
        },
        EventKind::Moved => match event.fact(facts::TO) {
            Some(state) if state == State::Closed.name() => MomentKind::Closed,
            Some(state) if state == State::Reopened.name() => MomentKind::Reopened,
            _ => return None,
        },
        _ => return None,
    };
    Some(Moment { at: event.entry.at, kind, text: event.entry.text.clone() })
}

/// What answers say of the window; others are none.
const ANSWERS: [(Validity, MomentKind); 3] = [
    (Validity::Active, MomentKind::Alive),
    (Validity::Restricted, MomentKind::Alive),
    (Validity::Inactive, MomentKind::Dead),
];

/// The answer that is remembered with the finding, if no event tells of it: a
/// scan may have asked before there was an incident.
fn answer(case: &Case, events: &[&Event]) -> Option<Moment> {
    let at = case.verification.checked_at?;
    let is_told =
        events.iter().any(|event| event.entry.kind == EventKind::Verified && event.entry.at >= at);
    let (_, kind) =
        ANSWERS.into_iter().find(|(validity, _)| *validity == case.verification.validity)?;
    (!is_told).then(|| Moment { at, kind, text: case.verification.why.clone() })
}

/// `told` is in the order it was recorded, which a clock that was set back does
/// not change: what was alive in a later answer is not dead.
fn window(origins: &[Moment], told: &[Moment]) -> Option<Window> {
    let from = origins.iter().chain(told).map(|moment| moment.at).min()?;
    let times = |wanted| told.iter().filter(move |moment: &&Moment| moment.kind == wanted);
    let last_alive = times(MomentKind::Alive).map(|moment| moment.at).max();
    let after = told.iter().rposition(|moment| moment.kind == MomentKind::Alive);
    let since = &told[after.map_or(0, |at| at + 1)..];
    let dead = since.iter().find(|moment| moment.kind == MomentKind::Dead);
    let until = dead.map(|moment| last_alive.map_or(moment.at, |alive| alive.max(moment.at)));
    Some(Window { from, until, last_alive })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use super::*;
    use crate::{
        DossierId, Entry, Excerpt, Fingerprint, GitObjectKind, Hint, IncidentId, Location,
        ObjectId, Position, Rating, Secret, Severity, Signature, Span, Verification, Way,
    };

    const T: i64 = 1_700_000_000;

    fn case(histories: &[(i64, &str, &str)]) -> Case {
        let location = |&(at, reference, repository): &(i64, &str, &str)| {
            let history = History {
                introduced: Some(Commit {
                    id: ObjectId::from_bytes(&[0xab; 20]).unwrap(),
                    author: Signature { name: "Jane".into(), ..Signature::default() },
                    committed_at: at,
                    summary: String::new(),
                }),
                refs: vec![reference.to_owned()],
                ..History::default()
            };
            Location {
                inside: Way::default(),
                deleted_by: None,
                provenance: Arc::new(Provenance::Git(GitPlace {
                    repository: repository.into(),
                    kind: GitObjectKind::Blob,
                    object: ObjectId::from_bytes(&[1; 20]).unwrap(),
                    history: Some(Box::new(history)),
                })),
                span: Span { start: 0, end: 1 },
                start: Position::START,
                end: Position::START,
                decoded: Vec::new(),
                excerpt: Excerpt::default(),
            }
        };
        Case {
            fingerprint: Fingerprint::new("x", &Secret::new(*b"0123456789abcdef")),
            dossier: DossierId::new("x"),
            hint: Hint::from_text("0123…cdef"),
            companions: Vec::new(),
            signals: Vec::new(),
            severity: Rating { level: Severity::High, why: Vec::new() },
            locations: histories.iter().map(location).collect(),
            gone: Vec::new(),
            verification: Verification::default(),
            assessment: None,
            first_seen: T,
            last_seen: T,
        }
    }

    fn event(sequence: i64, at: i64, kind: EventKind, facts: &[(&str, &str)]) -> Event {
        let facts: BTreeMap<String, String> =
            facts.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let entry = Entry {
            incident: Some(IncidentId(1)),
            at: T + at,
            actor: String::new(),
            kind,
            text: String::new(),
            facts,
        };
        Event { sequence, entry, hash: String::new() }
    }

    fn verified(sequence: i64, at: i64, validity: Validity) -> Event {
        event(sequence, at, EventKind::Verified, &[("validity", validity.name())])
    }

    /// Each moment's kind and its time since the first scan.
    fn told(case: &Case, events: &[Event]) -> Vec<(&'static str, i64)> {
        let timeline = Timeline::of(case, events);
        timeline.moments.iter().map(|moment| (moment.kind.name(), moment.at - T)).collect()
    }

    fn window(case: &Case, events: &[Event]) -> (i64, Option<i64>, Option<i64>) {
        let window = Timeline::of(case, events).window.unwrap();
        (window.from - T, window.until.map(|at| at - T), window.last_alive.map(|at| at - T))
    }

    #[test]
    fn a_whole_story_is_told_in_order() {
        let events = [
            event(1, 0, EventKind::Opened, &[]),
            verified(2, 5, Validity::Active),
            event(3, 60, EventKind::Step, &[("step", "revoke"), ("progress", "done")]),
            verified(4, 65, Validity::Inactive),
            event(5, 90, EventKind::Moved, &[("to", "closed")]),
        ];
        let case = case(&[(T - 900, "refs/remotes/origin/main", ".")]);
        let expected = [
            ("introduced", -900),
            ("public", -900),
            ("found", 0),
            ("alive", 5),
            ("revoked", 60),
            ("dead", 65),
            ("closed", 90),
        ];
        assert_eq!(told(&case, &events), expected);
        assert_eq!(window(&case, &events), (-900, Some(65), Some(5)));
    }

    #[test]
    fn what_answers_again_is_not_dead() {
        let mut events = vec![
            event(1, 0, EventKind::Opened, &[]),
            verified(2, 10, Validity::Inactive),
            verified(3, 20, Validity::Restricted),
        ];
        assert_eq!(window(&case(&[]), &events), (0, None, Some(20)));
        events.push(verified(4, 30, Validity::Unknown));
        assert_eq!(window(&case(&[]), &events), (0, None, Some(20)), "no answer is no proof");
        events.push(verified(5, 40, Validity::Inactive));
        events.push(verified(6, 50, Validity::Inactive));
        assert_eq!(window(&case(&[]), &events), (0, Some(40), Some(20)));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_kill() {
        let events = [verified(2, 100, Validity::Inactive), verified(3, 50, Validity::Active)];
        assert_eq!(window(&case(&[]), &events).1, None);
        let events = [verified(2, 100, Validity::Active), verified(3, 50, Validity::Inactive)];
        assert_eq!(window(&case(&[]), &events).1, Some(100), "not before it was last alive");
    }

    #[test]
    fn a_commit_may_lie_about_its_time() {
        for claimed in [i64::MIN, 0, T + 1, i64::MAX] {
            let case = case(&[(claimed, "refs/heads/main", ".")]);
            let timeline = Timeline::of(&case, &[]);
            assert_eq!(timeline.moments[0].at, T);
            assert!(timeline.moments[0].text.ends_with("cannot be right"));
            assert_eq!(timeline.window.unwrap().seconds(i64::MAX), i64::MAX - T);
        }
        // The oldest time that can be right counts.
        let both = case(&[(0, "refs/heads/main", "."), (T - 9, "refs/heads/main", ".")]);
        assert_eq!(window(&both, &[]).0, -9);
    }

    #[test]
    fn public_is_the_oldest_commit_that_a_remote_holds() {
        let local = (T - 90, "refs/heads/main", ".");
        let pushed = (T - 30, "refs/remotes/origin/main", ".");
        assert_eq!(
            told(&case(&[local, pushed]), &[]),
            [("introduced", -90), ("public", -30), ("found", 0)]
        );
        let cloned = (T - 90, "refs/heads/main", "https://example.com/a.git");
        assert_eq!(told(&case(&[cloned]), &[])[1], ("public", -90));
        assert_eq!(told(&case(&[local]), &[]), [("introduced", -90), ("found", 0)]);
    }

    #[test]
    fn what_is_gone_was_open_once() {
        let mut case = case(&[(T - 90, "refs/heads/main", ".")]);
        case.gone = std::mem::take(&mut case.locations);
        assert_eq!(told(&case, &[]), [("introduced", -90), ("found", 0)]);
    }

    #[test]
    fn an_answer_that_no_event_tells_of_counts() {
        let mut case = case(&[]);
        case.verification.validity = Validity::Active;
        case.verification.checked_at = Some(T + 3);
        assert_eq!(window(&case, &[]), (0, None, Some(3)));
        let events = [verified(1, 3, Validity::Active)];
        assert_eq!(told(&case, &events), [("found", 0), ("alive", 3)], "told once");
    }
}
