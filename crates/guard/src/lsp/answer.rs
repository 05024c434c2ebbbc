//! What the editor asks, answered: the marks of a document, a hover, what can be
//! done about a value, and doing it.

use std::path::PathBuf;

use leeward_detect::Sighting;
use lsp_server::ErrorCode;
use lsp_types::{
    ApplyWorkspaceEditParams, CodeActionOrCommand, CodeActionParams, DocumentDiagnosticParams,
    ExecuteCommandParams, HoverParams, MessageType, Position, TextEdit, Uri,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    action::{self, Offer},
    hover, marks, mend,
    server::{Refusal, Server, read, written},
};

/// What the command to move a value is told.
#[derive(Deserialize)]
struct FixArgument {
    uri: Uri,
    fingerprint: String,
    position: Position,
}

impl Server<'_> {
    pub(super) fn diagnostic(
        &mut self,
        params: DocumentDiagnosticParams,
    ) -> Result<Value, Refusal> {
        self.look_at_accepted();
        Ok(json!({ "kind": "full", "items": self.marks(&params.text_document.uri) }))
    }

    pub(super) fn hover(&mut self, params: HoverParams) -> Result<Value, Refusal> {
        let at = params.text_document_position_params;
        let encoding = self.client.encoding;
        if self.look(&at.text_document.uri).is_none() {
            return Ok(Value::Null);
        }
        let Some(document) = self.documents.get(&at.text_document.uri) else {
            return Ok(Value::Null);
        };
        let offset = document.text.offset(at.position, encoding);
        let is_here = |found: &&Sighting| (found.span.start..=found.span.end).contains(&offset);
        let Some(found) = document.known().iter().find(is_here) else { return Ok(Value::Null) };
        let markdown = self.client.markdown;
        written(&hover::hover(document, found, &self.settings, encoding, markdown))
    }

    pub(super) fn actions(&mut self, params: CodeActionParams) -> Result<Value, Refusal> {
        let CodeActionParams { text_document, range, context, .. } = params;
        let is_wanted = context
            .only
            .is_none_or(|only| only.iter().any(|kind| matches!(kind.as_str(), "" | "quickfix")));
        let encoding = self.client.encoding;
        if !is_wanted || self.look(&text_document.uri).is_none() {
            return Ok(json!([]));
        }
        let Some(document) = self.documents.get(&text_document.uri) else { return Ok(json!([])) };
        let start = document.text.offset(range.start, encoding);
        let end = document.text.offset(range.end, encoding);
        let root = document.path.as_deref().and_then(|path| self.client.root_of(path));
        let root = root.map(PathBuf::as_path);
        let is_touched = |found: &&Sighting| found.span.start <= end && start <= found.span.end;
        let mut offered: Vec<CodeActionOrCommand> = Vec::new();
        // Where a selection has more, a fix of the whole file is another thing.
        for sighting in document.known().iter().filter(is_touched).take(10) {
            let mark = marks::mark(document, sighting, &self.settings, encoding);
            let offer = Offer { client: &self.client, document, sighting, mark, root };
            let is_free = self.client.roots.is_empty();
            let plan = mend::plan(document, sighting, root, is_free, &self.look, &self.settings);
            offered.extend(offer.fix(plan));
            offered.extend(offer.comment());
            offered.extend(offer.entry(self.documents.values()));
        }
        written(&offered)
    }

    pub(super) fn command(&mut self, params: ExecuteCommandParams) -> Result<Value, Refusal> {
        if params.command != mend::COMMAND {
            return Err((ErrorCode::InvalidParams, "this server has no such command".to_owned()));
        }
        let argument = params.arguments.into_iter().next().unwrap_or_default();
        let FixArgument { uri, fingerprint, position } = read(argument)?;
        if let Err(why) = self.fix(&uri, &fingerprint, position) {
            self.tell(MessageType::ERROR, format!("not moved: {why}"));
            return Err((ErrorCode::RequestFailed, why));
        }
        // Git may ignore more than it did.
        let rules = self.settings.user_rules.as_deref();
        self.documents.values_mut().for_each(|document| document.look_around(rules));
        self.renew();
        Ok(Value::Null)
    }

    fn fix(&mut self, uri: &Uri, fingerprint: &str, position: Position) -> Result<(), String> {
        let encoding = self.client.encoding;
        if self.look(uri).is_none() {
            return Err("the document is not open".to_owned());
        }
        let document = self.documents.get(uri).ok_or("the document is not open")?;
        let offset = document.text.offset(position, encoding);
        let same = || {
            let known = document.known().iter();
            known.filter(|found| found.fingerprint.to_string() == fingerprint)
        };
        let found = same().find(|found| found.span.start == offset).or_else(|| same().next());
        let found = found.ok_or("the value is not there any more")?;
        let root = document.path.as_deref().and_then(|path| self.client.root_of(path));
        let root = root.map(PathBuf::as_path);
        let is_free = self.client.roots.is_empty();
        let change = mend::plan(document, found, root, is_free, &self.look, &self.settings)?;
        let said = mend::prepare(&change, self.documents.values())?;
        let edits: Vec<TextEdit> = change
            .pieces
            .iter()
            .map(|(span, new)| TextEdit {
                range: document.text.range(span, encoding),
                new_text: new.clone(),
            })
            .collect();
        if !edits.is_empty() {
            let params = ApplyWorkspaceEditParams {
                label: Some(mend::title(&change)),
                edit: action::edit_of(document, edits, &self.client),
            };
            let name = change.moved.first().map(|moved| moved.name.clone()).unwrap_or_default();
            let otherwise = format!(
                "the value is in `{}` as {name}, and the editor did not change the document: \
                 replace it there by hand",
                change.env.as_deref().unwrap_or_default()
            );
            let params = written(&params).map_err(|(_, why)| why)?;
            self.ask("workspace/applyEdit", params, otherwise);
        }
        if let Some(said) = said {
            self.tell(MessageType::WARNING, said);
        }
        Ok(())
    }
}
