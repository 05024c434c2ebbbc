//! Finds the places of one value in a text: what the detector sees, every
//! token of the right shape whose fingerprint is the one, and, with the value
//! at hand, each of its spellings and its hash.

use std::ops::Range;

use aho_corasick::AhoCorasick;
use leeward_detect::{Detector, Scratch};
use leeward_dossier::{
    Dossier,
    schema::{Alphabet, Class, Shape, Token},
};
use leeward_model::{Blob, Encoding, Excerpt, Fingerprint, Hint, Origin, Secret};
use zeroize::Zeroizing;

use crate::{
    dependents::By,
    spell::{self, Spelling},
};

/// What is looked for.
pub(crate) struct Wanted<'a> {
    detector: &'a Detector,
    dossier: &'a Dossier,
    old: Fingerprint,
    new: Option<Fingerprint>,
    hint: Option<Hint>,
    /// The value's spellings and its hash, and what each of them is.
    texts: Option<AhoCorasick>,
    kinds: Vec<Text>,
}

/// What a text that is looked for is.
enum Text {
    Value(Option<Encoding>),
    Hash(Hint),
}

/// A place of a value.
pub(crate) struct Sight {
    pub(crate) span: Range<usize>,
    pub(crate) is_old: bool,
    pub(crate) how: By,
    pub(crate) decoded: Vec<Encoding>,
    pub(crate) excerpt: Excerpt,
    /// What it is bound to.
    pub(crate) name: Option<String>,
    /// The value, if the place was told by fingerprint.
    pub(crate) value: Option<Secret>,
}

impl<'a> Wanted<'a> {
    pub(crate) fn new(
        detector: &'a Detector,
        dossier: &'a Dossier,
        old: Fingerprint,
        secret: Option<&Secret>,
        new: Option<Fingerprint>,
    ) -> Self {
        let mut texts: Vec<Zeroizing<Vec<u8>>> = Vec::new();
        let mut kinds = Vec::new();
        for Spelling { encoding, bytes } in secret.map(spell::spellings).unwrap_or_default() {
            texts.push(bytes);
            kinds.push(Text::Value(encoding));
        }
        if let Some(hash) = secret.map(spell::sha256_hex) {
            for written in [hash.to_ascii_uppercase(), hash] {
                let hint = Hint::from_text(format!("{}…{}", &written[..4], &written[60..]));
                texts.push(Zeroizing::new(written.into_bytes()));
                kinds.push(Text::Hash(hint));
            }
        }
        Self {
            detector,
            dossier,
            old,
            new,
            hint: secret.map(Secret::hint),
            texts: AhoCorasick::new(&texts).ok().filter(|_| !kinds.is_empty()),
            kinds,
        }
    }

    /// Every place in the bytes at hand, in order, none within another.
    pub(crate) fn find(&self, blob: &Blob<'_>, scratch: &mut Scratch) -> Vec<Sight> {
        let mut sights = Vec::new();
        self.detector.scan(blob, scratch, |seen| {
            if let Some(is_old) = self.is_one(seen.fingerprint) {
                sights.push(Sight {
                    name: self.name(blob.bytes, &seen.span),
                    span: seen.span,
                    is_old,
                    how: By::Value,
                    decoded: seen.decoded,
                    excerpt: seen.excerpt,
                    value: Some(seen.secret),
                });
            }
        });
        self.by_shape(blob.bytes, &mut sights);
        self.by_spelling(blob.bytes, &mut sights);
        sights.sort_by_key(|sight| (sight.span.start, std::cmp::Reverse(sight.span.end)));
        let mut end = 0;
        sights.retain(|sight| {
            let is_apart = sight.span.start >= end;
            end = end.max(sight.span.end);
            is_apart
        });
        sights
    }

    /// Whether a text of ours, such as a name, holds the value.
    pub(crate) fn is_in(&self, text: &[u8]) -> bool {
        let blob = Blob::whole(text, Origin::Stdin);
        self.find(&blob, &mut Scratch::default()).iter().any(|sight| sight.how == By::Value)
    }

    fn is_one(&self, fingerprint: Fingerprint) -> Option<bool> {
        match () {
            () if fingerprint == self.old => Some(true),
            () if Some(fingerprint) == self.new => Some(false),
            () => None,
        }
    }

