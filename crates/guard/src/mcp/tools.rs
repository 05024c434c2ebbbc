//! What there is to call: `scan`, `explain`, `redact`. All of it reads, none of
//! it changes or sends anything, and no answer holds a value.

use std::{
    collections::HashMap, fmt::Write as _, str::FromStr as _, sync::Arc, sync::mpsc, thread,
};

use jiff::{Timestamp, tz::TimeZone};
use leeward_detect::Scratch;
use leeward_dossier::{Dossier, Library};
use leeward_model::{DossierId, Fingerprint};
use leeward_pipeline::{Request, Scope, Target};
use leeward_source::{Progress, files};
use serde_json::{Map, Value, json};

use super::{Server, report};
use crate::agent::texts::{self, Found};

/// A longer text is not looked at.
const TEXT: usize = 16 * 1024 * 1024;

/// What is remembered of findings, so that they can be explained.
const KNOWN: usize = 10_000;

/// What the server says of itself.
pub(super) fn introduction(spoken: &str, version: &str) -> Value {
    json!({
        "protocolVersion": spoken,
        "capabilities": { "tools": {} },
        "serverInfo": { "name": "leeward", "title": "Leeward", "version": version },
        "instructions": "Finds exposed API keys. Values are never returned, in full or in part: \
            a finding names the kind of key, a fingerprint, and where it lies. Do not read the \
            file to see the value. Before you show or send a text that may hold keys, pass it \
            through `redact`. To close a finding, ask the user to run `leeward fix FILE` or \
            `leeward respond`.",
    })
}

/// The tools, as a client of this version reads them.
pub(super) fn list(version: &str) -> Value {
    let mut tools = json!([
        {
            "name": "scan",
            "description": "Find exposed API keys in a file, a directory or a text. Returns kinds, \
                fingerprints and places; values are never returned. Paths outside the directories \
                that the server was started with are refused.",
            "inputSchema": {
                "type": "object",
                "properties": {
                    "path": { "type": "string",
                        "description": "A file or directory, from the first root or absolute." },
                    "text": { "type": "string", "description": "A text instead of a path." },
                    "history": { "type": "boolean", "default": false,
                        "description": "Scan the history of the Git repository at the path, too." },
                },
                "additionalProperties": false,
            },
            "outputSchema": {
                "type": "object",
                "properties": {
                    "findings": { "type": "array", "items": { "type": "object" } },
                    "total": { "type": "integer" },
                    "complete": { "type": "boolean",
                        "description": "Whether everything could be looked at." },
                    "files_scanned": { "type": "integer" },
                    "not_scanned": { "type": "object" },
                },
                "required": ["findings", "total", "complete"],
            },
        },
        {
            "name": "explain",
            "description": "Say what a kind of key is, what a leak of it means, and what to do. \
                Takes the id of a kind, such as a finding's `dossier`, or the fingerprint of a \
                finding of this session. Values are never returned.",
            "inputSchema": {
                "type": "object",
                "properties": {
                    "dossier": { "type": "string", "description": "The id of a kind of key." },
                    "fingerprint": { "type": "string", "description": "`lw1_` and 32 digits." },
                },
                "additionalProperties": false,
            },
        },
        {
            "name": "redact",
            "description": "Return a text with every key in it replaced by a token that is the \
                same wherever the same key stands. Values are never returned.",
            "inputSchema": {
                "type": "object",
                "properties": { "text": { "type": "string" } },
                "required": ["text"],
                "additionalProperties": false,
            },
            "outputSchema": {
                "type": "object",
                "properties": {
                    "text": { "type": "string" },
                    "redacted": { "type": "integer", "description": "How many different keys." },
                },
                "required": ["text", "redacted"],
            },
        },
    ]);
    for tool in tools.as_array_mut().into_iter().flatten() {
        if version < "2025-06-18"
            && let Some(tool) = tool.as_object_mut()
        {
            tool.remove("outputSchema");
        }
        if version >= "2025-03-26" {
            tool["annotations"] = json!({ "readOnlyHint": true, "openWorldHint": false });
        }
    }
    tools
}

