//! Looks at a text that is at hand: what an agent is about to say, what an
//! editor shows, what comes through a pipe. What the user accepted is left
//! out, by a comment beside the value or by the ignore file. Files, Git and
//! reports are `pipeline`'s.

use std::{ops::Range, path::Path, sync::Arc};

use jiff::civil::Date;
use leeward_detect::{Detector, Options, Scratch, Sighting};
use leeward_dossier::Library;
use leeward_model::{Blob, Confidence, Level, Origin, Piece};
use leeward_pipeline::IgnoreFile;

/// What looks at texts. Built once; a thread brings its own [`Scratch`].
#[derive(Debug)]
pub struct Look {
    library: Arc<Library>,
    detector: Detector,
    least: Level,
    accepted: Option<(IgnoreFile, Date)>,
}

impl Look {
    /// For the dossiers of a library; what is less sure than `least` is left
    /// out.
    pub fn new(library: Arc<Library>, least: Level) -> Self {
        let detector = Detector::new(&library, Options { low: least == Level::Low });
        Self { library, detector, least, accepted: None }
    }

    /// Leaves out what an ignore file accepts on this day.
    #[must_use]
    pub fn accepting(mut self, ignore: IgnoreFile, today: Date) -> Self {
        self.accepted = Some((ignore, today));
        self
    }

    /// What is known of credentials.
    pub fn library(&self) -> &Arc<Library> {
        &self.library
    }

    /// What finds them.
    pub fn detector(&self) -> &Detector {
        &self.detector
    }

    /// What is less sure is left out.
    pub fn least(&self) -> Level {
        self.least
    }

    /// What lies in a text, in order of place and apart from one another. A
    /// path is that of the file it is or will be, if any.
    pub fn at(&self, text: &[u8], path: Option<&Path>, scratch: &mut Scratch) -> Vec<Sighting> {
        let origin = path.map_or(Origin::Stdin, Origin::File);
        self.find(&Blob::whole(text, origin), path, scratch)
    }

    /// What begins within a part of a text that is itself cut out of a larger
    /// one: what stands around the part is only looked at for what it says.
    pub fn within(
        &self,
        text: &[u8],
        part: Range<usize>,
        path: Option<&Path>,
        scratch: &mut Scratch,
    ) -> Vec<Sighting> {
        let origin = path.map_or(Origin::Stdin, Origin::File);
        let piece = Piece { index: 0, offset: 0, own_start: part.start, own_end: part.end };
        let blob = Blob { piece: Some(piece), ..Blob::whole(text, origin) };
        self.find(&blob, path, scratch)
    }

    fn find(&self, blob: &Blob<'_>, path: Option<&Path>, scratch: &mut Scratch) -> Vec<Sighting> {
        let mut found = Vec::new();
        self.detector.scan(blob, scratch, |sighting| {
            if self.counts(&sighting, path) {
                found.push(sighting);
            }
        });
        found
    }

    /// As [`at`](Self::at), but a comment beside a value accepts nothing: for
    /// texts whose author would be the author of the comment, too.
    pub fn at_whatever_it_says(&self, text: &[u8], scratch: &mut Scratch) -> Vec<Sighting> {
        let mut found = Vec::new();
        self.detector.scan(&Blob::whole(text, Origin::Stdin), scratch, |mut sighting| {
            sighting.ignored_inline = false;
            if self.counts(&sighting, None) {
                found.push(sighting);
            }
        });
        found
    }

    /// Whether a sighting is neither too unsure nor accepted.
    pub fn counts(&self, sighting: &Sighting, path: Option<&Path>) -> bool {
        let is_accepted = || {
            let path = path.map(|path| path.as_os_str().as_encoded_bytes());
            self.accepted.as_ref().is_some_and(|(ignore, today)| {
                ignore.covers(&sighting.dossier, sighting.fingerprint, path, *today)
            })
        };
        Confidence::of(&sighting.signals).level() >= self.least
            && !sighting.ignored_inline
            && !is_accepted()
    }
}

#[cfg(test)]
mod tests {
    use leeward_counterpart::random_value;

    use super::*;

    #[test]
    fn what_is_accepted_is_left_out() {
        let library = Arc::new(Library::builtin());
        let look = Look::new(library, Level::Medium);
        let text = format!("MISTRAL_API_KEY={}\n", random_value());
        let found = look.at(text.as_bytes(), None, &mut Scratch::default());
        assert_eq!(found.len(), 1);
        let beside = format!("MISTRAL_API_KEY={} # leeward:ignore\n", random_value());
        assert!(look.at(beside.as_bytes(), None, &mut Scratch::default()).is_empty());
        let accepted = format!(
            "[[ignore]]\nfingerprint = \"{}\"\nreason = \"an example\"\n",
            found[0].fingerprint
        );
        let today = Date::constant(2026, 11, 28);
        let look = look.accepting(IgnoreFile::parse(&accepted).unwrap(), today);
        assert!(look.at(text.as_bytes(), None, &mut Scratch::default()).is_empty());
    }
}
