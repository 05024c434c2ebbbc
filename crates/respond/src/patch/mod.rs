//! Takes a value out of a source file: the literal is replaced by reading a
//! variable of the environment, or by whatever the format refers to secrets
//! with. What is proposed is an edit and a diff to look at that shows no value;
//! the file is changed only when told to, and only if it is still the same.
//!
//! It is not a refactoring: one literal, the import that its replacement needs,
//! and nothing else. Where a format cannot refer to anything it says so.

mod code;
mod config;
mod docker;
mod import;
mod language;
mod literal;
mod show;

use std::{
    fmt,
    fs::OpenOptions,
    io::Write as _,
    ops::Range,
    path::{Path, PathBuf},
};

use leeward_dossier::Dossier;
use leeward_model::{Fingerprint, Secret};
use zeroize::Zeroizing;

use crate::vault::{Place, Reference, Trouble, is_same, is_variable};

pub use language::Language;

/// A change of one file that takes a value out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The file, as it was handed in.
    pub file: PathBuf,
    /// What stands in the place of the literal.
    pub replacement: String,
    /// The import that was added, if one was missing.
    pub imports_needed: Option<String>,
    /// A unified diff to look at, with the value masked wherever it stands. It
    /// cannot be applied.
    pub masked_diff: String,
    /// What else is to be done, and how the variable gets its value.
    pub note: String,
    /// What is replaced by what, in the order of the text.
    pieces: Vec<Piece>,
    /// The text that the edit was made for.
    of: Fingerprint,
}

/// One replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    span: Range<usize>,
    new: String,
}

impl Piece {
    fn new(span: Range<usize>, new: impl Into<String>) -> Self {
        Self { span, new: new.into() }
    }
}

/// What a language proposes: the literal's own piece first.
struct Proposal {
    pieces: Vec<Piece>,
    import: Option<String>,
    note: String,
}

impl Proposal {
    fn one(span: Range<usize>, new: impl Into<String>) -> Self {
        Self { pieces: vec![Piece::new(span, new)], import: None, note: String::new() }
    }

    fn and(mut self, piece: Piece) -> Self {
        self.pieces.push(piece);
        self
    }

    fn noting(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}

/// Why no edit is proposed, or one is not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cannot {
    /// The format has no way to refer to a secret, with what to do instead.
    Refer(String),
    /// The literal stands where it cannot be replaced alone, with what to do.
    Here(String),
    /// The file is not what the edit was made for.
    Changed,
    /// The name is none that a variable can have.
    Name,
    /// The file could not be written.
    File(Trouble),
}

impl fmt::Display for Cannot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refer(why) | Self::Here(why) => f.write_str(why),
            Self::Changed => f.write_str(
                "the file is not what it was when it was looked at: scan it again, then run the \
                 step again",
            ),
            Self::Name => {
                f.write_str("a variable's name is made of letters, digits and `_`: choose another")
            }
            Self::File(trouble) => trouble.fmt(f),
        }
    }
}

impl std::error::Error for Cannot {}

/// What an edit is made from.
struct Task<'a> {
    text: &'a [u8],
    /// Where the value stands, without quotes.
    span: Range<usize>,
    /// The variable.
    name: &'a str,
    reference: &'a Reference,
}

/// Proposes how a value is taken out of a file. `span` is where the value
/// stands in `text`, without quotes; `name` the variable that is read instead.
///
/// # Errors
/// Why there is no such edit, with what to do instead.
pub fn propose(
    file: &Path,
    text: &[u8],
    span: Range<usize>,
    secret: &Secret,
    name: &str,
    reference: &Reference,
) -> Result<Edit, Cannot> {
    if !is_variable(name) {
        return Err(Cannot::Name);
    }
    let there = text.get(span.clone()).ok_or(Cannot::Changed)?;
    if there.is_empty() || !is_same(&Secret::new(there), secret) {
        return Err(Cannot::Changed);
    }
    let language = Language::of(file, text);
    let task = Task { text, span, name, reference };
    let mut proposal = match literal::comment(&task, language) {
        Some(proposal) => proposal,
        None => match language {
            Language::Dockerfile => docker::propose(&task)?,
            _ if language.is_code() => code::propose(&task, language)?,
            _ => config::propose(&task, language)?,
        },
    };
    let replacement = proposal.pieces.first().map(|piece| piece.new.clone()).unwrap_or_default();
    proposal.pieces.sort_by_key(|piece| piece.span.start);
    let mut note = proposal.note;
    if !note.is_empty() {
        note.push_str(". ");
    }
    note.push_str(&way(name, reference));
    let pieces = proposal.pieces;
    let new = changed(text, &pieces);
    Ok(Edit {
        file: file.to_owned(),
        replacement,
        imports_needed: proposal.import,
        masked_diff: show::masked(file, text, &new, [secret]),
        note,
        pieces,
        of: identity(text),
    })
}

