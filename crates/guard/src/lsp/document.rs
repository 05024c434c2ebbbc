//! An open document and what was found in it, which is looked for when somebody
//! asks and not before: of a dozen changes in a row only the last text counts.
//!
//! A key costs the same in a long document as in a short one: only what lies
//! near the change is judged anew, and the rest moves along. What a change means
//! for values further away, as an import at the top does, is known as soon as
//! nobody types: then the whole is looked at.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use leeward_detect::{Scratch, Sighting};
use leeward_model::Tracking;
use leeward_respond::vault::Place;
use lsp_types::{TextDocumentContentChangeEvent, TextDocumentItem, Uri};

use super::{
    accepted::Accepted,
    client, marks,
    text::{Encoding, Text},
};
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
    found: Found,
}

/// What was found.
#[derive(Debug, Default)]
struct Found {
    /// In order of place; of a sighting only its span is of this text.
    sightings: Vec<Sighting>,
    state: State,
}

/// How far that holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    /// Nothing is known.
    #[default]
    New,
    /// Known but for what lies near these bytes, which have changed.
    Changed(Range<usize>),
    /// Near all changes it is known, and elsewhere as before them.
    Near,
    /// The whole text was looked at.
    Whole,
}

/// How far from a change values are judged anew, in bytes: a few lines.
const NEAR: usize = 256;
/// How far around those what stands there is read: as far as the detector does.
const AROUND: usize = 16 << 10;

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
            found: Found::default(),
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
        self.found = Found::default();
    }

    /// Takes a change; what was found moves along.
    pub(super) fn change(&mut self, change: TextDocumentContentChangeEvent, encoding: Encoding) {
        let Some((replaced, length)) = self.text.change(change, encoding) else {
            return self.forget();
        };
        let moved = |at: usize| at - replaced.len() + length;
        let Found { sightings, state } = &mut self.found;
        sightings.retain_mut(|sighting| {
            let Range { start, end } = &mut sighting.span;
            if *start >= replaced.end {
                (*start, *end) = (moved(*start), moved(*end));
                return true;
            }
            *end <= replaced.start
        });
        let new = replaced.start..replaced.start + length;
        *state = match std::mem::take(state) {
            State::New => State::New,
            State::Near | State::Whole => State::Changed(new),
            State::Changed(old) => {
                let end = if old.end > replaced.end { moved(old.end) } else { new.end };
                State::Changed(old.start.min(new.start)..end.max(new.end))
            }
        };
    }

    /// Whether it has to be looked at.
    pub(super) fn is_stale(&self) -> bool {
        matches!(self.found.state, State::New | State::Changed(_))
    }

    /// Whether only part of it was looked at since it changed.
    pub(super) fn is_near(&self) -> bool {
        self.found.state == State::Near
    }

    pub(super) fn is_too_large(&self) -> bool {
        self.text.as_str().len() > LARGEST
    }

    /// What was found the last time, in order of place.
    pub(super) fn known(&self) -> &[Sighting] {
        &self.found.sightings
    }

    /// Looks at what has changed.
    pub(super) fn look(&mut self, eye: Eye<'_>) {
        let State::Changed(changed) = self.found.state.clone() else {
            if self.found.state == State::New {
                self.look_at_all(eye);
            }
            return;
        };
        let text = self.text.as_str();
        let part = text.floor_char_boundary(changed.start.saturating_sub(NEAR))
            ..text.ceil_char_boundary(changed.end.saturating_add(NEAR).min(text.len()));
        let around = text.floor_char_boundary(part.start.saturating_sub(AROUND))
            ..text.ceil_char_boundary(part.end.saturating_add(AROUND).min(text.len()));
        if around.len() == text.len() {
            self.look_at_all(eye);
            return;
        }
        let own = part.start - around.start..part.end - around.start;
        let mut new = self.see(around.clone(), own, eye);
        for sighting in &mut new {
            sighting.span.start += around.start;
            sighting.span.end += around.start;
        }
        let Found { sightings, state } = &mut self.found;
        sightings.retain(|sighting| !part.contains(&sighting.span.start));
        let at = sightings.partition_point(|sighting| sighting.span.start < part.start);
        sightings.splice(at..at, new);
        *state = State::Near;
    }

    /// Looks at the whole text; whether that says anything else.
    pub(super) fn look_at_all(&mut self, eye: Eye<'_>) -> bool {
        let whole = 0..self.text.as_str().len();
        let sightings = self.see(whole.clone(), whole, eye);
        let identity = |sighting: &Sighting| (sighting.span.clone(), sighting.fingerprint);
        let is_same = sightings.iter().map(identity).eq(self.known().iter().map(identity));
        self.found = Found { sightings, state: State::Whole };
        !is_same
    }

    /// What begins in a part of a range of the text.
    fn see(&self, around: Range<usize>, part: Range<usize>, eye: Eye<'_>) -> Vec<Sighting> {
        if self.is_too_large() || marks::is_home(self) {
            return Vec::new();
        }
        let Eye { look, scratch, accepted, root } = eye;
        // Judged by where it lies in the project, not in the machine.
        let below = self
            .path
            .as_deref()
            .map(|path| root.and_then(|root| path.strip_prefix(root).ok()).unwrap_or(path));
        let text = &self.text.as_str().as_bytes()[around];
        let mut found = if part.len() == text.len() {
            look.at(text, below, scratch)
        } else {
            look.within(text, part, below, scratch)
        };
        if let (Some(root), Some(below)) = (root, below) {
            found.retain(|sighting| !accepted.covers(root, sighting, below));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use leeward_counterpart::random_value;
    use leeward_dossier::Library;
    use leeward_model::Level;
    use lsp_types::{Position, Range as LspRange};

    use super::*;

    /// A document and what looks at it.
    struct Desk {
        document: Document,
        look: Look,
        scratch: Scratch,
        accepted: Accepted,
    }

    impl Desk {
        fn with(text: String) -> Self {
            let uri: Uri = "untitled:1".parse().unwrap();
            let item = TextDocumentItem::new(uri, "python".to_owned(), 1, text);
            Self {
                document: Document::open(item, None),
                look: Look::new(Arc::new(Library::builtin()), Level::Medium),
                scratch: Scratch::default(),
                accepted: Accepted::default(),
            }
        }

        fn change(&mut self, start: Position, end: Position, text: &str) {
            let range = Some(LspRange { start, end });
            let text = text.to_owned();
            let change = TextDocumentContentChangeEvent { range, range_length: None, text };
            self.document.change(change, Encoding::Utf16);
        }

        /// What is known after a look: near the changes, and then at all.
        fn looks(&mut self) -> [Vec<Range<usize>>; 2] {
            [false, true].map(|at_all| {
                let Self { document, look, scratch, accepted } = self;
                let eye = Eye { look, scratch, accepted, root: None };
                if at_all {
                    document.look_at_all(eye);
                } else {
                    document.look(eye);
                }
                document.known().iter().map(|sighting| sighting.span.clone()).collect()
            })
        }
    }

    /// Whatever is typed where: what is known is what a whole look says.
    #[test]
    fn what_is_near_a_change_is_looked_at_and_the_rest_moves_along() {
        let line = |number: usize| match number % 40 {
            0 => format!("MISTRAL_API_KEY_{number} = \"{}\"\n", random_value()),
            _ => format!("somme_{number} = \"é\"; compute(somme_{number}, rate)\n"),
        };
        let mut desk = Desk::with((0..2_000).map(line).collect());
        assert_eq!(desk.looks()[0].len(), 50);
        // A fixed walk over the text, of insertions, deletions and both.
        let mut seed = 7_u32;
        for step in 0..60 {
            for _ in 0..=step % 3 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let start = Position { line: (seed >> 8) % 2_000, character: seed % 30 };
                let end = Position { line: start.line + (seed >> 5) % 3, ..start };
                let key = format!("\nMISTRAL_API_KEY = \"{}\"\n", random_value());
                let texts = ["x", "", "\n\n", "😀", &key];
                desk.change(start, end, texts[(seed >> 16) as usize % texts.len()]);
            }
            let [near, all] = desk.looks();
            assert_eq!(near, all, "{step}");
        }
    }

    #[test]
    fn what_a_change_means_far_away_is_known_when_nobody_types() {
        let filler = "total = compute(total, rate)\n".repeat(300);
        let value = random_value();
        let mut desk =
            Desk::with(format!("{filler}client = C(api_key=\"{value}\")\n{filler}{filler}"));
        assert_eq!(desk.looks().map(|known| known.len()), [0, 0]);
        let start = Position { line: 0, character: 0 };
        desk.change(start, start, "from mistralai import Mistral as C\n");
        assert_eq!(desk.looks().map(|known| known.len()), [0, 1]);
    }
}
