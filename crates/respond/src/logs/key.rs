//! Whether a line is of the key: by the value, its hash, its fingerprint, a name
//! that a gateway gave it, or the few characters that gateways show.

use std::ops::Range;

use aho_corasick::AhoCorasick;
use leeward_dossier::schema::{Alphabet, Shape};
use leeward_model::{Fingerprint, Hint, Secret};
use zeroize::Zeroizing;

use super::Query;
use crate::spell;

/// By what a request was attributed to the key, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribution {
    /// The value itself is in the log.
    Value,
    /// Its SHA-256 is.
    Hash,
    /// Its fingerprint is.
    Fingerprint,
    /// A name that a gateway gave it is.
    Alias,
    /// Its first and last characters are, with a mask between: another key may
    /// have the same.
    Ends,
    /// Its last characters are, behind a mask: another key may well have the
    /// same.
    Tail,
}

impl Attribution {
    /// Whether only this key has what was seen.
    pub fn is_strong(self) -> bool {
        self < Self::Ends
    }

    /// In words, after "the log has".
    pub fn words(self) -> &'static str {
        match self {
            Self::Value => "the value itself",
            Self::Hash => "its SHA-256",
            Self::Fingerprint => "its fingerprint",
            Self::Alias => "the name that a gateway gave it",
            Self::Ends => "its first and last characters",
            Self::Tail => "its last characters",
        }
    }
}

/// What a line says of the key.
pub(super) struct Attributed {
    pub(super) how: Attribution,
    /// Where the value is, if it is there.
    pub(super) value: Option<Range<usize>>,
}

/// Knows the key by everything a log may have of it.
pub(super) struct Recogniser<'q> {
    query: &'q Query<'q>,
    /// Everything that is looked for as it stands.
    texts: Option<AhoCorasick>,
    kinds: Vec<Attribution>,
    /// The texts that are the value, to be cut out of what is kept.
    values: Vec<Zeroizing<String>>,
    hint: Hint,
    ends: Option<(String, String)>,
}

impl<'q> Recogniser<'q> {
    pub(super) fn new(query: &'q Query<'q>) -> Self {
        let mut texts: Vec<Zeroizing<Vec<u8>>> = Vec::new();
        let mut kinds = Vec::new();
        let mut values = Vec::new();
        let mut add = |text: Vec<u8>, kind| {
            if !text.is_empty() {
                texts.push(Zeroizing::new(text));
                kinds.push(kind);
            }
        };
        let mut hash = query.sha256.map(str::to_ascii_lowercase);
        if let Some(secret) = query.secret {
            for spelling in spell::spellings(secret) {
                if let Ok(text) = String::from_utf8(spelling.bytes.to_vec()) {
                    values.push(Zeroizing::new(text));
                }
                add(spelling.bytes.to_vec(), Attribution::Value);
            }
            hash = Some(spell::sha256_hex(secret));
        }
        if let Some(hash) = hash {
            add(hash.to_ascii_uppercase().into_bytes(), Attribution::Hash);
            add(hash.into_bytes(), Attribution::Hash);
        }
        add(query.fingerprint.to_string().into_bytes(), Attribution::Fingerprint);
        for alias in query.aliases.iter().filter(|alias| alias.len() >= 3) {
            add(alias.clone().into_bytes(), Attribution::Alias);
        }
        let hint = query.secret.map(Secret::hint).or_else(|| query.hint.cloned());
        let hint = hint.unwrap_or_else(|| Hint::from_text("…"));
        let ends = hint.ends().map(|(head, tail)| (head.to_owned(), tail.to_owned()));
        let ends = ends.filter(|(head, tail)| head.len() >= 4 && tail.len() >= 4);
        Self { query, texts: AhoCorasick::new(&texts).ok(), kinds, values, hint, ends }
    }

    pub(super) fn hint(&self) -> &Hint {
        &self.hint
    }

