//! Kinds that are recognised by a form of their own: values that carry a mark,
//! and pairs of which one half does.

use std::ops::Range;

use leeward_dossier::{
    Dossier,
    schema::{Alphabet, CompanionRule, Pattern, Token},
};
use leeward_model::{Companion, DossierId};

use crate::{
    binding, judge,
    lazy_regex::LazyRegex,
    lexicon::Lexicon,
    text::{Raw, Text, around},
};

/// A kind whose values carry a mark of their own.
#[derive(Debug)]
pub(crate) struct Mark {
    pub(crate) id: DossierId,
    name: String,
    family: String,
    regex: LazyRegex,
    boundary: String,
    longest: usize,
    pub(crate) files: Vec<String>,
}

/// A kind of two parts, found by its public one.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) id: DossierId,
    family: String,
    role: String,
    companion: LazyRegex,
    boundary: String,
    within: usize,
    secret_names: Vec<String>,
    alphabet: Alphabet,
    length: usize,
    pub(crate) files: Vec<String>,
}

impl Mark {
    pub(crate) fn new(dossier: &Dossier, pattern: &Pattern) -> Self {
        Self {
            id: dossier.id().clone(),
            name: dossier.name.clone(),
            family: dossier.family.clone(),
            regex: LazyRegex::new(&pattern.regex),
            boundary: pattern.boundary.clone(),
            longest: pattern.longest,
            files: dossier.detect.files.clone(),
        }
    }

    /// Appends the values around the anchors of a text.
    pub(crate) fn find(&self, text: &Text<'_>, anchors: &[Range<usize>], raws: &mut Vec<Raw>) {
        if anchors.is_empty() {
            return;
        }
        let Some(regex) = self.regex.get() else { return };
        for region in around(anchors, self.longest, text.bytes.len()) {
            for found in regex.find_iter(&text.bytes[region.clone()]) {
                let span = region.start + found.start()..region.start + found.end();
                if is_bounded(text.bytes, &span, &self.boundary) {
                    raws.push(self.sighting(text, span));
                }
            }
        }
    }

    fn sighting(&self, text: &Text<'_>, span: Range<usize>) -> Raw {
        let value = &text.bytes[span.clone()];
        let mut signals = judge::marked(&self.name, value);
        signals
            .extend(text.path.into_iter().flat_map(|path| judge::place(path, false, &self.files)));
        Raw {
            dossier: self.id.clone(),
            family: self.family.clone(),
            value: value.to_vec(),
            companions: Vec::new(),
            span,
            decoded: Vec::new(),
            signals,
        }
    }
}

impl Pair {
    pub(crate) fn new(dossier: &Dossier, token: &Token, companion: &CompanionRule) -> Self {
        Self {
            id: dossier.id().clone(),
            family: dossier.family.clone(),
            role: companion.role.clone(),
            companion: LazyRegex::new(&companion.regex),
            boundary: companion.boundary.clone(),
            within: companion.within,
            secret_names: companion.secret_names.clone(),
            alphabet: token.alphabet,
            length: token.length,
            files: dossier.detect.files.clone(),
        }
    }

    /// Appends the secrets around the anchors of a text that have a companion
    /// nearby and a name.
    pub(crate) fn find(
        &self,
        text: &Text<'_>,
        anchors: &[Range<usize>],
        lexicon: &Lexicon,
        raws: &mut Vec<Raw>,
    ) {
        if anchors.is_empty() {
            return;
        }
        let Some(regex) = self.companion.get() else { return };
        for region in around(anchors, self.within, text.bytes.len()) {
            let companions: Vec<Range<usize>> = regex
                .find_iter(&text.bytes[region.clone()])
                .map(|found| region.start + found.start()..region.start + found.end())
                .filter(|span| is_bounded(text.bytes, span, &self.boundary))
                .collect();
            if companions.is_empty() {
                continue;
            }
            for span in tokens(text.bytes, region, self.alphabet, self.length) {
                let companion = nearest(&companions, span.start)
                    .filter(|companion| companion.start.abs_diff(span.start) <= self.within);
                if let Some(companion) = companion {
                    raws.extend(self.sighting(text, span, companion, lexicon));
                }
            }
        }
    }

    fn sighting(
        &self,
        text: &Text<'_>,
        span: Range<usize>,
        companion: &Range<usize>,
        lexicon: &Lexicon,
    ) -> Option<Raw> {
        let binding = binding::read(text.bytes, &span, lexicon);
        let name = binding.name?;
        if !binding.words.iter().any(|word| self.secret_names.contains(word)) {
            return None;
        }
        let value = &text.bytes[span.clone()];
        let mut signals = judge::marked(&self.role, value);
        signals[0] = judge::paired(&self.role, &text.bytes[name]);
        signals
            .extend(text.path.into_iter().flat_map(|path| judge::place(path, false, &self.files)));
        Some(Raw {
            dossier: self.id.clone(),
            family: self.family.clone(),
            value: value.to_vec(),
            companions: vec![Companion {
                role: self.role.clone(),
                value: String::from_utf8_lossy(&text.bytes[companion.clone()]).into_owned(),
            }],
            span,
            decoded: Vec::new(),
            signals,
        })
    }
}

/// The range, of some in order, that begins nearest to a place.
fn nearest(ranges: &[Range<usize>], at: usize) -> Option<&Range<usize>> {
    let after = ranges.partition_point(|range| range.start < at);
    let before = after.checked_sub(1).and_then(|index| ranges.get(index));
    before.into_iter().chain(ranges.get(after)).min_by_key(|range| range.start.abs_diff(at))
}

fn is_bounded(text: &[u8], span: &Range<usize>, boundary: &str) -> bool {
    let inside = |byte: Option<&u8>| byte.is_some_and(|byte| in_class(*byte, boundary));
    !inside(span.start.checked_sub(1).and_then(|at| text.get(at))) && !inside(text.get(span.end))
}

/// Whether a byte is of a class written like `A-Za-z0-9_-`.
fn in_class(byte: u8, class: &str) -> bool {
    let class = class.as_bytes();
    let mut at = 0;
    while at < class.len() {
        if at + 2 < class.len() && class[at + 1] == b'-' {
            if (class[at]..=class[at + 2]).contains(&byte) {
                return true;
            }
            at += 3;
        } else {
            if class[at] == byte {
                return true;
            }
            at += 1;
        }
    }
    false
}

/// Runs of exactly `length` bytes of an alphabet.
fn tokens(
    text: &[u8],
    region: Range<usize>,
    alphabet: Alphabet,
    length: usize,
) -> Vec<Range<usize>> {
    let belongs = |byte: u8| match alphabet {
        Alphabet::Alphanumeric => byte.is_ascii_alphanumeric(),
        Alphabet::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'),
        Alphabet::Hex => byte.is_ascii_hexdigit(),
    };
    let mut found = Vec::new();
    let mut at = region.start;
    while at < region.end {
        let run = text[at..].iter().take(length + 1).take_while(|byte| belongs(**byte)).count();
        if run == length && (at == 0 || !belongs(text[at - 1])) {
            found.push(at..at + length);
        }
        at += run.max(1);
        while run > 0 && at < region.end && belongs(text[at]) {
            at += 1;
        }
    }
    found
}
