//! The detector: prefilter, candidates, signals, verdict, layer by layer.
//!
//! Built once from the dossiers and shared by all threads; each thread brings
//! its own [`Scratch`]. What a sighting's provenance is, and what becomes of
//! it, is the caller's business.

use std::{collections::HashSet, ops::Range, sync::OnceLock};

use leeward_dossier::{
    Dossier, Library,
    schema::{Alphabet, Class, Shape},
};
use leeward_model::{
    Blob, Companion, DossierId, Encoding, Excerpt, Fingerprint, Origin, Position, Secret, Signal,
    Trace,
};
use regex::bytes::Regex;

use crate::{
    binding,
    candidate::{self, Candidate},
    decode,
    evidence::{self, Evidence},
    excerpt,
    gate::{Gate, Hit},
    judge,
    lexicon::{Lexicon, Owner},
    names, neighbours, scope, value,
};

/// How far from an anchor a plain candidate may lie, in bytes.
const NEAR: usize = 16 * 1024;
/// How far from an anchor joined literals and encoded tokens are looked for.
const CLOSE: usize = 4 * 1024;
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
#[derive(Clone, Copy, Debug)]
enum Rule {
    Token(usize),
    Mark(usize),
    Pair(usize),
}

/// Prefix-less kinds of one family: found alike, told apart afterwards.
#[derive(Debug)]
struct TokenFamily {
    family: String,
    owner: Owner,
    length: usize,
    classes: Vec<Class>,
    kinds: Vec<Kind>,
    published: HashSet<Fingerprint>,
    files: Vec<String>,
    loose: Vec<LazyRegex>,
}

#[derive(Debug)]
struct Kind {
    id: DossierId,
    words: Vec<String>,
    hosts: Vec<String>,
    only_with: Vec<String>,
}

/// A kind whose values carry a mark of their own.
#[derive(Debug)]
struct Mark {
    id: DossierId,
    name: String,
    family: String,
    regex: LazyRegex,
    boundary: String,
    longest: usize,
    files: Vec<String>,
}

/// A kind of two parts, found by its public one.
#[derive(Debug)]
struct Pair {
    id: DossierId,
    family: String,
    role: String,
    companion: LazyRegex,
    boundary: String,
    within: usize,
    secret_names: Vec<String>,
    alphabet: Alphabet,
    length: usize,
    files: Vec<String>,
}

/// An expression that is compiled when a blob first needs it.
#[derive(Debug)]
struct LazyRegex {
    source: String,
    compiled: OnceLock<Option<Regex>>,
}

impl LazyRegex {
    fn new(source: &str) -> Self {
        Self { source: source.to_owned(), compiled: OnceLock::new() }
    }

    /// `None` if the expression does not compile, which `dossier check`
    /// reports.
    fn get(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| compile(&self.source).ok()).as_ref()
    }
}

/// Largest compiled expression, in bytes: bounds what a user's dossier may
/// cost.
const LARGEST_REGEX: usize = 1 << 20;

pub(crate) fn compile(source: &str) -> Result<Regex, regex::Error> {
    regex::bytes::RegexBuilder::new(source)
        .unicode(false)
        .size_limit(LARGEST_REGEX)
        .dfa_size_limit(LARGEST_REGEX)
        .build()
}

/// Texts from which sightings are read: the blob itself or a decoded layer.
struct Text<'a> {
    bytes: &'a [u8],
    path: Option<&'a [u8]>,
    depth: usize,
}

/// A sighting before it is placed in the blob.
struct Raw {
    dossier: DossierId,
    family: String,
    value: Vec<u8>,
    companions: Vec<Companion>,
    span: Range<usize>,
    decoded: Vec<Encoding>,
    signals: Vec<Signal>,
}

