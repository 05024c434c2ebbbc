//! Text with every secret masked, whole or as it streams by.
//!
//! A mask is consistent: the same secret has the same token everywhere. It
//! says what was there and tells secrets apart, and nothing leads back from it,
//! unless the operator has a key: then the token holds what it stands for,
//! sealed, and `restore` puts it back.
//!
//! This is more suspicious than a scan. What somebody accepted is masked too,
//! for a log is nobody's code under review; a value that was seen as a secret
//! once is masked wherever it comes again, under whatever name; and what has to
//! leave before all that follows is known is masked on less evidence.
//!
//! `masker` says which places of a text are masked, `token` and `seal` with
//! what, `known` remembers values and `search` finds them again; `window`
//! decides which bytes of a stream may leave, `stream` moves them, `tally`
//! counts.

mod known;
mod masker;
mod restore;
mod seal;
mod search;
mod stream;
mod tally;
mod token;
mod window;

use std::path::Path;

use leeward_detect::Scratch;
use leeward_model::Level;

use crate::look::Look;
use masker::{Masker, Surety};

pub use restore::{Restored, restore};
pub use seal::{Key, NotAKey};
pub use stream::{Pace, Trouble, run};
pub use tally::{Masks, Tally};
pub(crate) use token::redacted as token;

/// How a stream is masked.
#[derive(Debug)]
pub struct Redactor {
    look: Look,
    suspicious: Look,
    key: Option<Key>,
}

impl Redactor {
    /// Masks what `look` finds, whether or not somebody accepted it.
    pub fn new(look: Look) -> Self {
        let suspicious = Look::new(look.library().clone(), Level::Low);
        Self { look, suspicious, key: None }
    }

    /// Seals what it masks, so that whoever has the key can put it back.
    #[must_use]
    pub fn sealing(mut self, key: Key) -> Self {
        self.key = Some(key);
        self
    }

    fn masker(&self) -> Masker<'_> {
        let key = self.key.as_ref();
        Masker::new(&self.look, Scratch::default()).suspecting(&self.suspicious).sealing(key)
    }
}

/// A text with its secrets masked.
#[derive(Debug)]
pub struct Masked {
    /// The text; as it was but for what is masked.
    pub text: Vec<u8>,
    /// What was masked, and how often.
    pub masks: Masks,
}

/// Masks every secret in a text that is at hand as a whole. A path is that of
/// the file it is or will be, if any. What somebody accepted is masked too.
pub fn mask(look: &Look, text: &[u8], path: Option<&Path>, scratch: &mut Scratch) -> Masked {
    let mut masker = Masker::new(look, std::mem::take(scratch));
    let places = masker.places(text, path, Surety::Full, 0);
    let mut out = Vec::with_capacity(text.len());
    // Memory takes whatever is written.
    masker.write(text, 0..text.len(), &places, &mut out).unwrap_or_default();
    let masks = masker.finish(scratch);
    Masked { text: out, masks }
}

// Beside the sources, not among them: tests name providers.
#[cfg(test)]
#[path = "../tests/redact/mod.rs"]
mod tests;
