//! Scans texts that were handed out by services of others and are at hand: the same
//! judging, opening and settling as for files, with places that say where a person looks.
//! How the texts were had, and whose they are, is others' business.

use std::{
    collections::{BTreeSet, HashSet},
    ops::Range,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::civil::Date;
use leeward_detect::{Detector, Scratch, Sighting, Tokens};
use leeward_dossier::Library;
use leeward_model::{
    Blob, Finding, Fingerprint, Inspect as _, Level, NotScanned, Origin, Provenance, Reason,
    RemotePlace, Secret, Trace, Worker as _,
};
use leeward_source::files;
use leeward_unpack::{Opener, Settings};

use crate::{
    collect::{Collected, Collector},
    ignore::IgnoreFile,
    packages::Packages,
    scan::{Request, Scope},
    settle::Settler,
};

/// A text that a service handed out: words, or a file whatever is in it.
#[derive(Clone, Debug)]
pub struct Text {
    /// Where it lies.
    pub place: RemotePlace,
    /// All of it.
    pub bytes: Vec<u8>,
}

impl Text {
    /// As what it is looked through: the file that it is called, if it is one.
    pub fn origin_of(place: &RemotePlace) -> Origin<'_> {
        let path = place.path.as_deref().and_then(|path| str::from_utf8(path).ok());
        path.map_or(Origin::Stdin, |path| Origin::File(Path::new(path)))
    }
}

/// How texts are judged.
pub struct Texts<'a> {
    /// To scan.
    pub texts: &'a [Text],
    /// How those that are containers are opened; they are not if there is none.
    pub unpack: Option<&'a Settings>,
    /// Whether somebody asked to stop: what is open then is left, and said so.
    pub is_stopped: &'a (dyn Fn() -> bool + Sync),
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
    /// Of the findings, those near which something stands that whoever knows them looks
    /// for; see [`Known::is_near`].
    pub near: HashSet<Fingerprint>,
    /// What was not looked at, by the number of its text.
    pub left_out: Vec<(usize, NotScanned)>,
}

/// What whoever scans knows of values and of what stands around them.
pub struct Known<'a> {
    /// Finds what could be a known value.
    pub tokens: &'a Tokens,
    /// Whether a value is one, by its fingerprint. It is found wherever it stands.
    pub is_known: &'a (dyn Fn(&Fingerprint) -> bool + Sync),
    /// Whether a value at a range of a text is near something that is looked for.
    pub is_near: &'a (dyn Fn(&[u8], Range<usize>) -> bool + Sync),
}

/// Looks through bytes for whoever knows values: on all threads of one scan.
pub(crate) struct Knowing<'a> {
    known: &'a Known<'a>,
    state: Mutex<Heard>,
}

#[derive(Default)]
struct Heard {
    met: BTreeSet<Fingerprint>,
    near: HashSet<Fingerprint>,
}

impl<'a> Knowing<'a> {
    fn new(known: &'a Known<'a>) -> Self {
        Self { known, state: Mutex::default() }
    }

    /// What the detector sees, and known values where nothing around them names a
    /// provider.
    pub(crate) fn scan(
        &self,
        detector: &Detector,
        blob: &Blob<'_>,
        scratch: &mut Scratch,
        keep: impl FnMut(Sighting),
    ) -> Trace {
        let Known { tokens, is_known, is_near } = *self.known;
        let mut sightings: Vec<Sighting> = Vec::new();
        let trace = detector.scan(blob, scratch, |sighting| sightings.push(sighting));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let prints = sightings.iter().map(|sighting| sighting.fingerprint);
        state.met.extend(prints.filter(|print| is_known(print)));
        let own = blob.piece.map_or(0..blob.bytes.len(), |piece| piece.own_start..piece.own_end);
        tokens.find(blob.bytes, is_known, |sighting| {
            let (print, span) = (sighting.fingerprint, &sighting.span);
            let is_same = |other: &Sighting| {
                other.fingerprint == print
                    && other.span.start < span.end
                    && span.start < other.span.end
            };
            if own.contains(&span.start) && !sightings.iter().any(is_same) {
                state.met.insert(print);
                sightings.push(sighting);
            }
        });
        for sighting in &sightings {
            if is_near(blob.bytes, sighting.span.clone()) {
                state.near.insert(sighting.fingerprint);
            }
        }
        drop(state);
        sightings.into_iter().for_each(keep);
        trace
    }

    fn into_heard(self) -> Heard {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Scans texts, and what is inside those that are containers. What is known is found in
/// them also where nothing around it names a provider, and however doubtful it is
/// otherwise. A comment beside a value excuses nothing: whoever wrote the text wrote the
/// comment.
pub fn scan_texts(
    texts: &Texts<'_>,
    library: &Library,
    detector: &Detector,
    known: Option<&Known<'_>>,
) -> InTexts {
    let knowing = known.map(Knowing::new);
    let (mut seen, mut left_out) = (Vec::new(), Vec::new());
    // Packages that stole are what a project installs, not what people write of.
    let packages = Packages::default();
    for (number, text) in texts.texts.iter().enumerate() {
        // Two texts of one name are two texts, and one account each says whose a gap is.
        let collector = Collector::new(detector, &packages).knowing(knowing.as_ref());
        let inspect = &collector;
        let opener = Opener::new(&inspect, texts.unpack, texts.is_stopped);
        (&opener).worker().inspect(Blob::whole(&text.bytes, Text::origin_of(&text.place)));
        let coverage = opener.into_coverage();
        left_out.extend(coverage.not_scanned.into_iter().map(|left| (number, left)));
        let Collected { kept, lost, .. } = collector.finish();
        if lost > 0 {
            let reason = Reason::Limit(format!("{lost} sightings more than are kept in memory"));
            left_out.push((number, NotScanned { path: b"-".to_vec(), reason, bytes: None }));
        }
        if !kept.is_empty() {
            seen.push((Arc::new(Provenance::Remote(Box::new(text.place.clone()))), kept));
        }
    }
    let Heard { met, near } = knowing.map(Knowing::into_heard).unwrap_or_default();
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
    for (provenance, kept) in seen {
        let kept = kept.into_iter().map(|mut kept| {
            kept.sighting.ignored_inline = false;
            kept
        });
        settler.remote(kept, &provenance);
    }
    let settled = settler.finish(library);
    InTexts { findings: settled.findings, hidden: settled.hidden, near, left_out }
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
                unpack: None,
                is_stopped: &|| false,
                least: Level::Medium,
                ignore: None,
                today: Date::constant(2026, 11, 28),
                now: 2_000,
            },
            &library,
            &detector,
            None,
        );
        let finding = found.findings.first().expect("a finding");
        let Provenance::Remote(place) = &*finding.locations[0].provenance else { panic!() };
        assert_eq!(place.item, "issue 12 comment 3");
        assert!(finding.severity.why.iter().any(|why| why.contains("anybody may read it")));
    }
}
