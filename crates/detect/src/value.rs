//! What a value says of itself: random, or a word, a name, a placeholder.
//!
//! A prefix-less key proves nothing by its shape, but much that has the shape
//! proves that it is no key.

use leeward_dossier::schema::Class;

/// How much more likely a value is an identifier or English than random, as
/// log-odds: above 0 it reads like words.
///
/// Three habits of words are weighed for each pair of neighbours: common
/// letter pairs, few changes of case, few digits. Rates for random base-62
/// text follow from its uniformity; those for words were counted on
/// identifiers of public code.
pub(crate) fn wordiness(value: &[u8]) -> f32 {
    const PAIR: (f32, f32) = (1.25, -0.77); // ln(.62/.177), ln(.38/.823)
    const CASE: (f32, f32) = (-0.92, 0.47); // ln(.2/.5), ln(.8/.5)
    const DIGIT: (f32, f32) = (-1.16, 0.12); // ln(.05/.16), ln(.95/.84)
    let pick = |holds: bool, (yes, no): (f32, f32)| if holds { yes } else { no };
    let mut sum: f32 = value.iter().map(|b| pick(b.is_ascii_digit(), DIGIT)).sum();
    for pair in value.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() {
            sum += pick(is_common_pair(a, b), PAIR);
            sum += pick(a.is_ascii_uppercase() != b.is_ascii_uppercase(), CASE);
        }
    }
    sum
}

/// The 120 letter pairs most common in English and in identifiers.
const COMMON_PAIRS: &[u8] = b"thheineranreonatennd\
tiesoriteisthaedtongouasarinsevestntntlealdeveromendicoceliosichlarirallmetaechou\
surecomatradiucamotseusleturwamapoelhonoutilusfeacecowoitrampeploidabmssngadeaempr\
exkeeyerrtctrycyerkelilestypagapiappuropepiptyviewodegesocksgnvaup";

fn is_common_pair(a: u8, b: u8) -> bool {
    static TABLE: std::sync::LazyLock<[u32; 26]> = std::sync::LazyLock::new(|| {
        let mut table = [0_u32; 26];
        for pair in COMMON_PAIRS.chunks_exact(2) {
            table[usize::from(pair[0] - b'a')] |= 1 << (pair[1] - b'a');
        }
        table
    });
    let (a, b) = (a.to_ascii_lowercase() - b'a', b.to_ascii_lowercase() - b'a');
    TABLE[usize::from(a)] >> b & 1 == 1
}

/// Whether the value has every class of characters that real ones have.
pub(crate) fn has_classes(value: &[u8], classes: &[Class]) -> bool {
    classes.iter().all(|class| {
        value.iter().any(|byte| match class {
            Class::Upper => byte.is_ascii_uppercase(),
            Class::Lower => byte.is_ascii_lowercase(),
            Class::Digit => byte.is_ascii_digit(),
        })
    })
}

/// Why the value cannot be random, if it plainly is not.
pub(crate) fn placeholder(value: &[u8]) -> Option<&'static str> {
    let mut seen = [false; 256];
    value.iter().for_each(|&byte| seen[usize::from(byte)] = true);
    let distinct = seen.iter().filter(|&&seen| seen).count();
    // 32 random characters of 62 have 25 distinct ones on average; fewer than
    // 14 never in 10^9.
    if distinct * 16 < value.len().min(32) * 7 {
        return Some("few distinct characters: a placeholder");
    }
    let steps = value.windows(2).filter(|pair| pair[1].wrapping_sub(pair[0]) == 1).count();
    if steps * 3 > value.len() {
        return Some("runs through the alphabet: a placeholder");
    }
    let lower = value.to_ascii_lowercase();
    const TELLTALE: [&str; 18] = [
        "example",
        "placehold",
        "changeme",
        "replace",
        "yourkey",
        "yourapi",
        "apikey",
        "secret",
        "dummy",
        "sample",
        "xxxxx",
        "12345",
        "abcde",
        "qwert",
        "insert",
        "redacted",
        "testkey",
        "fakekey",
    ];
    // Five letters in whatever case stand in one of 10^5 random values, which is too many
    // to lose; whoever writes a placeholder writes them in one case.
    let is_written = |word: &str| {
        memchr::memmem::find_iter(&lower, word)
            .any(|at| word.len() > 5 || is_one_case(&value[at..at + word.len()]))
    };
    if TELLTALE.iter().any(|word| is_written(word)) {
        return Some("spells out a placeholder");
    }
    None
}

/// Whether a word is written small, in capitals, or with a capital at its front.
fn is_one_case(word: &[u8]) -> bool {
    let rest = word.get(1..).unwrap_or_default();
    !rest.iter().any(u8::is_ascii_uppercase) || !word.iter().any(u8::is_ascii_lowercase)
}

/// Shannon entropy of the bytes, in bits a character.
pub(crate) fn entropy(value: &[u8]) -> f32 {
    let mut counts = [0_u32; 256];
    value.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
    let total = value.len() as f32;
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| {
            let share = count as f32 / total;
            -share * share.log2()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt as _, SeedableRng as _, distr::Alphanumeric, rngs::StdRng};

    #[test]
    fn random_values_are_not_words() {
        let mut rng = StdRng::seed_from_u64(7);
        let (mut words, mut doubtful) = (0, 0);
        for _ in 0..20_000 {
            let value: Vec<u8> = (0..32).map(|_| rng.sample(Alphanumeric)).collect();
            words += u32::from(wordiness(&value) > 0.0 || placeholder(&value).is_some());
            doubtful += u32::from(wordiness(&value) > -3.0);
        }
        assert!(words <= 10, "{words} of 20,000 random values taken for words");
        assert!(doubtful <= 80, "{doubtful} of 20,000 random values thought half words");
    }

    #[test]
    fn words_are_words() {
        for words in [
            "GetMistralStreamCompletionClient",
            "getUserApiKeyFromVaultForSession",
            "ConversationHistoryMessageFormat",
            "MISTRALAPIKEYENVIRONMENTVARIABLE",
            "createStreamableHttpTransportFor",
        ] {
            assert_eq!(words.len(), 32, "{words}");
            assert!(wordiness(words.as_bytes()) > 0.0, "{words}");
        }
    }

    #[test]
    fn placeholders_are_named() {
        for text in [
            "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
            "abcdefghijklmnopqrstuvwxyz123456",
            "aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB",
            "q8ZtxxxxxxxxxxxxxxxxxxxxxxxxP4mW",
            "R7mQw2Dummy8ZkL4vB9nT3pX6cYh5GsJ",
        ] {
            assert!(placeholder(text.as_bytes()).is_some(), "{text}");
        }
    }

    #[test]
    fn chance_spells_no_placeholder() {
        for text in ["Lg5Nq7Qr2CjzS5PytbNMnUnrKJLABCDe", "Mw8Zh5Ks3TrbLVtXxxxLxdnCXHDbEiLm"] {
            assert_eq!(placeholder(text.as_bytes()), None, "{text}");
        }
        let mut rng = StdRng::seed_from_u64(11);
        let taken = (0..200_000)
            .filter(|_| {
                let value: Vec<u8> = (0..32).map(|_| rng.sample(Alphanumeric)).collect();
                placeholder(&value).is_some()
            })
            .count();
        assert!(taken <= 2, "{taken} of 200,000 random values taken for placeholders");
    }
}
