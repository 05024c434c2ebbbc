//! Findings as a rich scan would hand them over, for the tests of every format
//! and for the example that shows them. Values are made up.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test binary uses its own part of this, and a test may panic"
)]

pub(crate) mod incidents;
pub(crate) mod page;
pub(crate) mod probed;

use std::{borrow::Cow, sync::Arc, time::Duration};

use leeward_model::{
    Commit, Companion, Confidence, Coverage, DossierId, Encoding, Excerpt, FilePlace, Finding,
    Fingerprint, GitObjectKind, GitPlace, History, Location, NotScanned, ObjectId, Position,
    Provenance, Rating, Reason, Secret, Severity, Signal, SignalKind, Signature, Span, Stealer,
    Tracking, Verification, Way,
};
use leeward_report::{Format, Guidance, NotLive, Remediation, Report, Style, Suppressed};

/// 2026-11-23 12:00 UTC.
pub(crate) const NOW: i64 = 1_795_435_200;
pub(crate) const DAY: i64 = 86_400;

pub(crate) struct Sample {
    pub(crate) targets: Vec<String>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) stealers: Vec<Stealer>,
    pub(crate) coverage: Coverage,
    pub(crate) suppressed: Suppressed,
    pub(crate) below_threshold: usize,
    pub(crate) reveal: bool,
}

impl Sample {
    pub(crate) fn report(&self) -> Report<'_> {
        Report {
            tool_version: "0.1.0",
            started_at: NOW,
            now: NOW,
            elapsed: Some(Duration::from_millis(420)),
            targets: &self.targets,
            findings: &self.findings,
            stealers: &self.stealers,
            coverage: &self.coverage,
            suppressed: self.suppressed,
            below_threshold: self.below_threshold,
            hidden: &[],
            guidance: &guidance,
            reveal: self.reveal,
            not_live: NotLive::default(),
            scanned: true,
        }
    }

    pub(crate) fn write(&self, format: Format, style: Style) -> String {
        let mut out = Vec::new();
        leeward_report::write(format, &self.report(), style, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }
}

pub(crate) fn guidance(dossier: &DossierId) -> Guidance {
    let step = |step: &str, title: &str, text: &str, url: Option<&str>| Remediation {
        step: step.into(),
        title: title.into(),
        text: text.into(),
        url: url.map(Into::into),
    };
    match dossier.as_str() {
        "mistral-api-key" => Guidance {
            title: "Mistral AI API key".into(),
            provider: "Mistral AI".into(),
            summary:
                "Opens models, files, libraries and agents of one workspace, and spends its budget."
                    .into(),
            next_step:
                "revoke the key that ends in the last four characters above, then make a new one"
                    .into(),
            next_url: Some("https://console.mistral.ai/api-keys".into()),
            help_url: Some("https://docs.mistral.ai/".into()),
            remediation: vec![
                step(
                    "revoke",
                    "delete the key",
                    "A deleted key stops working; there is no undo.",
                    Some("https://console.mistral.ai/api-keys"),
                ),
                step(
                    "audit",
                    "read the usage page",
                    "Usage is shown by model and day, not by key.",
                    None,
                ),
            ],
        },
        "mistral-admin-key" => Guidance {
            title: "Mistral AI admin key".into(),
            provider: "Mistral AI".into(),
            summary: "Creates and deletes keys, members and limits of a whole organisation.".into(),
            next_step: "delete the admin key in the Backoffice now".into(),
            next_url: Some("https://admin.mistral.ai/".into()),
            help_url: None,
            remediation: vec![step("revoke", "delete the admin key", "", None)],
        },
        "aws-access-key" => Guidance {
            title: "AWS access key".into(),
            provider: "Amazon Web Services".into(),
            summary: "Acts as an IAM user.".into(),
            next_step: "set the access key to inactive in IAM".into(),
            ..Guidance::default()
        },
        _ => Guidance::default(),
    }
}

pub(crate) fn oid(byte: u8) -> ObjectId {
    ObjectId::from_bytes(&[byte; 20]).unwrap()
}

pub(crate) fn signal(kind: SignalKind, weight: f32, why: &str) -> Signal {
    Signal { kind, weight, why: Cow::Owned(why.to_owned()) }
}

