//! The prefilter: one pass over raw bytes that finds the anchors of all
//! dossiers, in plain text and in the encodings text hides in. No anchor, no
//! more work; almost every blob ends here, at memory speed.
//!
//! Groups of four bytes of each anchor, case folded, are hashed into a bit
//! table, and every second or fourth position of the input likewise; only where
//! a bit is set are the anchors themselves compared. The cost does not grow
//! with their number. This is not a matcher: what an anchor means is decided
//! elsewhere.

use leeward_model::Encoding;

/// A text that a rule looks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// Number of the rule.
    pub(crate) rule: usize,
    pub(crate) text: &'a str,
    /// It is part of a value, which has one spelling, and not of a name, which
    /// people write in capitals or not.
    pub(crate) as_written: bool,
}

/// Something the gate looks for.
#[derive(Clone, Debug)]
pub(crate) struct Anchor {
    /// The bytes, lower-case where case is folded.
    text: Vec<u8>,
    /// Whether letters match in either case.
    folded: bool,
    /// The encoding it is written in; `None` for plain text.
    pub(crate) encoding: Option<Encoding>,
    /// Which of the detector's rules asked for it.
    pub(crate) rule: usize,
}

/// An anchor found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hit {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Index of the anchor.
    pub(crate) anchor: usize,
}

/// Bits of the table for each gram in it: few enough hits by chance that the
/// branch is seldom taken, in a table that stays in a near cache.
const BITS_PER_GRAM: usize = 64;
/// Bounds of the table's size, as powers of two: 4 to 128 KiB.
const TABLE_BITS: std::ops::RangeInclusive<u32> = 15..=20;
/// Knuth's multiplicative constant, 2^32 divided by the golden ratio.
const MULTIPLIER: u32 = 0x9E37_79B1;
/// Characters of an anchor that are looked for in encoded form.
const ENCODED: usize = 7;
/// Positions covered by one branch, and the bytes that takes.
const STEP: usize = 16;
const CHUNK: usize = 20;
/// Sets bit 5 of four bytes: folds ASCII letters, and maps the rest onto
/// something that only has to be the same on both sides.
const FOLD: u32 = 0x2020_2020;

#[derive(Debug)]
pub(crate) struct Gate {
    anchors: Vec<Anchor>,
    table: Vec<u64>,
    /// How far a hash is shifted to be a bit's number.
    shift: u32,
    /// Folded gram, anchor, offset of the gram in it; sorted by gram.
    grams: Vec<(u32, u32, u32)>,
    /// Every how many positions the input is hashed: as many neighbouring
    /// grams of each anchor are in the table, so that one of them meets it.
    stride: usize,
    longest: usize,
}

