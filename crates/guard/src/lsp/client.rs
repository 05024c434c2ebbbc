//! What the editor said of itself in `initialize`: which folders are open, how
//! it counts columns, what it can do. Read leniently: what is missing or of
//! another shape is not there.

use std::path::PathBuf;

use lsp_types::{PositionEncodingKind, Uri};
use serde_json::Value;

use super::text::Encoding;

/// What the editor can do.
#[derive(Clone, Debug, Default)]
pub(super) struct Client {
    /// Open folders.
    pub(super) roots: Vec<PathBuf>,
    pub(super) encoding: Encoding,
    /// It asks for marks, and need not be sent them.
    pub(super) pulls: bool,
    /// It can be told to ask again.
    pub(super) refreshes: bool,
    /// Hovers may have markup.
    pub(super) markdown: bool,
    /// Actions may come with edits.
    pub(super) action_literals: bool,
    /// Actions may be shown that cannot be taken, with why.
    pub(super) disabled_actions: bool,
    /// Edits may name the version that they are of.
    pub(super) versioned_edits: bool,
    /// Edits may make files.
    pub(super) creates_files: bool,
    /// It carries out edits that it is asked to.
    pub(super) applies_edits: bool,
}

impl Client {
    /// From the parameters of `initialize`.
    pub(super) fn of(params: &Value) -> Self {
        let at = |path: &str| params.pointer(&format!("/capabilities/{path}"));
        let can = |path: &str| at(path).and_then(Value::as_bool).unwrap_or_default();
        let has = |path: &str, wanted: &str| {
            let list = at(path).and_then(Value::as_array);
            list.is_some_and(|list| list.iter().any(|it| it == wanted))
        };
        let utf8 = has("general/positionEncodings", PositionEncodingKind::UTF8.as_str());
        Self {
            roots: roots(params),
            encoding: if utf8 { Encoding::Utf8 } else { Encoding::Utf16 },
            pulls: at("textDocument/diagnostic").is_some_and(Value::is_object),
            refreshes: can("workspace/diagnostics/refreshSupport"),
            markdown: has("textDocument/hover/contentFormat", "markdown"),
            action_literals: at("textDocument/codeAction/codeActionLiteralSupport")
                .is_some_and(Value::is_object),
            disabled_actions: can("textDocument/codeAction/disabledSupport"),
            versioned_edits: can("workspace/workspaceEdit/documentChanges"),
            creates_files: has("workspace/workspaceEdit/resourceOperations", "create"),
            applies_edits: can("workspace/applyEdit"),
        }
    }

    /// The open folder that a file lies in, the innermost.
    pub(super) fn root_of(&self, path: &std::path::Path) -> Option<&PathBuf> {
        let around = self.roots.iter().filter(|root| path.starts_with(root));
        around.max_by_key(|root| root.components().count())
    }
}

fn roots(params: &Value) -> Vec<PathBuf> {
    let folders = params.get("workspaceFolders").and_then(Value::as_array);
    let folders: Vec<PathBuf> = folders.into_iter().flatten().filter_map(folder).collect();
    if !folders.is_empty() {
        return folders;
    }
    let uri = params.get("rootUri").and_then(Value::as_str).and_then(file_of);
    let path = params.get("rootPath").and_then(Value::as_str).map(PathBuf::from);
    uri.or(path).into_iter().map(resolved).collect()
}

/// The directory of a folder of the workspace.
pub(super) fn folder(folder: &Value) -> Option<PathBuf> {
    Some(resolved(file_of(folder.get("uri")?.as_str()?)?))
}

/// The file that an address names, if it names one of this machine.
pub(super) fn file_of(uri: &str) -> Option<PathBuf> {
    let url = url::Url::parse(uri).ok()?;
    if url.scheme() != "file" {
        return None;
    }
    url.to_file_path().ok()
}

/// The address of a file.
pub(super) fn uri_of(path: &std::path::Path) -> Option<Uri> {
    url::Url::from_file_path(path).ok()?.as_str().parse().ok()
}

/// With links followed as far as the path exists, so that what lies below what
/// can be told.
pub(super) fn resolved(path: PathBuf) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    match (path.parent().and_then(|dir| dir.canonicalize().ok()), path.file_name()) {
        (Some(dir), Some(name)) => dir.join(name),
        _ => path,
    }
}