impl Detector {
    /// A detector for these dossiers.
    pub fn new(library: &Library, options: Options) -> Self {
        let dossiers = library.dossiers();
        let anchors = dossiers.iter().enumerate().flat_map(|(rule, dossier)| {
            dossier.detect.anchors.iter().map(move |anchor| (rule, anchor.as_str()))
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
        let detect = &dossier.detect;
        match (&detect.shape, &detect.companion) {
            (Shape::Pattern(pattern), _) => {
                self.marks.push(Mark {
                    id: dossier.id().clone(),
                    name: dossier.name.clone(),
                    family: dossier.family.clone(),
                    regex: LazyRegex::new(&pattern.regex),
                    boundary: pattern.boundary.clone(),
                    longest: pattern.longest,
                    files: detect.files.clone(),
                });
                Rule::Mark(self.marks.len() - 1)
            }
            (Shape::Token(token), Some(companion)) => {
                self.pairs.push(Pair {
                    id: dossier.id().clone(),
                    family: dossier.family.clone(),
                    role: companion.role.clone(),
                    companion: LazyRegex::new(&companion.regex),
                    boundary: companion.boundary.clone(),
                    within: companion.within,
                    secret_names: companion.secret_names.clone(),
                    alphabet: token.alphabet,
                    length: token.length,
                    files: detect.files.clone(),
                });
                Rule::Pair(self.pairs.len() - 1)
            }
            (Shape::Token(token), None) => {
                let index = self.token_family(dossier, token.length, &token.classes);
                let family = &mut self.tokens[index];
                let evidence = &detect.evidence;
                let lower =
                    |list: &[String]| list.iter().map(|word| word.to_ascii_lowercase()).collect();
                family.kinds.push(Kind {
                    id: dossier.id().clone(),
                    words: lower(&evidence.words),
                    hosts: lower(&evidence.hosts),
                    only_with: lower(&evidence.only_with),
                });
                family.files.extend(detect.files.iter().cloned());
                family.published.extend(
                    detect
                        .published_examples
                        .iter()
                        .filter_map(|text| text.parse::<Fingerprint>().ok()),
                );
                family.loose.extend(detect.loose.iter().map(|loose| LazyRegex::new(&loose.regex)));
                Rule::Token(index)
            }
        }
    }

    fn token_family(&mut self, dossier: &Dossier, length: usize, classes: &[Class]) -> usize {
        let known = self
            .tokens
            .iter()
            .position(|known| known.family == dossier.family && known.length == length);
        known.unwrap_or_else(|| {
            self.tokens.push(TokenFamily {
                family: dossier.family.clone(),
                owner: self.lexicon.owner_of(&dossier.family).unwrap_or(Owner(u16::MAX)),
                length,
                classes: classes.to_vec(),
                kinds: Vec::new(),
                published: HashSet::new(),
                files: Vec::new(),
                loose: Vec::new(),
            });
            self.tokens.len() - 1
        })
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
        let path = match blob.origin {
            Origin::File(path) => Some(path.as_os_str().as_encoded_bytes()),
            _ => None,
        };
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
        self.text(&Text { bytes: blob.bytes, path, depth: DEPTH }, &scratch.hits, &mut raws);
        let own = blob.piece.map_or(0..usize::MAX, |piece| piece.own_start..piece.own_end);
        raws.retain(|raw| own.contains(&raw.span.start));
        self.settle(blob.bytes, raws, &mut found);
        Trace(u64::from(!scratch.hits.is_empty()))
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
        self.tokens.iter().any(|family| self.path_names(path, family.owner))
    }

    fn path_names(&self, path: &[u8], owner: Owner) -> bool {
        let tail = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        names::words(tail).iter().any(|word| self.lexicon.word(word) == Some(owner))
    }

    /// All sightings in a text and in the encoded texts within it.
    fn text(&self, text: &Text<'_>, hits: &[Hit], raws: &mut Vec<Raw>) {
        for (index, family) in self.tokens.iter().enumerate() {
            let anchors: Vec<Range<usize>> = hits
                .iter()
                .filter(|hit| {
                    let anchor = self.gate.anchor(**hit);
                    anchor.encoding.is_none()
                        && matches!(self.rules[anchor.rule], Rule::Token(at) if at == index)
                })
                .map(|hit| hit.start..hit.end)
                .collect();
            self.tokens_of(family, text, &anchors, raws);
        }
        let mut seen_mark = Vec::new();
        let mut seen_pair = Vec::new();
        for hit in hits {
            let anchor = self.gate.anchor(*hit);
            match (anchor.encoding, self.rules[anchor.rule]) {
                (None, Rule::Mark(index)) => {
                    self.mark(&self.marks[index], text, hit, &mut seen_mark, raws);
                }
                (None, Rule::Pair(index)) => {
                    self.pair(&self.pairs[index], text, hit, &mut seen_pair, raws);
                }
                _ => {}
            }
        }
        if text.depth > 0 {
            self.layers(text, hits, raws);
        }
    }

    /// Undoes the encoded texts in which an anchor was seen, and looks there.
    fn layers(&self, text: &Text<'_>, hits: &[Hit], raws: &mut Vec<Raw>) {
        let mut done: Vec<(Encoding, Range<usize>)> = Vec::new();
        for hit in hits {
            let Some(encoding) = self.gate.anchor(*hit).encoding else { continue };
            // ASCII in UTF-16 reads the same in the other byte order, one byte
            // off; units begin at even offsets.
            let twin = |other: &Hit| {
                let wide = Some(Encoding::Utf16Le) == self.gate.anchor(*other).encoding
                    || Some(Encoding::Utf16Be) == self.gate.anchor(*other).encoding;
                wide && other.start.abs_diff(hit.start) == 1
            };
            let wide = matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be);
            if wide && hit.start % 2 == 1 && hits.iter().any(twin) {
                continue;
            }
            if done.iter().any(|(known, extent)| *known == encoding && extent.contains(&hit.start))
            {
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
                &Text { bytes: &layer.bytes, path: None, depth: text.depth - 1 },
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

    fn tokens_of(
        &self,
        family: &TokenFamily,
        text: &Text<'_>,
        anchors: &[Range<usize>],
        raws: &mut Vec<Raw>,
    ) {
        let by_path = text.path.is_some_and(|path| self.path_names(path, family.owner));
        if anchors.is_empty() && !by_path {
            return;
        }
        let whole = 0..text.bytes.len();
        let near = if by_path { vec![whole] } else { around(anchors, NEAR, text.bytes.len()) };
        let close = around(anchors, CLOSE, text.bytes.len());
        let mut candidates = Vec::new();
        for region in &near {
            candidate::plain(text.bytes, region.clone(), family.length, &mut candidates);
        }
        for region in close {
            candidate::joined(text.bytes, region.clone(), family.length, &mut candidates);
            candidate::continued(text.bytes, region.clone(), family.length, &mut candidates);
            candidate::encoded(text.bytes, region, family.length, &mut candidates);
        }
        candidates.retain(|candidate| {
            self.options.low
                || value::has_classes(&candidate.value, &family.classes)
                    && value::placeholder(&candidate.value).is_none()
        });
        if !candidates.is_empty() {
            self.judge_all(family, text, by_path, &candidates, raws);
        }
        if self.options.low {
            self.loose(family, text, &near, raws);
        }
    }

    fn judge_all(
        &self,
        family: &TokenFamily,
        text: &Text<'_>,
        by_path: bool,
        candidates: &[Candidate],
        raws: &mut Vec<Raw>,
    ) {
        let spans: Vec<Range<usize>> =
            candidates.iter().map(|candidate| candidate.span.clone()).collect();
        let evidence: Vec<Evidence> = around(&spans, scope::REACH, text.bytes.len())
            .into_iter()
            .flat_map(|region| evidence::collect(text.bytes, region, &self.lexicon))
            .collect();
        for candidate in candidates {
            let binding = binding::read(text.bytes, &candidate.span, &self.lexicon);
            let reading = binding.reading(&self.lexicon);
            let reach = candidate.span.start.saturating_sub(scope::REACH)
                ..candidate.span.end + scope::REACH;
            let from = evidence.partition_point(|item| item.run.start < reach.start);
            let to = evidence.partition_point(|item| item.run.start < reach.end);
            let nearby = &evidence[from..to];
            let relations = scope::relate(text.bytes, &candidate.span, nearby);
            let holder = neighbours::holder(text.bytes, &candidate.span).filter(|(name, _)| {
                let reading =
                    binding::reading(&names::words(&text.bytes[name.clone()]), &self.lexicon);
                reading.owners.is_empty() && !reading.credential && !reading.unknown.is_empty()
            });
            let uses: Vec<_> = match &binding.name {
                Some(name) if !reading.owners.contains(&family.owner) && !binding.indirect => {
                    neighbours::uses(text.bytes, name, scope::REACH)
                }
                _ => Vec::new(),
            };
            let uses: Vec<_> =
                uses.iter().map(|place| scope::relate(text.bytes, place, nearby)).collect();
            let case = judge::Case {
                text: text.bytes,
                owner: family.owner,
                lexicon: &self.lexicon,
                binding: &binding,
                reading: &reading,
                evidence: nearby,
                relations: &relations,
                uses: &uses,
                foreign_holder: holder.map(|(_, level)| level),
            };
            let mut signals =
                judge::value(candidate, value::has_classes(&candidate.value, &family.classes));
            signals.push(judge::prior());
            signals.extend(judge::binding(&case));
            signals.extend(judge::scope(&case));
            if let Some(path) = text.path {
                signals.extend(judge::place(
                    path,
                    by_path && !reading.owners.contains(&family.owner),
                    &family.files,
                ));
            }
            let secret = Secret::new(candidate.value.as_slice());
            if family.published.contains(&Fingerprint::new(&family.family, &secret)) {
                signals.push(judge::published());
            }
            raws.push(Raw {
                dossier: family.kind(&case).id.clone(),
                family: family.family.clone(),
                value: candidate.value.clone(),
                companions: Vec::new(),
                span: candidate.span.clone(),
                decoded: candidate.decoded.clone(),
                signals,
            });
        }
    }

    /// The low-confidence lane.
    fn loose(
        &self,
        family: &TokenFamily,
        text: &Text<'_>,
        regions: &[Range<usize>],
        raws: &mut Vec<Raw>,
    ) {
        for (loose, region) in
            family.loose.iter().flat_map(|loose| regions.iter().map(move |region| (loose, region)))
        {
            let Some(regex) = loose.get() else { continue };
            for captures in regex.captures_iter(&text.bytes[region.clone()]) {
                let Some(value) = captures.name("value") else { continue };
                let span = region.start + value.start()..region.start + value.end();
                if raws.iter().any(|raw| raw.span.start < span.end && span.start < raw.span.end) {
                    continue;
                }
                raws.push(Raw {
                    dossier: family.kinds[0].id.clone(),
                    family: family.family.clone(),
                    value: value.as_bytes().to_vec(),
                    companions: Vec::new(),
                    span,
                    decoded: Vec::new(),
                    signals: vec![judge::loose()],
                });
            }
        }
    }

    fn mark(
        &self,
        mark: &Mark,
        text: &Text<'_>,
        hit: &Hit,
        seen: &mut Vec<Range<usize>>,
        raws: &mut Vec<Raw>,
    ) {
        let Some(regex) = mark.regex.get() else { return };
        let from = hit.start.saturating_sub(mark.longest);
        let to = text.bytes.len().min(hit.end + mark.longest);
        for found in regex.find_iter(&text.bytes[from..to]) {
            let span = from + found.start()..from + found.end();
            if seen.contains(&span) || !is_bounded(text.bytes, &span, &mark.boundary) {
                continue;
            }
            seen.push(span.clone());
            let mut signals = judge::marked(&mark.name, found.as_bytes());
            signals.extend(
                text.path.map(|path| judge::place(path, false, &mark.files)).unwrap_or_default(),
            );
            raws.push(Raw {
                dossier: mark.id.clone(),
                family: mark.family.clone(),
                value: found.as_bytes().to_vec(),
                companions: Vec::new(),
                span,
                decoded: Vec::new(),
                signals,
            });
        }
    }

    fn pair(
        &self,
        pair: &Pair,
        text: &Text<'_>,
        hit: &Hit,
        seen: &mut Vec<Range<usize>>,
        raws: &mut Vec<Raw>,
    ) {
        let from = hit.start.saturating_sub(pair.within);
        let to = text.bytes.len().min(hit.end + pair.within);
        let Some(regex) = pair.companion.get() else { return };
        let companions: Vec<Range<usize>> = regex
            .find_iter(&text.bytes[from..to])
            .map(|found| from + found.start()..from + found.end())
            .filter(|span| is_bounded(text.bytes, span, &pair.boundary))
            .collect();
        if companions.is_empty() {
            return;
        }
        for span in tokens(text.bytes, from..to, pair.alphabet, pair.length) {
            let binding = binding::read(text.bytes, &span, &self.lexicon);
            let named = binding.words.iter().any(|word| pair.secret_names.contains(word));
            let nearest =
                companions.iter().min_by_key(|companion| companion.start.abs_diff(span.start));
            let (Some(name), Some(companion), false, true) =
                (binding.name, nearest, seen.contains(&span), named)
            else {
                continue;
            };
            seen.push(span.clone());
            let value = &text.bytes[span.clone()];
            let mut signals = judge::marked(&pair.role, value);
            signals[0] = judge::paired(&pair.role, &text.bytes[name]);
            signals.extend(
                text.path.map(|path| judge::place(path, false, &pair.files)).unwrap_or_default(),
            );
            raws.push(Raw {
                dossier: pair.id.clone(),
                family: pair.family.clone(),
                value: value.to_vec(),
                companions: vec![Companion {
                    role: pair.role.clone(),
                    value: String::from_utf8_lossy(&text.bytes[companion.clone()]).into_owned(),
                }],
                span,
                decoded: Vec::new(),
                signals,
            });
        }
    }

    /// Makes sightings of what was found, the best one for each place, in
    /// order of place.
    fn settle(&self, bytes: &[u8], mut raws: Vec<Raw>, found: &mut impl FnMut(Sighting)) {
        let sum = |raw: &Raw| raw.signals.iter().map(|signal| signal.weight).sum::<f32>();
        let floor = if self.options.low { f32::NEG_INFINITY } else { 0.0 };
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
            let wide = matches!(raw.decoded.first(), Some(Encoding::Utf16Le | Encoding::Utf16Be));
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

    /// The signals of a path for a sighting that was judged without one, as
    /// those in Git history are until their paths are known.
    pub fn place(&self, dossier: &DossierId, path: &[u8]) -> Vec<Signal> {
        let token =
            self.tokens.iter().find(|family| family.kinds.iter().any(|kind| kind.id == *dossier));
        let mark = self.marks.iter().find(|mark| mark.id == *dossier).map(|mark| &mark.files);
        let pair = self.pairs.iter().find(|pair| pair.id == *dossier).map(|pair| &pair.files);
        let files = token.map(|family| &family.files).or(mark).or(pair);
        judge::place(path, false, files.map_or(&[], Vec::as_slice))
    }
}

impl TokenFamily {
    /// Which kind of the family a value is: the one whose word stands in its
    /// name, whose host is nearest, or whose mark word does; else the first
    /// that asks for nothing.
    fn kind(&self, case: &judge::Case<'_>) -> &Kind {
        let words = &case.binding.words;
        let marked = self.kinds.iter().find(|kind| {
            !kind.only_with.is_empty() && kind.only_with.iter().any(|word| words.contains(word))
        });
        let open = || self.kinds.iter().filter(|kind| kind.only_with.is_empty());
        let named = || {
            open()
                .filter(|kind| kind.words.iter().any(|word| words.contains(word)))
                .min_by_key(|kind| kind.words.len())
        };
        let hosted = || {
            let nearest = case
                .evidence
                .iter()
                .zip(case.relations)
                .filter(|(item, _)| item.owner == case.owner && item.class == evidence::Class::Host)
                .filter_map(|(item, relation)| Some((item, (*relation)?)))
                .min_by_key(|(_, relation)| (relation.level, relation.distance))?
                .0;
            let run = String::from_utf8_lossy(&case.text[nearest.run.clone()]).to_ascii_lowercase();
            open()
                .flat_map(|kind| kind.hosts.iter().map(move |host| (host, kind)))
                .filter(|(host, _)| run.contains(host.as_str()))
                .max_by_key(|(host, _)| host.len())
                .map(|(_, kind)| kind)
        };
        let broadest = || open().max_by_key(|kind| kind.words.len());
        marked.or_else(named).or_else(hosted).or_else(broadest).unwrap_or(&self.kinds[0])
    }
}

/// Column of a position in UTF-16 text, in code units.
fn wide_column(bytes: &[u8], at: usize, position: Position) -> Position {
    let line_start = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |i| i + 1);
    Position { line: position.line, column: 1 + ((at - line_start) / 2) as u64 }
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

/// The union of the surroundings of some places, in order.
fn around(places: &[Range<usize>], reach: usize, length: usize) -> Vec<Range<usize>> {
    let mut sorted: Vec<Range<usize>> = places
        .iter()
        .map(|place| place.start.saturating_sub(reach)..length.min(place.end + reach))
        .collect();
    sorted.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in sorted {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}
