//! Scanning a version by what is new in it finds exactly what scanning it
//! whole finds, and nothing panics on arbitrary bytes.

use std::ops::Range;

use leeward_detect::{Detector, Options, Scratch};
use leeward_dossier::Library;
use leeward_model::{Base, Blob, Origin, Trace};
use proptest::prelude::*;

fn detector() -> &'static Detector {
    static DETECTOR: std::sync::LazyLock<Detector> =
        std::sync::LazyLock::new(|| Detector::new(&Library::builtin(), Options::default()));
    &DETECTOR
}

fn scan(blob: &Blob<'_>) -> (Trace, Vec<Range<usize>>) {
    let mut found = Vec::new();
    let trace =
        detector().scan(blob, &mut Scratch::default(), |sighting| found.push(sighting.span));
    (trace, found)
}

/// Fragments from which texts are made: anchors whole and cut, names, values.
fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("MISTRAL_API_KEY=".to_owned()),
        Just("mist".to_owned()),
        Just("ral_key: ".to_owned()),
        Just("codestral ".to_owned()),
        Just("api_key = ".to_owned()),
        Just("\n".to_owned()),
        Just("  \"".to_owned()),
        Just("sk-proj-T3Blb".to_owned()),
        Just("kFJ".to_owned()),
        "[A-Za-z0-9]{32}",
        "[ -~]{0,20}",
    ]
}

/// A version made from another by copies and insertions.
fn child(base: &[u8], steps: &[(bool, usize, usize, String)]) -> (Vec<u8>, Vec<Range<usize>>) {
    let (mut bytes, mut fresh) = (Vec::new(), Vec::<Range<usize>>::new());
    let mut next_in_base = 0;
    for (copy, from, length, text) in steps {
        let at = bytes.len();
        if *copy && !base.is_empty() {
            let from = from % base.len();
            let to = (from + length).min(base.len());
            if from != next_in_base && fresh.last().is_none_or(|last| last.end != at) {
                fresh.push(at..at);
            }
            bytes.extend_from_slice(&base[from..to]);
            next_in_base = to;
        } else if !text.is_empty() {
            bytes.extend_from_slice(text.as_bytes());
            fresh.push(at..bytes.len());
            next_in_base = usize::MAX;
        }
    }
    (bytes, fresh)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_version_by_its_news_is_the_version_whole(
        base in proptest::collection::vec(fragment(), 0..12),
        steps in proptest::collection::vec((any::<bool>(), 0usize..400, 0usize..200, fragment()), 0..8),
    ) {
        let base = base.concat().into_bytes();
        let (trace, _) = scan(&Blob::whole(&base, Origin::Stdin));
        let (bytes, fresh) = child(&base, &steps);
        let whole = Blob::whole(&bytes, Origin::Stdin);
        let by_news = Blob { base: Some(Base { trace, fresh: &fresh }), ..whole };
        prop_assert_eq!(scan(&by_news), scan(&whole));
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(
        parts in proptest::collection::vec(prop_oneof![
            fragment().prop_map(String::into_bytes),
            proptest::collection::vec(any::<u8>(), 0..30),
        ], 0..20),
    ) {
        let bytes = parts.concat();
        let everything = Detector::new(&Library::builtin(), Options { low: true });
        everything.scan(&Blob::whole(&bytes, Origin::Stdin), &mut Scratch::default(), |sighting| {
            assert!(sighting.span.end <= bytes.len() && !sighting.span.is_empty());
            assert!(sighting.excerpt.text.get(sighting.excerpt.mark.clone()).is_some());
        });
    }
}
