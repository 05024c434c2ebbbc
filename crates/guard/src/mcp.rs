//! A server of the Model Context Protocol over standard input and output: tools
//! by which an agent scans, asks what a finding means, and has a text masked,
//! and never gets a value.
//!
//! The protocol is written out here: it is JSON-RPC in lines, three methods and
//! two notifications for a server that only has tools. The SDK for Rust is
//! asynchronous throughout and would bring a runtime into a crate that has
//! none, with some twenty packages behind it.
//!
//! Facts: modelcontextprotocol.io/specification, versions 2024-11-05 to
//! 2025-11-25. `wire` is JSON-RPC; `roots` which paths are allowed; `tools` what
//! there is to call, `report` how findings are told.

mod report;
mod roots;
mod tools;
mod wire;

use std::{
    collections::HashSet,
    io::{BufRead, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
};

use leeward_pipeline::{IgnoreFile, Unpacking};
use leeward_source::Progress;
use serde_json::{Value, json};

pub use self::roots::{BadRoot, Roots};
use self::{
    tools::Session,
    wire::{Call, Id, Line, Message, Refusal},
};
use crate::{look::Look, policy::Policy};

/// The versions spoken, newest first.
const VERSIONS: &[&str] = &["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/// Requests that wait while one is worked on; more wait in the pipe.
const QUEUE: usize = 64;

/// What a server stands on.
#[derive(Debug)]
pub struct Server {
    /// What looks. It leaves nothing out that a user accepted: what is masked
    /// is masked.
    pub look: Look,
    /// What findings are left out of scans.
    pub ignore: Option<IgnoreFile>,
    /// How long one call may take, and what counts.
    pub policy: Policy,
    /// Where scans may look.
    pub roots: Roots,
    /// How scans open containers; `None` if they do not.
    pub unpack: Option<Unpacking>,
    /// Threads of a scan.
    pub threads: usize,
    /// This program's version.
    pub version: &'static str,
}

/// Serves until the input ends.
///
/// # Errors
/// Only that nobody reads the answers any more.
pub fn serve(
    server: &Server,
    input: impl BufRead + Send,
    output: impl Write + Send,
) -> std::io::Result<()> {
    let desk = Desk::default();
    let output = Mutex::new(output);
    let (queue, waiting) = mpsc::sync_channel(QUEUE);
    thread::scope(|scope| {
        let (desk, output) = (&desk, &output);
        scope.spawn(move || listen(input, desk, output, &queue));
        let mut session = Session::new(server);
        let mut version = None;
        for line in waiting {
            let answer = match line {
                Line::One(message) => work(&mut session, &mut version, desk, message),
                // Batches were taken out of the protocol again.
                Line::Many(_) if version.is_some_and(|version| version >= "2025-06-18") => {
                    Some(wire::refused(&Id::NONE, Refusal::Invalid, "batches are not supported"))
                }
                Line::Many(messages) => {
                    let answers: Vec<Value> = messages
                        .into_iter()
                        .filter_map(|message| work(&mut session, &mut version, desk, message))
                        .collect();
                    (!answers.is_empty()).then(|| answers.into())
                }
            };
            if let Some(answer) = answer {
                say(output, &answer)?;
            }
        }
        Ok(())
    })
}

/// Reads lines. What does not wait, a ping and a cancellation, is done here.
fn listen(
    mut input: impl BufRead,
    desk: &Desk,
    output: &Mutex<impl Write>,
    queue: &mpsc::SyncSender<Line>,
) {
    while let Some(line) = wire::next(&mut input) {
        match &line {
            Line::One(Message::Call(call)) if call.method == "ping" => {
                if say(output, &wire::result(&call.id, json!({}))).is_err() {
                    return;
                }
                continue;
            }
            Line::One(Message::Notice(method, params)) => {
                if method == "notifications/cancelled" {
                    desk.cancel(Id::of(params.get("requestId")));
                }
                continue;
            }
            Line::One(Message::Call(call)) => desk.wait(&call.id),
            _ => {}
        }
        if queue.send(line).is_err() {
            return;
        }
    }
}

/// Answers one message.
fn work(
    session: &mut Session<'_>,
    version: &mut Option<&'static str>,
    desk: &Desk,
    message: Message,
) -> Option<Value> {
    let call = match message {
        Message::Call(call) => call,
        Message::Notice(..) | Message::Answer => return None,
        Message::Bad(id, refusal, why) => return Some(wire::refused(&id, refusal, why)),
    };
    let progress = desk.begin(&call.id)?;
    let answer = answer(session, version, &call, &progress);
    // Nobody waits for what was cancelled.
    desk.end(&call.id).then_some(answer)
}

fn answer(
    session: &mut Session<'_>,
    version: &mut Option<&'static str>,
    call: &Call,
    progress: &Arc<Progress>,
) -> Value {
    let refused = |refusal, why| wire::refused(&call.id, refusal, why);
    match (call.method.as_str(), *version) {
        ("ping", _) => wire::result(&call.id, json!({})),
        ("initialize", None) => {
            let Some(asked) = call.params.get("protocolVersion").and_then(Value::as_str) else {
                return refused(Refusal::Params, "`protocolVersion` is missing");
            };
            let spoken = VERSIONS.iter().find(|known| **known == asked).unwrap_or(&VERSIONS[0]);
            *version = Some(spoken);
            wire::result(&call.id, tools::introduction(spoken, session.server.version))
        }
        ("initialize", Some(_)) => refused(Refusal::Invalid, "already initialized"),
        ("tools/list" | "tools/call", None) => {
            refused(Refusal::Invalid, "not initialized: send `initialize` first")
        }
        ("tools/list", Some(version)) => {
            wire::result(&call.id, json!({ "tools": tools::list(version) }))
        }
        ("tools/call", Some(version)) => match session.call(&call.params, version, progress) {
            Some(result) => wire::result(&call.id, result),
            None => refused(Refusal::Params, "no such tool"),
        },
        _ => refused(Refusal::Method, "no such method"),
    }
}

fn say(output: &Mutex<impl Write>, answer: &Value) -> std::io::Result<()> {
    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
    writeln!(output, "{answer}")?;
    output.flush()
}

/// Which requests wait, which is worked on, and which nobody wants any more.
#[derive(Default)]
struct Desk(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: HashSet<Id>,
    cancelled: HashSet<Id>,
    running: Option<(Id, Arc<Progress>)>,
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, id: &Id) {
        self.state().waiting.insert(id.clone());
    }

    /// A cancellation of what is unknown, or done, is nothing.
    fn cancel(&self, id: Option<Id>) {
        let Some(id) = id else { return };
        let mut state = self.state();
        if let Some((running, progress)) = &state.running
            && *running == id
        {
            progress.cancel();
            state.cancelled.insert(id);
        } else if state.waiting.contains(&id) {
            state.cancelled.insert(id);
        }
    }

    fn begin(&self, id: &Id) -> Option<Arc<Progress>> {
        let mut state = self.state();
        state.waiting.remove(id);
        if state.cancelled.remove(id) {
            return None;
        }
        let progress = Arc::new(Progress::default());
        state.running = Some((id.clone(), Arc::clone(&progress)));
        Some(progress)
    }

    /// Whether somebody still waits.
    fn end(&self, id: &Id) -> bool {
        let mut state = self.state();
        state.running = None;
        !state.cancelled.remove(id)
    }
}
