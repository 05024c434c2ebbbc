//! A registry of the test's own: a folder of blobs and manifests in memory, and the
//! ways in which a registry hands them out or does not.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use sha2::{Digest as _, Sha256};

/// How it behaves.
#[derive(Clone, Copy, Default)]
pub(crate) struct Manners {
    /// It wants a token, which it gives to this user alone, or to everybody.
    pub(crate) token: Option<Option<(&'static str, &'static str)>>,
    /// Blobs are kept at another port.
    pub(crate) elsewhere: Option<u16>,
    /// Connections break after so many bytes of a blob.
    pub(crate) breaks_after: Option<usize>,
    /// It answers so many requests for blobs with `503` first.
    pub(crate) busy: usize,
}

#[derive(Default)]
struct State {
    blobs: BTreeMap<String, Vec<u8>>,
    manifests: BTreeMap<String, Vec<u8>>,
    manners: Manners,
    /// Path, `Authorization` and `Range` of each request.
    asked: Vec<(String, String, String)>,
}

/// The registry.
#[derive(Clone)]
pub(crate) struct Hub {
    pub(crate) port: u16,
    state: Arc<Mutex<State>>,
}

/// The token that it gives.
const TOKEN: &str = "a-token-of-the-registry";

pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("text has room");
        text
    })
}

impl Hub {
    pub(crate) fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let hub = Self { port, state: Arc::default() };
        hub.with(|state| state.manners = manners);
        let serving = hub.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let hub = serving.clone();
                thread::spawn(move || hub.answer(stream));
            }
        });
        hub
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().expect("nobody panicked"))
    }

    /// Keeps a blob; answers its descriptor.
    pub(crate) fn blob(&self, bytes: &[u8]) -> String {
        let digest = digest(bytes);
        self.with(|state| state.blobs.insert(digest.clone(), bytes.to_vec()));
        format!(r#"{{"digest":"{digest}","size":{}}}"#, bytes.len())
    }

    /// Keeps other bytes under the name of some.
    pub(crate) fn swap(&self, named: &[u8], kept: &[u8]) {
        self.with(|state| state.blobs.insert(digest(named), kept.to_vec()));
    }

    /// Keeps a manifest under its digest, and answers that.
    pub(crate) fn manifest(&self, text: &str) -> String {
        let digest = digest(text.as_bytes());
        self.tag(&digest, text);
        digest
    }

    pub(crate) fn tag(&self, tag: &str, text: &str) {
        self.with(|state| state.manifests.insert(tag.to_owned(), text.as_bytes().to_vec()));
    }

    pub(crate) fn asked(&self) -> Vec<(String, String, String)> {
        self.with(|state| state.asked.clone())
    }

    pub(crate) fn name(&self) -> String {
        format!("oci://127.0.0.1:{}/team/app:1.2", self.port)
    }

    fn answer(&self, mut stream: TcpStream) {
        let mut lines = BufReader::new(stream.try_clone().expect("a socket"));
        let mut first = String::new();
        let _ = lines.read_line(&mut first);
        let (mut authorization, mut range) = (String::new(), String::new());
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line).unwrap_or(0) <= 2 {
                break;
            }
            if let Some((name, value)) = line.split_once(':') {
                match name.to_ascii_lowercase().as_str() {
                    "authorization" => authorization = value.trim().to_owned(),
                    "range" => range = value.trim().to_owned(),
                    _ => {}
                }
            }
        }
        let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
        let manners = self.with(|state| {
            state.asked.push((path.clone(), authorization.clone(), range.clone()));
            state.manners
        });
        let mut say = |head: &str, len: usize, body: &[u8]| {
            let head =
                format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {len}\r\n\r\n");
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
        };
        if let Some(whose) = manners.token {
            if path.starts_with("/token?") {
                assert!(path.contains("scope=repository%3Ateam%2Fapp%3Apull"), "{path}");
                // "me:word"
                let is_known = whose.is_none_or(|_| authorization == "Basic bWU6d29yZA==");
                let body = format!(r#"{{"token":"{TOKEN}"}}"#);
                return match is_known {
                    true => say("200 Here", body.len(), body.as_bytes()),
                    false => say("401 No", 0, b""),
                };
            }
            if authorization != format!("Bearer {TOKEN}") {
                let head = format!(
                    "401 Who\r\nwww-authenticate: Bearer realm=\"http://127.0.0.1:{}/token\",\
                     service=\"hub\",scope=\"repository:team/app:pull,push\"",
                    self.port
                );
                return say(&head, 0, b"");
            }
        }
        let last = path.rsplit('/').next().unwrap_or_default();
        if path.contains("/manifests/") {
            return match self.with(|state| state.manifests.get(last).cloned()) {
                Some(text) => say("200 Here", text.len(), &text),
                None => say("404 No", 0, b""),
            };
        }
        if let Some(port) = manners.elsewhere {
            let head = format!("307 There\r\nlocation: http://127.0.0.1:{port}/v2/x/blobs/{last}");
            return say(&head, 0, b"");
        }
        let is_busy = self.with(|state| {
            let busy = state.manners.busy;
            state.manners.busy = busy.saturating_sub(1);
            busy > 0
        });
        if is_busy {
            return say("503 Later\r\nretry-after: 0", 0, b"");
        }
        let Some(bytes) = self.with(|state| state.blobs.get(last).cloned()) else {
            return say("404 No", 0, b"");
        };
        let from = range.strip_prefix("bytes=").and_then(|range| range.strip_suffix('-'));
        let from: usize = from.and_then(|from| from.parse().ok()).unwrap_or(0);
        let rest = &bytes[from.min(bytes.len())..];
        let head = if from > 0 { "206 Rest" } else { "200 Here" };
        let until = manners.breaks_after.unwrap_or(rest.len()).min(rest.len());
        say(head, rest.len(), &rest[..until]);
    }
}
