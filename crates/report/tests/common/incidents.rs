//! Incidents as a store would hand them over: one that is open, one that went
//! the whole way, one with very many events, and one whose every text is
//! hostile.

use std::{collections::BTreeMap, sync::Arc};

use leeward_model::{
    Case, DossierId, Entry, Event, EventKind, Finding, GitObjectKind, Hint, History, Incident,
    IncidentId, MomentKind, NO_EVENT, Progress, Provenance, Secret, Severity, State, StepName,
    StepRecord, Timeline, Tracking, Validity, event_hash,
};
use leeward_report::{
    Guidance, IncidentFormat, IncidentView, IncidentsView, ListFormat, Remediation, Style,
    write_incident, write_list,
};

use super::{DAY, NOW, at, commit, file, git, guidance, probed};

/// The hash of every entry that is not this incident's.
pub(crate) const OTHER: &str = "5be0cd19137e21798c2f1fd3aa6e4b17d9f5c0a2b3e84467102938475665748a";
pub(crate) const HEAD: &str = "9f2c61d4be0a7785c3e1f0d92a6b48577d13e0c5a98f4b26d07e5c318ab94f60";

/// One incident and all that is remembered of it.
pub(crate) struct Held {
    pub(crate) incident: Incident,
    pub(crate) case: Case,
    pub(crate) steps: Vec<StepRecord>,
    pub(crate) required: Vec<StepName>,
    pub(crate) events: Vec<Event>,
    pub(crate) guidance: Guidance,
    pub(crate) hidden: Vec<Secret>,
}