/// A finding that was told.
pub(super) struct Known {
    pub(super) dossier: DossierId,
    pub(super) places: usize,
}

/// One client's session.
pub(super) struct Session<'a> {
    pub(super) server: &'a Server,
    scratch: Scratch,
    known: HashMap<Fingerprint, Known>,
}

/// What a call comes to: an answer, or words on why there is none.
type Done = Result<Value, String>;

impl<'a> Session<'a> {
    pub(super) fn new(server: &'a Server) -> Self {
        Self { server, scratch: Scratch::default(), known: HashMap::new() }
    }

    /// Calls a tool; nothing if there is no such tool.
    pub(super) fn call(
        &mut self,
        params: &Map<String, Value>,
        version: &str,
        progress: &Arc<Progress>,
    ) -> Option<Value> {
        let none = Map::new();
        let args = params.get("arguments").and_then(Value::as_object).unwrap_or(&none);
        let (done, is_text) = match params.get("name")?.as_str()? {
            "scan" => (self.scan(args, progress), false),
            "explain" => (self.explain(args), true),
            "redact" => (self.redact(args), false),
            _ => return None,
        };
        Some(match done {
            Ok(Value::String(text)) => json!({ "content": [{ "type": "text", "text": text }] }),
            Ok(result) => {
                let text = result.to_string();
                let mut done = json!({ "content": [{ "type": "text", "text": text }] });
                if version >= "2025-06-18" && !is_text {
                    done["structuredContent"] = result;
                }
                done
            }
            Err(why) => {
                json!({ "content": [{ "type": "text", "text": why }], "isError": true })
            }
        })
    }