fn way(name: &str, reference: &Reference) -> String {
    let way = format!("{name} {}", reference.way);
    match reference.export(name) {
        Some(export) => format!("{way}: `{export}`"),
        None => way,
    }
}

/// A unified diff to look at, with values masked wherever they stand. It cannot
/// be applied.
pub fn masked_diff<'s>(
    file: &Path,
    old: &[u8],
    new: &[u8],
    secrets: impl IntoIterator<Item = &'s Secret>,
) -> String {
    show::masked(file, old, new, secrets)
}

/// The variable that a value is read from: the name that it is held under, if
/// that is a variable's and says whose value it is, and else the usual one.
pub fn variable(dossier: &Dossier, held: Option<&str>) -> String {
    let is_telling = |name: &&str| {
        let lower = name.to_lowercase();
        let mut words = dossier.detect.evidence.words.iter().chain(&dossier.detect.anchors);
        is_variable(name)
            && !name.bytes().any(|byte| byte.is_ascii_lowercase())
            && words.any(|word| lower.contains(&word.to_lowercase()))
    };
    let usual = || dossier.detect.names.first().map_or("API_KEY", String::as_str);
    held.filter(is_telling).unwrap_or_else(usual).to_owned()
}

impl Edit {
    /// What is replaced by what, in the order of the text.
    pub fn pieces(&self) -> impl Iterator<Item = (Range<usize>, &str)> {
        self.pieces.iter().map(|piece| (piece.span.clone(), piece.new.as_str()))
    }

    /// The text after the edit. The old value is still in what was handed in.
    ///
    /// # Errors
    /// If the text is not the one that the edit was made for.
    pub fn apply(&self, text: &[u8]) -> Result<Zeroizing<Vec<u8>>, Cannot> {
        if identity(text) != self.of {
            return Err(Cannot::Changed);
        }
        Ok(Zeroizing::new(changed(text, &self.pieces)))
    }

    /// Changes the file itself, in one go.
    ///
    /// # Errors
    /// If it is not the one that the edit was made for, or cannot be written.
    pub fn apply_to(&self, path: &Path) -> Result<(), Cannot> {
        let place = Place::find(path).map_err(Cannot::File)?;
        let text = place.read().map_err(Cannot::File)?.ok_or(Cannot::Changed)?;
        let new = self.apply(&text)?;
        place.replace(Some(&text), &new).map_err(Cannot::File)
    }

    /// Writes a patch for `git apply` into a new file that only its owner may
    /// read: unlike the masked diff it HOLDS THE OLD VALUE, in the line that is
    /// removed. Delete it once it was applied.
    ///
    /// # Errors
    /// If the text is not the one that the edit was made for, or the file is
    /// there already or cannot be written.
    pub fn write_patch(&self, text: &[u8], to: &Path) -> Result<(), Cannot> {
        let patch = show::patch(&self.file, text, &self.apply(text)?);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(to).and_then(|mut file| file.write_all(&patch)).map_err(|error| {
            Cannot::File(Trouble::System(format!(
                "`{}` cannot be written ({}): name a file that does not exist yet",
                to.display(),
                error.kind()
            )))
        })
    }
}

/// What tells one text from another.
fn identity(text: &[u8]) -> Fingerprint {
    Fingerprint::new("text of a file", &Secret::new(text))
}

/// Pieces are in order and apart.
fn changed(text: &[u8], pieces: &[Piece]) -> Vec<u8> {
    let mut new = Vec::with_capacity(text.len() + 256);
    let mut at = 0;
    for piece in pieces {
        new.extend_from_slice(&text[at..piece.span.start]);
        new.extend_from_slice(piece.new.as_bytes());
        at = piece.span.end;
    }
    new.extend_from_slice(&text[at..]);
    new
}
