//! Values that were seen as secrets, so that each is masked wherever it comes
//! again, also where nothing around it says what it is, and under the
//! encodings that can be made of a value.
//!
//! The oldest are forgotten when there are too many.

use std::{collections::VecDeque, ops::Range};

use leeward_model::{DossierId, Fingerprint, Secret};
use leeward_respond::spell::spellings;

use super::{
    masker::Label,
    search::{self, Search},
    token::Width,
};

/// Values that are remembered. A search for so many still takes no more than a
/// few megabytes.
const MOST: usize = 512;
/// A value that was seen.
struct Value {
    label: Label,
    secret: Secret,
}

/// Values that were seen, and the search for them.
#[derive(Default)]
pub(super) struct Known {
    values: VecDeque<Value>,
    /// Made when it is needed; of each of its texts, the value's number and how
    /// wide its characters are.
    search: Option<(Search, Vec<(usize, Width)>)>,
}

impl Known {
    /// Remembers a value.
    pub(super) fn learn(&mut self, label: &Label, secret: &Secret) {
        let is_known = |value: &Value| value.label.fingerprint == label.fingerprint;
        if secret.len() < search::SHORTEST || self.values.iter().any(is_known) {
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
        let (search, forms) = self.search.get_or_insert_with(|| prepared(&self.values));
        search.find(text, |span, form| {
            let (value, width) = forms[form];
            let (span, width) = aligned(text, span, width);
            found(span, width, &self.values[value].label);
        });
    }
}

/// The search for some values under every encoding.
fn prepared(values: &VecDeque<Value>) -> (Search, Vec<(usize, Width)>) {
    let (mut forms, mut texts) = (Vec::new(), Vec::new());
    for (number, value) in values.iter().enumerate() {
        for spelling in spellings(&value.secret) {
            forms.push((number, Width::under(spelling.encoding)));
            texts.push(spelling.bytes);
        }
    }
    (Search::new(texts), forms)
}

/// ASCII in UTF-16 reads the same in the other byte order, one byte off. Units
/// begin at even offsets.
fn aligned(text: &[u8], span: Range<usize>, width: Width) -> (Range<usize>, Width) {
    let is_nul = |at: Option<usize>| at.and_then(|at| text.get(at)) == Some(&0);
    match width {
        Width::Big if span.start % 2 == 1 && is_nul(Some(span.end)) => {
            (span.start + 1..span.end + 1, Width::Little)
        }
        Width::Little if span.start % 2 == 1 && is_nul(span.start.checked_sub(1)) => {
            (span.start - 1..span.end - 1, Width::Big)
        }
        _ => (span, width),
    }
}

impl Label {
    pub(super) fn new(dossier: &DossierId, fingerprint: Fingerprint) -> Self {
        Self { dossier: dossier.clone(), fingerprint }
    }
}
