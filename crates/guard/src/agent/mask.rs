//! What stands in the place of a value: a token that is the same wherever the
//! same value stood, so that an agent can still tell one from another.

use leeward_detect::Sighting;
use zeroize::Zeroizing;

use crate::redact;

/// What is replaced, and by what.
#[derive(Default)]
pub(crate) struct Mask(Vec<(Zeroizing<String>, String)>);

impl Mask {
    /// Adds what was found in a text: the place with its encodings, and the
    /// value itself.
    pub(crate) fn add(&mut self, text: &str, sighting: &Sighting) {
        let token = redact::token(&sighting.dossier, sighting.fingerprint);
        #[expect(clippy::disallowed_methods, reason = "a value is taken out where it stands")]
        self.replace(sighting.secret.expose(), &token);
        if let Some(part) = text.get(sighting.span.clone()) {
            self.replace(part.as_bytes(), &token);
        }
    }

    /// Adds some bytes, if they are a text.
    pub(crate) fn replace(&mut self, part: &[u8], token: &str) {
        let Ok(part) = std::str::from_utf8(part) else { return };
        if !part.is_empty() && !self.0.iter().any(|(known, _)| known.as_str() == part) {
            self.0.push((Zeroizing::new(part.to_owned()), token.to_owned()));
        }
        // The longer first: a value may be a part of its own encoded form.
        self.0.sort_by_key(|(part, _)| std::cmp::Reverse(part.len()));
    }

    /// Whether there is nothing to replace.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A text with everything replaced.
    pub(crate) fn apply(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for (part, token) in &self.0 {
            if masked.contains(part.as_str()) {
                masked = masked.replace(part.as_str(), token);
            }
        }
        masked
    }
}
