//! Precision and recall over labelled contexts: `cargo accuracy` prints them
//! and every miss.
//!
//! Each context stands alone, in a longer file, with CRLF line ends, in a
//! unified diff and, where line ends mean nothing, on one line. Placeholders
//! are filled with fresh random values at each run; `SEED` makes the run
//! repeatable.

#![expect(clippy::print_stdout, reason = "printing the figures is what it is for")]

use std::{collections::BTreeMap, fs, path::Path};

use leeward_detect::{Detector, Options, Scratch, Sighting};
use leeward_dossier::Library;
use leeward_model::{Blob, GitObjectKind, ObjectId, Origin};
use rand::{Rng as _, RngExt as _, SeedableRng as _, distr::Alphanumeric, rngs::StdRng};

const SEED: u64 = 20_261_123;
/// Random fillings of each context.
const ROUNDS: usize = 3;

#[derive(serde::Deserialize)]
struct Context {
    name: String,
    text: String,
    label: String,
    #[serde(default)]
    split: String,
}

/// A context with its placeholders filled, and where the secrets are.
struct Filled {
    text: String,
    secrets: Vec<String>,
}

#[derive(Default)]
struct Tally {
    right: usize,
    missed: usize,
    false_alarms: usize,
    quiet: usize,
    lines: BTreeMap<String, Vec<String>>,
}

impl Tally {
    fn recall(&self) -> f64 {
        self.right as f64 / (self.right + self.missed).max(1) as f64
    }

    fn precision(&self) -> f64 {
        self.right as f64 / (self.right + self.false_alarms).max(1) as f64
    }
}

#[test]
fn accuracy() {
    let library = Library::builtin();
    let detector = Detector::new(&library, Options::default());
    let everything = Detector::new(&library, Options { low: true });
    let mut short = Vec::new();
    let long_files = long_files();
    let mut rng = StdRng::seed_from_u64(SEED);
    for (corpus, least) in [("given", 1.0), ("mined", 0.98), ("blind", 0.97)] {
        for split in ["dev", "held"] {
            let contexts = contexts(corpus, split);
            if contexts.is_empty() {
                continue;
            }
            let mut tally = Tally::default();
            for context in contexts.iter().flat_map(|context| std::iter::repeat_n(context, ROUNDS))
            {
                for (variant, text) in variants(context, &long_files, &mut rng) {
                    judge(&detector, &everything, context, variant, &text, &mut tally);
                }
            }
            print(corpus, split, &tally);
            if tally.recall() < least || tally.precision() < least {
                short.push(format!("{corpus}/{split} is below {least}"));
            }
        }
    }
    assert!(short.is_empty(), "{}", short.join("; "));
}

fn contexts(corpus: &str, split: &str) -> Vec<Context> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contexts");
    ["positive", "decoy"]
        .iter()
        .flat_map(|kind| {
            let path = folder.join(format!("{corpus}-{kind}.jsonl"));
            let text = fs::read_to_string(&path).expect("the corpus is part of the repository");
            text.lines()
                .map(|line| serde_json::from_str::<Context>(line).expect("a context a line"))
                .collect::<Vec<_>>()
        })
        .filter(
            |context| {
                if context.split.is_empty() { split == "dev" } else { context.split == split }
            },
        )
        .collect()
}

fn long_files() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contexts/longfiles");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the host files are part of the repository")
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    files.sort();
    files.iter().map(|path| fs::read_to_string(path).expect("a text file")).collect()
}

fn variants(
    context: &Context,
    long_files: &[String],
    rng: &mut StdRng,
) -> Vec<(&'static str, Filled)> {
    let mut variants = vec![("alone", fill(&context.text, rng))];
    let host = &long_files[rng.random_range(0..long_files.len())];
    variants.push(("long file", fill(&host.replace("@@CONTEXT@@", &context.text), rng)));
    variants.push(("crlf", fill(&context.text.replace('\n', "\r\n"), rng)));
    variants.push(("diff", fill(&diff(&context.text), rng)));
    if let Some(minified) = minified(&context.text) {
        variants.push(("minified", fill(&minified, rng)));
    }
    variants
}

fn diff(text: &str) -> String {
    let lines: String = text.lines().map(|line| format!("+{line}\n")).collect();
    format!(
        "diff --git a/file b/file\nindex 83db48f..bf269f4 100644\n--- a/file\n+++ b/file\n@@ -0,0 +1,{} @@\n{lines}",
        text.lines().count()
    )
}

/// On one line, if that leaves the meaning as it is: JSON and brace languages
/// without line comments.
fn minified(text: &str) -> Option<String> {
    let trimmed = text.trim();
    let braces = trimmed.starts_with('{') && trimmed.ends_with('}')
        || trimmed.starts_with("const ") && trimmed.ends_with(';');
    let comments = text.contains("//") && !text.contains("://") || text.contains('#');
    (braces && !comments && text.contains('\n'))
        .then(|| text.lines().map(str::trim).collect::<String>().replace("\": ", "\":"))
}

