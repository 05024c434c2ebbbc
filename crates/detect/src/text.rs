//! What the stages hand each other: a text to look at, and what was seen in it.

use std::ops::Range;

use leeward_model::{Companion, DossierId, Encoding, Signal};

/// Texts from which sightings are read: the blob itself or a decoded layer.
pub(crate) struct Text<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) path: Option<&'a [u8]>,
    pub(crate) depth: usize,
    /// Where sightings are wanted; what stands elsewhere is only read.
    pub(crate) own: Range<usize>,
}

/// A sighting before it is placed in the blob.
pub(crate) struct Raw {
    pub(crate) dossier: DossierId,
    pub(crate) family: String,
    pub(crate) value: Vec<u8>,
    pub(crate) companions: Vec<Companion>,
    pub(crate) span: Range<usize>,
    pub(crate) decoded: Vec<Encoding>,
    pub(crate) signals: Vec<Signal>,
}

/// The union of the surroundings of some places, in order.
pub(crate) fn around(places: &[Range<usize>], reach: usize, length: usize) -> Vec<Range<usize>> {
    let mut sorted: Vec<Range<usize>> = places
        .iter()
        .map(|place| place.start.saturating_sub(reach)..length.min(place.end + reach))
        .collect();
    sorted.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in sorted {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}
