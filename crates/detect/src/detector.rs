//! The detector: prefilter, candidates, signals, verdict, layer by layer.
//!
//! Built once from the dossiers and shared by all threads; each thread brings
//! its own [`Scratch`]. What a sighting's provenance is, and what becomes of
//! it, is the caller's business.

use std::{collections::BTreeSet, ops::Range};

use leeward_dossier::{Dossier, Library, schema::Shape};
use leeward_model::{
    Blob, Companion, DossierId, Encoding, Excerpt, Fingerprint, Position, Secret, Signal, Trace,
};

use crate::{
    binding, decode, excerpt,
    gate::{Gate, Hit, Wanted},
    judge,
    lexicon::Lexicon,
    marked::{Mark, Pair},
    text::{Raw, Text},
    token::TokenFamily,
};

/// Log-odds below which nothing is worth a look, even on request: one in
/// twenty would be right.
const LEAST: f32 = -3.0;
/// Encodings nested in one another.
const DEPTH: usize = 4;

/// What the caller wants to see.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Also look for what can only be of low confidence: the loosely
    /// documented forms, and values that lack a class of characters.
    pub low: bool,
}

/// One sighting of a secret within a blob.
#[derive(Debug)]
pub struct Sighting {
    /// What it is taken for.
    pub dossier: DossierId,
    /// Identity of the secret.
    pub fingerprint: Fingerprint,
    /// The value, decoded.
    pub secret: Secret,
    /// The credential's other parts.
    pub companions: Vec<Companion>,
    /// Byte range in the blob's bytes, encoded form included.
    pub span: Range<usize>,
    /// Position of its first character, as if the blob's bytes were the whole.
    pub start: Position,
    /// Position after its last character, likewise.
    pub end: Position,
    /// Layers undone, outermost first.
    pub decoded: Vec<Encoding>,
    /// Its line, masked.
    pub excerpt: Excerpt,
    /// All evidence weighed.
    pub signals: Vec<Signal>,
    /// A comment beside it asks to leave it alone.
    pub ignored_inline: bool,
}

/// A thread's reusable memory.
#[derive(Debug, Default)]
pub struct Scratch {
    hits: Vec<Hit>,
}

/// Finds secrets. See the crate's documentation.
#[derive(Debug)]
pub struct Detector {
    options: Options,
    gate: Gate,
    lexicon: Lexicon,
    /// By the gate's rule number, which is the dossier's index.
    rules: Vec<Rule>,
    tokens: Vec<TokenFamily>,
    marks: Vec<Mark>,
    pairs: Vec<Pair>,
}

/// What an anchor's dossier does with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rule {
    Token(usize),
    Mark(usize),
    Pair(usize),
}

impl Detector {
    /// A detector for these dossiers.
    pub fn new(library: &Library, options: Options) -> Self {
        let dossiers = library.dossiers();
        let anchors = dossiers.iter().enumerate().flat_map(|(rule, dossier)| {
            let as_written = matches!(dossier.detect.shape, Shape::Pattern(_));
            let texts = dossier.detect.anchors.iter();
            texts.map(move |text| Wanted { rule, text, as_written })
        });
        let mut detector = Self {
            options,
            gate: Gate::new(anchors),
            lexicon: Lexicon::new(library),
            rules: Vec::with_capacity(dossiers.len()),
            tokens: Vec::new(),
            marks: Vec::new(),
            pairs: Vec::new(),
        };
        for dossier in dossiers {
            let rule = detector.rule(dossier);
            detector.rules.push(rule);
        }
        detector
    }

    fn rule(&mut self, dossier: &Dossier) -> Rule {
        match (&dossier.detect.shape, &dossier.detect.companion) {
            (Shape::Pattern(pattern), _) => {
                self.marks.push(Mark::new(dossier, pattern));
                Rule::Mark(self.marks.len() - 1)
            }
            (Shape::Token(token), Some(companion)) => {
                self.pairs.push(Pair::new(dossier, token, companion));
                Rule::Pair(self.pairs.len() - 1)
            }
            (Shape::Token(token), None) => {
                let known = self.tokens.iter().position(|family| family.holds(dossier, token));
                let index = known.unwrap_or_else(|| {
                    self.tokens.push(TokenFamily::new(dossier, token, &self.lexicon));
                    self.tokens.len() - 1
                });
                self.tokens[index].add(dossier);
                Rule::Token(index)
            }
        }
    }

