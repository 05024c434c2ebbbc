//! Scans texts that were handed out by services of others and are at hand: the
//! same judging and settling as for files, with places that say where a person
//! looks. How the texts were had, and whose they are, is others' business.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use jiff::civil::Date;
use leeward_detect::{Detector, Scratch, Sighting, Tokens};
use leeward_dossier::Library;
use leeward_model::{
    Blob, Finding, Fingerprint, Level, Origin, Provenance, RemotePlace, Secret, Span, Way,
};
use leeward_source::files;

use crate::{
    collect::{Kept, Place},
    ignore::IgnoreFile,
    scan::{Request, Scope},
    settle::Settler,
};

/// A text that a service handed out.
#[derive(Clone, Debug)]
pub struct Text {
    /// Where it lies.
    pub place: RemotePlace,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// How texts are judged.
pub struct Texts<'a> {
    /// To scan.
    pub texts: &'a [Text],
    /// Findings below this are left out.
    pub least: Level,
    /// Findings to leave alone.
    pub ignore: Option<&'a IgnoreFile>,
    /// The day on which entries of the ignore file are judged.
    pub today: Date,
    /// The moment that ages are counted from, in seconds since 1970-01-01 UTC.
    pub now: i64,
}

/// What lay in some texts.
#[derive(Debug, Default)]
pub struct InTexts {
    /// At or above the threshold, worst first, not yet asked about.
    pub findings: Vec<Finding>,
    /// Values of everything else that was seen.
    pub hidden: Vec<Secret>,
}

/// Values that are looked for wherever they stand.
pub struct Known<'a> {
    /// Finds what could be one.
    pub tokens: &'a Tokens,
    /// Whether a value is one, by its fingerprint.
    pub is_known: &'a dyn Fn(&Fingerprint) -> bool,
}

/// Scans texts. A comment beside a value excuses nothing: whoever wrote the
/// text wrote the comment.
pub fn scan_texts(texts: &Texts<'_>, library: &Library, detector: &Detector) -> InTexts {
    scan_texts_knowing(texts, library, detector, None)
}

/// Scans texts, and finds what is known in them also where nothing around it names a
/// provider, and however doubtful it is otherwise.
pub fn scan_texts_knowing(
    texts: &Texts<'_>,
    library: &Library,
    detector: &Detector,
    known: Option<&Known<'_>>,
) -> InTexts {
    let mut scratch = Scratch::default();
    let mut met = BTreeSet::new();
    let mut seen = Vec::new();
    for text in texts.texts {
        let mut sightings: Vec<Sighting> = Vec::new();
        let path = text.place.path.as_deref().and_then(|path| str::from_utf8(path).ok());
        let origin = path.map_or(Origin::Stdin, |path| Origin::File(Path::new(path)));
        detector.scan(&Blob::whole(&text.bytes, origin), &mut scratch, |sighting| {
            sightings.push(sighting);
        });
        if let Some(Known { tokens, is_known }) = known {
            let prints = sightings.iter().map(|sighting| sighting.fingerprint);
            met.extend(prints.filter(|print| is_known(print)));
            tokens.find(&text.bytes, is_known, |sighting| {
                let (print, span) = (sighting.fingerprint, &sighting.span);
                let is_same = |other: &Sighting| {
                    other.fingerprint == print
                        && other.span.start < span.end
                        && span.start < other.span.end
                };
                if !sightings.iter().any(is_same) {
                    met.insert(print);
                    sightings.push(sighting);
                }
            });
        }
        if !sightings.is_empty() {
            let provenance = Arc::new(Provenance::Remote(Box::new(text.place.clone())));
            seen.push((provenance, sightings));
        }
    }
    let request = Request {
        targets: &[],
        scope: Scope::Files,
        index: None,
        unpack: None,
        files: files::Options::default(),
        threads: 1,
        least: texts.least,
        baseline: None,
        ignore: texts.ignore,
        today: texts.today,
        now: texts.now,
        user_rules: None,
        decoys: Some(&met),
        desk: None,
        judged: None,
    };
    let mut settler = Settler::new(&request, detector);
    for (provenance, sightings) in seen {
        let kept = sightings.into_iter().map(|mut sighting| {
            sighting.ignored_inline = false;
            let span = Span { start: sighting.span.start as u64, end: sighting.span.end as u64 };
            Kept { place: Place::Stdin, inside: Way::default(), deleted_by: None, span, sighting }
        });
        settler.remote(kept, &provenance);
    }
    let settled = settler.finish(library);
    InTexts { findings: settled.findings, hidden: settled.hidden }
}

#[cfg(test)]
mod tests {
    use leeward_detect::Options;

    use super::*;

    #[test]
    fn a_value_in_a_comment_of_an_issue_is_found_with_its_place() {
        let library = Library::builtin();
        let detector = Detector::new(&library, Options::default());
        let dossier = library.dossiers().iter().find(|dossier| dossier.detect.bare).unwrap();
        let name = dossier.detect.names.first().unwrap();
        let value = "q7Zr2mXw9bTc4vKj8nLp3sHd6fGy1aQe";
        let place = RemotePlace {
            source: "ours".to_owned(),
            service: "tracker".to_owned(),
            item: "issue 12 comment 3".to_owned(),
            url: "https://tracker.example/12#3".to_owned(),
            path: None,
            author: Some("ann".to_owned()),
            at: Some(1_000),
            is_public: Some(true),
        };
        let bytes = format!("try {name}={value} # leeward:ignore").into_bytes();
        let texts = [Text { place, bytes }];
        let found = scan_texts(
            &Texts {
                texts: &texts,
                least: Level::Medium,
                ignore: None,
                today: Date::constant(2026, 11, 28),
                now: 2_000,
            },
            &library,
            &detector,
        );
        let finding = found.findings.first().expect("a finding");
        let Provenance::Remote(place) = &*finding.locations[0].provenance else { panic!() };
        assert_eq!(place.item, "issue 12 comment 3");
        assert!(finding.severity.why.iter().any(|why| why.contains("anybody may read it")));
    }
}
