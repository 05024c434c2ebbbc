//! An editor of our own: frames and numbers messages, keeps what comes while
//! something else is waited for, and remembers all it heard.

use std::{
    collections::VecDeque,
    io::{BufReader, Read as _, Write as _},
    path::Path,
    process::{Child, ChildStdin, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::fixture::World;

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// An editor with a server of its own.
pub(super) struct Editor {
    pub(super) child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    /// What came while something else was waited for.
    kept: VecDeque<Value>,
    id: i64,
    /// Everything that was said to it, for the canary.
    pub(super) heard: String,
}

impl Editor {
    pub(super) fn start(world: &World) -> Self {
        let mut command = world.leeward(&world.work());
        command.arg("lsp").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let (sender, messages) = channel();
        thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let input = child.stdin.take();
        Self { child, input, messages, kept: VecDeque::new(), id: 0, heard: String::new() }
    }

    /// One that is set up like the editors of today.
    pub(super) fn open(world: &World) -> Self {
        Self::open_with(world, json!({}))
    }

    pub(super) fn open_with(world: &World, extra: Value) -> Self {
        let mut capabilities = json!({
            "workspace": {
                "applyEdit": true,
                "workspaceEdit": {
                    "documentChanges": true,
                    "resourceOperations": ["create", "rename", "delete"],
                },
            },
            "textDocument": {
                "hover": { "contentFormat": ["markdown", "plaintext"] },
                "codeAction": {
                    "codeActionLiteralSupport": { "codeActionKind": { "valueSet": ["quickfix"] } },
                    "disabledSupport": true,
                },
            },
        });
        merge(&mut capabilities, extra);
        let mut editor = Self::start(world);
        let root = uri(&world.work());
        let params = json!({
            "processId": null,
            "rootUri": root,
            "workspaceFolders": [{ "uri": root, "name": "work" }],
            "capabilities": capabilities,
        });
        let answer = editor.ask("initialize", params);
        assert_eq!(answer["result"]["serverInfo"]["name"], "leeward");
        editor.tell("initialized", json!({}));
        editor
    }

    pub(super) fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.write(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).and_then(|()| input.flush()).unwrap();
    }

    pub(super) fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    pub(super) fn request(&mut self, method: &str, params: Value) -> i64 {
        self.id += 1;
        let id = self.id;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    pub(super) fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params);
        self.wait(|message| message["id"] == id && message.get("method").is_none())
    }

    fn next(&mut self) -> Option<Value> {
        match self.messages.recv_timeout(PATIENCE) {
            Ok(message) => {
                self.heard.push_str(&message.to_string());
                Some(message)
            }
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("nothing came; kept: {:?}", self.kept),
        }
    }

    pub(super) fn wait(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.kept.iter().position(&is_it) {
            return self.kept.remove(at).unwrap();
        }
        loop {
            let message = self.next().expect("the server goes on");
            if is_it(&message) {
                return message;
            }
            self.kept.push_back(message);
        }
    }

    /// The marks of a document, as they were sent for a version of it.
    pub(super) fn marks(&mut self, uri: &str, version: i64) -> Vec<Value> {
        let message = self.wait(|message| {
            let params = &message["params"];
            message["method"] == "textDocument/publishDiagnostics"
                && params["uri"] == uri
                && params["version"] == version
        });
        message["params"]["diagnostics"].as_array().unwrap().clone()
    }

    pub(super) fn open_document(&mut self, path: &Path, language: &str, text: &str) -> String {
        let uri = uri(path);
        self.tell(
            "textDocument/didOpen",
            json!({
                "textDocument": { "uri": uri, "languageId": language, "version": 1, "text": text },
            }),
        );
        uri
    }

    pub(super) fn actions(&mut self, uri: &str, range: &Value) -> Vec<Value> {
        let answer = self.ask(
            "textDocument/codeAction",
            json!({
                "textDocument": { "uri": uri },
                "range": range,
                "context": { "diagnostics": [] },
            }),
        );
        answer["result"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
    }

    /// Says good-bye; everything that was heard.
    pub(super) fn close(mut self) -> String {
        let answer = self.ask("shutdown", Value::Null);
        assert_eq!(answer["result"], Value::Null, "{answer}");
        self.tell("exit", Value::Null);
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        std::mem::take(&mut self.heard)
    }

    /// What the server says at its end, and how it ends.
    pub(super) fn end(mut self) -> (Option<i32>, String) {
        drop(self.input.take());
        let code = self.child.wait().unwrap().code();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (code, said)
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        // One that has ended cannot be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

fn read(output: &mut impl std::io::BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim().split_once(": ") {
            Some((_, number)) => length = number.parse().ok()?,
            None => break,
        }
    }
    let mut text = vec![0; length];
    output.read_exact(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

pub(super) fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

pub(super) fn at(line: u64, character: u64) -> Value {
    json!({ "line": line, "character": character })
}

/// A change of a range, as editors send one for each key.
pub(super) fn change(from: Value, to: Value, text: &str) -> Value {
    json!({ "range": { "start": from, "end": to }, "text": text })
}
