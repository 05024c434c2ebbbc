//! The one door through which values enter a report: to be masked wherever
//! they turn up, or, when the user insisted, to be shown.
//!
//! Matching is on the plain value; a value that was encoded by whoever named
//! a file after it is not recognised.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use leeward_model::{SafeText, Secret};

/// Shorter values are met by chance; masking them would only garble the text
/// around.
const SHORTEST_MASKED: usize = 8;

#[expect(
    clippy::disallowed_methods,
    reason = "a value is masked wherever it turns up in foreign text, and shown in full only \
              when the report was asked to reveal"
)]
fn bytes(secret: &Secret) -> &[u8] {
    secret.expose()
}

/// The value as text, for a report that reveals.
pub(crate) fn revealed(secret: &Secret) -> String {
    let value = bytes(secret);
    std::str::from_utf8(value).map_or_else(|_| SafeText::new(value).to_string(), ToOwned::to_owned)
}

/// Replaces the values of findings by their hints, wherever they turn up.
pub(crate) struct Masker {
    values: Option<AhoCorasick>,
    hints: Vec<String>,
}

impl Masker {
    /// Masks some values.
    pub(crate) fn of<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let secrets: Vec<_> =
            secrets.into_iter().filter(|secret| secret.len() >= SHORTEST_MASKED).collect();
        // Texts are short: what would search them fastest takes longer to make.
        let values = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .match_kind(MatchKind::LeftmostLongest)
            .build(secrets.iter().map(|secret| bytes(secret)));
        Self {
            // It fails only beyond 2^31 bytes of values, more than a report
            // can hold.
            values: values.ok().filter(|_| !secrets.is_empty()),
            hints: secrets.iter().map(|secret| secret.hint().to_string()).collect(),
        }
    }

    /// The text without values.
    pub(crate) fn text(&self, text: &str) -> String {
        match &self.values {
            Some(values) if values.is_match(text) => values.replace_all(text, &self.hints),
            _ => text.to_owned(),
        }
    }

    /// The bytes without values.
    pub(crate) fn bytes(&self, text: &[u8]) -> Vec<u8> {
        match &self.values {
            Some(values) if values.is_match(text) => values.replace_all_bytes(text, &self.hints),
            _ => text.to_owned(),
        }
    }
}