pub(crate) fn at(
    provenance: Provenance,
    line: u64,
    column: u64,
    text: &str,
    value: &str,
) -> Location {
    let start = text.find(value).unwrap_or(0);
    let len = value.chars().count() as u64;
    Location {
        inside: Way::default(),
        deleted_by: None,
        provenance: Arc::new(provenance),
        span: Span {
            start: (line % 1_000_000) * 40 + column,
            end: (line % 1_000_000) * 40 + column + 32,
        },
        start: Position { line, column },
        end: Position { line, column: column + len.max(1) },
        decoded: Vec::new(),
        excerpt: Excerpt { text: text.into(), mark: start..start + value.len() },
    }
}

pub(crate) fn file(path: impl AsRef<[u8]>, tracking: Tracking) -> Provenance {
    Provenance::File(FilePlace { path: path.as_ref().to_vec(), tracking })
}

pub(crate) fn commit(byte: u8, author: &str, days_ago: i64) -> Commit {
    Commit {
        id: oid(byte),
        author: Signature {
            name: author.into(),
            email: "jane@example.com".into(),
            at: NOW - days_ago * DAY - 3600,
        },
        committed_at: NOW - days_ago * DAY,
        summary: "add settings".into(),
    }
}

pub(crate) fn git(kind: GitObjectKind, object: u8, history: Option<History>) -> Provenance {
    Provenance::Git(GitPlace {
        repository: ".".into(),
        kind,
        object: oid(object),
        history: history.map(Box::new),
    })
}

pub(crate) fn finding(
    dossier: &str,
    value: &str,
    severity: Severity,
    locations: Vec<Location>,
) -> Finding {
    let secret = Secret::new(value.as_bytes());
    let signals = vec![
        signal(SignalKind::Binding, 4.0, "bound to `MISTRAL_API_KEY`"),
        signal(SignalKind::Value, 1.5, "32 mixed-case letters and digits"),
    ];
    Finding {
        dossier: DossierId::new(dossier),
        fingerprint: Fingerprint::new("mistral", &secret),
        secret,
        companions: Vec::new(),
        confidence: Confidence::of(&signals),
        signals,
        severity: Rating {
            level: severity,
            why: vec!["reads files and spends the workspace's budget".into()],
        },
        locations,
        verification: Verification::default(),
        assessment: None,
    }
}

pub(crate) const KEY_ENV: &str = "Zk4vQ9sLw2Xc7Rt1Yb6Nh3Jm8Pd5Gf0A";
pub(crate) const KEY_HISTORY: &str = "hT7yUj3kLo9pQw2eRt5yUi8oPa1sDf4G";
pub(crate) const KEY_ADMIN: &str = "aA1bB2cC3dD4eE5fF6gG7hH8iI9jJ0kK";
pub(crate) const KEY_BASE64: &str = "Mn8bVc7xZl6kJh5gFd4sAp3oIu2yTr1E";
pub(crate) const KEY_STDIN: &str = "qWe4rTy5uIo6pAs7dFg8hJk9lZx0cVb1";
pub(crate) const KEY_AWS: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYzzzSECRETk";
pub(crate) const KEYS: [&str; 6] =
    [KEY_ENV, KEY_HISTORY, KEY_ADMIN, KEY_BASE64, KEY_STDIN, KEY_AWS];

fn in_env() -> Finding {
    let line = "MISTRAL_API_KEY=Zk4v…Gf0A";
    let places = vec![at(file("app/.env", Tracking::Ignored), 2, 17, line, "Zk4v…Gf0A")];
    finding("mistral-api-key", KEY_ENV, Severity::High, places)
}

fn in_history() -> Finding {
    let history = |path: &str, byte, days, in_head| History {
        paths: vec![path.into()],
        introduced: Some(commit(byte, "Jane Doe", days)),
        in_head,
        reachable: true,
        refs: vec![
            "refs/heads/main".into(),
            "refs/remotes/origin/main".into(),
            "refs/tags/v1.0".into(),
        ],
    };
    let line = "    client = Mistral(api_key=\"hT7y…Df4G\")  # TODO: move out";
    let mark = "hT7y…Df4G";
    let mut places = vec![
        at(file("src/client.py", Tracking::Tracked), 14, 30, line, mark),
        at(
            git(GitObjectKind::Blob, 0x1f, Some(history("src/client.py", 0xc1, 400, true))),
            14,
            30,
            line,
            mark,
        ),
    ];
    for i in 0..6u8 {
        let path = format!("src/old_{i}.py");
        places.push(at(
            git(GitObjectKind::Blob, i, Some(history(&path, 0xd0 + i, 90, false))),
            9,
            30,
            line,
            mark,
        ));
    }
    places.push(at(
        git(
            GitObjectKind::Commit,
            0xee,
            Some(History {
                reachable: true,
                refs: vec!["refs/heads/main".into()],
                ..History::default()
            }),
        ),
        7,
        3,
        "key is hT7y…Df4G",
        mark,
    ));
    let mut finding = finding("mistral-api-key", KEY_HISTORY, Severity::Critical, places);
    finding.severity.why.push("raised, because it lies in history that others have".into());
    finding
}

