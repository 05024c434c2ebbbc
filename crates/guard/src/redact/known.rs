//! Values that were seen as secrets, so that each is masked wherever it comes
//! again, also where nothing around it says what it is, and under the
//! encodings that can be made of a value.
//!
//! The oldest are forgotten when there are too many. The automaton's memory is
//! not wiped: the values went through this process's buffers in plain.

use std::{collections::VecDeque, ops::Range};

use aho_corasick::{AhoCorasick, MatchKind};
use leeward_model::{DossierId, Fingerprint, Secret};
use leeward_respond::spell::spellings;

use super::{masker::Label, token::Width};

/// Values that are remembered. A search for so many still takes no more than a
/// few megabytes.
const MOST: usize = 512;
/// Shorter values would be met by chance.
const SHORTEST: usize = 12;

/// A value that was seen.
struct Value {
    label: Label,
    secret: Secret,
}

/// Values that were seen, and the search for them.
#[derive(Default)]
pub(super) struct Known {
    values: VecDeque<Value>,
    search: Option<Search>,
}

struct Search {
    automaton: AhoCorasick,
    /// Of each pattern, the value's number and how wide its characters are.
    patterns: Vec<(usize, Width)>,
}

impl Known {
    /// Remembers a value.
    pub(super) fn learn(&mut self, label: &Label, secret: &Secret) {
        let is_known = |value: &Value| value.label.fingerprint == label.fingerprint;
        if secret.len() < SHORTEST || self.values.iter().any(is_known) {
            return;
        }
        if self.values.len() == MOST {
            self.values.pop_front();
        }
        self.values.push_back(Value { label: label.clone(), secret: secret.duplicate() });
        self.search = None;
    }

    /// Where they are in a text.
    pub(super) fn find(&mut self, text: &[u8], mut found: impl FnMut(Range<usize>, Width, &Label)) {
        if self.values.is_empty() {
            return;
        }
        if self.search.is_none() {
            self.search = Search::new(&self.values);
        }
        let Some(search) = &self.search else { return };
        for hit in search.automaton.find_iter(text) {
            let (value, width) = search.patterns[hit.pattern().as_usize()];
            let (span, width) = aligned(text, hit.range(), width);
            found(span, width, &self.values[value].label);
        }
    }
}

impl Search {
    fn new(values: &VecDeque<Value>) -> Option<Self> {
        let (mut patterns, mut texts) = (Vec::new(), Vec::new());
        for (number, value) in values.iter().enumerate() {
            for spelling in spellings(&value.secret) {
                patterns.push((number, Width::under(spelling.encoding)));
                texts.push(spelling.bytes);
            }
        }
        // Fails only if there are far more patterns than are remembered.
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(texts.iter().map(|text| text.as_slice()))
            .ok()?;
        Some(Self { automaton, patterns })
    }
}

/// ASCII in UTF-16 reads the same in the other byte order, one byte off. Units
/// begin at even offsets.
fn aligned(text: &[u8], span: Range<usize>, width: Width) -> (Range<usize>, Width) {
    let off = width == Width::Big && span.start % 2 == 1 && text.get(span.end) == Some(&0);
    if off { (span.start + 1..span.end + 1, Width::Little) } else { (span, width) }
}

impl Label {
    pub(super) fn new(dossier: &DossierId, fingerprint: Fingerprint) -> Self {
        Self { dossier: dossier.clone(), fingerprint }
    }
}
