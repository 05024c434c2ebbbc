//! Runs a dossier's examples: fills their placeholders with random values and
//! shows them to the detector.

use leeward_detect::{Detector, Options, Scratch};
use leeward_dossier::{
    Dossier, Library,
    schema::{Alphabet, Class, Example, Shape},
};
use leeward_model::{Blob, Confidence, Level, Origin};
use rand::{RngExt as _, rngs::ThreadRng};

/// An example that is not as it should be.
pub(crate) struct Failed {
    pub(crate) name: String,
    pub(crate) what: String,
}

/// How often each example is filled and run. Random values differ in how
/// random they look; an example must hold for most of them.
const ROUNDS: usize = 8;

/// Runs all examples of a dossier.
pub(crate) fn run(library: &Library, dossier: &Dossier) -> Vec<Failed> {
    let detector = Detector::new(library, Options::default());
    dossier
        .examples
        .iter()
        .filter_map(|example| {
            let wrong = (0..ROUNDS).filter_map(|_| once(&detector, dossier, example).err());
            let wrong: Vec<String> = wrong.collect();
            let tolerated = if example.found { ROUNDS / 4 } else { 0 };
            (wrong.len() > tolerated)
                .then(|| Failed { name: example.name.clone(), what: wrong[0].clone() })
        })
        .collect()
}

fn once(detector: &Detector, dossier: &Dossier, example: &Example) -> Result<(), String> {
    let mut rng = rand::rng();
    let filled = fill(&example.text, dossier, &mut rng);
    let origin = match &example.path {
        Some(path) => Origin::File(path.as_ref()),
        None => Origin::Stdin,
    };
    let mut found = Vec::new();
    detector.scan(
        &Blob::whole(filled.text.as_bytes(), origin),
        &mut Scratch::default(),
        |sighting| {
            if Confidence::of(&sighting.signals).level() >= Level::Medium {
                found.push((sighting.dossier, sighting.span));
            }
        },
    );
    let ours = found.iter().any(|(id, span)| {
        id == dossier.id()
            && (!example.found
                || filled.values.iter().any(|value| filled.text[span.clone()] == **value))
    });
    match (example.found, ours) {
        (true, false) if found.is_empty() => Err("is not found".into()),
        (true, false) => Err(format!("is found as `{}`", found[0].0)),
        (false, true) => Err("is found, and should not be".into()),
        _ => Ok(()),
    }
}

/// An example ready to run, and the texts that stand for its value.
struct Filled {
    text: String,
    values: Vec<String>,
}

fn fill(text: &str, dossier: &Dossier, rng: &mut ThreadRng) -> Filled {
    let secret = secret(&dossier.detect.shape, rng);
    let companion = dossier.detect.companion.as_ref();
    let companion = companion.map(|rule| sample(&rule.sample, rng)).unwrap_or_default();
    let (first, last) = secret.split_at(secret.len() / 2);
    let base64 = base64(secret.as_bytes());
    let mut filled = text
        .replace("{secret}", &secret)
        .replace("{secret_base64}", &base64)
        .replace("{secret_first16}", first)
        .replace("{secret_last16}", last)
        .replace("{companion}", &companion);
    for (name, alphabet, length) in LOOKALIKES {
        while filled.contains(name) {
            filled = filled.replacen(name, &random(rng, alphabet, *length), 1);
        }
    }
    let mut values = vec![secret.clone(), base64];
    if let (Some(start), Some(end)) = (filled.find(first), filled.find(last))
        && start < end
    {
        values.push(filled[start..end + last.len()].to_owned());
    }
    Filled { text: filled, values }
}

const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &str = "0123456789abcdef";
const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Look-alikes that examples may name.
const LOOKALIKES: &[(&str, &str, usize)] = &[
    ("{alnum16}", ALNUM, 16),
    ("{alnum20}", ALNUM, 20),
    ("{alnum31}", ALNUM, 31),
    ("{alnum32}", ALNUM, 32),
    ("{alnum33}", ALNUM, 33),
    ("{alnum40}", ALNUM, 40),
    ("{alnum48}", ALNUM, 48),
    ("{alnum64}", ALNUM, 64),
    ("{hex8}", HEX, 8),
    ("{hex16}", HEX, 16),
    ("{hex32}", HEX, 32),
    ("{hex40}", HEX, 40),
    ("{hex64}", HEX, 64),
];

fn random(rng: &mut ThreadRng, alphabet: &str, length: usize) -> String {
    (0..length)
        .map(|_| char::from(alphabet.as_bytes()[rng.random_range(0..alphabet.len())]))
        .collect()
}

/// A random value of the right shape.
fn secret(shape: &Shape, rng: &mut ThreadRng) -> String {
    match shape {
        Shape::Token(token) => {
            let alphabet = match token.alphabet {
                Alphabet::Alphanumeric => ALNUM.to_owned(),
                Alphabet::Base64 => format!("{ALNUM}+/"),
                Alphabet::Hex => HEX.to_owned(),
            };
            loop {
                let value = random(rng, &alphabet, token.length);
                let has = |class: &Class| match class {
                    Class::Upper => value.bytes().any(|byte| byte.is_ascii_uppercase()),
                    Class::Lower => value.bytes().any(|byte| byte.is_ascii_lowercase()),
                    Class::Digit => value.bytes().any(|byte| byte.is_ascii_digit()),
                };
                let ends_in_letters =
                    !value.starts_with(['+', '/']) && !value.ends_with(['+', '/']);
                if token.classes.iter().all(has) && ends_in_letters {
                    return value;
                }
            }
        }
        Shape::Pattern(pattern) => sample(&pattern.sample, rng),
    }
}

/// A sample with its placeholders filled.
fn sample(sample: &str, rng: &mut ThreadRng) -> String {
    let mut parts = sample.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (placeholder, rest) = part.split_once('}').unwrap_or((part, ""));
        let (count, alphabet) = match placeholder.split_once(':') {
            Some((count, "base32")) => (count, BASE32),
            Some((count, _)) => (count, ALNUM),
            None => (placeholder, ALNUM),
        };
        filled.push_str(&random(rng, alphabet, count.parse().unwrap_or(0)));
        filled.push_str(rest);
    }
    filled
}

fn base64(bytes: &[u8]) -> String {
    let alphabet = format!("{ALNUM}+/");
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            (0..3).fold(0_usize, |bits, at| bits << 8 | usize::from(*chunk.get(at).unwrap_or(&0)));
        for at in 0..4 {
            let digit = char::from(alphabet.as_bytes()[bits >> (18 - 6 * at) & 63]);
            text.push(if at <= chunk.len() { digit } else { '=' });
        }
    }
    text
}
