//! A font of a document: which letters its codes are, and how wide they are, by which a
//! gap between words is known.

use std::collections::HashMap;

use lopdf::{Dictionary, Document, Encoding, Object};

/// Widths of one font that are kept.
const WIDTHS: usize = 70_000;

/// A font.
pub(super) struct Font<'d> {
    encoding: Option<Encoding<'d>>,
    /// In thousandths of the size, by code.
    widths: HashMap<u32, f32>,
    usual: f32,
    /// Whether a code has two bytes.
    is_wide: bool,
}

impl<'d> Font<'d> {
    /// Of a document; `most` bounds what its table becomes.
    pub(super) fn of(document: &'d Document, font: &'d Dictionary, most: usize) -> Self {
        let is_wide = font.get(b"Subtype").and_then(Object::as_name).is_ok_and(|it| it == b"Type0");
        let mut widths = HashMap::new();
        let mut usual = 500.0;
        if is_wide {
            let below = font.get_deref(b"DescendantFonts", document).and_then(Object::as_array);
            let below = below.ok().and_then(|fonts| fonts.first());
            let below = below.and_then(|it| document.dereference(it).ok()?.1.as_dict().ok());
            if let Some(below) = below {
                usual = below.get(b"DW").and_then(Object::as_float).unwrap_or(1000.0);
                let list = below.get_deref(b"W", document).and_then(Object::as_array);
                by_ranges(document, list.map_or(&[], Vec::as_slice), &mut widths);
            }
        } else if let Ok(list) = font.get_deref(b"Widths", document).and_then(Object::as_array) {
            let first = font.get(b"FirstChar").and_then(Object::as_i64).unwrap_or_default();
            let codes = u32::try_from(first).unwrap_or_default()..;
            widths.extend(
                codes
                    .zip(list.iter().take(WIDTHS))
                    .filter_map(|(code, width)| Some((code, width.as_float().ok()?))),
            );
        }
        Self { encoding: encoding(document, font, most), widths, usual, is_wide }
    }

    /// What some codes read.
    pub(super) fn text(&self, codes: &[u8]) -> String {
        let text = self.encoding.as_ref().and_then(|it| it.bytes_to_string(codes).ok());
        text.unwrap_or_else(|| String::from_utf8_lossy(codes).into_owned())
    }

    /// How wide they are.
    pub(super) fn width(&self, codes: &[u8]) -> f32 {
        let width = |code: u32| self.widths.get(&code).copied().unwrap_or(self.usual);
        if self.is_wide {
            codes
                .chunks(2)
                .map(|two| width(two.iter().fold(0, |all, byte| all << 8 | u32::from(*byte))))
                .sum()
        } else {
            codes.iter().map(|byte| width(u32::from(*byte))).sum()
        }
    }
}

/// Widths as fonts of many letters have them: a code and a list, or two codes and what
/// is true of all between.
fn by_ranges(document: &Document, list: &[Object], widths: &mut HashMap<u32, f32>) {
    let mut list = list.iter();
    while let (Some(first), Some(second)) = (list.next(), list.next()) {
        let Ok(first) = first.as_i64().map(|code| u32::try_from(code).unwrap_or_default()) else {
            return;
        };
        let second = document.dereference(second).map_or(second, |(_, it)| it);
        if let Ok(each) = second.as_array() {
            for (code, width) in (first..).zip(each) {
                if let (Ok(width), true) = (width.as_float(), widths.len() < WIDTHS) {
                    widths.insert(code, width);
                }
            }
        } else if let (Ok(last), Some(Ok(width))) =
            (second.as_i64(), list.next().map(Object::as_float))
        {
            let last = u32::try_from(last).unwrap_or_default().min(first.saturating_add(65_535));
            for code in first..=last {
                if widths.len() < WIDTHS {
                    widths.insert(code, width);
                }
            }
        }
    }
}

/// How the codes of a font become letters. What it says of that itself comes before the
/// names of its letters, which may be anything.
fn encoding<'d>(document: &'d Document, font: &'d Dictionary, most: usize) -> Option<Encoding<'d>> {
    let own = font.get_deref(b"ToUnicode", document).and_then(Object::as_stream);
    if own.is_ok() && font.has(b"Encoding") {
        let mut bare = Dictionary::new();
        bare.set("Type", Object::Name(b"Font".to_vec()));
        bare.set("ToUnicode", font.get(b"ToUnicode").ok()?.clone());
        // It borrows nothing of the font: what it makes is a table of its own.
        if let Ok(Encoding::UnicodeMapEncoding(map)) =
            bare.get_font_encoding_with_limit(document, most)
        {
            return Some(Encoding::UnicodeMapEncoding(map));
        }
    }
    font.get_font_encoding_with_limit(document, most).ok()
}
