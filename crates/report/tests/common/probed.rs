//! Findings whose provider was asked: one live with everything behind it, one
//! limited, one dead, one without an answer, one that nobody asked about, and
//! one whose every text is hostile.

use leeward_model::{
    Action, Assessment, Count, Evidence, Finding, Gap, Grant, Impact, Severity, Standing, Tally,
    Tracking, Trait, Validity, Verification,
};

use super::{DAY, NOW, Sample, at, clean, file, finding};

pub(crate) const KEY_ACTIVE: &str = "pX8wRb3nTq6mYd1kLs9vHc4zJg7fAe2U";
pub(crate) const KEY_RESTRICTED: &str = "Vd5tKe8yMz2hWn7cQx4jGr1bLp6sFu9A";
pub(crate) const KEY_INACTIVE: &str = "Tj9gNc4rBw7kXs2fHm6zPe1vQy8dLa3R";
pub(crate) const KEY_UNKNOWN: &str = "Fh2mSv6xCq9tJn4wGz8bRk1pYd5eLu7T";
pub(crate) const KEY_UNASKED: &str = "Lq7zWd3vNx9cKt5hBm1rGp8sYf4jEa6C";
pub(crate) const PROBED: [&str; 5] =
    [KEY_ACTIVE, KEY_RESTRICTED, KEY_INACTIVE, KEY_UNKNOWN, KEY_UNASKED];

/// All of them.
pub(crate) fn asked() -> Sample {
    Sample { findings: vec![active(), restricted(), inactive(), unknown(), unasked()], ..clean() }
}

/// Only the live one.
pub(crate) fn live() -> Sample {
    Sample { findings: vec![active()], ..clean() }
}

fn in_file(path: &str, key: &str, severity: Severity) -> Finding {
    let hint = format!("{}…{}", &key[..4], &key[28..]);
    let line = format!("MISTRAL_API_KEY={hint}");
    let places = vec![at(file(path, Tracking::Untracked), 3, 17, &line, &hint)];
    finding("mistral-api-key", key, severity, places)
}

pub(crate) fn evidence(probe: &str, path: &str, status: Option<u16>, meaning: &str) -> Evidence {
    Evidence {
        probe: probe.into(),
        method: "GET".into(),
        host: "api.mistral.ai".into(),
        path: path.into(),
        status,
        meaning: meaning.into(),
        at: NOW - 60,
        attempts: 1,
        millis: 214,
        correlation: Some(format!("req-{probe}-7f3a")),
    }
}

fn asked_of(validity: Validity, why: &str, status: Option<u16>, meaning: &str) -> Verification {
    Verification {
        validity,
        why: why.into(),
        checked_at: Some(NOW - 60),
        evidence: vec![evidence("models", "/v1/models", status, meaning)],
    }
}

pub(crate) fn active() -> Finding {
    let mut finding = in_file("services/chat/.env", KEY_ACTIVE, Severity::Critical);
    finding.severity.why.push("it is live: the provider accepted it".into());
    finding.severity.why.push("its connectors hold credentials of other systems".into());
    finding.verification =
        asked_of(Validity::Active, "accepted by api.mistral.ai", Some(200), "the key was accepted");
    finding.assessment = Some(everything());
    finding
}

