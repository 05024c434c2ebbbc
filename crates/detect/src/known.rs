//! Values that are known by their fingerprints, wherever they stand: every token that
//! has the form of a prefix-less kind is fingerprinted, though nothing around it names
//! a provider, and only those that are known are shown. What speaks for a value is its
//! fingerprint alone, so nothing else is weighed.
//!
//! Kinds with a mark of their own need none of this: the detector finds them wherever
//! they stand.

use std::ops::Range;

use leeward_dossier::{
    Library,
    schema::{Alphabet, Class, Shape},
};
use leeward_model::{DossierId, Encoding, Fingerprint, Position, Secret, Signal, SignalKind};

use crate::{Sighting, candidate, excerpt, value};

/// Speaks for a value more than anything else could speak against it.
const WEIGHT: f32 = 12.0;

/// How many bytes more than a value has a run may have and still hold one after an
/// escape, such as `\u0022` or `%3D`.
const LONGEST_ESCAPE: usize = 6;

/// Finds tokens that could be values of prefix-less kinds.
#[derive(Debug)]
pub struct Tokens {
    forms: Vec<Form>,
}

/// What the values of a family look like.
#[derive(Debug)]
struct Form {
    family: String,
    dossier: DossierId,
    length: usize,
    classes: Vec<Class>,
    alphabet: Alphabet,
    is_of: [bool; 256],
}

/// A token: where it stands, what it is decoded, and what had to be undone.
type Found = (Range<usize>, Vec<u8>, Vec<Encoding>);

impl Tokens {
    /// For the prefix-less kinds of these dossiers.
    pub fn new(library: &Library) -> Self {
        let mut forms: Vec<Form> = Vec::new();
        // A kind that may stand alone speaks for its family.
        let mut dossiers: Vec<_> = library.dossiers().iter().collect();
        dossiers.sort_by_key(|dossier| !dossier.detect.bare);
        for dossier in dossiers {
            let Shape::Token(token) = &dossier.detect.shape else { continue };
            let is_same = |form: &Form| {
                form.family == dossier.family
                    && form.length == token.length
                    && form.alphabet == token.alphabet
            };
            if forms.iter().any(is_same) {
                continue;
            }
            let mut is_of = [false; 256];
            for byte in 0..=u8::MAX {
                is_of[usize::from(byte)] = match token.alphabet {
                    Alphabet::Alphanumeric => byte.is_ascii_alphanumeric(),
                    Alphabet::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'),
                    Alphabet::Hex => byte.is_ascii_hexdigit(),
                };
            }
            forms.push(Form {
                family: dossier.family.clone(),
                dossier: dossier.id().clone(),
                length: token.length,
                classes: token.classes.clone(),
                alphabet: token.alphabet,
                is_of,
            });
        }
        Self { forms }
    }

    /// Shows each token of a text whose fingerprint is known.
    pub fn find(
        &self,
        text: &[u8],
        is_known: impl Fn(&Fingerprint) -> bool,
        mut found: impl FnMut(Sighting),
    ) {
        for form in &self.forms {
            let mut tokens = Vec::new();
            form.tokens(text, &mut tokens);
            for (span, value, decoded) in tokens {
                if !value::has_classes(&value, &form.classes) {
                    continue;
                }
                let secret = Secret::new(value);
                let fingerprint = Fingerprint::new(&form.family, &secret);
                if is_known(&fingerprint) {
                    found(form.sighting(text, span, fingerprint, secret, decoded));
                }
            }
        }
    }
}

impl Form {
    fn tokens(&self, text: &[u8], found: &mut Vec<Found>) {
        self.plain(text, found);
        if self.alphabet != Alphabet::Alphanumeric || text.len() < self.length {
            return;
        }
        let mut others = Vec::new();
        let whole = 0..text.len();
        candidate::joined(text, whole.clone(), self.length, &mut others);
        candidate::continued(text, whole.clone(), self.length, &mut others);
        candidate::encoded(text, whole, self.length, &mut others);
        found.extend(others.into_iter().map(|it| (it.span, it.value, it.decoded)));
    }

