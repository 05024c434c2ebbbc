//! Prefix-less kinds: candidates around anchors, each judged by its context,
//! and the kind of the family that it is.

use std::{collections::HashSet, ops::Range};

use leeward_dossier::{
    Dossier,
    schema::{Class, Token},
};
use leeward_model::{DossierId, Fingerprint, Secret};

use crate::{
    Options,
    binding::{self, Binding, Reading},
    candidate::{self, Candidate},
    evidence::{self, Evidence},
    judge::{self, Case},
    lazy_regex::LazyRegex,
    lexicon::{Lexicon, Owner},
    names, neighbours, scope,
    text::{Raw, Text, around},
    value,
};

/// How far from an anchor a plain candidate may lie, in bytes.
const NEAR: usize = 16 * 1024;
/// How far from an anchor joined literals and encoded tokens are looked for.
const CLOSE: usize = 4 * 1024;

/// Prefix-less kinds of one family: found alike, told apart afterwards.
#[derive(Debug)]
pub(crate) struct TokenFamily {
    family: String,
    owner: Owner,
    length: usize,
    classes: Vec<Class>,
    kinds: Vec<Kind>,
    published: HashSet<Fingerprint>,
    pub(crate) files: Vec<String>,
    loose: Vec<(DossierId, LazyRegex)>,
}

#[derive(Debug)]
struct Kind {
    id: DossierId,
    words: Vec<String>,
    hosts: Vec<String>,
    only_with: Vec<String>,
}

/// What is the same for all candidates of a text.
struct Scene<'a> {
    text: &'a Text<'a>,
    lexicon: &'a Lexicon,
    options: Options,
    /// The path names the owner.
    by_path: bool,
}

impl TokenFamily {
    pub(crate) fn new(dossier: &Dossier, token: &Token, lexicon: &Lexicon) -> Self {
        Self {
            family: dossier.family.clone(),
            owner: lexicon.owner_of(&dossier.family).unwrap_or(Owner(u16::MAX)),
            length: token.length,
            classes: token.classes.clone(),
            kinds: Vec::new(),
            published: HashSet::new(),
            files: Vec::new(),
            loose: Vec::new(),
        }
    }

    /// Whether a dossier's values are told from this family's only by context.
    pub(crate) fn holds(&self, dossier: &Dossier, token: &Token) -> bool {
        self.family == dossier.family && self.length == token.length
    }

    pub(crate) fn add(&mut self, dossier: &Dossier) {
        let detect = &dossier.detect;
        let evidence = &detect.evidence;
        let lower = |list: &[String]| list.iter().map(|word| word.to_ascii_lowercase()).collect();
        self.kinds.push(Kind {
            id: dossier.id().clone(),
            words: lower(&evidence.words),
            hosts: lower(&evidence.hosts),
            only_with: lower(&evidence.only_with),
        });
        self.files.extend(detect.files.iter().cloned());
        let published = detect.published_examples.iter();
        self.published.extend(published.filter_map(|text| text.parse::<Fingerprint>().ok()));
        let loose = detect.loose.iter().map(|loose| LazyRegex::new(&loose.regex));
        self.loose.extend(loose.map(|regex| (dossier.id().clone(), regex)));
    }

    /// Whether one of its kinds has this id.
    pub(crate) fn has(&self, id: &DossierId) -> bool {
        self.kinds.iter().any(|kind| kind.id == *id)
    }

    /// Whether the last part of a path names the owner.
    pub(crate) fn is_named_by(&self, path: &[u8], lexicon: &Lexicon) -> bool {
        let tail = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        names::words(tail).iter().any(|word| lexicon.word(word) == Some(self.owner))
    }

    /// Appends what is seen around the anchors of a text.
    pub(crate) fn find(
        &self,
        text: &Text<'_>,
        anchors: &[Range<usize>],
        lexicon: &Lexicon,
        options: Options,
        raws: &mut Vec<Raw>,
    ) {
        let by_path = text.path.is_some_and(|path| self.is_named_by(path, lexicon));
        if anchors.is_empty() && !by_path {
            return;
        }
        let scene = Scene { text, lexicon, options, by_path };
        let whole = 0..text.bytes.len();
        let near = if by_path { vec![whole] } else { around(anchors, NEAR, text.bytes.len()) };
        let candidates = self.candidates(&scene, &near, anchors);
        if !candidates.is_empty() {
            self.judge_all(&scene, &candidates, raws);
        }
        if options.low {
            self.loose(text, &near, raws);
        }
    }

    fn candidates(
        &self,
        scene: &Scene<'_>,
        near: &[Range<usize>],
        anchors: &[Range<usize>],
    ) -> Vec<Candidate> {
        let bytes = scene.text.bytes;
        let mut candidates = Vec::new();
        for region in near {
            candidate::plain(bytes, region.clone(), self.length, &mut candidates);
        }
        for region in around(anchors, CLOSE, bytes.len()) {
            candidate::joined(bytes, region.clone(), self.length, &mut candidates);
            candidate::continued(bytes, region.clone(), self.length, &mut candidates);
            candidate::encoded(bytes, region, self.length, &mut candidates);
        }
        let own = &scene.text.own;
        candidates.retain(|Candidate { span, .. }| span.start < own.end && own.start < span.end);
        candidates.retain(|candidate| {
            scene.options.low
                || value::has_classes(&candidate.value, &self.classes)
                    && value::placeholder(&candidate.value).is_none()
        });
        candidates
    }