fn staged_admin() -> Finding {
    let history =
        History { paths: vec!["deploy/admin.yaml".into()], reachable: true, ..History::default() };
    let line = "adminKey: aA1b…J0kK";
    let places =
        vec![at(git(GitObjectKind::Staged, 0xab, Some(history)), 3, 11, line, "aA1b…J0kK")];
    finding("mistral-admin-key", KEY_ADMIN, Severity::Critical, places)
}

fn in_base64() -> Finding {
    let line = "  MISTRAL_API_KEY: TW44…cjFF";
    let mut place = at(file("k8s/secret.yaml", Tracking::Untracked), 7, 20, line, "TW44…cjFF");
    place.decoded = vec![Encoding::Base64];
    let mut finding = finding("mistral-api-key", KEY_BASE64, Severity::High, vec![place]);
    finding.signals.push(signal(SignalKind::Layer, 0.5, "base64 in a Kubernetes `data:` mapping"));
    finding.signals.push(signal(SignalKind::Place, -1.5, "lies under `tests/`"));
    finding.confidence = Confidence::from_log_odds(1.2);
    finding
}

fn from_stdin() -> Finding {
    let line = format!("{}Authorization: Bearer qWe4…cVb1 {}", "x".repeat(120), "y".repeat(200));
    let places = vec![at(Provenance::Stdin, 104_233, 144, &line, "qWe4…cVb1")];
    let mut finding = finding("mistral-api-key", KEY_STDIN, Severity::Medium, places);
    finding.confidence = Confidence::from_log_odds(0.4);
    finding
}

fn two_parts() -> Finding {
    let dangling = History { reachable: false, ..History::default() };
    let line = "aws_secret_access_key = wJal…RETk";
    let places = vec![at(git(GitObjectKind::Blob, 0x77, Some(dangling)), 3, 25, line, "wJal…RETk")];
    let mut finding = finding("aws-access-key", KEY_AWS, Severity::High, places);
    finding.companions =
        vec![Companion { role: "access key id".into(), value: "AKIAQYLPMN5HEXAMPLE7".into() }];
    finding
}

/// One of everything, and a scan that could not see all.
pub(crate) fn rich() -> Sample {
    Sample {
        stealers: Vec::new(),
        targets: vec![".".into()],
        findings: vec![
            in_env(),
            in_history(),
            staged_admin(),
            in_base64(),
            from_stdin(),
            two_parts(),
        ],
        coverage: Coverage {
            bytes_scanned: 84_230_111,
            files_scanned: 1204,
            objects_scanned: 18_332,
            members_scanned: 0,
            judged_before: leeward_model::JudgedBefore::default(),
            not_scanned: vec![
                left_out("node_modules", Reason::Excluded, None),
                left_out("target", Reason::Excluded, None),
                left_out("latest", Reason::SymbolicLink, None),
                left_out(
                    "secrets/prod.pem",
                    Reason::Unreadable("permission denied".into()),
                    Some(1_704),
                ),
                left_out(format!("git:blob/{}", oid(9)), Reason::Missing, None),
                left_out(format!("git:blob/{}", oid(10)), Reason::Missing, None),
            ],
            warnings: vec!["the repository is a shallow clone: older history is not here".into()],
        },
        suppressed: Suppressed { baseline: 3, inline: 1, ignore_file: 2, expired: 1 },
        below_threshold: 2,
        reveal: false,
    }
}

/// One plain finding.
pub(crate) fn one() -> Sample {
    Sample { findings: vec![in_env()], ..clean() }
}

/// A key in a file in an archive in an archive.
pub(crate) fn inside() -> Sample {
    let line = "  \"mistral_api_key\": \"Zk4v…Gf0A\"";
    let mut place = at(file("dist/release.zip", Tracking::Tracked), 3, 23, line, "Zk4v…Gf0A");
    place.inside = Way::of([b"app.jar".to_vec(), b"config.json".to_vec()]);
    let finding = finding("mistral-api-key", KEY_ENV, Severity::High, vec![place]);
    let coverage = Coverage { members_scanned: 12, ..clean().coverage };
    Sample { findings: vec![finding], coverage, ..clean() }
}

