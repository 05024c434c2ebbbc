//! Weighs evidence. Each signal is a log-odds (natural logarithm); their sum
//! is the confidence. This file says what the value, its file and its form say
//! by themselves; `named` reads the name it is bound to, `surroundings` what
//! lies around it, and `weight` is the table of numbers.

mod named;
mod surroundings;
mod weight;

use std::borrow::Cow;

use leeward_model::{SafeText, Signal, SignalKind};

pub(crate) use self::{named::binding, surroundings::scope};
use crate::{
    binding::{Binding, Reading},
    candidate::Candidate,
    evidence::Evidence,
    lexicon::{Lexicon, Owner},
    scope::Relation,
    value,
};

/// Everything known about a candidate when it is judged.
pub(crate) struct Case<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) owner: Owner,
    pub(crate) lexicon: &'a Lexicon,
    pub(crate) binding: &'a Binding,
    pub(crate) reading: &'a Reading,
    pub(crate) evidence: &'a [Evidence],
    pub(crate) relations: &'a [Option<Relation>],
    /// The same seen from each place where the value's variable is used.
    pub(crate) uses: &'a [Vec<Option<Relation>>],
    /// The value lies in a structure with a name of its own that is nobody's
    /// we know (`AcmeClient(…)`), so many levels out.
    pub(crate) foreign_holder: Option<u32>,
}

/// Signals that need nothing but the value.
pub(crate) fn value(candidate: &Candidate, has_classes: bool) -> Vec<Signal> {
    let bytes = &candidate.value;
    let mut signals = Vec::new();
    if let Some(why) = value::placeholder(bytes) {
        signals.push(signal(SignalKind::Value, weight::PLACEHOLDER, why));
    }
    if !has_classes {
        signals.push(signal(
            SignalKind::Value,
            weight::CLASSES,
            "lacks the mix of upper and lower case that real values have",
        ));
    }
    let wordiness = value::wordiness(bytes);
    signals.push(if wordiness > 6.0 {
        signal(SignalKind::Value, weight::WORDS, "reads like words, not like a random value")
    } else if wordiness > 0.0 {
        signal(SignalKind::Value, weight::WORDS / 3.0, "reads like words")
    } else if wordiness > -3.0 {
        signal(SignalKind::Value, weight::HALF_WORDS, "reads partly like words")
    } else {
        signal(
            SignalKind::Value,
            weight::RANDOM,
            format!("{} random mixed-case letters and digits", bytes.len()),
        )
    });
    if !bytes.iter().any(u8::is_ascii_digit) {
        signals.push(signal(SignalKind::Value, weight::NO_DIGIT, "has no digit"));
    }
    if candidate.names_something {
        signals.push(signal(SignalKind::Value, weight::NAMES_SOMETHING, "is itself a name"));
    }
    if candidate.in_path {
        signals.push(signal(SignalKind::Value, weight::IN_PATH, "is part of a path"));
    }
    signals
}

/// The signal of a value that the provider publishes as an example.
pub(crate) fn published() -> Signal {
    signal(SignalKind::Value, weight::PUBLISHED, "an example that the provider publishes")
}

/// What is true of every candidate.
pub(crate) fn prior() -> Signal {
    signal(SignalKind::Prior, weight::PRIOR, "most such tokens are something else")
}

/// The signals of a path.
pub(crate) fn place(path: &[u8], names_owner: bool, files: &[String]) -> Vec<Signal> {
    let lower = path.to_ascii_lowercase();
    let mut signals = Vec::new();
    if names_owner {
        signals.push(signal(SignalKind::Place, weight::PATH_NAMES, "the path names the vendor"));
    }
    let file_name = lower.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let listed = files.iter().find(|file| {
        let file = file.to_ascii_lowercase();
        let file = file.trim_start_matches("~/");
        lower.ends_with(file.as_bytes()) || file_name == file.as_bytes()
    });
    if let Some(file) =
        listed.map(String::as_str).or(file_name.starts_with(b".env").then_some(".env"))
    {
        signals.push(signal(
            SignalKind::Place,
            weight::CREDENTIAL_FILE,
            format!("in {}", file.to_owned()),
        ));
    }
    const TESTS: [&str; 12] = [
        "test/",
        "tests/",
        "testdata/",
        "fixtures/",
        "examples/",
        "example/",
        "docs/",
        "doc/",
        "spec/",
        "__tests__/",
        "mocks/",
        "samples/",
    ];
    let in_tests = TESTS.iter().any(|folder| {
        lower.starts_with(folder.as_bytes())
            || memchr::memmem::find(&lower, format!("/{folder}").as_bytes()).is_some()
    });
    if in_tests {
        signals.push(signal(
            SignalKind::Place,
            weight::TEST_FILE,
            "among tests, examples or documentation",
        ));
    }
    signals
}

/// The signal of a file that the vendor's name stands on and that holds nothing
/// but the value, as secrets are mounted into containers.
pub(crate) fn whole_file() -> Signal {
    signal(SignalKind::Place, weight::WHOLE_FILE, "the file holds nothing else")
}

/// The signals of a value that carries its own mark.
pub(crate) fn marked(name: &str, value: &[u8]) -> Vec<Signal> {
    let mut signals = vec![signal(
        SignalKind::Value,
        weight::MARKED,
        format!("has the unmistakable form of a {name}"),
    )];
    if let Some(why) = value::placeholder(value) {
        signals.push(signal(SignalKind::Value, weight::PLACEHOLDER, why));
    }
    if value::entropy(value) < 3.0 {
        signals.push(signal(
            SignalKind::Value,
            weight::WORDS,
            "has too little variety for a real value",
        ));
    }
    signals
}

/// The signal of two halves found together.
pub(crate) fn paired(role: &str, name: &[u8]) -> Signal {
    signal(SignalKind::Binding, weight::PAIRED, format!("bound to {}, near its {role}", show(name)))
}

/// The signal of the loosely documented form.
pub(crate) fn loose() -> Signal {
    signal(SignalKind::Binding, weight::LOOSE, "has only the loosely documented form")
}

fn signal(kind: SignalKind, weight: f32, why: impl Into<Cow<'static, str>>) -> Signal {
    Signal { kind, weight, why: why.into() }
}

/// A piece of foreign text to quote: escaped, cut, and masked where it could
/// itself be a secret.
fn show(bytes: &[u8]) -> String {
    const LONGEST: usize = 60;
    let masked = crate::excerpt::mask(bytes);
    let text = SafeText::new(masked.as_bytes()).to_string();
    let text = text.trim_matches(['-', '.', '/', '$']);
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
