//! What others hold, on this machine: repositories that Git fetches over HTTP, the
//! interface of a code host, and a feed. Files are served as they are.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    sync::{Arc, Mutex},
    thread,
};

use serde_json::Value;

use crate::fixture::World;

/// The site; it ends with the test's process.
pub(super) struct Site {
    /// Host and port.
    pub(super) at: String,
    held: Arc<Held>,
}

struct Held {
    root: PathBuf,
    answers: Mutex<BTreeMap<String, Value>>,
    /// What begins so needs this credential.
    guarded: (String, String),
}

impl Site {
    /// Below this directory; repositories of `guarded` want a token.
    pub(super) fn start(root: PathBuf, guarded: &str, token: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap().to_string();
        let guarded = (guarded.to_owned(), token.to_owned());
        let held = Arc::new(Held { root, answers: Mutex::default(), guarded });
        let serves = Arc::clone(&held);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let held = Arc::clone(&serves);
                // A client that goes away is no trouble of the site's.
                thread::spawn(move || drop(held.answer(&stream)));
            }
        });
        Self { at, held }
    }

    /// Answers a path with a document from now on.
    pub(super) fn put(&self, path: &str, document: Value) {
        self.held.answers.lock().unwrap().insert(path.to_owned(), document);
    }

    /// Commits a text to a repository, and has Git find it.
    pub(super) fn commit(&self, world: &World, name: &str, file: &str, text: &str) {
        let folder = self.held.root.join(name);
        if !folder.join(".git").exists() {
            fs::create_dir_all(&folder).unwrap();
            world.git_in(&folder, &["init", "-q", "-b", "main", "."]);
        }
        fs::write(folder.join(file), text).unwrap();
        world.git_in(&folder, &["add", "-A"]);
        world.git_in(&folder, &["commit", "-q", "-m", "change"]);
        world.git_in(&folder, &["update-server-info"]);
    }

    /// The newest commit of a repository.
    pub(super) fn head(&self, world: &World, name: &str) -> String {
        world.git_in(&self.held.root.join(name), &["rev-parse", "HEAD"])
    }
}

impl Held {
    fn answer(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut lines = BufReader::new(stream).lines();
        let first = lines.next().transpose()?.unwrap_or_default();
        let mut sent = Vec::new();
        for line in lines.by_ref() {
            let line = line?;
            if line.is_empty() {
                break;
            }
            sent.push(line);
        }
        let whole = first.split(' ').nth(1).unwrap_or_default();
        let path = whole.split('?').next().unwrap_or_default();
        let (guarded, token) = &self.guarded;
        let knows = sent.iter().any(|line| line.to_ascii_lowercase().starts_with("authorization"));
        let (status, body) = if path.starts_with(guarded.as_str()) && !knows {
            (401, Vec::new())
        } else if let Some(found) = self.answers.lock().unwrap().get(path) {
            (200, found.to_string().into_bytes())
        } else {
            let file = path.replacen(".git/", "/.git/", 1);
            match fs::read(self.root.join(file.trim_start_matches('/'))) {
                Ok(bytes) if !path.contains("..") => (200, bytes),
                _ => (404, Vec::new()),
            }
        };
        assert!(!whole.contains(token.as_str()), "a token is in no address");
        let mut stream = stream;
        write!(
            stream,
            "HTTP/1.1 {status} -\r\ncontent-length: {}\r\ncontent-type: {}\r\nconnection: close\r\n\r\n",
            body.len(),
            if path.contains(".git/") { "text/plain" } else { "application/json" }
        )?;
        stream.write_all(&body)
    }
}
