//! The session: what may come when, who answers it, and when documents are
//! looked at: once nothing more waits, so that fast typing costs one look and
//! not one for each key.

use std::{
    collections::{BTreeMap, VecDeque},
    path::PathBuf,
    time::Duration,
};

use leeward_detect::Scratch;
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::{
    DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    DidSaveTextDocumentParams, MessageType, PublishDiagnosticsParams, ShowMessageParams, Uri,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    Settings,
    accepted::Accepted,
    client::{self, Client},
    document::{self, Document, Eye},
    marks, mend,
};
use crate::look::Look;

/// Messages after which documents are looked at though more wait.
const PATIENCE: usize = 64;

/// How long nobody types before the whole of a document is looked at.
const QUIET: Duration = Duration::from_millis(250);

/// Serves a connection until one of the two ends it; whether the editor said
/// good-bye as the protocol has it.
pub fn serve(connection: &Connection, settings: Settings) -> bool {
    let look = Look::new(settings.library.clone(), settings.least);
    let mut server = Server {
        connection,
        look,
        settings,
        scratch: Scratch::default(),
        phase: Phase::New,
        client: Client::default(),
        documents: BTreeMap::new(),
        accepted: Accepted::default(),
        asked: BTreeMap::new(),
        last_id: 0,
    };
    server.run()
}

/// Where a session stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Open,
    ShutDown,
}

pub(super) struct Server<'c> {
    connection: &'c Connection,
    pub(super) look: Look,
    pub(super) settings: Settings,
    scratch: Scratch,
    phase: Phase,
    pub(super) client: Client,
    pub(super) documents: BTreeMap<Uri, Document>,
    accepted: Accepted,
    /// What the editor was asked to do, and what to say if it did not.
    asked: BTreeMap<RequestId, String>,
    last_id: i32,
}

/// A request that is refused.
pub(super) type Refusal = (ErrorCode, String);