impl Gate {
    /// `plain`: each rule's anchors.
    pub(crate) fn new<'a>(wanted: impl Iterator<Item = Wanted<'a>>) -> Self {
        let anchors: Vec<Anchor> = wanted.flat_map(Anchor::forms).collect();
        let shortest = anchors.iter().map(|anchor| anchor.text.len()).min().unwrap_or(0);
        let stride = if shortest >= 7 { 4 } else { 2 };
        let mut grams: Vec<(u32, u32, u32)> = Vec::with_capacity(anchors.len() * stride);
        for (index, anchor) in anchors.iter().enumerate() {
            let first = rarest_grams(&anchor.text, stride);
            for offset in first..first + stride {
                let here = grams_at(&anchor.text, offset).into_iter();
                grams.extend(here.map(|gram| (gram, index as u32, offset as u32)));
            }
        }
        grams.sort_unstable();
        let bits = (grams.len() * BITS_PER_GRAM).next_power_of_two().trailing_zeros();
        let bits = bits.clamp(*TABLE_BITS.start(), *TABLE_BITS.end());
        let shift = 32 - bits;
        let mut table = vec![0; 1 << (bits - 6)];
        for &(gram, ..) in &grams {
            let bit = hash(gram, shift);
            table[bit as usize >> 6] |= 1_u64 << (bit & 63);
        }
        let longest = anchors.iter().map(|anchor| anchor.text.len()).max().unwrap_or(0);
        Self { anchors, table, shift, grams, stride, longest }
    }

    pub(crate) fn anchor(&self, hit: Hit) -> &Anchor {
        &self.anchors[hit.anchor]
    }

    /// How far before and after a changed range an anchor may begin or end.
    pub(crate) fn reach(&self) -> usize {
        self.longest
    }

    /// Appends every anchor in `bytes`, in order of position.
    pub(crate) fn find(&self, bytes: &[u8], hits: &mut Vec<Hit>) {
        self.find_until(bytes, |hit| {
            hits.push(hit);
            false
        });
        hits.sort_unstable();
    }

    /// Whether there is any anchor at all.
    pub(crate) fn any(&self, bytes: &[u8]) -> bool {
        self.find_until(bytes, |_| true)
    }

    /// Calls `found` for each anchor until it answers true.
    fn find_until(&self, bytes: &[u8], mut found: impl FnMut(Hit) -> bool) -> bool {
        let mut at = 0;
        while let Some(chunk) = bytes.get(at..at + CHUNK) {
            let bits =
                if self.stride == 4 { self.every_fourth(chunk) } else { self.every_second(chunk) };
            if bits & 1 != 0 {
                for position in (at..at + STEP).step_by(self.stride) {
                    if self.at(bytes, position, &mut found) {
                        return true;
                    }
                }
            }
            at += STEP;
        }
        (at..bytes.len().saturating_sub(2))
            .step_by(self.stride)
            .any(|position| self.at(bytes, position, &mut found))
    }

    /// The table's bits at the even positions of a step, in bit 0.
    #[inline(always)]
    fn every_second(&self, chunk: &[u8]) -> u64 {
        let (a, b, c) = (word(chunk, 0), word(chunk, 6), word(chunk, 12));
        self.bit(a as u32)
            | self.bit((a >> 16) as u32)
            | self.bit((a >> 32) as u32)
            | self.bit(b as u32)
            | self.bit((b >> 16) as u32)
            | self.bit((b >> 32) as u32)
            | self.bit(c as u32)
            | self.bit((c >> 16) as u32)
    }

    /// The same at every fourth position.
    #[inline(always)]
    fn every_fourth(&self, chunk: &[u8]) -> u64 {
        let (a, b) = (word(chunk, 0), word(chunk, 8));
        self.bit(a as u32)
            | self.bit((a >> 32) as u32)
            | self.bit(b as u32)
            | self.bit((b >> 32) as u32)
    }

    #[inline(always)]
    fn bit(&self, gram: u32) -> u64 {
        let bit = hash(gram | FOLD, self.shift);
        self.table[bit as usize >> 6] >> (bit & 63)
    }

    fn at(&self, bytes: &[u8], position: usize, found: &mut impl FnMut(Hit) -> bool) -> bool {
        let here = gram(&bytes[position..]);
        if self.bit(here) & 1 == 0 {
            return false;
        }
        let first = self.grams.partition_point(|&(gram, ..)| gram < here);
        self.grams[first..]
            .iter()
            .take_while(|&&(gram, ..)| gram == here)
            .filter_map(|&(_, anchor, offset)| {
                let start = position.checked_sub(offset as usize)?;
                let text = &self.anchors[anchor as usize];
                let end = start + text.text.len();
                text.is(bytes.get(start..end)?).then_some(Hit {
                    start,
                    end,
                    anchor: anchor as usize,
                })
            })
            .any(found)
    }
}

impl Anchor {
    fn is(&self, bytes: &[u8]) -> bool {
        if self.folded { bytes.eq_ignore_ascii_case(&self.text) } else { bytes == self.text }
    }

    /// An anchor in plain text and in every encoding the decoder can undo.
    fn forms(Wanted { rule, text, as_written }: Wanted<'_>) -> Vec<Self> {
        let lower = text.to_ascii_lowercase();
        // An encoded text only has to be noticed; what it says is looked at once
        // it is undone. A short beginning keeps the longest anchor short.
        let beginning = &lower[..lower.len().min(ENCODED)];
        let make = |text: Vec<u8>, folded, encoding| Self { text, folded, encoding, rule };
        let each = |pattern: &dyn Fn(u8) -> Vec<u8>| -> Vec<u8> {
            beginning.bytes().flat_map(pattern).collect()
        };
        let mut forms = vec![
            make(lower.clone().into_bytes(), true, None),
            make(each(&|b| vec![b, 0]), true, Some(Encoding::Utf16Le)),
            make(each(&|b| vec![0, b]), true, Some(Encoding::Utf16Be)),
        ];
        let written = text[..beginning.len()].to_owned();
        for cased in if as_written { vec![written] } else { casings(beginning) } {
            let bytes = cased.as_bytes();
            let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
            let percent: String = bytes.iter().map(|b| format!("%{b:02x}")).collect();
            let escape: String = bytes.iter().map(|b| format!("\\u{b:04x}")).collect();
            let escape_x: String = bytes.iter().map(|b| format!("\\x{b:02x}")).collect();
            forms.push(make(hex.into_bytes(), true, Some(Encoding::Hex)));
            forms.push(make(percent.into_bytes(), true, Some(Encoding::Percent)));
            forms.push(make(escape.into_bytes(), true, Some(Encoding::Escape)));
            forms.push(make(escape_x.into_bytes(), true, Some(Encoding::Escape)));
            for shift in 0..3 {
                let text = crate::decode::base64_core(bytes, shift);
                if text.len() >= 4 {
                    forms.push(make(text, false, Some(Encoding::Base64)));
                }
            }
        }
        forms
    }
}