fn grant(id: &str, permission: &str, verb: &str, one: &str, many: &str, count: Count) -> Grant {
    Grant {
        id: id.into(),
        permission: permission.into(),
        noun: (one.into(), many.into()),
        verb: verb.into(),
        count,
        probe: id.into(),
        ..Grant::default()
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn says(role: &str, label: &str, value: &str) -> Trait {
    Trait { role: role.into(), label: label.into(), value: value.into() }
}

pub(crate) fn action(
    id: &str,
    title: &str,
    standing: Standing,
    because: &str,
    grants: &[&str],
) -> Action {
    Action {
        id: id.into(),
        title: title.into(),
        standing,
        because: because.into(),
        grants: names(grants),
    }
}

pub(crate) fn impact(
    id: &str,
    title: &str,
    standing: Standing,
    text: &str,
    from: &[&str],
) -> Impact {
    Impact { id: id.into(), title: title.into(), standing, text: text.into(), from: names(from) }
}

fn gap(probe: &str, what: &str, why: &str) -> Gap {
    Gap { probe: probe.into(), what: what.into(), why: why.into(), by_choice: false }
}

fn grants() -> Vec<Grant> {
    let data = |id, one, many, count| grant(id, "extract-data", "read", one, many, count);
    vec![
        Grant {
            bytes: Some(220_400_000),
            tallies: vec![Tally {
                label: "purpose".into(),
                counts: vec![("batch".into(), 11), ("fine-tune".into(), 3)],
            }],
            span: Some((NOW - 320 * DAY, NOW - 20 * DAY)),
            names: names(&["customers-2026.jsonl", "tickets.jsonl", "eval.jsonl", "a.pdf"]),
            raises: Some("it reads training data and batch results".into()),
            ..data("files", "file", "files", Count::Exactly(14))
        },
        Grant {
            bytes: Some(1_210_000_000),
            sums: vec![("documents".into(), 1204)],
            names: names(&["Contracts", "HR handbook", "Incident reports"]),
            ..data("libraries", "library", "libraries", Count::Exactly(3))
        },
        data("conversations", "conversation", "conversations", Count::AtLeast(500)),
        Grant {
            names: names(&["support-bot", "invoice-reader"]),
            ..data("agents", "agent", "agents", Count::Exactly(2))
        },
        data("jobs", "batch job", "batch jobs", Count::Exactly(0)),
        Grant {
            names: names(&["GitHub", "Google Drive"]),
            target: true,
            raises: Some("its connectors hold credentials of other systems".into()),
            ..grant(
                "connectors",
                "use-connectors",
                "call",
                "connector",
                "connectors",
                Count::Exactly(2),
            )
        },
        grant("voices", "extract-data", "list", "cloned voice", "cloned voices", Count::Unsaid),
    ]
}

fn everything() -> Assessment {
    let of_data = ["files", "libraries", "conversations", "agents", "jobs", "voices"];
    Assessment {
        identity: vec![
            says("email", "owner", "jane.doe@example.com"),
            says("workspace", "workspace", "Production chat"),
            says("organization", "organization", "Example GmbH"),
            says("key", "key name", "ci-deploy"),
        ],
        grants: grants(),
        actions: vec![
            action("extract-data", "Extract data", Standing::Proven, "", &of_data),
            action(
                "manipulate-models",
                "Manipulate models, agents and data",
                Standing::Inferred,
                "the provider documents no read-only keys",
                &[],
            ),
            action(
                "consume-compute",
                "Consume compute",
                Standing::Inferred,
                "a live key runs every model that it can list",
                &[],
            ),
            action(
                "use-connectors",
                "Pivot through connectors",
                Standing::Inferred,
                "the provider documents no key that may only list them",
                &["connectors"],
            ),
            action(
                "execute-workflows",
                "Execute workflows",
                Standing::Unknown,
                "`workflows` was not answered",
                &[],
            ),
            action(
                "see-billing",
                "See billing: not with this key",
                Standing::Refused,
                "the kind of key cannot have it",
                &[],
            ),
        ],
        impacts: vec![
            impact(
                "data-exposure",
                "Data exposure",
                Standing::Proven,
                "Documents, training data, conversations and prompts leave the organization.",
                &["extract-data", "use-connectors"],
            ),
            impact(
                "financial-loss",
                "Financial loss",
                Standing::Inferred,
                "The bill grows until the key is deleted or a spending limit stops it.",
                &["consume-compute"],
            ),
            impact(
                "disruption",
                "Operational disruption",
                Standing::Inferred,
                "Shared rate limits are exhausted; files, agents or models are deleted.",
                &["consume-compute", "manipulate-models"],
            ),
            impact(
                "takeover",
                "Takeover of other systems",
                Standing::Unknown,
                "Workflows run the owner's code on the owner's workers.",
                &["execute-workflows"],
            ),
        ],
        gaps: vec![
            gap("workflows", "which workflows it can start", "api.mistral.ai answered HTTP 503"),
            gap(
                "conversations",
                "how many conversations beyond 500",
                "the list was cut at 5 pages",
            ),
        ],
        evidence: vec![
            evidence("identity", "/v1/users/me", Some(200), "it names its owner"),
            evidence("files", "/v1/files?page_size=100&include_total=true", Some(200), "counted"),
            Evidence {
                attempts: 3,
                millis: 9120,
                correlation: None,
                ..evidence("workflows", "/v1/workflows", Some(503), "the service failed")
            },
        ],
    }
}

fn restricted() -> Finding {
    let mut finding = in_file("notebooks/demo.ipynb", KEY_RESTRICTED, Severity::High);
    finding.verification = asked_of(
        Validity::Restricted,
        "known to api.mistral.ai, its plan is used up",
        Some(402),
        "the key is real, its plan or payment is exhausted",
    );
    finding.assessment = Some(Assessment {
        identity: vec![says("workspace", "workspace", "Sandbox")],
        gaps: vec![gap("files", "which files it reads", "api.mistral.ai answered HTTP 402")],
        ..Assessment::default()
    });
    finding
}

pub(crate) fn inactive() -> Finding {
    let mut finding = in_file("old/settings.py", KEY_INACTIVE, Severity::Low);
    finding.verification = asked_of(
        Validity::Inactive,
        "refused by api.mistral.ai",
        Some(401),
        "missing, unknown, expired or deleted on this host",
    );
    finding
}

fn unknown() -> Finding {
    let mut finding = in_file("k8s/values.yaml", KEY_UNKNOWN, Severity::High);
    finding.verification =
        asked_of(Validity::Unknown, "no answer from api.mistral.ai", None, "timed out after 10 s");
    finding.verification.evidence[0].attempts = 3;
    finding.verification.evidence[0].correlation = None;
    finding
}

pub(crate) fn unasked() -> Finding {
    let mut finding = in_file("docs/example.md", KEY_UNASKED, Severity::Medium);
    finding.verification.why = "the base URL beside it is no host of the provider".into();
    finding
}

/// A live finding with any number of grants, each with an ability of its own
/// or all under one.
pub(crate) fn with_grants(count: usize, spread: bool) -> Finding {
    let mut finding = active();
    let id = |i: usize| format!("grant-{i}");
    let grants: Vec<Grant> = (0..count)
        .map(|i| Grant {
            names: names(&["a rather long name of something that it reaches"]),
            ..grant(&id(i), "p", "read", "thing", "things of some kind", Count::Exactly(i as u64))
        })
        .collect();
    let standings = [Standing::Proven, Standing::Inferred, Standing::Unknown, Standing::Refused];
    let actions = if spread {
        let each = (0..count).map(|i| {
            let title = format!("Do the thing of number {i} with a title that goes on and on");
            action(&format!("action-{i}"), &title, standings[i % 4], "because", &[&id(i)])
        });
        each.collect()
    } else {
        let ids: Vec<String> = (0..count).map(id).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        vec![action("all", "Everything at once", Standing::Proven, "because", &ids)]
    };
    let from: Vec<&str> = if spread { vec!["action-0", "action-5"] } else { vec!["all"] };
    let impacts = vec![impact("i", "An impact", Standing::Proven, "It hurts.", &from)];
    let known = finding.assessment.take().unwrap_or_default();
    finding.assessment = Some(Assessment { grants, actions, impacts, ..known });
    finding
}

/// Many findings, as a first scan of a large organisation has them.
pub(crate) fn many(count: usize) -> Sample {
    let make = [active, restricted, inactive, unknown, unasked];
    let findings = (0..count).map(|i| {
        let mut finding = make[i % make.len()]();
        let secret = leeward_model::Secret::new(format!("{i:032}").into_bytes());
        finding.fingerprint = leeward_model::Fingerprint::new("mistral", &secret);
        finding
    });
    Sample { findings: findings.collect(), ..super::rich() }
}

/// What a provider could say if it, or whoever names things there, meant harm.
pub(crate) fn verification_of(text: &str) -> Verification {
    Verification {
        validity: Validity::Active,
        why: text.into(),
        checked_at: Some(i64::MAX),
        evidence: vec![hostile_evidence(text)],
    }
}

fn hostile_evidence(text: &str) -> Evidence {
    Evidence {
        probe: text.into(),
        method: text.into(),
        host: text.into(),
        path: text.into(),
        status: Some(u16::MAX),
        meaning: text.into(),
        at: i64::MIN,
        attempts: u32::MAX,
        millis: u64::MAX,
        correlation: Some(text.into()),
    }
}

pub(crate) fn assessment_of(text: &str) -> Assessment {
    let grant = |count| Grant {
        bytes: Some(u64::MAX),
        sums: vec![(text.into(), u64::MAX)],
        tallies: vec![Tally { label: text.into(), counts: vec![(text.into(), 1); 9] }],
        span: Some((i64::MIN, i64::MAX)),
        names: vec![text.into(); 5],
        raises: Some(text.into()),
        ..grant(text, text, text, text, text, count)
    };
    let standings = [Standing::Proven, Standing::Inferred, Standing::Unknown, Standing::Refused];
    Assessment {
        identity: ["owner", "workspace", "organization", text]
            .map(|role| says(role, text, text))
            .to_vec(),
        grants: [Count::Exactly(7), Count::AtLeast(u64::MAX), Count::Unsaid].map(grant).to_vec(),
        actions: standings.map(|standing| action(text, text, standing, text, &[text])).to_vec(),
        impacts: standings.map(|standing| impact(text, text, standing, text, &[text])).to_vec(),
        gaps: vec![gap(text, text, text)],
        evidence: vec![hostile_evidence(text)],
    }
}