impl Server<'_> {
    fn run(&mut self) -> bool {
        let mut queue = VecDeque::new();
        let mut handled = 0;
        loop {
            if queue.is_empty() {
                match self.next() {
                    Some(message) => queue.push_back(message),
                    None => return false,
                }
            }
            while let Ok(message) = self.connection.receiver.try_recv() {
                match cancelled(&message) {
                    Some(id) => self.cancel(&id, &mut queue),
                    None => queue.push_back(message),
                }
            }
            match queue.pop_front() {
                Some(Message::Notification(note)) if note.method == "exit" => {
                    return self.phase == Phase::ShutDown;
                }
                Some(Message::Request(request)) => self.request(request),
                Some(Message::Notification(note)) => self.notification(note),
                Some(Message::Response(response)) => self.response(response),
                None => {}
            }
            handled += 1;
            if queue.is_empty() && self.connection.receiver.is_empty() || handled >= PATIENCE {
                handled = 0;
                self.settle();
            }
        }
    }

    /// Waits for a message. While none comes, what was looked at in part is looked
    /// at as a whole.
    fn next(&mut self) -> Option<Message> {
        while self.documents.values().any(Document::is_near) {
            match self.connection.receiver.recv_timeout(QUIET) {
                Ok(message) => return Some(message),
                Err(error) if error.is_timeout() => self.look_at_the_rest(),
                Err(_) => return None,
            }
        }
        self.connection.receiver.recv().ok()
    }

    /// A request that still waits is answered as cancelled.
    fn cancel(&self, id: &RequestId, queue: &mut VecDeque<Message>) {
        let is_it = |message: &Message| matches!(message, Message::Request(it) if it.id == *id);
        if let Some(at) = queue.iter().position(is_it) {
            queue.remove(at);
            self.refuse(id.clone(), (ErrorCode::RequestCanceled, "cancelled".to_owned()));
        }
    }

    fn request(&mut self, request: Request) {
        let Request { id, method, params } = request;
        let answer = match (self.phase, method.as_str()) {
            (Phase::New, "initialize") => Ok(self.initialize(&params)),
            (Phase::New, _) => {
                Err((ErrorCode::ServerNotInitialized, "`initialize` comes first".to_owned()))
            }
            (Phase::ShutDown, _) => {
                Err((ErrorCode::InvalidRequest, "the session is shut down".to_owned()))
            }
            (Phase::Open, "initialize") => {
                Err((ErrorCode::InvalidRequest, "the session is open already".to_owned()))
            }
            (Phase::Open, "shutdown") => {
                self.phase = Phase::ShutDown;
                Ok(Value::Null)
            }
            (Phase::Open, "textDocument/hover") => read(params).and_then(|it| self.hover(it)),
            (Phase::Open, "textDocument/codeAction") => {
                read(params).and_then(|it| self.actions(it))
            }
            (Phase::Open, "textDocument/diagnostic") => {
                read(params).and_then(|it| self.diagnostic(it))
            }
            (Phase::Open, "workspace/executeCommand") => {
                read(params).and_then(|it| self.command(it))
            }
            (Phase::Open, _) => {
                Err((ErrorCode::MethodNotFound, "this server has no such method".to_owned()))
            }
        };
        match answer {
            Ok(answer) => self.send(Response::new_ok(id, answer)),
            Err(refusal) => self.refuse(id, refusal),
        }
    }

    fn notification(&mut self, note: Notification) {
        if self.phase != Phase::Open {
            return;
        }
        let Notification { method, params } = note;
        // One that is not understood has nobody to be told to.
        let taken = match method.as_str() {
            "textDocument/didOpen" => read(params).map(|it| self.open(it)),
            "textDocument/didChange" => read(params).map(|it| self.change(it)),
            "textDocument/didClose" => read(params).map(|it| self.close(&it)),
            "textDocument/didSave" => read(params).map(|it| self.saved(&it)),
            "workspace/didChangeWorkspaceFolders" => {
                self.folders(&params);
                Ok(())
            }
            _ => Ok(()),
        };
        if let Err((_, why)) = taken {
            self.log(&format!("`{method}` was passed over: {why}"));
        }
    }

    fn initialize(&mut self, params: &Value) -> Value {
        self.client = Client::of(params);
        self.phase = Phase::Open;
        let encoding = match self.client.encoding {
            super::text::Encoding::Utf8 => "utf-8",
            super::text::Encoding::Utf16 => "utf-16",
        };
        let mut capabilities = json!({
            "positionEncoding": encoding,
            "textDocumentSync": { "openClose": true, "change": 2, "save": { "includeText": false } },
            "hoverProvider": true,
            "codeActionProvider": { "codeActionKinds": ["quickfix"] },
            "executeCommandProvider": { "commands": [mend::COMMAND] },
            "workspace": {
                "workspaceFolders": { "supported": true, "changeNotifications": true },
            },
        });
        if self.client.pulls {
            capabilities["diagnosticProvider"] = json!({
                "identifier": marks::SOURCE,
                "interFileDependencies": false,
                "workspaceDiagnostics": false,
            });
        }
        let version = self.settings.version;
        json!({
            "capabilities": capabilities,
            "serverInfo": { "name": marks::SOURCE, "version": version },
        })
    }

    fn open(&mut self, params: DidOpenTextDocumentParams) {
        let item = params.text_document;
        let document = Document::open(item, self.settings.user_rules.as_deref());
        if document.is_too_large() {
            self.tell(
                MessageType::WARNING,
                format!(
                    "leeward does not look at `{}`: {} MB are the most; `leeward scan` does",
                    name(&document),
                    document::LARGEST >> 20
                ),
            );
        }
        self.documents.insert(document.uri.clone(), document);
    }

    fn change(&mut self, params: DidChangeTextDocumentParams) {
        let identifier = params.text_document;
        let Some(document) = self.documents.get_mut(&identifier.uri) else { return };
        for change in params.content_changes {
            document.change(change, self.client.encoding);
        }
        document.version = identifier.version;
    }

    fn close(&mut self, params: &DidCloseTextDocumentParams) {
        let Some(document) = self.documents.remove(&params.text_document.uri) else { return };
        if document.is_marked {
            self.notify(
                "textDocument/publishDiagnostics",
                PublishDiagnosticsParams {
                    uri: document.uri,
                    diagnostics: Vec::new(),
                    version: None,
                },
            );
        }
    }

    fn saved(&mut self, params: &DidSaveTextDocumentParams) {
        let rules = self.settings.user_rules.as_deref();
        let saved = self.documents.get(&params.text_document.uri);
        let path = saved.and_then(|document| document.path.as_ref());
        // What Git ignores may be another now, for all.
        let is_rules = path.is_some_and(|path| path.ends_with(".gitignore"));
        if is_rules {
            self.documents.values_mut().for_each(|document| document.look_around(rules));
        } else if let Some(document) = self.documents.get_mut(&params.text_document.uri) {
            document.look_around(rules);
        }
    }

    fn folders(&mut self, params: &Value) {
        let list = |name: &str| -> Vec<PathBuf> {
            let list = params.pointer(&format!("/event/{name}")).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(client::folder).collect()
        };
        let (added, removed) = (list("added"), list("removed"));
        let roots = &mut self.client.roots;
        roots.retain(|root| !removed.contains(root) && !added.contains(root));
        roots.extend(added);
        self.documents.values_mut().for_each(Document::forget);
    }

    /// Looks at what has changed, and shows it to those who do not ask.
    fn settle(&mut self) {
        if self.phase != Phase::Open {
            return;
        }
        self.look_at_accepted();
        if self.client.pulls {
            return;
        }
        let stale: Vec<Uri> = self
            .documents
            .values()
            .filter(|document| document.is_stale())
            .map(|document| document.uri.clone())
            .collect();
        for uri in stale {
            self.publish(uri);
        }
    }

    /// Looks at the whole of one document that was looked at in part, and shows
    /// what that changes.
    fn look_at_the_rest(&mut self) {
        let document = self.documents.values_mut().find(|document| document.is_near());
        let Some(document) = document else { return };
        let root = document.path.as_deref().and_then(|path| self.client.root_of(path));
        let has_changed = document.look_at_all(Eye {
            look: &self.look,
            scratch: &mut self.scratch,
            accepted: &self.accepted,
            root: root.map(PathBuf::as_path),
        });
        let uri = document.uri.clone();
        match (has_changed, self.client.pulls) {
            (false, _) => {}
            (true, false) => self.publish(uri),
            (true, true) => self.refresh(),
        }
    }

    fn publish(&mut self, uri: Uri) {
        let diagnostics = self.marks(&uri);
        let Some(document) = self.documents.get_mut(&uri) else { return };
        // Nothing is no news.
        if diagnostics.is_empty() && !document.is_marked {
            return;
        }
        document.is_marked = !diagnostics.is_empty();
        let version = Some(document.version);
        let params = PublishDiagnosticsParams { uri, diagnostics, version };
        self.notify("textDocument/publishDiagnostics", params);
    }

    pub(super) fn look_at_accepted(&mut self) {
        let (has_changed, wrong) = self.accepted.refresh(&self.client.roots);
        for why in wrong {
            self.tell(MessageType::WARNING, why);
        }
        if has_changed {
            self.renew();
        }
    }

    /// What was found no longer holds, of any document.
    pub(super) fn renew(&mut self) {
        self.documents.values_mut().for_each(Document::forget);
        self.refresh();
    }

    /// Has the editor ask again, if it is one that asks.
    fn refresh(&mut self) {
        if self.client.pulls && self.client.refreshes {
            self.ask("workspace/diagnostic/refresh", Value::Null, String::new());
        }
    }

    /// Has a document looked at, if it was not since it changed.
    pub(super) fn look(&mut self, uri: &Uri) -> Option<&Document> {
        let document = self.documents.get_mut(uri)?;
        let root = document.path.as_deref().and_then(|path| self.client.root_of(path));
        document.look(Eye {
            look: &self.look,
            scratch: &mut self.scratch,
            accepted: &self.accepted,
            root: root.map(PathBuf::as_path),
        });
        self.documents.get(uri)
    }

    pub(super) fn marks(&mut self, uri: &Uri) -> Vec<lsp_types::Diagnostic> {
        let encoding = self.client.encoding;
        if self.look(uri).is_none() {
            return Vec::new();
        }
        let Some(document) = self.documents.get(uri) else { return Vec::new() };
        marks::marks(document, &self.settings, encoding)
    }

    fn response(&mut self, response: Response) {
        let Some(otherwise) = self.asked.remove(&response.id) else { return };
        let is_done = response
            .response_result
            .is_ok_and(|result| result.get("applied").and_then(Value::as_bool) != Some(false));
        if !is_done && !otherwise.is_empty() {
            self.tell(MessageType::WARNING, otherwise);
        }
    }

    /// Asks the editor for something, with what to say if it does not do it.
    pub(super) fn ask(&mut self, method: &str, params: Value, otherwise: String) {
        self.last_id = self.last_id.wrapping_add(1);
        let id = RequestId::from(self.last_id);
        self.asked.insert(id.clone(), otherwise);
        self.send(Request { id, method: method.to_owned(), params });
    }

    pub(super) fn tell(&self, kind: MessageType, message: String) {
        self.notify("window/showMessage", ShowMessageParams { typ: kind, message });
    }

    fn log(&self, message: &str) {
        let params = json!({ "type": MessageType::WARNING, "message": message });
        self.notify("window/logMessage", params);
    }

    fn notify(&self, method: &str, params: impl serde::Serialize) {
        if let Ok(params) = written(&params) {
            self.send(Notification { method: method.to_owned(), params });
        }
    }

    fn refuse(&self, id: RequestId, (code, why): Refusal) {
        self.send(Response::new_err(id, code as i32, why));
    }

    /// If nobody is there to read it, the next reading says so.
    fn send(&self, message: impl Into<Message>) {
        let _ = self.connection.sender.send(message.into());
    }
}