/// The ways people capitalise a name: `name`, `NAME`, `Name`.
fn casings(lower: &str) -> Vec<String> {
    let upper = lower.to_ascii_uppercase();
    let title: String = upper.chars().take(1).chain(lower.chars().skip(1)).collect();
    vec![lower.to_owned(), upper, title]
}

/// The four bytes at the start of `bytes`, folded; past the end, NUL.
fn gram(bytes: &[u8]) -> u32 {
    let at = |index: usize| bytes.get(index).copied().unwrap_or(0);
    u32::from_le_bytes([at(0), at(1), at(2), at(3)]) | FOLD
}

/// The grams an anchor has at an offset: one, or where its last byte is past
/// the anchor's end, one for each byte that may follow.
fn grams_at(text: &[u8], offset: usize) -> Vec<u32> {
    let gram = gram(&text[offset..]);
    if offset + 4 <= text.len() {
        return vec![gram];
    }
    (0..=u8::MAX)
        .filter(|byte| byte & 0x20 != 0)
        .map(|byte| gram & 0x00ff_ffff | u32::from(byte) << 24)
        .collect()
}

#[inline(always)]
fn word(chunk: &[u8], at: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&chunk[at..at + 8]);
    u64::from_le_bytes(bytes)
}

#[inline(always)]
fn hash(gram: u32, shift: u32) -> u32 {
    gram.wrapping_mul(MULTIPLIER) >> shift
}

/// Offset of the first of `count` neighbouring grams least likely in ordinary
/// text, by how common each byte is in source code (rough ranks; only the order
/// matters).
fn rarest_grams(text: &[u8], count: usize) -> usize {
    const COMMON: &[u8] = b" etaionsrlcdpmu\n.,_hfgyb()0\"=-:;1'wvk/x{}2\x00";
    let rarity = |byte: &u8| {
        let byte = byte.to_ascii_lowercase();
        COMMON.iter().position(|&c| c == byte).unwrap_or(COMMON.len()) as u32
    };
    // As common as the most common of them.
    let worst = |first: usize| {
        (first..first + count)
            .map(|at| text[at..text.len().min(at + 4)].iter().map(rarity).sum::<u32>())
            .min()
    };
    (0..=text.len().saturating_sub(count + 3)).max_by_key(|&first| worst(first)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gate() -> Gate {
        let texts = ["mistral", "codestral", "AKIA"].into_iter().enumerate();
        Gate::new(texts.map(|(rule, text)| Wanted { rule, text, as_written: false }))
    }

    fn found(text: &[u8]) -> Vec<(usize, usize, Option<Encoding>)> {
        let gate = gate();
        let mut hits = Vec::new();
        gate.find(text, &mut hits);
        hits.into_iter().map(|hit| (hit.start, hit.end, gate.anchor(hit).encoding)).collect()
    }

    #[test]
    fn plain_anchors_in_any_case() {
        assert_eq!(found(b"x MISTRAL y"), [(2, 9, None)]);
        assert_eq!(found(b"CodeStral"), [(0, 9, None)]);
        assert_eq!(found(b"mistra"), []);
    }

    #[test]
    fn anchors_under_encodings() {
        // `MISTRAL_API_KEY=` in base64, then UTF-16, then hexadecimal.
        assert_eq!(found(b"TUlTVFJBTF9BUElfS0VZPQ==")[0].2, Some(Encoding::Base64));
        assert_eq!(found(b"m\0i\0s\0t\0r\0a\0l\0")[0].2, Some(Encoding::Utf16Le));
        assert_eq!(found(b"\0m\0i\0s\0t\0r\0a\0l")[0].2, Some(Encoding::Utf16Be));
        assert_eq!(found(b"4D49535452414C")[0].2, Some(Encoding::Hex));
    }

    proptest! {
        /// The gate finds what a plain search finds, wherever it lies.
        #[test]
        fn nothing_is_missed(
            before in proptest::collection::vec(any::<u8>(), 0..40),
            after in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let mut text = before.clone();
            text.extend_from_slice(b"miSTral");
            text.extend_from_slice(&after);
            prop_assert!(found(&text).contains(&(before.len(), before.len() + 7, None)));
        }
    }
}