    /// Looks at a blob and hands each sighting to `found`. The trace answers
    /// whether the blob holds any anchor: versions built on one that holds
    /// none need only their fresh ranges looked at.
    pub fn scan(
        &self,
        blob: &Blob<'_>,
        scratch: &mut Scratch,
        mut found: impl FnMut(Sighting),
    ) -> Trace {
        let path = blob.origin.path();
        let by_path = path.is_some_and(|path| self.path_owner(path));
        if !by_path
            && let Some(base) = blob.base
            && base.trace == Trace::default()
        {
            let fresh = self.any_in(blob.bytes, base.fresh);
            if !fresh {
                return Trace::default();
            }
        }
        scratch.hits.clear();
        self.gate.find(blob.bytes, &mut scratch.hits);
        if scratch.hits.is_empty() && !by_path {
            return Trace::default();
        }
        let mut raws = Vec::new();
        let own = blob.piece.map_or(0..usize::MAX, |piece| piece.own_start..piece.own_end);
        let text = Text { bytes: blob.bytes, path, depth: DEPTH, own: own.clone() };
        self.text(&text, &scratch.hits, &mut raws);
        raws.retain(|raw| own.contains(&raw.span.start));
        self.settle(blob.bytes, raws, &mut found);
        Trace(u64::from(!scratch.hits.is_empty()))
    }

    /// Whether there is anything in some bytes that makes a text worth a look:
    /// where this says no of every part of a text, with [`Self::reach`] bytes
    /// of the part before, there is nothing to be found in the text.
    pub fn touches(&self, bytes: &[u8]) -> bool {
        self.gate.any(bytes)
    }

    /// The longest thing that [`Self::touches`] looks for.
    pub fn reach(&self) -> usize {
        self.gate.reach()
    }

    /// Whether an anchor touches one of these ranges, which are in order.
    fn any_in(&self, bytes: &[u8], ranges: &[Range<usize>]) -> bool {
        let reach = self.gate.reach();
        let mut ranges = ranges
            .iter()
            .map(|range| range.start.saturating_sub(reach)..bytes.len().min(range.end + reach));
        let Some(mut window) = ranges.next() else { return false };
        for next in ranges {
            if next.start <= window.end {
                window.end = next.end;
            } else if self.gate.any(&bytes[window]) {
                return true;
            } else {
                window = next;
            }
        }
        self.gate.any(&bytes[window])
    }

    /// Whether a path names the owner of a prefix-less family, so that its
    /// file is looked at even without an anchor.
    fn path_owner(&self, path: &[u8]) -> bool {
        self.tokens.iter().any(|family| family.is_named_by(path, &self.lexicon))
    }

    /// All sightings in a text and in the encoded texts within it.
    fn text(&self, text: &Text<'_>, hits: &[Hit], raws: &mut Vec<Raw>) {
        // A path may name a family's owner where the text does not.
        let families = (0..self.tokens.len()).map(Rule::Token);
        let met = hits.iter().map(|hit| self.rules[self.gate.anchor(*hit).rule]);
        for rule in families.chain(met).collect::<BTreeSet<Rule>>() {
            let anchors = self.anchors(hits, rule);
            match rule {
                Rule::Token(index) => {
                    let family = &self.tokens[index];
                    family.find(text, &anchors, &self.lexicon, self.options, raws);
                }
                Rule::Mark(index) => self.marks[index].find(text, &anchors, raws),
                Rule::Pair(index) => {
                    self.pairs[index].find(text, &anchors, &self.lexicon, raws);
                }
            }
        }
        if text.depth > 0 {
            self.layers(text, hits, raws);
        }
    }

    /// The plain anchors that belong to a rule.
    fn anchors(&self, hits: &[Hit], rule: Rule) -> Vec<Range<usize>> {
        hits.iter()
            .filter(|hit| {
                let anchor = self.gate.anchor(**hit);
                anchor.encoding.is_none() && self.rules[anchor.rule] == rule
            })
            .map(|hit| hit.start..hit.end)
            .collect()
    }

