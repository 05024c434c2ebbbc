//! What can be done about a value: move it into the environment, or say why it
//! may stay, beside it or in the ignore file. The comment and the entry are
//! edits of the editor's own; the reason in them is for the user to write.

use std::fs;
use std::path::Path;

use leeward_detect::Sighting;
use lsp_types::{
    CodeAction, CodeActionDisabled, CodeActionKind, CodeActionOrCommand, Command, CreateFile,
    CreateFileOptions, Diagnostic, DocumentChangeOperation, DocumentChanges, OneOf,
    OptionalVersionedTextDocumentIdentifier, Position, Range, ResourceOp, TextDocumentEdit,
    TextEdit, Uri, WorkspaceEdit,
};

use super::{
    accepted,
    client::{Client, uri_of},
    document::Document,
    mend,
    text::Text,
};
use crate::fix::Change;

/// What stands where a reason is to be written.
const REASON: &str = "say why this may stay";

/// All that can be done about one value.
pub(super) struct Offer<'a> {
    pub(super) client: &'a Client,
    pub(super) document: &'a Document,
    pub(super) sighting: &'a Sighting,
    pub(super) mark: Diagnostic,
    /// The open folder that the document lies in.
    pub(super) root: Option<&'a Path>,
}

impl Offer<'_> {
    /// Moves the value into the environment.
    pub(super) fn fix(&self, plan: Result<Change, String>) -> Option<CodeActionOrCommand> {
        let client = self.client;
        if !client.applies_edits {
            return None;
        }
        let argument = serde_json::json!({
            "uri": self.document.uri,
            "fingerprint": self.sighting.fingerprint.to_string(),
            "position": self.mark.range.start,
        });
        let command = |title: String| Command {
            title,
            command: mend::COMMAND.to_owned(),
            arguments: Some(vec![argument]),
        };
        match plan {
            Ok(change) if !client.action_literals => Some(command(mend::title(&change)).into()),
            Ok(change) => {
                let title = mend::title(&change);
                let mut action = self.action(title.clone());
                action.command = Some(command(title));
                action.is_preferred = Some(true);
                Some(action.into())
            }
            Err(reason) if client.action_literals && client.disabled_actions => {
                let mut action = self.action("Move it to the environment".to_owned());
                action.disabled = Some(CodeActionDisabled { reason });
                Some(action.into())
            }
            Err(_) => None,
        }
    }

    /// Says beside the value why it may stay.
    pub(super) fn comment(&self) -> Option<CodeActionOrCommand> {
        let Document { path, language, text, .. } = self.document;
        let (open, close) = comment(language, path.as_deref())?;
        let (start, line) = text.line_of(self.sighting.span.start);
        // A line that goes on is one with the next.
        let is_going_on = start > 0 && text.line_of(start - 1).1.ends_with('\\');
        if is_going_on || !self.client.action_literals {
            return None;
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        let whole = text.as_str();
        let end = if whole[..start].ends_with("\r\n") || whole[start..].contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        let new = format!("{indent}{open} leeward:ignore ({REASON}){close}{end}");
        let at = Position { line: self.mark.range.start.line, character: 0 };
        let edit = TextEdit { range: Range { start: at, end: at }, new_text: new };
        let mut action = self.action("Leave it here: add a comment with a reason".to_owned());
        action.edit = Some(edit_of(self.document, vec![edit], self.client));
        Some(action.into())
    }

    /// Says in the ignore file why the value may stay, wherever it lies.
    pub(super) fn entry<'d>(
        &self,
        mut open: impl Iterator<Item = &'d Document>,
    ) -> Option<CodeActionOrCommand> {
        let client = self.client;
        if !client.action_literals || !client.versioned_edits || !client.creates_files {
            return None;
        }
        let file = self.root?.join(accepted::NAME);
        let uri = uri_of(&file)?;
        let entry = format!(
            "[[ignore]]\nfingerprint = \"{}\"\nreason = \"{REASON}\"\n",
            self.sighting.fingerprint
        );
        let operations = match open.find(|document| document.path.as_deref() == Some(&file)) {
            Some(document) => {
                vec![append(
                    document.uri.clone(),
                    Some(document.version),
                    &document.text,
                    &entry,
                    client,
                )]
            }
            None => match fs::read_to_string(&file) {
                Ok(text) => vec![append(uri, None, &Text::new(text), &entry, client)],
                Err(_) => {
                    let options =
                        CreateFileOptions { overwrite: None, ignore_if_exists: Some(true) };
                    let create = CreateFile {
                        uri: uri.clone(),
                        options: Some(options),
                        annotation_id: None,
                    };
                    let text = Text::new(String::new());
                    vec![
                        DocumentChangeOperation::Op(ResourceOp::Create(create)),
                        append(uri, None, &text, &entry, client),
                    ]
                }
            },
        };
        let title =
            format!("Leave it everywhere: add an entry with a reason to `{}`", accepted::NAME);
        let mut action = self.action(title);
        action.edit = Some(WorkspaceEdit {
            document_changes: Some(DocumentChanges::Operations(operations)),
            ..WorkspaceEdit::default()
        });
        Some(action.into())
    }

    fn action(&self, title: String) -> CodeAction {
        CodeAction {
            title,
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: Some(vec![self.mark.clone()]),
            ..CodeAction::default()
        }
    }
}