    /// A text without the value.
    pub(super) fn without_value(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for value in self.values.iter().filter(|value| text_has(&text, value)).collect::<Vec<_>>() {
            text = text.replace(value.as_str(), self.hint.as_str());
        }
        text
    }

    /// The strongest that a line has of the key.
    pub(super) fn recognise(&self, line: &[u8]) -> Option<Attributed> {
        let found = self.texts.iter().flat_map(|texts| texts.find_overlapping_iter(line));
        let found = found.filter_map(|found| {
            let how = self.kinds[found.pattern().as_usize()];
            let range = found.range();
            let is_whole = how == Attribution::Value || is_apart(line, &range);
            is_whole.then_some((how, range))
        });
        let best =
            found.min_by_key(|(how, range)| (*how, range.start, std::cmp::Reverse(range.end)));
        if let Some((how, range)) = best {
            let value = (how == Attribution::Value).then_some(range);
            return Some(Attributed { how, value });
        }
        if self.query.secret.is_none()
            && let Some(range) = self.by_shape(line)
        {
            return Some(Attributed { how: Attribution::Value, value: Some(range) });
        }
        self.by_mask(line).map(|how| Attributed { how, value: None })
    }

    /// A token of the right shape with the fingerprint.
    fn by_shape(&self, line: &[u8]) -> Option<Range<usize>> {
        let Shape::Token(token) = &self.query.dossier.detect.shape else { return None };
        let is_in = |byte: u8| match token.alphabet {
            Alphabet::Alphanumeric => byte.is_ascii_alphanumeric(),
            Alphabet::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'),
            Alphabet::Hex => byte.is_ascii_hexdigit(),
        };
        let mut at = 0;
        while let Some(begin) = line[at..].iter().position(|&byte| is_in(byte)) {
            let start = at + begin;
            at = start + line[start..].iter().take_while(|&&byte| is_in(byte)).count();
            if at - start == token.length {
                let secret = Secret::new(&line[start..at]);
                if Fingerprint::new(&self.query.dossier.family, &secret) == self.query.fingerprint {
                    return Some(start..at);
                }
            }
        }
        None
    }

    /// `Ab3d…9XyZ`, `Ab3d****9XyZ`, `...9XyZ`.
    fn by_mask(&self, line: &[u8]) -> Option<Attribution> {
        let (head, tail) = self.ends.as_ref()?;
        let mut best = None;
        for at in memchr::memmem::find_iter(line, tail) {
            if line.get(at + tail.len()).is_some_and(u8::is_ascii_alphanumeric) {
                continue;
            }
            let Some(before) = without_mask(&line[..at]) else { continue };
            if before.ends_with(head.as_bytes()) {
                return Some(Attribution::Ends);
            }
            best = Some(Attribution::Tail);
        }
        best
    }
}

fn text_has(text: &str, value: &str) -> bool {
    text.contains(value)
}

/// Whether what was found is not a part of something longer.
fn is_apart(line: &[u8], range: &Range<usize>) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let before = range.start.checked_sub(1).and_then(|at| line.get(at));
    !before.is_some_and(is_word) && !line.get(range.end).is_some_and(is_word)
}

/// What stands before a mask at the end of a text, if there is one: at least
/// two dots or stars, three letters x, or a character that means them.
fn without_mask(text: &[u8]) -> Option<&[u8]> {
    for mask in ["…", "•", "·", "\\u2026", "\\u2022"] {
        if let Some(before) = text.strip_suffix(mask.as_bytes()) {
            let mut rest = before;
            while let Some(shorter) = rest.strip_suffix(mask.as_bytes()) {
                rest = shorter;
            }
            return Some(rest);
        }
    }
    for (byte, least) in [(b'.', 2), (b'*', 2), (b'x', 3), (b'X', 3)] {
        let count = text.iter().rev().take_while(|&&it| it == byte).count();
        if count >= least {
            return Some(&text[..text.len() - count]);
        }
    }
    None
}