    fn scan(&mut self, args: &Map<String, Value>, progress: &Arc<Progress>) -> Done {
        let text = |name: &str| match args.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(format!("`{name}` is not a text")),
        };
        match (text("path")?, text("text")?) {
            (Some(path), None) => {
                let history = args.get("history").and_then(Value::as_bool).unwrap_or(false);
                self.scan_path(path, history, progress)
            }
            (None, Some(text)) => self.scan_text(text),
            _ => Err("either `path` or `text` is needed, and not both".to_owned()),
        }
    }

    fn scan_path(&mut self, path: &str, history: bool, progress: &Arc<Progress>) -> Done {
        let server = self.server;
        let path = server.roots.resolve(path).ok_or(
            "no file or directory of this name lies below the directories that this server was \
             started with",
        )?;
        let now = Timestamp::now();
        let request = Request {
            targets: &[Target::Path(path)],
            scope: if history { Scope::Everything } else { Scope::Files },
            index: None,
            unpack: server.unpack.as_ref(),
            files: files::Options {
                threads: server.threads,
                skip_git_objects: history,
                ..files::Options::default()
            },
            threads: server.threads,
            least: server.policy.least,
            baseline: None,
            ignore: server.ignore.as_ref(),
            today: TimeZone::UTC.to_datetime(now).date(),
            now: now.as_second(),
            user_rules: None,
            desk: None,
            judged: None,
            decoys: None,
        };
        let look = &server.look;
        let (done, is_done) = mpsc::channel::<()>();
        let outcome = thread::scope(|scope| {
            // A scan that takes too long ends with what it has seen, and says
            // that it is not complete.
            scope.spawn(move || {
                if is_done.recv_timeout(server.policy.within)
                    == Err(mpsc::RecvTimeoutError::Timeout)
                {
                    progress.cancel();
                }
            });
            let outcome =
                leeward_pipeline::scan(&request, look.library(), look.detector(), progress);
            drop(done);
            outcome
        });
        let outcome = outcome.map_err(|_| "this cannot be scanned".to_owned())?;
        for finding in &outcome.findings {
            self.remember(finding.fingerprint, report::known(finding));
        }
        let told = report::outcome(&outcome, look.library(), &server.roots);
        // A file may be called like the key in it.
        let values = outcome.findings.iter().map(|finding| {
            #[expect(clippy::disallowed_methods, reason = "a value is kept out of an answer")]
            let value = finding.secret.expose();
            (value, crate::redact::token(&finding.dossier, finding.fingerprint))
        });
        Ok(texts::without(&told, values))
    }

    fn scan_text(&mut self, text: &str) -> Done {
        let found = self.found(text)?;
        let library = self.server.look.library();
        let findings: Vec<Value> = found
            .sightings
            .iter()
            .map(|sighting| {
                let id = sighting.dossier.as_str();
                let place = json!({
                    "path": "text",
                    "line": sighting.start.line,
                    "column": sighting.start.column,
                });
                json!({
                    "fingerprint": sighting.fingerprint.to_string(),
                    "dossier": id,
                    "name": report::name(id, library),
                    "locations": [place],
                })
            })
            .collect();
        for sighting in &found.sightings {
            let known = Known { dossier: sighting.dossier.clone(), places: 1 };
            self.remember(sighting.fingerprint, known);
        }
        Ok(json!({ "total": findings.len(), "findings": findings, "complete": true }))
    }

    fn redact(&mut self, args: &Map<String, Value>) -> Done {
        let text = args.get("text").and_then(Value::as_str).ok_or("`text` is needed, a text")?;
        let found = self.found(text)?;
        let value = Value::from(text);
        let masked = texts::masked(&value, &found, &self.server.look, &mut self.scratch);
        Ok(json!({ "text": masked, "redacted": found.sightings.len() }))
    }

    fn found(&mut self, text: &str) -> Result<Found, String> {
        if text.len() > TEXT {
            return Err("the text is longer than 16 MiB; scan a file instead".to_owned());
        }
        Ok(Found::of(&Value::from(text), &self.server.look, &mut self.scratch))
    }

    fn explain(&self, args: &Map<String, Value>) -> Done {
        let text = |name: &str| args.get(name).and_then(Value::as_str);
        let library = self.server.look.library();
        match (text("dossier"), text("fingerprint")) {
            (Some(id), None) => {
                let dossier = library.get(id).ok_or_else(|| unknown(library))?;
                Ok(page(dossier).into())
            }
            (None, Some(print)) => {
                let print =
                    Fingerprint::from_str(print.trim()).map_err(|error| error.to_string())?;
                let known = self.known.get(&print).ok_or(
                    "this session has not found it: call `scan` first, or name the `dossier`",
                )?;
                let dossier =
                    library.get(known.dossier.as_str()).ok_or_else(|| unknown(library))?;
                let places = if known.places == 1 { "place" } else { "places" };
                Ok(format!("Found in {} {places}.\n\n{}", known.places, page(dossier)).into())
            }
            _ => Err("either `dossier` or `fingerprint` is needed, and not both".to_owned()),
        }
    }

    fn remember(&mut self, print: Fingerprint, known: Known) {
        if self.known.len() < KNOWN || self.known.contains_key(&print) {
            self.known.insert(print, known);
        }
    }
}

fn unknown(library: &Library) -> String {
    let ids: Vec<&str> = library.dossiers().iter().map(|dossier| dossier.id().as_str()).collect();
    format!("no such kind; there are {}", ids.join(", "))
}

/// What it is, what a leak means, what to do.
fn page(dossier: &Dossier) -> String {
    let mut text = format!("# {}\n\n{}\n", dossier.name, dossier.summary.trim());
    if !dossier.impacts.is_empty() {
        text.push_str("\n## What a leak means\n\n");
    }
    for impact in &dossier.impacts {
        let _ = writeln!(text, "- {}: {}", impact.title, impact.text.trim());
    }
    if !dossier.remediation.is_empty() {
        text.push_str("\n## What to do\n\n");
    }
    for step in &dossier.remediation {
        let link = step.link.as_deref().map(|link| format!(" ({link})")).unwrap_or_default();
        let _ = writeln!(text, "- {}: {}{link}", step.title, step.text.trim());
    }
    text.push_str(
        "\nThe user can run `leeward respond` to be led through this, and `leeward fix FILE` to \
         move a value out of a file. Do not read or repeat the value.\n",
    );
    text
}