impl Held {
    pub(crate) fn with<T>(&self, use_it: impl FnOnce(&IncidentView<'_>) -> T) -> T {
        let hidden: Vec<&Secret> = self.hidden.iter().collect();
        let timeline = Timeline::of(&self.case, &self.events);
        // What the log holds of other incidents, between this one's.
        let others = |event: &Event| !self.events.iter().any(|e| e.sequence == event.sequence - 1);
        let links: Vec<(i64, &str)> = self
            .events
            .iter()
            .filter(|event| others(event))
            .map(|event| (event.sequence - 1, OTHER))
            .collect();
        let last = self.events.last().map_or(0, |event| event.sequence);
        use_it(&IncidentView {
            incident: &self.incident,
            case: &self.case,
            steps: &self.steps,
            required: &self.required,
            events: &self.events,
            timeline: &timeline,
            links: &links,
            head: (last + 7, HEAD),
            guidance: &self.guidance,
            hidden: &hidden,
            now: NOW,
            tool_version: "0.1.0",
        })
    }

    pub(crate) fn write(&self, format: IncidentFormat, style: Style) -> String {
        let mut out = Vec::new();
        self.with(|view| write_incident(format, view, style, &mut out)).unwrap();
        String::from_utf8(out).unwrap()
    }
}

pub(crate) fn list(
    incidents: &[Incident],
    total: usize,
    hidden: &[&Secret],
    format: ListFormat,
    style: Style,
) -> String {
    let view = IncidentsView {
        incidents,
        total,
        guidance: &guidance,
        hidden,
        now: NOW,
        tool_version: "0.1.0",
    };
    let mut out = Vec::new();
    write_list(format, &view, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn remembered(finding: Finding, first_seen: i64) -> Case {
    Case {
        fingerprint: finding.fingerprint,
        dossier: finding.dossier,
        hint: finding.secret.hint(),
        companions: finding.companions,
        signals: finding.signals,
        severity: finding.severity,
        locations: finding.locations,
        gone: Vec::new(),
        verification: finding.verification,
        assessment: finding.assessment,
        first_seen,
        last_seen: NOW - 60,
    }
}

fn line_of(id: i64, case: &Case, state: State) -> Incident {
    Incident {
        id: IncidentId(id),
        fingerprint: case.fingerprint,
        dossier: case.dossier.clone(),
        hint: case.hint.clone(),
        severity: case.severity.level,
        validity: case.verification.validity,
        state,
        owner: None,
        due: None,
        opened_at: case.first_seen,
        updated_at: NOW,
        closed_at: None,
        place: "services/chat/.env:3:17".into(),
        places: case.locations.len() as u64,
    }
}

/// An event that is not bound to others yet.
pub(crate) fn event(
    sequence: i64,
    at: i64,
    actor: &str,
    kind: EventKind,
    text: &str,
    facts: &[(&str, &str)],
) -> Event {
    let facts: BTreeMap<String, String> =
        facts.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    let entry = Entry {
        incident: Some(IncidentId(12)),
        at,
        actor: actor.into(),
        kind,
        text: text.into(),
        facts,
    };
    Event { sequence, entry, hash: String::new() }
}

/// Binds each event to the one before, as a log does.
pub(crate) fn chained(mut events: Vec<Event>) -> Vec<Event> {
    let mut before = (0, NO_EVENT.to_owned());
    for event in &mut events {
        let previous = if before.0 == event.sequence - 1 { before.1.as_str() } else { OTHER };
        event.hash = event_hash(previous, event.sequence, &event.entry);
        before = (event.sequence, event.hash.clone());
    }
    events
}

fn record(step: StepName, progress: Progress, at: i64, by: &str, text: &str) -> StepRecord {
    StepRecord { step, progress, text: text.into(), by: by.into(), at }
}

/// The dossier's words for all eight steps.
fn all_steps() -> Guidance {
    let titles = [
        ("revoke", "Delete the key"),
        ("audit", "Read what was done with it"),
        ("assess", "Learn what it reached"),
        ("rotate", "Make a new key and put it in place"),
        ("update-dependents", "Switch everything that used it"),
        ("harden", "Narrow what the next one can do"),
        ("secrets-manager", "Keep the next one in a secrets manager"),
        ("prevent", "Notice the next leak first"),
    ];
    let remedy = |(step, title): (&str, &str)| Remediation {
        step: step.into(),
        title: title.into(),
        text: "An administrator opens the keys page, finds the key by its name and deletes it."
            .into(),
        url: (step == "revoke").then(|| "https://console.mistral.ai/api-keys".into()),
    };
    Guidance {
        remediation: titles.into_iter().map(remedy).collect(),
        ..guidance(&DossierId::new("mistral-api-key"))
    }
}

const REQUIRED: [StepName; 6] = [
    StepName::Revoke,
    StepName::Audit,
    StepName::Assess,
    StepName::Rotate,
    StepName::UpdateDependents,
    StepName::Prevent,
];

/// When the scan found it: three days before now.
const FOUND: i64 = NOW - 3 * DAY;

fn live_in_history() -> Finding {
    let mut finding = probed::active();
    let history = History {
        paths: vec!["services/chat/settings.py".into()],
        introduced: Some(commit(0xc1, "Jane Doe", 400)),
        in_head: true,
        reachable: true,
        refs: vec!["refs/heads/main".into(), "refs/remotes/origin/main".into()],
    };
    let line = "    api_key=\"pX8w…Ae2U\",";
    let place = git(GitObjectKind::Blob, 0x1f, Some(history));
    finding.locations.push(at(place, 14, 14, line, "pX8w…Ae2U"));
    finding.locations.push(at(
        file("services/chat/settings.py", Tracking::Tracked),
        14,
        14,
        line,
        "pX8w…Ae2U",
    ));
    finding
}

/// Found, live, assessed, assigned, overdue: nothing is closed yet.
pub(crate) fn open() -> Held {
    let case = remembered(live_in_history(), FOUND);
    let mut incident = line_of(12, &case, State::Open);
    incident.owner = Some("jane.doe@example.com".into());
    incident.due = Some(NOW - 2 * DAY);
    let reach = "14 files, 3 libraries, at least 500 conversations";
    let note = "The deployment job reads it from `settings.py`; ask the platform team first.";
    let events = vec![
        event(31, FOUND, "leeward", EventKind::Opened, "found in 3 places", &[]),
        event(
            32,
            FOUND + 2,
            "leeward",
            EventKind::Verified,
            "accepted by api.mistral.ai",
            &[("validity", "active")],
        ),
        event(34, FOUND + 41, "leeward", EventKind::Assessed, reach, &[]),
        event(
            35,
            FOUND + 3_600,
            "sam",
            EventKind::Assigned,
            "assigned to jane.doe@example.com",
            &[("owner", "jane.doe@example.com")],
        ),
        event(36, FOUND + 3_660, "sam", EventKind::Due, "due 2026-11-21 12:00 UTC", &[]),
        event(
            37,
            FOUND + 4_000,
            "jane",
            EventKind::Step,
            "assessed: reaches files and connectors",
            &[("step", "assess"), ("progress", "done")],
        ),
        event(41, FOUND + DAY, "jane", EventKind::Noted, note, &[]),
        event(
            44,
            NOW - 60,
            "leeward",
            EventKind::Verified,
            "accepted by api.mistral.ai",
            &[("validity", "active")],
        ),
    ];
    let steps = vec![
        record(
            StepName::Revoke,
            Progress::Waiting,
            FOUND + 5_000,
            "jane",
            "an organization administrator must delete the key `ci-deploy` in the console",
        ),
        record(
            StepName::Assess,
            Progress::Done,
            FOUND + 4_000,
            "jane",
            "assessed: reaches files and connectors",
        ),
    ];
    Held {
        incident,
        case,
        steps,
        required: REQUIRED.to_vec(),
        events: chained(events),
        guidance: all_steps(),
        hidden: Vec::new(),
    }
}

/// Revoked seconds after it was found, proven dead, rotated, closed.
pub(crate) fn closed() -> Held {
    let mut finding = live_in_history();
    finding.verification = probed::inactive().verification;
    let mut case = remembered(finding, FOUND);
    case.gone = case.locations.drain(..1).collect();
    case.verification.checked_at = Some(FOUND + 339);
    case.verification.evidence[0].at = FOUND + 339;
    let mut incident = line_of(12, &case, State::Closed);
    incident.owner = Some("jane.doe@example.com".into());
    incident.closed_at = Some(FOUND + 2 * DAY);
    let step = |sequence, at, actor, name: StepName, progress: Progress, text| {
        event(
            sequence,
            at,
            actor,
            EventKind::Step,
            text,
            &[("step", name.name()), ("progress", progress.name())],
        )
    };
    let moved = |sequence, at, to: State| {
        let text = format!("now {}", to.name());
        event(sequence, at, "leeward", EventKind::Moved, &text, &[("to", to.name())])
    };
    let verified = |sequence, at, validity: Validity, text| {
        event(sequence, at, "leeward", EventKind::Verified, text, &[("validity", validity.name())])
    };
    let done = Progress::Done;
    let revoked = "deleted the key `ci-deploy` (id 7f3a) through the admin API";
    let waived = "no program but the deployment job used it, and that is switched";
    let events = vec![
        event(31, FOUND, "leeward", EventKind::Opened, "found in 3 places", &[]),
        verified(32, FOUND + 2, Validity::Active, "accepted by api.mistral.ai"),
        event(33, FOUND + 41, "leeward", EventKind::Assessed, "14 files, 3 libraries", &[]),
        step(34, FOUND + 60, "jane", StepName::Assess, done, "assessed"),
        event(
            36,
            FOUND + 300,
            "jane",
            EventKind::Intent,
            "about to delete the key `ci-deploy` (id 7f3a)",
            &[("key-id", "7f3a"), ("step", "revoke")],
        ),
        step(37, FOUND + 304, "jane", StepName::Revoke, done, revoked),
        verified(38, FOUND + 309, Validity::Active, "still accepted by api.mistral.ai"),
        verified(39, FOUND + 339, Validity::Inactive, "refused by api.mistral.ai: HTTP 401"),
        moved(40, FOUND + 339, State::Contained),
        event(
            42,
            FOUND + 4_000,
            "sam",
            EventKind::Evidence,
            "usage page read: no model or day that is not ours",
            &[("step", "audit")],
        ),
        step(43, FOUND + 4_010, "sam", StepName::Audit, done, "usage read, nothing foreign"),
        step(45, FOUND + 9_000, "jane", StepName::Rotate, done, "new key `ci-deploy-2`"),
        step(46, FOUND + DAY, "jane", StepName::UpdateDependents, Progress::Waived, waived),
        step(47, FOUND + 2 * DAY, "sam", StepName::Prevent, done, "pre-commit hook installed"),
        moved(48, FOUND + 2 * DAY, State::Closed),
    ];
    let steps = vec![
        record(StepName::Revoke, done, FOUND + 304, "jane", revoked),
        record(StepName::Audit, done, FOUND + 4_010, "sam", "usage read, nothing foreign"),
        record(StepName::Assess, done, FOUND + 60, "jane", "assessed"),
        record(StepName::Rotate, done, FOUND + 9_000, "jane", "new key `ci-deploy-2`"),
        record(StepName::UpdateDependents, Progress::Waived, FOUND + DAY, "jane", waived),
        record(StepName::Prevent, done, FOUND + 2 * DAY, "sam", "pre-commit hook installed"),
    ];
    Held { incident, case, steps, events: chained(events), ..open() }
}

/// Found and nothing else: no provider was asked, no Git knows it.
pub(crate) fn fresh() -> Held {
    let case = remembered(probed::unasked(), NOW - 40);
    let incident =
        Incident { place: "docs/example.md:3:17".into(), ..line_of(13, &case, State::Open) };
    let events = vec![event(50, NOW - 40, "leeward", EventKind::Opened, "found in 1 place", &[])];
    Held {
        incident,
        case,
        steps: Vec::new(),
        events: chained(events),
        guidance: guidance(&DossierId::new("mistral-api-key")),
        ..open()
    }
}

/// Opened again after it was closed, with very many events.
pub(crate) fn many() -> Held {
    let mut held = closed();
    held.incident.state = State::Reopened;
    held.incident.closed_at = None;
    let mut sequence = 50;
    for hour in 0..40 {
        let at = FOUND + 2 * DAY + hour * 1_200;
        for (kind, text, facts) in [
            (EventKind::Verified, "refused by api.mistral.ai: HTTP 401", ("validity", "inactive")),
            (EventKind::Noted, "looked at again by the nightly run", ("run", "nightly")),
        ] {
            held.events.push(event(sequence, at, "leeward", kind, text, &[facts]));
            sequence += 1;
        }
    }
    let reopened = "seen again in a new commit";
    let to = [("to", State::Reopened.name())];
    held.events.push(event(sequence, NOW - 3_600, "leeward", EventKind::Moved, reopened, &to));
    held.events = chained(held.events);
    held
}

/// One whose every foreign text is `text`.
pub(crate) fn with_text(text: &str) -> Held {
    let mut sample = super::sample_with(text);
    let mut finding = sample.findings.remove(0);
    // A repository that is called like an address is one, and tells another story.
    if let Provenance::Git(place) = Arc::make_mut(&mut finding.locations[1].provenance) {
        place.repository = format!("./{text}");
    }
    let mut case = remembered(finding, FOUND);
    case.gone = case.locations.clone();
    case.hint = Hint::from_text("Zk4v…Gf0A");
    case.severity.level = Severity::High;
    let incident = Incident {
        owner: Some(text.into()),
        due: Some(i64::MAX),
        place: text.into(),
        places: 2,
        ..line_of(12, &case, State::Reopened)
    };
    let kinds = EventKind::ALL.into_iter().zip(31..);
    let events = kinds.map(|(kind, sequence)| {
        let facts = [
            ("step", "revoke"),
            ("progress", "done"),
            ("validity", "active"),
            ("to", "closed"),
            ("other", text),
            (text, "value"),
        ];
        event(sequence, FOUND + sequence, text, kind, text, &facts)
    });
    let steps = StepName::ALL.into_iter().zip(Progress::ALL.into_iter().cycle());
    let steps = steps.map(|(step, progress)| record(step, progress, FOUND, text, text)).collect();
    Held {
        incident,
        case,
        steps,
        required: StepName::ALL.to_vec(),
        events: chained(events.collect()),
        guidance: all_steps(),
        hidden: Vec::new(),
    }
}

/// A list with one of everything.
pub(crate) fn incidents() -> Vec<Incident> {
    let held = [open(), closed(), fresh()].map(|held| held.incident);
    let [mut open, closed, mut fresh] = held;
    open.due = Some(NOW - 2 * DAY);
    fresh.due = Some(NOW + 5 * DAY);
    let contained = Incident {
        id: IncidentId(9),
        state: State::Contained,
        validity: Validity::Inactive,
        severity: Severity::High,
        dossier: DossierId::new("mistral-admin-key"),
        hint: Hint::from_text("aA1b…J0kK"),
        owner: Some("sam".into()),
        due: Some(NOW + 3_600),
        place: "deploy/admin.yaml:3:11".into(),
        places: 1,
        ..open.clone()
    };
    let reopened = Incident {
        id: IncidentId(104),
        state: State::Reopened,
        validity: Validity::Restricted,
        severity: Severity::Low,
        dossier: DossierId::new("unheard-of"),
        place: "a/very/long/path/that/goes/on/and/on/until/it/is/far/too/long/for/any/line.py:3:11"
            .into(),
        ..contained.clone()
    };
    vec![closed, fresh, reopened, contained, Incident { id: IncidentId(8), ..open.clone() }, open]
}

pub(crate) fn kinds(held: &Held) -> Vec<MomentKind> {
    let timeline = Timeline::of(&held.case, &held.events);
    timeline.moments.iter().map(|moment| moment.kind).collect()
}