    fn judge_all(&self, scene: &Scene<'_>, candidates: &[Candidate], raws: &mut Vec<Raw>) {
        let Scene { text, lexicon, .. } = *scene;
        let spans: Vec<Range<usize>> =
            candidates.iter().map(|candidate| candidate.span.clone()).collect();
        let evidence: Vec<Evidence> = around(&spans, scope::REACH, text.bytes.len())
            .into_iter()
            .flat_map(|region| evidence::collect(text.bytes, region, lexicon))
            .collect();
        for candidate in candidates {
            let binding = binding::read(text.bytes, &candidate.span, lexicon);
            let reading = binding.reading(lexicon);
            // No surroundings outweigh a name that says it is something else.
            let hopeless = !reading.owners.contains(&self.owner)
                && (reading.not_secret
                    || reading.owners.first().is_some_and(|other| !lexicon.is_compatible(*other)));
            if scene.options.low || !hopeless || binding.userinfo_of.is_some() {
                raws.push(self.judge(scene, candidate, &binding, &reading, &evidence));
            }
        }
    }

    fn judge(
        &self,
        scene: &Scene<'_>,
        candidate: &Candidate,
        binding: &Binding,
        reading: &Reading,
        evidence: &[Evidence],
    ) -> Raw {
        let Scene { text, lexicon, .. } = *scene;
        let span = &candidate.span;
        let from = span.start.saturating_sub(scope::REACH);
        let from = evidence.partition_point(|item| item.run.start < from);
        let to = evidence.partition_point(|item| item.run.start < span.end + scope::REACH);
        let evidence = &evidence[from..to];
        let relations = scope::relate(text.bytes, span, evidence);
        let uses = match &binding.name {
            Some(name) if !reading.owners.contains(&self.owner) && !binding.indirect => {
                neighbours::uses(text.bytes, name, scope::REACH)
            }
            _ => Vec::new(),
        };
        let uses: Vec<_> =
            uses.iter().map(|place| scope::relate(text.bytes, place, evidence)).collect();
        let case = Case {
            text: text.bytes,
            owner: self.owner,
            lexicon,
            binding,
            reading,
            evidence,
            relations: &relations,
            uses: &uses,
            foreign_holder: foreign_holder(text.bytes, span, lexicon),
        };
        let has_classes = value::has_classes(&candidate.value, &self.classes);
        let mut signals = judge::value(candidate, has_classes);
        signals.push(judge::prior());
        signals.extend(judge::binding(&case));
        signals.extend(judge::scope(&case));
        if let Some(path) = text.path {
            let names_owner = scene.by_path && !reading.owners.contains(&self.owner);
            signals.extend(judge::place(path, names_owner, &self.files));
            let alone = text.bytes.trim_ascii().len() == span.len();
            if scene.by_path && alone {
                signals.push(judge::whole_file());
            }
        }
        let secret = Secret::new(candidate.value.as_slice());
        if self.published.contains(&Fingerprint::new(&self.family, &secret)) {
            signals.push(judge::published());
        }
        Raw {
            dossier: self.kind(&case).id.clone(),
            family: self.family.clone(),
            value: candidate.value.clone(),
            companions: Vec::new(),
            span: span.clone(),
            decoded: candidate.decoded.clone(),
            signals,
        }
    }

    /// The low-confidence lane.
    fn loose(&self, text: &Text<'_>, regions: &[Range<usize>], raws: &mut Vec<Raw>) {
        for ((id, loose), region) in
            self.loose.iter().flat_map(|loose| regions.iter().map(move |region| (loose, region)))
        {
            let Some(regex) = loose.get() else { continue };
            for captures in regex.captures_iter(&text.bytes[region.clone()]) {
                let Some(value) = captures.name("value") else { continue };
                let span = region.start + value.start()..region.start + value.end();
                if raws.iter().any(|raw| raw.span.start < span.end && span.start < raw.span.end) {
                    continue;
                }
                raws.push(Raw {
                    dossier: id.clone(),
                    family: self.family.clone(),
                    value: value.as_bytes().to_vec(),
                    companions: Vec::new(),
                    span,
                    decoded: Vec::new(),
                    signals: vec![judge::loose()],
                });
            }
        }
    }

    /// Which kind of the family a value is: the one whose word stands in its
    /// name, whose host is nearest, or whose mark word does; else the first
    /// that asks for nothing.
    fn kind(&self, case: &Case<'_>) -> &Kind {
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

/// How many brackets out a value lies in a structure that has a name of its own
/// which is nobody's we know.
fn foreign_holder(text: &[u8], span: &Range<usize>, lexicon: &Lexicon) -> Option<u32> {
    let (name, level) = neighbours::holder(text, span)?;
    let reading = binding::reading(&names::words(&text[name]), lexicon);
    (reading.owners.is_empty() && !reading.credential && !reading.unknown.is_empty())
        .then_some(level)
}