fn fill(text: &str, rng: &mut StdRng) -> Filled {
    let secret = random(rng, 32);
    let mut filled =
        text.replace("{secret_first16}", &secret[..16]).replace("{secret_last16}", &secret[16..]);
    let mut secrets = Vec::new();
    let base64 = base64(secret.as_bytes());
    if text.contains("{secret}") {
        secrets.push(secret.clone());
    }
    if text.contains("{secret_base64}") {
        secrets.push(base64.clone());
    }
    if text.contains("{secret_first16}") {
        // The halves and what joins them.
        let start = filled.find(&secret[..16]).expect("the first half is there");
        let end =
            filled[start..].find(&secret[16..]).expect("the second half is there") + start + 16;
        secrets.push(filled[start..end].to_owned());
    }
    filled = filled.replace("{secret}", &secret).replace("{secret_base64}", &base64);
    loop {
        let before = filled.len();
        for (name, length) in [("alnum20", 20), ("alnum32", 32), ("alnum40", 40), ("alnum48", 48)] {
            filled = filled.replacen(&format!("{{{name}}}"), &random(rng, length), 1);
        }
        for (name, length) in [("hex8", 8), ("hex32", 32), ("hex40", 40), ("hex64", 64)] {
            filled = filled.replacen(&format!("{{{name}}}"), &hex(rng, length), 1);
        }
        let bytes: Vec<u8> = (0..32).map(|_| rng.next_u32() as u8).collect();
        filled = filled.replacen("{b64_44}", &self::base64(&bytes), 1);
        let uuid = [8, 4, 4, 4, 12].map(|length| hex(rng, length)).join("-");
        filled = filled.replacen("{uuid}", &uuid, 1);
        if filled.len() == before && !filled.contains("{alnum") && !filled.contains("{hex") {
            return Filled { text: filled, secrets };
        }
    }
}

fn random(rng: &mut StdRng, length: usize) -> String {
    (0..length).map(|_| char::from(rng.sample(Alphanumeric))).collect()
}

fn hex(rng: &mut StdRng, length: usize) -> String {
    (0..length).map(|_| char::from_digit(rng.random_range(0..16), 16).expect("below 16")).collect()
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks(3)
        .flat_map(|chunk| {
            let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
                << (8 * (3 - chunk.len()));
            let digit =
                move |at: usize| char::from(ALPHABET[(bits >> (18 - 6 * at) & 63) as usize]);
            (0..4).map(move |at| if at <= chunk.len() { digit(at) } else { '=' })
        })
        .collect()
}

fn judge(
    detector: &Detector,
    everything: &Detector,
    context: &Context,
    variant: &str,
    filled: &Filled,
    tally: &mut Tally,
) {
    let object = ObjectId::from_bytes(&[0; 20]).expect("20 bytes");
    let blob = Blob::whole(filled.text.as_bytes(), Origin::Git(GitObjectKind::Blob, object));
    let seen_by = |detector: &Detector| {
        let mut seen = Vec::new();
        detector.scan(&blob, &mut Scratch::default(), |sighting| {
            if sighting.dossier.as_str().starts_with("mistral-") {
                seen.push(sighting);
            }
        });
        seen
    };
    let reported = seen_by(detector);
    let wanted: Vec<&str> =
        filled.secrets.iter().map(String::as_str).filter(|_| context.label == "mistral").collect();
    let mut note = |what: &str, detail: String| {
        tally
            .lines
            .entry(context.name.clone())
            .or_default()
            .push(format!("{what} [{variant}] {detail}"));
    };
    let texts: Vec<&str> =
        reported.iter().map(|sighting| &filled.text[sighting.span.clone()]).collect();
    for secret in &wanted {
        let times = filled.text.matches(secret).count();
        let found = texts.iter().filter(|text| *text == secret).count();
        if found == 0 || times == 0 {
            tally.missed += 1;
            let doubted = seen_by(everything);
            let sighting =
                doubted.iter().find(|sighting| filled.text[sighting.span.clone()] == **secret);
            note("missed", sighting.map_or("never a candidate".into(), why));
        } else {
            tally.right += 1;
        }
    }
    for (sighting, text) in reported.iter().zip(&texts) {
        if !wanted.contains(text) {
            tally.false_alarms += 1;
            note("false alarm", format!("{text}: {}", why(sighting)));
        }
    }
    if wanted.is_empty() && reported.is_empty() {
        tally.quiet += 1;
    }
}

fn why(sighting: &Sighting) -> String {
    let parts: Vec<_> = sighting
        .signals
        .iter()
        .map(|signal| format!("{:+.1} {}", signal.weight, signal.why))
        .collect();
    parts.join("; ")
}

fn print(corpus: &str, split: &str, tally: &Tally) {
    let (precision, recall) = (tally.precision(), tally.recall());
    let f1 = 2.0 * precision * recall / (precision + recall).max(f64::MIN_POSITIVE);
    println!(
        "\n{corpus}/{split}: precision {precision:.4}  recall {recall:.4}  f1 {f1:.4}  \
         ({} found, {} missed, {} false alarms, {} decoys left alone)",
        tally.right, tally.missed, tally.false_alarms, tally.quiet
    );
    // Nobody tunes on the blind ones: which they are is not told.
    for (name, lines) in tally.lines.iter().filter(|_| corpus != "blind") {
        println!("  {name}: {}", lines.len());
        for line in lines.iter().take(2) {
            println!("      {line}");
        }
    }
}