    /// Undoes the encoded texts in which an anchor was seen, and looks there.
    fn layers(&self, text: &Text<'_>, hits: &[Hit], raws: &mut Vec<Raw>) {
        let mut done: Vec<(Encoding, Range<usize>)> = Vec::new();
        let encoded = |hit: &&Hit| self.gate.anchor(**hit).encoding.is_some();
        // ASCII in UTF-16 reads the same in the other byte order, one byte off.
        // Units begin at even offsets, so those are tried first.
        let off = |hit: &&Hit| {
            hit.start % 2 == 1 && self.gate.anchor(**hit).encoding.is_some_and(is_wide)
        };
        let later = hits.iter().filter(off);
        for hit in hits.iter().filter(encoded).filter(|hit| !off(hit)).chain(later) {
            let Some(encoding) = self.gate.anchor(*hit).encoding else { continue };
            let known = |(known, extent): &(Encoding, Range<usize>)| {
                extent.contains(&hit.start)
                    && (*known == encoding || is_wide(*known) && is_wide(encoding))
            };
            if done.iter().any(known) {
                continue;
            }
            let Some((extent, layer)) = decode::around(text.bytes, hit.start..hit.end, encoding)
            else {
                continue;
            };
            let mut inner_hits = Vec::new();
            self.gate.find(&layer.bytes, &mut inner_hits);
            let mut inner = Vec::new();
            self.text(
                &Text {
                    bytes: &layer.bytes,
                    path: None,
                    depth: text.depth - 1,
                    own: 0..usize::MAX,
                },
                &inner_hits,
                &mut inner,
            );
            for mut raw in inner {
                let span = layer.original(raw.span);
                raw.span = extent.start + span.start..extent.start + span.end;
                raw.decoded.insert(0, encoding);
                raws.push(raw);
            }
            done.push((encoding, extent));
        }
    }

    /// Makes sightings of what was found, the best one for each place, in
    /// order of place.
    fn settle(&self, bytes: &[u8], mut raws: Vec<Raw>, found: &mut impl FnMut(Sighting)) {
        let sum = |raw: &Raw| raw.signals.iter().map(|signal| signal.weight).sum::<f32>();
        let floor = if self.options.low { LEAST } else { 0.0 };
        raws.retain(|raw| sum(raw) >= floor);
        raws.sort_by(|a, b| a.span.start.cmp(&b.span.start).then(sum(b).total_cmp(&sum(a))));
        let mut position = (0, Position::START);
        let mut last_end = 0;
        for raw in raws {
            if raw.span.start < last_end {
                continue;
            }
            last_end = raw.span.end;
            position = (raw.span.start, position.1.after(&bytes[position.0..raw.span.start]));
            let secret = Secret::new(raw.value);
            let wide = raw.decoded.first().copied().is_some_and(is_wide);
            let start =
                if wide { wide_column(bytes, raw.span.start, position.1) } else { position.1 };
            let end = if wide {
                wide_column(bytes, raw.span.end, position.1.after(&bytes[raw.span.clone()]))
            } else {
                position.1.after(&bytes[raw.span.clone()])
            };
            found(Sighting {
                dossier: raw.dossier,
                fingerprint: Fingerprint::new(&raw.family, &secret),
                companions: raw.companions,
                start,
                end,
                decoded: raw.decoded,
                excerpt: excerpt::around(bytes, &raw.span, &secret.hint()),
                signals: raw.signals,
                ignored_inline: excerpt::is_ignored(bytes, &raw.span),
                span: raw.span,
                secret,
            });
        }
    }

    /// Where the name stands that the value at `span` of a text is bound to, if
    /// any: the variable of an assignment, the key of a field, the flag of a
    /// command.
    pub fn name_of(&self, text: &[u8], span: &Range<usize>) -> Option<Range<usize>> {
        binding::read(text, span, &self.lexicon).name
    }

    /// The signals of a path for a sighting that was judged without one, as
    /// those in Git history are until their paths are known.
    pub fn place(&self, dossier: &DossierId, path: &[u8]) -> Vec<Signal> {
        let token = self.tokens.iter().find(|family| family.has(dossier));
        let mark = self.marks.iter().find(|mark| mark.id == *dossier).map(|mark| &mark.files);
        let pair = self.pairs.iter().find(|pair| pair.id == *dossier).map(|pair| &pair.files);
        let files = token.map(|family| &family.files).or(mark).or(pair);
        judge::place(path, false, files.map_or(&[], Vec::as_slice))
    }
}

/// Whether an encoding has two bytes to a character.
fn is_wide(encoding: Encoding) -> bool {
    matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be)
}

/// Column of a position in UTF-16 text, in code units.
fn wide_column(bytes: &[u8], at: usize, position: Position) -> Position {
    let line_start = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |i| i + 1);
    Position { line: position.line, column: 1 + ((at - line_start) / 2) as u64 }
}
