//! Which places of a text are masked, and with what.

use std::{io, ops::Range, path::Path};

use leeward_detect::{Scratch, Sighting};
use leeward_model::{Blob, Confidence, DossierId, Fingerprint, Level, Origin, Secret};

use super::{
    known::Known,
    seal::Key,
    tally::Masks,
    token::{self, Width},
};
use crate::look::Look;

/// Longest encoded form of a value that is searched for across what has left.
const LONGEST_SPELLING: usize = 1 << 10;

/// What a masked value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) dossier: DossierId,
    pub(super) fingerprint: Fingerprint,
}

/// A place that is masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) span: Range<usize>,
    pub(super) label: Label,
    pub(super) width: Width,
}

/// How much of what speaks for and against a place is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Surety {
    /// All of it.
    Full,
    /// From this offset on, perhaps not all: there, less is asked for.
    Until(usize),
}

/// Masks one text, or one stream, and remembers what it saw.
pub(super) struct Masker<'l> {
    look: &'l Look,
    suspicious: Option<&'l Look>,
    key: Option<&'l Key>,
    known: Known,
    scratch: Scratch,
    masks: Masks,
}

impl<'l> Masker<'l> {
    pub(super) fn new(look: &'l Look, scratch: Scratch) -> Self {
        let (known, masks) = (Known::default(), Masks::default());
        Self { look, suspicious: None, key: None, known, scratch, masks }
    }

    /// Looks with this where not all is known.
    pub(super) fn suspecting(self, look: &'l Look) -> Self {
        Self { suspicious: Some(look), ..self }
    }

    /// Seals instead of masking for good.
    pub(super) fn sealing(self, key: Option<&'l Key>) -> Self {
        Self { key, ..self }
    }

    /// What was masked so far.
    pub(super) fn masks(&self) -> &Masks {
        &self.masks
    }

    /// Gives back what was lent.
    pub(super) fn finish(self, scratch: &mut Scratch) -> Masks {
        *scratch = self.scratch;
        self.masks
    }

    /// Whether there is anything in some bytes that makes a text worth a look;
    /// see [`Detector::touches`](leeward_detect::Detector::touches).
    pub(super) fn touches(&self, bytes: &[u8]) -> bool {
        self.look.detector().touches(bytes)
    }

    /// How much of what is before some bytes has to be shown with them.
    pub(super) fn reach(&self) -> usize {
        self.look.detector().reach()
    }

    /// The places of a text, in order and apart from one another, as far as
    /// they end after `from`. What is found is remembered.
    pub(super) fn places(
        &mut self,
        text: &[u8],
        path: Option<&Path>,
        surety: Surety,
        from: usize,
    ) -> Vec<Place> {
        let mut places = Vec::new();
        self.look_at(self.look, text, path, self.look.least(), 0, &mut places);
        if let (Some(look), Surety::Until(from)) = (self.suspicious, surety) {
            self.look_at(look, text, path, look.least(), from, &mut places);
        }
        self.known_places(text, from, &mut places);
        apart(places)
    }

    /// The places of values that are known, likewise.
    pub(super) fn known_places(&mut self, text: &[u8], from: usize, places: &mut Vec<Place>) {
        // At an even offset, where UTF-16 would have a unit begin.
        let from = from.saturating_sub(LONGEST_SPELLING) & !1;
        self.known.find(&text[from..], |span, width, label| {
            let span = span.start + from..span.end + from;
            places.push(Place { span, label: label.clone(), width });
        });
    }

    fn look_at(
        &mut self,
        look: &Look,
        text: &[u8],
        path: Option<&Path>,
        least: Level,
        from: usize,
        places: &mut Vec<Place>,
    ) {
        let origin = path.map_or(Origin::Stdin, Origin::File);
        let mut learnt = Vec::new();
        look.detector().scan(&Blob::whole(text, origin), &mut self.scratch, |sighting| {
            let level = Confidence::of(&sighting.signals).level();
            if level >= least && sighting.span.end > from && !is_token(text, &sighting.span) {
                places.push(Place {
                    span: sighting.span.clone(),
                    label: Label::new(&sighting.dossier, sighting.fingerprint),
                    width: Width::under(sighting.decoded.first().copied()),
                });
                learnt.push(sighting);
            }
        });
        for sighting in learnt {
            self.learn(look, &sighting);
        }
    }

    /// Remembers a secret and its other parts.
    fn learn(&mut self, look: &Look, sighting: &Sighting) {
        let label = Label::new(&sighting.dossier, sighting.fingerprint);
        self.known.learn(&label, &sighting.secret);
        let dossier = look.library().get(sighting.dossier.as_str());
        let family = dossier.map_or("", |dossier| dossier.family.as_str());
        for companion in &sighting.companions {
            let part = Secret::new(companion.value.as_bytes());
            let label = Label::new(&sighting.dossier, Fingerprint::new(family, &part));
            self.known.learn(&label, &part);
        }
    }

    /// Writes a range of a text with the places in it masked, and counts them.
    /// Of a place that begins before the range, the rest is masked.
    ///
    /// # Errors
    /// Whatever the writer says.
    pub(super) fn write(
        &mut self,
        text: &[u8],
        range: Range<usize>,
        places: &[Place],
        out: &mut impl io::Write,
    ) -> io::Result<u64> {
        let mut written = 0;
        let mut put = |bytes: &[u8]| {
            written += bytes.len() as u64;
            out.write_all(bytes)
        };
        let mut at = range.start;
        for place in places {
            let span = place.span.start.max(at)..place.span.end.min(range.end);
            if span.is_empty() {
                continue;
            }
            put(&text[at..span.start])?;
            put(&place.width.spell(self.token(&place.label, &text[span.clone()]).as_bytes()))?;
            self.masks.add(&place.label.dossier, place.label.fingerprint);
            at = span.end;
        }
        put(&text[at..range.end])?;
        Ok(written)
    }

    fn token(&self, label: &Label, text: &[u8]) -> String {
        let kind = label.dossier.as_str();
        match self.key.and_then(|key| key.seal(kind, text)) {
            Some(sealed) => token::sealed(kind, &sealed),
            None => token::redacted(&label.dossier, label.fingerprint),
        }
    }
}

/// Whether a place lies in a sealed token, which is no secret.
fn is_token(text: &[u8], span: &Range<usize>) -> bool {
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':');
    let before = text[..span.start].iter().rev().take(token::LONGEST).position(|b| !belongs(b));
    before.is_some_and(|length| {
        text[span.start - length - 1..span.start].starts_with(token::SEALED.as_bytes())
    })
}

/// Places made one where they overlap: whatever somebody took for part of a
/// secret is masked. The longer says what it is.
pub(super) fn apart(mut places: Vec<Place>) -> Vec<Place> {
    places.sort_by_key(|place| (place.span.start, usize::MAX - place.span.end));
    let mut apart: Vec<Place> = Vec::with_capacity(places.len());
    for place in places {
        match apart.last_mut() {
            Some(last) if place.span.start < last.span.end => {
                let end = last.span.end.max(place.span.end);
                if place.span.len() > last.span.len() {
                    last.label = place.label;
                    last.width = place.width;
                }
                last.span.end = end;
            }
            _ => apart.push(place),
        }
    }
    apart
}