/// A key in a layer of a saved image that a later one deletes.
pub(crate) fn deleted() -> Sample {
    let mut sample = inside();
    for place in &mut sample.findings[0].locations {
        place.inside = Way::of([b"a/layer.tar".to_vec(), b"srv/config.json".to_vec()]);
        place.deleted_by = Some("layer 3 sha256:0123456789ab".to_owned());
    }
    sample
}

/// Nothing found, everything seen.
pub(crate) fn clean() -> Sample {
    Sample {
        stealers: Vec::new(),
        targets: vec![".".into()],
        findings: Vec::new(),
        coverage: Coverage { bytes_scanned: 1, files_scanned: 1, ..Coverage::default() },
        suppressed: Suppressed::default(),
        below_threshold: 0,
        reveal: false,
    }
}

/// Text that tries everything: terminal escapes, reordering, line breaks,
/// HTML, formulas, Markdown, mentions and logging commands.
pub(crate) const HOSTILE: &str = "=cmd|' /C calc'!A0\x1b[2J\u{9b}31m\x07\n::set-output name=a::b\r\u{202e}gpj\t<img src=x onerror=alert(1)> @everyone [x](javascript:alert(1)) `code` | ##vso[task.complete result=Failed] https://evil.example \x1b]8;;https://evil.example\x07link";

/// Packages that stole credentials, in a file and in history, and what lies
/// beside them.
pub(crate) fn stealing() -> Sample {
    let locations = in_env().locations;
    let stealer = |name: &str, version: &str| Stealer {
        ecosystem: "pypi".into(),
        name: name.into(),
        version: version.into(),
        advisory: "ADV-2026-1".into(),
        why: "it read the environment of whatever imported it".into(),
        link: "https://example.com/adv".into(),
        locations: locations.clone(),
    };
    Sample { stealers: vec![stealer("one", "1.2.3"), stealer("two", "4.5.6")], ..one() }
}

pub(crate) fn hostile() -> Sample {
    sample_with(HOSTILE)
}

/// A finding and a coverage whose every foreign text is `text`.
pub(crate) fn sample_with(text: &str) -> Sample {
    let mut path = text.as_bytes().to_vec();
    path.extend(b"\xff.txt");
    let history = History {
        paths: vec![path.clone()],
        introduced: Some(Commit {
            id: oid(1),
            author: Signature { name: text.into(), email: text.into(), at: i64::MAX },
            committed_at: i64::MIN,
            summary: text.into(),
        }),
        in_head: true,
        reachable: true,
        refs: vec![text.into(), format!("refs/heads/{text}")],
    };
    let mark = text.len() / 2;
    let mark = text.floor_char_boundary(mark)..text.len();
    let mut places = vec![
        at(file(&path, Tracking::Ignored), 1, 1, text, "\0"),
        at(git(GitObjectKind::Blob, 1, Some(history)), u64::MAX - 99, 1, text, text),
    ];
    places[0].excerpt.mark = mark;
    if let Provenance::Git(place) = Arc::make_mut(&mut places[1].provenance) {
        place.repository = text.into();
    }
    let mut finding = finding("mistral-api-key", KEY_ENV, Severity::High, places);
    finding.signals =
        vec![signal(SignalKind::Binding, 3.0, text), signal(SignalKind::Place, -1.0, text)];
    finding.severity.why = vec![text.into()];
    finding.companions = vec![Companion { role: text.into(), value: text.into() }];
    finding.verification = probed::verification_of(text);
    finding.assessment = Some(probed::assessment_of(text));
    Sample {
        stealers: Vec::new(),
        targets: vec![text.into()],
        findings: vec![finding],
        coverage: Coverage {
            bytes_scanned: 10,
            files_scanned: 1,
            objects_scanned: 1,
            members_scanned: 0,
            judged_before: leeward_model::JudgedBefore::default(),
            not_scanned: vec![
                left_out(&path, Reason::Unreadable(text.into()), None),
                left_out(text, Reason::Excluded, Some(3)),
            ],
            warnings: vec![text.into()],
        },
        suppressed: Suppressed::default(),
        below_threshold: 0,
        reveal: false,
    }
}

pub(crate) fn left_out(path: impl AsRef<[u8]>, reason: Reason, bytes: Option<u64>) -> NotScanned {
    NotScanned { path: path.as_ref().to_vec(), reason, bytes }
}
