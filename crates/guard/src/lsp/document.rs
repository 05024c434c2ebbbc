//! An open document and what was found in it, which is looked for when somebody
//! asks and not before: of a dozen changes in a row only the last text counts.

use std::path::{Path, PathBuf};

use leeward_detect::{Scratch, Sighting};
use leeward_model::Tracking;
use leeward_respond::vault::Place;
use lsp_types::{TextDocumentItem, Uri};

use super::{accepted::Accepted, client, marks, text::Text};
use crate::look::Look;

/// The largest document that is looked at, in bytes.
pub(super) const LARGEST: usize = 16 << 20;

/// A document that the editor has open.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) uri: Uri,
    /// The file that it is, if it is one of this machine.
    pub(super) path: Option<PathBuf>,
    /// What the editor calls its language.
    pub(super) language: String,
    pub(super) version: i32,
    pub(super) text: Text,
    pub(super) tracking: Tracking,
    /// The editor shows marks that this server sent.
    pub(super) is_marked: bool,
    found: Option<Vec<Sighting>>,
}

/// What looks at documents.
pub(super) struct Eye<'a> {
    pub(super) look: &'a Look,
    pub(super) scratch: &'a mut Scratch,
    pub(super) accepted: &'a Accepted,
    /// The open folder that the document lies in.
    pub(super) root: Option<&'a Path>,
}

impl Document {
    pub(super) fn open(item: TextDocumentItem, user_rules: Option<&Path>) -> Self {
        let path = client::file_of(item.uri.as_str()).map(client::resolved);
        let mut document = Self {
            uri: item.uri,
            path,
            language: item.language_id,
            version: item.version,
            text: Text::new(item.text),
            tracking: Tracking::NoRepository,
            is_marked: false,
            found: None,
        };
        document.look_around(user_rules);
        document
    }

    /// Asks Git again how the file stands.
    pub(super) fn look_around(&mut self, user_rules: Option<&Path>) {
        let place = self.path.as_deref().and_then(|path| Place::find(path).ok());
        let tracking = place.map(|place| place.tracking(user_rules));
        self.tracking = tracking.unwrap_or(Tracking::NoRepository);
        self.forget();
    }

    /// What was found no longer holds.
    pub(super) fn forget(&mut self) {
        self.found = None;
    }

    /// Whether it has to be looked at.
    pub(super) fn is_stale(&self) -> bool {
        self.found.is_none()
    }

    pub(super) fn is_too_large(&self) -> bool {
        self.text.as_str().len() > LARGEST
    }

    /// What is in it, in order of place.
    pub(super) fn found(&mut self, eye: Eye<'_>) -> &[Sighting] {
        if self.found.is_none() {
            self.found = Some(self.look(eye));
        }
        self.known()
    }

    /// What was found the last time.
    pub(super) fn known(&self) -> &[Sighting] {
        self.found.as_deref().unwrap_or_default()
    }

    fn look(&self, eye: Eye<'_>) -> Vec<Sighting> {
        if self.is_too_large() || marks::is_home(self) {
            return Vec::new();
        }
        let Eye { look, scratch, accepted, root } = eye;
        // Judged by where it lies in the project, not in the machine.
        let below = self
            .path
            .as_deref()
            .map(|path| root.and_then(|root| path.strip_prefix(root).ok()).unwrap_or(path));
        let mut found = look.at(self.text.as_str().as_bytes(), below, scratch);
        if let (Some(root), Some(below)) = (root, below) {
            found.retain(|sighting| !accepted.covers(root, sighting, below));
        }
        found
    }
}
