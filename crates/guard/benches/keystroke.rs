//! What a key costs in an editor: from the change that is sent to the marks
//! that come back, through the server's own session. Medians and worst cases,
//! printed: `cargo bench -p leeward-guard --bench keystroke`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops and prints")]

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use leeward_counterpart::random_value;
use leeward_dossier::Library;
use leeward_guard::lsp::{Settings, serve};
use leeward_model::Level;
use lsp_server::{Connection, Message, Notification, Request};
use serde_json::{Value, json};

const KEYS: usize = 200;
const URI: &str = "file:///bench/app.py";

fn main() {
    let cases = [
        ("5,000 lines of code, one key", code(5_000, 1)),
        ("5,000 lines of code, 50 keys", code(5_000, 50)),
        ("5,000 lines, a key on each", code(5_000, 5_000)),
        ("5,000 lines that speak of the vendor, no key", talk(5_000)),
        ("one line of 5 MB, one key", minified(5 << 20)),
    ];
    println!("{:<46} {:>8} {:>9} {:>9} {:>9}", "document", "KB", "median", "p95", "worst");
    for (name, text) in cases {
        let size = text.len() >> 10;
        let mut times = session(text);
        times.sort();
        let at = |part: usize| times[(times.len() - 1) * part / 100];
        let shown = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
        let (median, late, worst) = (shown(at(50)), shown(at(95)), shown(at(100)));
        println!("{name:<46} {size:>8} {median:>9} {late:>9} {worst:>9}");
    }
}

/// A session in which a comment is typed in the middle of the document.
fn session(text: String) -> Vec<Duration> {
    let (server, client) = Connection::memory();
    let settings = Settings {
        library: Arc::new(Library::builtin()),
        least: Level::Medium,
        user_rules: None,
        version: "0",
    };
    let served = thread::spawn(move || serve(&server, settings));
    let tell = |method: &str, params: Value| {
        let note = Notification { method: method.to_owned(), params };
        client.sender.send(Message::Notification(note)).unwrap();
    };
    let ask = |id: i32, method: &str, params: Value| {
        let request = Request { id: id.into(), method: method.to_owned(), params };
        client.sender.send(Message::Request(request)).unwrap();
        loop {
            if let Message::Response(answer) = client.receiver.recv().unwrap() {
                return answer;
            }
        }
    };
    let capabilities = json!({ "textDocument": { "diagnostic": {} } });
    ask(1, "initialize", json!({ "capabilities": capabilities }));
    let middle = text.lines().count() / 2;
    tell(
        "textDocument/didOpen",
        json!({
            "textDocument": { "uri": URI, "languageId": "python", "version": 1, "text": text },
        }),
    );
    ask(2, "textDocument/diagnostic", json!({ "textDocument": { "uri": URI } }));
    let mut times = Vec::new();
    for key in 0..KEYS {
        let at = json!({ "line": middle, "character": key });
        let begun = Instant::now();
        tell(
            "textDocument/didChange",
            json!({
                "textDocument": { "uri": URI, "version": key + 2 },
                "contentChanges": [{ "range": { "start": at, "end": at }, "text": "#" }],
            }),
        );
        let id = i32::try_from(key).unwrap() + 3;
        ask(id, "textDocument/diagnostic", json!({ "textDocument": { "uri": URI } }));
        times.push(begun.elapsed());
    }
    ask(-1, "shutdown", Value::Null);
    tell("exit", Value::Null);
    served.join().unwrap();
    times
}

fn code(lines: usize, keys: usize) -> String {
    let line = |number: usize| {
        if keys > 0 && number.is_multiple_of(lines / keys) {
            format!("    MISTRAL_API_KEY_{number} = \"{}\"\n", random_value())
        } else {
            format!("    total_{number} = compute(total_{number}, rate)  # step {number}\n")
        }
    };
    (0..lines).map(line).collect()
}

fn talk(lines: usize) -> String {
    (0..lines)
        .map(|number| {
            format!("    client_{number} = Mistral(model=\"mistral-large\", n={number})\n")
        })
        .collect()
}

fn minified(bytes: usize) -> String {
    let part = "function a(b,c){return b.map(d=>d*c).filter(Boolean)};";
    let half = part.repeat(bytes / 2 / part.len());
    format!("{half}const mistralApiKey=\"{}\";{half}\n", random_value())
}