    /// Runs of the length. What adjoins one does not matter: a fingerprint that is
    /// known is not met by accident.
    fn plain(&self, text: &[u8], found: &mut Vec<Found>) {
        let is_of = |byte: &u8| self.is_of[usize::from(*byte)];
        let length = self.length;
        let mut at = length.saturating_sub(1);
        // Every run of at least the length covers one of the positions stepped on.
        while let Some(byte) = text.get(at) {
            if !is_of(byte) {
                at += length;
                continue;
            }
            let start = text[..at].iter().rposition(|byte| !is_of(byte)).map_or(0, |it| it + 1);
            let longest = start + length + LONGEST_ESCAPE + 1;
            let run = text[at..text.len().min(longest.max(at + 1))].iter();
            let end = at + run.take_while(|byte| is_of(byte)).count();
            let extra = (end - start).saturating_sub(length);
            if end - start >= length && extra <= LONGEST_ESCAPE {
                found.push((end - length..end, text[end - length..end].to_vec(), Vec::new()));
                if extra > 0 {
                    let first = start..start + length;
                    found.push((first.clone(), text[first].to_vec(), Vec::new()));
                }
            }
            // The rest of a longer run is stepped over, a length at a time.
            at = end.max(at) + length;
        }
    }

    fn sighting(
        &self,
        text: &[u8],
        span: Range<usize>,
        fingerprint: Fingerprint,
        secret: Secret,
        decoded: Vec<Encoding>,
    ) -> Sighting {
        let start = Position::START.after(&text[..span.start]);
        Sighting {
            dossier: self.dossier.clone(),
            fingerprint,
            companions: Vec::new(),
            start,
            end: start.after(&text[span.clone()]),
            decoded,
            excerpt: excerpt::around(text, &span, &secret.hint()),
            signals: vec![Signal {
                kind: SignalKind::Value,
                weight: WEIGHT,
                why: "its fingerprint is that of a value that is known".into(),
            }],
            ignored_inline: false,
            span,
            secret,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &str = "q7Zr2mXw9bTc4vKj8nLp3sHd6fGy1aQe";

    fn spans(text: &str) -> Vec<Range<usize>> {
        let library = Library::builtin();
        let tokens = Tokens::new(&library);
        let families = tokens.forms.iter().map(|form| form.family.clone());
        let known: Vec<Fingerprint> = families
            .map(|family| Fingerprint::new(&family, &Secret::new(VALUE.as_bytes())))
            .collect();
        let mut found = Vec::new();
        let is_known = |print: &Fingerprint| known.contains(print);
        tokens.find(text.as_bytes(), is_known, |sighting| {
            assert!(!sighting.excerpt.text.contains(VALUE));
            found.push(sighting.span);
        });
        found.dedup();
        found
    }

    #[test]
    fn a_known_value_is_found_wherever_it_stands() {
        for (before, after) in [
            ("", ""),
            ("look: ", " and so on"),
            ("x_", "_y"),
            ("https://a.example/?t=", "&x"),
            ("a\\u0022", "\\u0022"),
            ("%3D", "%26"),
            ("line\n\n\t", "\n"),
        ] {
            let text = format!("{before}{VALUE}{after}");
            assert!(spans(&text).contains(&(before.len()..before.len() + 32)), "{text}");
        }
    }

    #[test]
    fn under_encodings_too() {
        // printf 'user:VALUE' | base64
        let text = "Basic dXNlcjpxN1pyMm1YdzliVGM0dktqOG5McDNzSGQ2Zkd5MWFRZQ==";
        assert_eq!(spans(text).len(), 1);
        let (head, tail) = VALUE.split_at(12);
        assert_eq!(spans(&format!("x = \"{head}\" + \"{tail}\"")).len(), 1);
    }

    #[test]
    fn other_values_are_not_shown() {
        let other = VALUE.replace('q', "r");
        assert!(spans(&format!("{other} {}", &VALUE[1..])).is_empty());
        assert!(spans(&VALUE.repeat(40)).is_empty());
    }

    /// Not a test of speed, but where to read it: `--nocapture`.
    #[test]
    fn long_texts_are_read_in_a_moment() {
        let line =
            "commit 3f2a9c1d4e5b60718293a4b5c6d7e8f901234567 fixes \"it\" in src/a/b.rs:12\n";
        let text = line.repeat((8 << 20) / line.len());
        let tokens = Tokens::new(&Library::builtin());
        let begun = std::time::Instant::now();
        tokens.find(text.as_bytes(), |_| false, |_| {});
        let speed = text.len() as f64 / begun.elapsed().as_secs_f64() / 1e6;
        println!("{speed:.0} MB/s");
        assert!(speed > 1.0, "{speed} MB/s in a build for development");
    }
}