/// Adds an entry to the end of a file.
fn append(
    uri: Uri,
    version: Option<i32>,
    text: &Text,
    entry: &str,
    client: &Client,
) -> DocumentChangeOperation {
    let whole = text.as_str();
    let gap = match whole {
        "" => "",
        _ if whole.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    let at = text.position(whole.len(), client.encoding);
    let edit = TextEdit { range: Range { start: at, end: at }, new_text: format!("{gap}{entry}") };
    DocumentChangeOperation::Edit(TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
        edits: vec![OneOf::Left(edit)],
    })
}

/// Edits of a document, of the version at hand where the editor can tell.
pub(super) fn edit_of(document: &Document, edits: Vec<TextEdit>, client: &Client) -> WorkspaceEdit {
    if client.versioned_edits {
        let edit = TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier {
                uri: document.uri.clone(),
                version: Some(document.version),
            },
            edits: edits.into_iter().map(OneOf::Left).collect(),
        };
        return WorkspaceEdit {
            document_changes: Some(DocumentChanges::Edits(vec![edit])),
            ..WorkspaceEdit::default()
        };
    }
    WorkspaceEdit {
        changes: Some([(document.uri.clone(), edits)].into()),
        ..WorkspaceEdit::default()
    }
}

/// How a comment begins and ends, by the editor's name of the language, and by
/// the name of the file where that says too little. The detector reads all of
/// these.
fn comment(language: &str, path: Option<&Path>) -> Option<(&'static str, &'static str)> {
    let ending = path.and_then(Path::extension).unwrap_or_default().to_string_lossy();
    let name = path.and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let is_dotenv = name == ".env" || name.starts_with(".env.") || ending == "env";
    Some(match language {
        _ if is_dotenv => ("#", ""),
        "python"
        | "ruby"
        | "shellscript"
        | "bash"
        | "sh"
        | "zsh"
        | "fish"
        | "yaml"
        | "toml"
        | "dockerfile"
        | "docker"
        | "makefile"
        | "make"
        | "perl"
        | "r"
        | "elixir"
        | "nix"
        | "powershell"
        | "ps1"
        | "terraform"
        | "hcl"
        | "tf"
        | "dotenv"
        | "properties"
        | "julia"
        | "graphql"
        | "cmake"
        | "conf"
        | "github-actions-workflow"
        | "dockercompose"
        | "jproperties" => ("#", ""),
        "javascript" | "javascriptreact" | "typescript" | "typescriptreact" | "jsx" | "tsx"
        | "go" | "rust" | "java" | "kotlin" | "csharp" | "c_sharp" | "c" | "cpp"
        | "objective-c" | "swift" | "scala" | "php" | "dart" | "zig" | "groovy" | "jsonc"
        | "json5" | "scss" | "less" | "solidity" | "proto" => ("//", ""),
        "lua" | "sql" | "haskell" | "ada" | "elm" => ("--", ""),
        "ini" | "dosini" | "clojure" | "lisp" | "commonlisp" | "scheme" | "emacs-lisp" => (";", ""),
        "html" | "xml" | "markdown" | "vue" | "svelte" | "svg" => ("<!--", " -->"),
        "css" => ("/*", " */"),
        "latex" | "tex" | "matlab" | "erlang" | "prolog" => ("%", ""),
        "vim" | "viml" => ("\"", ""),
        "bat" | "dosbatch" => ("rem", ""),
        _ => match &*ending {
            "py" | "rb" | "sh" | "bash" | "yml" | "yaml" | "toml" | "tf" => ("#", ""),
            "js" | "mjs" | "cjs" | "ts" | "go" | "rs" | "java" | "kt" | "cs" | "php" => ("//", ""),
            "ini" => (";", ""),
            _ => return None,
        },
    })
}
