//! A server that runs, and somebody who is signed in to it. Whatever it answers, prints
//! or keeps is searched for values.

#![expect(
    clippy::print_stderr,
    clippy::format_push_string,
    reason = "how long things took is for whoever reads the output of the test"
)]

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command},
    time::{Duration, Instant},
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use crate::fixture::World;

const NAME: &str = "root";
const WORD: &str = "correct-horse-battery";

/// What a server said.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) text: String,
}

impl Answer {
    fn header(&self, name: &str) -> Vec<&str> {
        let head = self.text.split("\r\n\r\n").next().unwrap_or_default();
        let pairs = head.lines().filter_map(|line| line.split_once(": "));
        pairs
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }

    fn body(&self) -> &str {
        self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }
}

/// An incident, as it was found.
pub(super) struct Told {
    pub(super) id: u64,
    pub(super) place: String,
}

/// The server.
pub(super) struct Served<'w> {
    world: &'w World,
    child: Child,
    at: String,
    out: std::path::PathBuf,
    err: std::path::PathBuf,
    cookie: String,
    canaries: &'w [String],
}

impl Drop for Served<'_> {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl<'w> Served<'w> {
    pub(super) const HUB: &'static str = "hub-secret-0123456789";
    pub(super) const INTEL: &'static str = "intel-secret-0123456789";

    pub(super) fn start(
        world: &'w World,
        config: &str,
        provider: &str,
        admin: &str,
        canaries: &'w [String],
    ) -> Self {
        Self::start_with(world, config, provider, admin, canaries, &[])
    }

    /// The same, with more typed.
    pub(super) fn start_with(
        world: &'w World,
        config: &str,
        provider: &str,
        admin: &str,
        canaries: &'w [String],
        more: &[&str],
    ) -> Self {
        let nth = fs::read_dir(world.work()).unwrap().count();
        let (out, err) =
            (world.work().join(format!("{nth}.out")), world.work().join(format!("{nth}.err")));
        let mut command = world.leeward(&world.work());
        let child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--store", "a.db", "--config", config])
            .args(["--base-url", provider])
            .args(more)
            .env("LEEWARD_ADMIN_KEY", admin)
            .env("HUB_SECRET", Self::HUB)
            .env("INTEL_SECRET", Self::INTEL)
            .stdout(File::create(&out).unwrap())
            .stderr(File::create(&err).unwrap())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        let at = loop {
            let said = fs::read_to_string(&out).unwrap();
            let at =
                said.lines().next().and_then(|it| it.strip_prefix("leeward listens on http://"));
            if let Some(at) = at.filter(|_| said.ends_with('\n')) {
                break at.to_owned();
            }
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "{}",
                fs::read_to_string(&err).unwrap()
            );
            std::thread::sleep(Duration::from_millis(10));
        };
        eprintln!("listens after {:?}", begun.elapsed());
        Self { world, child, at, out, err, cookie: String::new(), canaries }
    }

    /// What it wrote to standard error.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(&self.err).unwrap()
    }

    fn ask(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.at).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut head = format!("{line} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.at);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        for canary in self.canaries {
            assert!(!text.contains(canary), "a value is in the answer to {line}");
        }
        let status = text.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or_default();
        Answer { status, text }
    }

    fn form(&self, path: &str, fields: &str) -> Answer {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("cookie", self.cookie.as_str()),
        ];
        self.ask(&format!("POST {path}"), &headers, fields)
    }

    fn keeps(&mut self, answer: &Answer) {
        assert_eq!(answer.status, 303, "{}", answer.text);
        let cookies = answer.header("set-cookie");
        let session = cookies.iter().find(|it| it.starts_with("leeward-session=")).unwrap();
        session.split(';').next().unwrap().clone_into(&mut self.cookie);
    }

    /// Makes the first account by the link that was printed.
    pub(super) fn sets_up(&mut self) {
        let said = fs::read_to_string(&self.out).unwrap();
        let link = said.lines().map(str::trim).find(|line| line.contains("/setup/")).unwrap();
        let path = link[link.find("/setup/").unwrap()..].to_owned();
        let made = self.form(&path, &format!("name={NAME}&password={WORD}&again={WORD}"));
        assert_eq!(made.status, 303, "{}", made.text);
        self.signs_in();
    }

    pub(super) fn signs_in(&mut self) {
        let answer = self.form("/sign-in", &format!("name={NAME}&password={WORD}"));
        self.keeps(&answer);
    }

    pub(super) fn page(&self, path: &str) -> String {
        let answer = self.ask(&format!("GET {path}"), &[("cookie", &self.cookie)], "");
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.text
    }

    pub(super) fn json(&self, path: &str) -> Value {
        let answer = self.ask(&format!("GET {path}"), &[("cookie", &self.cookie)], "");
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        serde_json::from_str(answer.body()).unwrap()
    }

    pub(super) fn incidents(&self) -> Vec<Value> {
        self.json("/api/v1/incidents?limit=200")["incidents"].as_array().unwrap().clone()
    }

    /// A delivery of a push, signed as GitHub signs.
    pub(super) fn push(&self, body: &str, secret: &str, id: &str) -> Answer {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(body.as_bytes());
        let digits: String =
            mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let headers = [
            ("content-type", "application/json"),
            ("x-github-event", "push"),
            ("x-github-delivery", id),
            ("x-hub-signature-256", &format!("sha256={digits}")),
        ];
        self.ask("POST /hooks/github/hub", &headers, body)
    }

    pub(super) fn sends_in(&self, document: &Value, authorization: &str) -> Answer {
        let headers = [("content-type", "application/json"), ("authorization", authorization)];
        self.ask("POST /hooks/intake/intel", &headers, &document.to_string())
    }

    /// Takes a step by its form; what the next page says.
    pub(super) fn applies(&self, id: u64, step: &str) -> String {
        let path = format!("/incidents/{id}/steps/{step}");
        let page = self.page(&path);
        let at = page.find("name=\"csrf\" value=\"").expect("a form") + 19;
        let csrf = page[at..].split('"').next().unwrap();
        let asked = format!("action=\"{path}/apply\"");
        assert!(page.contains(&asked), "{page}");
        let done = self.form(&format!("{path}/apply"), &format!("csrf={csrf}"));
        assert_eq!(done.status, 303, "{}", done.text);
        done.header("set-cookie").join(" ")
    }

    /// Every page and answer there is; each is searched when it comes.
    pub(super) fn looks_everywhere(&self, told: &[&Told]) {
        let whole = ["/", "/counts", "/incidents", "/sources", "/jobs", "/dossiers", "/settings"];
        let api =
            ["incidents", "sources", "jobs", "stats", "settings", "log", "me", "openapi.json"];
        for path in whole.into_iter().chain(["/log", "/help", "/metrics", "/healthz", "/readyz"]) {
            self.page(path);
        }
        for path in api {
            self.json(&format!("/api/v1/{path}"));
        }
        for Told { id, .. } in told {
            for part in ["", "/events", "/steps", "/places"] {
                self.json(&format!("/api/v1/incidents/{id}{part}"));
            }
            for step in ["revoke", "audit", "assess", "rotate", "harden", "prevent"] {
                self.page(&format!("/incidents/{id}/steps/{step}"));
            }
            self.page(&format!("/incidents/{id}"));
            self.page(&format!("/incidents/{id}/report/json"));
        }
        in_no_file(&self.world.work(), self.canaries);
    }

    /// Ends it as a crash would.
    pub(super) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        in_no_file(&self.world.work(), self.canaries);
    }

    /// Ends it as a service manager does.
    pub(super) fn ends(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let begun = Instant::now();
        let status = self.child.wait().unwrap();
        eprintln!("ended after {:?}", begun.elapsed());
        assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
        assert_eq!(status.code(), Some(0), "{}", self.log());
    }
}

/// That no file below this directory, of a database, a log or anything else, holds one.
pub(super) fn in_no_file(folder: &Path, canaries: &[String]) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        for canary in canaries {
            let found = memchr::memmem::find(&bytes, canary.as_bytes());
            assert!(found.is_none(), "a value is in {}", path.display());
        }
    }
}
