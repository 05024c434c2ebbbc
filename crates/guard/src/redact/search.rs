//! Finds many texts at once in a stream that holds few of them. Groups of eight
//! bytes of each text are hashed into a bit table, and every eighth position of
//! the input likewise; only where a bit is set are the texts compared. The cost
//! grows neither with their number nor with how common their letters are.
//!
//! The detector's gate does the same with names, which are shorter and written
//! in either case.

use std::ops::Range;

use zeroize::{Zeroize as _, Zeroizing};

/// Bytes of a group.
const GRAM: usize = 8;
/// Every how many positions the input is hashed: as many neighbouring groups of
/// each text are in the table, so that one of them meets it.
const STRIDE: usize = 8;
/// Bytes to a branch.
const CHUNK: usize = 4 * STRIDE;
/// Shortest text that always holds such a group.
pub(super) const SHORTEST: usize = GRAM + STRIDE - 1;
/// Bits of the table for each group in it: few enough hits by chance.
const BITS_PER_GRAM: usize = 64;
/// Bounds of the table's size, as powers of two: 4 to 256 KiB.
const TABLE_BITS: std::ops::RangeInclusive<u32> = 15..=21;
/// 2^64 divided by the golden ratio.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// Texts to find. Wiped when dropped, with the hashes, which can be undone.
pub(super) struct Search {
    texts: Vec<Zeroizing<Vec<u8>>>,
    table: Vec<u64>,
    /// How far a hash is shifted to be a bit's number.
    shift: u32,
    /// Hash of a group, its text, its offset there; sorted by hash.
    grams: Vec<(u64, u32, u32)>,
}

impl Search {
    /// Texts shorter than [`SHORTEST`] are not found.
    pub(super) fn new(texts: Vec<Zeroizing<Vec<u8>>>) -> Self {
        let mut grams = Vec::with_capacity(texts.len() * STRIDE);
        for (number, text) in texts.iter().enumerate().filter(|(_, text)| text.len() >= SHORTEST) {
            for offset in 0..STRIDE {
                grams.push((hash(text, offset), number as u32, offset as u32));
            }
        }
        grams.sort_unstable();
        let bits = (grams.len() * BITS_PER_GRAM).next_power_of_two().trailing_zeros();
        let bits = bits.clamp(*TABLE_BITS.start(), *TABLE_BITS.end());
        let shift = u64::BITS - bits;
        let mut table = vec![0; 1 << (bits - 6)];
        for &(hash, ..) in &grams {
            let bit = (hash >> shift) as usize;
            table[bit >> 6] |= 1_u64 << (bit & 63);
        }
        Self { texts, table, shift, grams }
    }

    /// Calls `found` with each place of each text, and the text's number.
    pub(super) fn find(&self, bytes: &[u8], mut found: impl FnMut(Range<usize>, usize)) {
        let (chunks, _) = bytes.as_chunks::<CHUNK>();
        for (index, chunk) in chunks.iter().enumerate() {
            let bits = self.bit(hash(chunk, 0))
                | self.bit(hash(chunk, STRIDE))
                | self.bit(hash(chunk, 2 * STRIDE))
                | self.bit(hash(chunk, 3 * STRIDE));
            if bits & 1 != 0 {
                let at = index * CHUNK;
                for position in (at..at + CHUNK).step_by(STRIDE) {
                    self.at(bytes, position, &mut found);
                }
            }
        }
        let mut at = chunks.len() * CHUNK;
        while at + GRAM <= bytes.len() {
            self.at(bytes, at, &mut found);
            at += STRIDE;
        }
    }

    #[inline(always)]
    fn bit(&self, hash: u64) -> u64 {
        let bit = (hash >> self.shift) as usize;
        self.table[bit >> 6] >> (bit & 63)
    }

    fn at(&self, bytes: &[u8], position: usize, found: &mut impl FnMut(Range<usize>, usize)) {
        let here = hash(bytes, position);
        if self.bit(here) & 1 == 0 {
            return;
        }
        let first = self.grams.partition_point(|&(hash, ..)| hash < here);
        for &(_, text, offset) in self.grams[first..].iter().take_while(|gram| gram.0 == here) {
            let Some(start) = position.checked_sub(offset as usize) else { continue };
            let wanted = &self.texts[text as usize];
            if bytes[start..].starts_with(wanted) {
                found(start..start + wanted.len(), text as usize);
            }
        }
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        for (hash, ..) in &mut self.grams {
            hash.zeroize();
        }
    }
}

#[inline(always)]
fn hash(bytes: &[u8], at: usize) -> u64 {
    let mut gram = [0; GRAM];
    gram.copy_from_slice(&bytes[at..at + GRAM]);
    u64::from_le_bytes(gram).wrapping_mul(MULTIPLIER)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// It finds what a plain search finds.
        #[test]
        fn nothing_is_missed(
            texts in proptest::collection::vec("[ab]{15,18}", 1..6),
            input in "[ab]{0,20}",
            order in proptest::collection::vec((any::<prop::sample::Index>(), "[ab ]{0,5}"), 0..6),
        ) {
            let mut input = input;
            for (index, between) in &order {
                input.push_str(index.get::<String>(&texts));
                input.push_str(between);
            }
            let owned = texts.iter().map(|text| Zeroizing::new(text.clone().into_bytes()));
            let mut found = Vec::new();
            Search::new(owned.collect()).find(input.as_bytes(), |span, text| found.push((text, span.start)));
            found.sort_unstable();
            let mut wanted = Vec::new();
            for (number, text) in texts.iter().enumerate() {
                wanted.extend((0..input.len()).filter(|at| input[*at..].starts_with(text.as_str())).map(|at| (number, at)));
            }
            prop_assert_eq!(found, wanted);
        }
    }
}