    fn name(&self, text: &[u8], span: &Range<usize>) -> Option<String> {
        let range = self.detector.name_of(text, span)?;
        let name = text.get(range)?;
        Some(String::from_utf8_lossy(name).trim_start_matches("--").to_owned())
    }

    fn sight(
        &self,
        text: &[u8],
        span: Range<usize>,
        (is_old, how, hint): (bool, By, &Hint),
        decoded: Vec<Encoding>,
    ) -> Sight {
        Sight {
            name: self.name(text, &span),
            excerpt: leeward_detect::excerpt(text, &span, hint),
            span,
            is_old,
            how,
            decoded,
            value: None,
        }
    }

    /// Tokens that the detector does not take for a secret, because nothing
    /// around them says whose they are, but whose fingerprint is known.
    fn by_shape(&self, text: &[u8], sights: &mut Vec<Sight>) {
        let Shape::Token(token) = &self.dossier.detect.shape else { return };
        for run in runs(text, |byte| in_alphabet(byte, token.alphabet)) {
            if run.len() == token.length && has_classes(&text[run.clone()], token) {
                let secret = Secret::new(&text[run.clone()]);
                self.by_fingerprint(text, run, &secret, Vec::new(), sights);
            }
        }
        // Alone in base64, as manifests have it; often with a line's end.
        let lengths = [token.length, token.length + 1].map(|length| length.div_ceil(3) * 4);
        let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte);
        for run in runs(text, is_digit) {
            if !lengths.contains(&run.len()) {
                continue;
            }
            let Some(decoded) = spell::from_base64(&text[run.clone()]) else { continue };
            let value = decoded.trim_ascii();
            if value.len() == token.length && has_classes(value, token) {
                let secret = Secret::new(value);
                self.by_fingerprint(text, run, &secret, vec![Encoding::Base64], sights);
            }
        }
    }

    fn by_fingerprint(
        &self,
        text: &[u8],
        run: Range<usize>,
        secret: &Secret,
        decoded: Vec<Encoding>,
        sights: &mut Vec<Sight>,
    ) {
        let fingerprint = Fingerprint::new(&self.dossier.family, secret);
        if let Some(is_old) = self.is_one(fingerprint) {
            let what = (is_old, By::Value, &secret.hint());
            let sight = self.sight(text, run, what, decoded);
            sights.push(Sight { value: Some(secret.duplicate()), ..sight });
        }
    }

    /// With the value at hand: whatever else it could be written like.
    fn by_spelling(&self, text: &[u8], sights: &mut Vec<Sight>) {
        let (Some(hint), Some(texts)) = (&self.hint, &self.texts) else { return };
        // Nearly every text has none, which is sooner said.
        if !texts.is_match(text) {
            return;
        }
        for found in texts.find_overlapping_iter(text) {
            let (what, decoded) = match &self.kinds[found.pattern().as_usize()] {
                Text::Value(encoding) => {
                    ((true, By::Value, hint), encoding.iter().copied().collect())
                }
                Text::Hash(hint) => ((true, By::Hash, hint), Vec::new()),
            };
            sights.push(self.sight(text, found.range(), what, decoded));
        }
    }
}

/// The longest runs of bytes of a kind.
fn runs(text: &[u8], is_in: impl Fn(u8) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].iter().position(|&byte| is_in(byte))?;
        at = start + text[start..].iter().take_while(|&&byte| is_in(byte)).count();
        Some(start..at)
    })
}

fn in_alphabet(byte: u8, alphabet: Alphabet) -> bool {
    match alphabet {
        Alphabet::Alphanumeric => byte.is_ascii_alphanumeric(),
        Alphabet::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'),
        Alphabet::Hex => byte.is_ascii_hexdigit(),
    }
}

fn has_classes(value: &[u8], token: &Token) -> bool {
    value.iter().all(|&byte| in_alphabet(byte, token.alphabet))
        && token.classes.iter().all(|class| {
            value.iter().any(|byte| match class {
                Class::Upper => byte.is_ascii_uppercase(),
                Class::Lower => byte.is_ascii_lowercase(),
                Class::Digit => byte.is_ascii_digit(),
            })
        })
}