/// The request that a message cancels.
fn cancelled(message: &Message) -> Option<RequestId> {
    let Message::Notification(note) = message else { return None };
    let id = (note.method == "$/cancelRequest").then(|| note.params.get("id"))??;
    serde_json::from_value(id.clone()).ok()
}

/// Parameters in their form. What is wrong with others is not said in their own
/// words: those may be a document's.
pub(super) fn read<T: DeserializeOwned>(params: Value) -> Result<T, Refusal> {
    let wrong = |_| (ErrorCode::InvalidParams, "its parameters are of another form".to_owned());
    serde_json::from_value(params).map_err(wrong)
}

pub(super) fn written(answer: &impl serde::Serialize) -> Result<Value, Refusal> {
    let failed = |_| (ErrorCode::InternalError, "the answer cannot be written".to_owned());
    serde_json::to_value(answer).map_err(failed)
}

fn name(document: &Document) -> String {
    let name = document.path.as_deref().and_then(|path| path.file_name());
    let name = name.map(|name| leeward_model::SafeText::new(name.as_encoded_bytes()).to_string());
    name.unwrap_or_else(|| "a document".to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use leeward_dossier::Library;
    use leeward_model::Level;

    use super::*;

    fn settings() -> Settings {
        Settings {
            library: Arc::new(Library::builtin()),
            least: Level::Medium,
            user_rules: None,
            version: "0",
        }
    }

    fn request(id: i32, method: &str) -> Message {
        Request { id: id.into(), method: method.to_owned(), params: json!({}) }.into()
    }

    fn note(method: &str, params: Value) -> Message {
        Notification { method: method.to_owned(), params }.into()
    }

    /// What a server answers to messages that all wait at once: errors by number.
    fn answers(messages: Vec<Message>) -> (bool, BTreeMap<String, Option<i32>>) {
        let (server, client) = Connection::memory();
        for message in messages {
            client.sender.send(message).unwrap();
        }
        drop(client.sender);
        let ended = serve(&server, settings());
        drop(server);
        let answer = |message| match message {
            Message::Response(Response { id, response_result }) => {
                Some((id.to_string(), response_result.err().map(|error| error.code)))
            }
            _ => None,
        };
        (ended, client.receiver.iter().filter_map(answer).collect())
    }

    #[test]
    fn what_is_cancelled_while_it_waits_is_answered_as_that() {
        let (ended, answers) = answers(vec![
            request(1, "initialize"),
            request(2, "textDocument/hover"),
            request(3, "workspace/symbol"),
            note("$/cancelRequest", json!({ "id": 2 })),
            note("$/cancelRequest", json!({ "id": 77 })),
            note("$/cancelRequest", json!({ "id": {} })),
            request(4, "shutdown"),
            note("exit", Value::Null),
        ]);
        assert!(ended);
        let expected = [("1", None), ("2", Some(-32800)), ("3", Some(-32601)), ("4", None)];
        assert_eq!(answers, expected.map(|(id, code)| (id.to_owned(), code)).into());
    }

    #[test]
    fn an_end_without_good_bye_is_known_as_one() {
        assert!(!answers(vec![request(1, "initialize")]).0);
        assert!(!answers(vec![request(1, "initialize"), note("exit", Value::Null)]).0);
        assert!(!answers(Vec::new()).0);
    }
}
