//! Logs of gateways and proxies, written at run time, hostile ones among them.

#![allow(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

use std::{fs, io::Write as _, path::PathBuf};

use flate2::{Compression, write::GzEncoder};
use leeward_counterpart::random_value;
use leeward_dossier::Library;
use leeward_model::{Fingerprint, Reason, Secret};
use leeward_respond::logs::{self, Attribution, LogReport, Network, Query, Strength};
use leeward_source::Progress;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

struct Logs {
    dir: TempDir,
    value: String,
}

impl Logs {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), value: random_value() }
    }

    fn hash(&self) -> String {
        Sha256::digest(self.value.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn gz(&self, name: &str, text: &[u8]) -> PathBuf {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(text).unwrap();
        self.write(name, packed.finish().unwrap())
    }

    fn with(&self, has_value: bool, change: impl FnOnce(&mut Query<'_>)) -> LogReport {
        let library = Library::builtin();
        let secret = Secret::new(self.value.as_bytes());
        let known: Vec<Network> = vec!["10.0.0.0/8".parse().unwrap()];
        let hint = secret.hint();
        let mut query = Query {
            fingerprint: Fingerprint::new("mistral", &secret),
            sha256: None,
            secret: has_value.then_some(&secret),
            hint: Some(&hint),
            aliases: &[],
            dossier: library.get("mistral-api-key").unwrap(),
            known: &known,
            since: None,
        };
        change(&mut query);
        let report = logs::read(&[self.dir.path().to_owned()], &query, &Progress::default());
        assert!(!format!("{report:?}").contains(&self.value), "no value leaves");
        report
    }

    fn read(&self) -> LogReport {
        self.with(true, |_| {})
    }
}

/// 2026-01-02 03:04:05 UTC.
const AT: i64 = 1_767_323_045;

#[test]
fn lines_in_many_formats() {
    let hash = Logs::new();
    let h = hash.hash();
    let last = &hash.value[28..];
    for (format, line) in [
        (
            "combined",
            format!(
                r#"203.0.113.9 - {h} [02/Jan/2026:03:04:05 +0000] "POST /v1/chat/completions?k=secretquery HTTP/1.1" 200 5 "-" "curl/8.5.0""#
            ),
        ),
        (
            "combined with a host",
            format!(
                r#"api.example:443 203.0.113.9 - - [02/Jan/2026:04:04:05 +0100] "POST /v1/chat/completions HTTP/2" 200 5 "-" "curl/8.5.0" "{h}""#
            ),
        ),
        (
            "nginx JSON",
            format!(
                r#"{{"time_iso8601":"2026-01-02T03:04:05+00:00","remote_addr":"203.0.113.9","request":"POST /v1/chat/completions?a=b HTTP/1.1","status":"200","http_user_agent":"curl/8.5.0","key":"{h}"}}"#
            ),
        ),
        (
            "Envoy text",
            format!(
                r#"[2026-01-02T03:04:05.310Z] "POST /v1/chat/completions HTTP/2" 200 - 154 0 226 100 "203.0.113.9" "curl/8.5.0" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "{h}" "tcp://10.0.2.1:80""#
            ),
        ),
        (
            "Envoy text of a mesh",
            format!(
                r#"[2026-01-02T03:04:05.310Z] "POST /v1/chat/completions HTTP/2" 200 - via_upstream - "-" 154 0 226 100 "-" "curl/8.5.0" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "{h}" "10.0.2.1:80" outbound|80 10.0.2.2:41 10.0.2.1:80 203.0.113.9:5555 - default"#
            ),
        ),
        (
            "Envoy JSON",
            format!(
                r#"{{"start_time":"2026-01-02T03:04:05.310Z","path":"/v1/chat/completions","downstream_remote_address":"203.0.113.9:4242","user_agent":"curl/8.5.0","x":"{h}"}}"#
            ),
        ),
        (
            "Caddy",
            format!(
                r#"{{"level":"info","ts":1767323045.524,"request":{{"remote_ip":"203.0.113.9","uri":"/v1/chat/completions?x=y","headers":{{"User-Agent":["curl/8.5.0"],"X-Key":["{h}"]}}}},"status":200}}"#
            ),
        ),
        (
            "Traefik",
            format!(
                r#"{{"ClientAddr":"203.0.113.9:53","ClientHost":"203.0.113.9","RequestPath":"/v1/chat/completions","StartUTC":"2026-01-02T03:04:05.1Z","request_User-Agent":"curl/8.5.0","RequestHost":"{h}"}}"#
            ),
        ),
        (
            "LiteLLM",
            format!(
                r#"{{"startTime":"2026-01-02 03:04:05.123000","api_key":"{h}","model":"mistral-small-latest","requester_ip_address":"203.0.113.9","request_route":"x","metadata":{{"user_agent":"curl/8.5.0"}},"url":"https://gw/v1/chat/completions"}}"#
            ),
        ),
        (
            "a container's line",
            format!(
                r#"2026-01-02T03:04:05Z stdout F {{"time":"2026-01-02T03:04:05Z","ip":"203.0.113.9","path":"/v1/chat/completions","user_agent":"curl/8.5.0","key":"Bearer ...{last}"}}"#
            ),
        ),
    ] {
        let logs = Logs { dir: tempfile::tempdir().unwrap(), value: hash.value.clone() };
        logs.write("a.log", line + "\n");
        let report = logs.read();
        assert_eq!(report.requests, 1, "{format}");
        assert_eq!((report.first, report.lines_not_understood), (Some(AT), 0), "{format}");
        assert_eq!(report.by_address[0].address, "203.0.113.9", "{format}");
        assert!(!report.by_address[0].known, "{format}");
        assert_eq!(report.by_path[0].what, "/v1/chat/completions", "{format}");
        assert_eq!(report.by_user_agent[0].what, "curl/8.5.0", "{format}");
        assert!(!format!("{report:?}").contains("secretquery"), "{format}");
    }
}

#[test]
fn evidence_is_weighed() {
    let logs = Logs::new();
    let (head, tail) = (&logs.value[..4], &logs.value[28..]);
    let line = |key: &str| {
        format!("{{\"time\":\"2026-01-02T03:04:05Z\",\"ip\":\"10.1.2.3\",\"key\":\"{key}\"}}\n")
    };
    let text = [
        line(&logs.hash()),
        line(&logs.hash().to_uppercase()),
        line(&format!("{head}****{tail}")),
        line(&format!("{head}\u{2026}{tail}")),
        line(&format!("sk-...{tail}")),
        line("team-key-7"),
        // Somebody else's.
        line(&format!("x{tail}")),
        line(&format!("...{tail}z")),
        line("team-key-77"),
        line(&format!("{}0", logs.hash())),
        line("nothing"),
    ];
    logs.write("a.jsonl", text.concat());
    let aliases = ["team-key-7".to_owned()];
    let report = logs.with(true, |query| {
        // The aliases outlive the query.
        query.aliases = Box::leak(Box::new(aliases.clone()));
    });
    assert_eq!(
        report.by_evidence,
        [
            (Attribution::Hash, 2),
            (Attribution::Alias, 1),
            (Attribution::Ends, 2),
            (Attribution::Tail, 1),
        ]
    );
    assert_eq!((report.requests, report.strength, report.lines), (6, Strength::Mixed, 11));
    assert_eq!((report.by_address[0].requests, report.by_address[0].weak), (6, 3));
    assert!(report.by_address[0].known);
    assert!(report.exposures.is_empty());
}

#[test]
fn the_value_in_a_log_is_an_exposure() {
    let logs = Logs::new();
    let value = logs.value.clone();
    let path = logs.write(
        "access.log",
        format!(
            "nothing\n203.0.113.9 - - [02/Jan/2026:03:04:05 +0000] \"GET /v1/models?key={value} HTTP/1.1\" 200 5 \"-\" \"agent {value}\"\n\
             203.0.113.9 - - [02/Jan/2026:03:04:06 +0000] \"GET /k/{value} HTTP/1.1\" 200 5\n"
        ),
    );
    for has_value in [true, false] {
        let report = logs.with(has_value, |_| {});
        assert_eq!((report.requests, report.exposed, report.strength), (2, 2, Strength::Strong));
        let place = &report.exposures[0];
        assert_eq!(place.start.line, 2);
        let text = fs::read(&path).unwrap();
        let span = place.span.start as usize..place.span.end as usize;
        assert_eq!(&text[span], value.as_bytes());
        assert!(place.excerpt.text.contains("key="));
        assert!(report.by_path.iter().any(|it| it.what == "/v1/models"), "{:?}", report.by_path);
        assert_eq!(report.lines_not_understood, 1);
    }
}

#[test]
fn addresses_bursts_and_compressed_logs() {
    let logs = Logs::new();
    let hash = logs.hash();
    let line = |at: i64, address: &str| {
        format!("{{\"ts\":{at},\"ip\":\"{address}\",\"model\":\"m\",\"k\":\"{hash}\"}}\n")
    };
    let steady: String = (0..60).map(|minute| line(AT + 60 * minute, "10.0.0.1")).collect();
    let burst: String = (0..40).map(|at| line(AT + 7200 + at / 2, "198.51.100.7")).collect();
    logs.gz("old.log.gz", steady.as_bytes());
    logs.write("new.log", burst);
    let report = logs.read();
    assert_eq!(report.requests, 100);
    assert_eq!((report.first, report.last), (Some(AT), Some(AT + 7200 + 19)));
    let addresses: Vec<(&str, u64, bool)> =
        report.by_address.iter().map(|it| (it.address.as_str(), it.requests, it.known)).collect();
    assert_eq!(addresses, [("198.51.100.7", 40, false), ("10.0.0.1", 60, true)]);
    assert_eq!(report.bursts.len(), 1);
    assert_eq!((report.bursts[0].requests, report.bursts[0].peak), (40, 40));
    assert_eq!(report.by_model[0].requests, 100);
    assert_eq!(report.coverage.files_scanned, 2);
    let late = logs.with(true, |query| query.since = Some(AT + 7200));
    assert_eq!(late.requests, 40);
}

#[test]
fn a_list_of_spendings_is_read_item_by_item() {
    let logs = Logs::new();
    let item = |key: &str| {
        format!("{{\"api_key\":\"{key}\",\"model\":\"m\",\"startTime\":\"2026-01-02T03:04:05Z\"}}")
    };
    let other = "0".repeat(64);
    let list = [item(&logs.hash()), item(&other), item(&logs.hash())].join(",");
    logs.write("spend.json", format!("[{list}]"));
    assert_eq!(logs.read().requests, 2);
}

#[test]
fn hostile_logs_are_survived() {
    let logs = Logs::new();
    let (hash, value) = (logs.hash(), logs.value.clone());
    // A line of many megabytes with the value deep in it, and no end.
    let long =
        [&vec![b'a'; 3 << 20][..], b" ", value.as_bytes(), b" ", &vec![b'b'; 1 << 20]].concat();
    logs.write("long.log", long);
    logs.write("bad.log", [&b"\xff\xfe\0"[..], hash.as_bytes(), b"\xff\n"].concat());
    let escape = format!(
        "{{\"ip\":\"\\u001b[2J\",\"path\":\"/a\\u001b[31m\\n\\u202e\",\"model\":\"<b>\",\"k\":\"{hash}\"}}\n"
    );
    logs.write("escape\n.log", escape);
    logs.write("deep.log", format!("{}{}\n", "[".repeat(100_000), hash));
    logs.write(
        "time.log",
        format!("{{\"ts\":99999999999999999999999,\"ip\":\"1.2.3.4\",\"k\":\"{hash}\"}}\n"),
    );
    logs.write("cut.gz", [0x1f, 0x8b, 8, 0, 0]);
    logs.gz("bomb.gz", &vec![b'x'; 64 << 20]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc/passwd", logs.dir.path().join("link.log")).unwrap();
        let fifo = std::process::Command::new("mkfifo").arg(logs.dir.path().join("pipe")).status();
        assert!(fifo.unwrap().success());
    }
    // And one where two parts of a long line overlap.
    let border =
        [&vec![b'c'; (1 << 20) - 1000][..], value.as_bytes(), &vec![b'd'; 1 << 20]].concat();
    logs.write("zz-border.log", border);
    let report = logs.read();
    assert_eq!(report.exposed, 2);
    assert_eq!(report.exposures[0].span.start, (3 << 20) + 1);
    assert_eq!(report.exposures[1].span.start, (1 << 20) - 1000);
    assert_eq!(report.requests, 6);
    assert_eq!(report.bare_requests, 4);
    assert!(!format!("{report:?}").contains('\u{1b}'));
    assert!(report.by_path.iter().all(|it| !it.what.contains(['\u{1b}', '\n', '\u{202e}'])));
    let reasons: Vec<&Reason> = report.coverage.not_scanned.iter().map(|it| &it.reason).collect();
    assert!(reasons.iter().any(|it| matches!(it, Reason::Corrupt(_))), "{reasons:?}");
    #[cfg(unix)]
    assert!(reasons.contains(&&Reason::SymbolicLink) && reasons.contains(&&Reason::NotAFile));
}
