//! Undoes the encodings that text hides in, keeping for each decoded byte the
//! bytes of the original that it came from.
//!
//! Decoders are only ever run on the surroundings of an anchor or on a
//! candidate, never over whole files.

use std::ops::Range;

use leeward_model::Encoding;

/// Decoded bytes and where each came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layer {
    pub(crate) bytes: Vec<u8>,
    /// Start and end in the encoded text of each decoded byte.
    spans: Vec<(u32, u32)>,
}

impl Layer {
    fn push(&mut self, byte: u8, start: usize, end: usize) {
        self.bytes.push(byte);
        self.spans.push((start as u32, end as u32));
    }

    /// The part of the encoded text that a decoded range came from.
    pub(crate) fn original(&self, range: Range<usize>) -> Range<usize> {
        if range.is_empty() {
            return 0..0;
        }
        self.spans[range.start].0 as usize..self.spans[range.end - 1].1 as usize
    }
}

/// Most encoded bytes undone around one anchor.
const LARGEST: usize = 4 << 20;

/// The encoded text around an anchor found in encoded form, decoded. Returns
/// where it lies and the layer.
pub(crate) fn around(
    text: &[u8],
    hit: Range<usize>,
    encoding: Encoding,
) -> Option<(Range<usize>, Layer)> {
    let low = hit.start.saturating_sub(LARGEST / 2);
    let high = text.len().min(hit.end + LARGEST / 2);
    let extent = match encoding {
        Encoding::Base64 => base64_extent(text, &hit, low, high),
        Encoding::Hex => grow(text, &hit, low, high, |byte| byte.is_ascii_hexdigit()),
        Encoding::Percent | Encoding::Escape => {
            grow(text, &hit, low, high, |byte| !matches!(byte, b'\n' | b'"' | b'\'' | b' '))
        }
        Encoding::Utf16Le | Encoding::Utf16Be => {
            let parity = hit.start % 2;
            low + (low + parity) % 2..high
        }
        Encoding::Concatenation => return None,
    };
    let bytes = &text[extent.clone()];
    let layer = match encoding {
        // A piece of something larger may end anywhere in it.
        Encoding::Base64 if extent.end == text.len() => {
            base64(bytes).or_else(|| base64(&bytes[..bytes.len() - 1]))?
        }
        Encoding::Base64 => base64(bytes)?,
        Encoding::Hex => hex(&bytes[(hit.start - extent.start) % 2..])
            .map(|layer| shifted(layer, (hit.start - extent.start) % 2))?,
        Encoding::Percent => percent(bytes)?,
        Encoding::Escape => escapes(bytes)?,
        Encoding::Utf16Le => utf16(bytes, u16::from_le_bytes),
        Encoding::Utf16Be => utf16(bytes, u16::from_be_bytes),
        Encoding::Concatenation => return None,
    };
    Some((extent, layer))
}

fn shifted(mut layer: Layer, by: usize) -> Layer {
    for span in &mut layer.spans {
        *span = (span.0 + by as u32, span.1 + by as u32);
    }
    layer
}

fn grow(
    text: &[u8],
    hit: &Range<usize>,
    low: usize,
    high: usize,
    belongs: impl Fn(u8) -> bool,
) -> Range<usize> {
    let start =
        text[low..hit.start].iter().rposition(|&b| !belongs(b)).map_or(low, |i| low + i + 1);
    let end = text[hit.end..high].iter().position(|&b| !belongs(b)).map_or(high, |i| hit.end + i);
    start..end
}

/// Base64 may be wrapped: line ends (and the indentation after them) belong to
/// it where a full line of it precedes and follows.
fn base64_extent(text: &[u8], hit: &Range<usize>, low: usize, high: usize) -> Range<usize> {
    const FULL_LINE: usize = 40;
    let belongs = |byte: u8| is_base64_byte(byte);
    let mut extent = grow(text, hit, low, high, belongs);
    loop {
        let gap = text[low..extent.start]
            .iter()
            .rposition(|b| !matches!(b, b'\n' | b'\r' | b' ' | b'\t'));
        let Some(last) = gap.map(|i| low + i) else { break };
        if last + 1 == extent.start
            || !belongs(text[last])
            || !text[last..extent.start].contains(&b'\n')
        {
            break;
        }
        let line = grow(text, &(last..last + 1), low, extent.start, belongs);
        if line.len() < FULL_LINE {
            break;
        }
        extent.start = line.start;
    }
    loop {
        let line_start = text[extent.clone()]
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(extent.start, |i| extent.start + i + 1);
        let gap =
            text[extent.end..high].iter().position(|b| !matches!(b, b'\n' | b'\r' | b' ' | b'\t'));
        let Some(next) = gap.map(|i| extent.end + i) else { break };
        let wrapped =
            text[extent.end..next].contains(&b'\n') && extent.end - line_start >= FULL_LINE;
        if !wrapped || !belongs(text[next]) {
            break;
        }
        extent.end = grow(text, &(next..next + 1), next, high, belongs).end;
    }
    let padding = text[extent.end..high].iter().take(2).take_while(|b| **b == b'=').count();
    extent.start..extent.end + padding
}

/// Whether a byte is of the standard or the URL-safe base64 alphabet.
pub(crate) fn is_base64_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

fn sextet(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    }))
}

/// Undoes base64, passing over white space; padding is optional.
pub(crate) fn base64(text: &[u8]) -> Option<Layer> {
    let mut layer = Layer::default();
    let (mut bits, mut count) = (0_u32, 0);
    let mut starts = [0_usize; 4];
    let mut padding = 0;
    for (at, &byte) in text.iter().enumerate() {
        if matches!(byte, b'\n' | b'\r' | b' ' | b'\t') {
            continue;
        }
        if byte == b'=' {
            padding = text[at..].iter().take_while(|byte| **byte == b'=').count() as u32;
            break;
        }
        bits = bits << 6 | sextet(byte)?;
        starts[count] = at;
        count += 1;
        if count == 4 {
            for (index, shift) in [16, 8, 0].into_iter().enumerate() {
                layer.push((bits >> shift) as u8, starts[index], starts[index + 1] + 1);
            }
            (bits, count) = (0, 0);
        }
    }
    match count {
        0 => {}
        2 => layer.push((bits >> 4) as u8, starts[0], starts[1] + 1),
        3 => {
            layer.push((bits >> 10) as u8, starts[0], starts[1] + 1);
            layer.push((bits >> 2) as u8, starts[1], starts[2] + 1);
        }
        _ => return None,
    }
    // Padding belongs to what it pads.
    if let Some(last) = layer.spans.last_mut() {
        last.1 += padding;
    }
    Some(layer)
}

/// The base64 characters that every occurrence of `bytes` at a distance of
/// `shift` (0 to 2) from a three-byte border has in common.
pub(crate) fn base64_core(bytes: &[u8], shift: usize) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |at: usize| -> u32 {
        let at = at - shift * 8;
        u32::from(bytes[at / 8] >> (7 - at % 8) & 1)
    };
    let (first, last) = (shift * 8, (shift + bytes.len()) * 8);
    (first.div_ceil(6)..last / 6)
        .map(|at| ALPHABET[(at * 6..at * 6 + 6).fold(0, |bits, at| bits << 1 | bit(at)) as usize])
        .collect()
}

/// Undoes hexadecimal pairs; `None` if anything else is met.
pub(crate) fn hex(text: &[u8]) -> Option<Layer> {
    let mut layer = Layer::default();
    for (index, pair) in text.chunks_exact(2).enumerate() {
        layer.push(hex_pair(pair)?, index * 2, index * 2 + 2);
    }
    Some(layer)
}

fn hex_pair(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    Some((digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?) as u8)
}

/// Undoes `%41`; `None` if there is none.
pub(crate) fn percent(text: &[u8]) -> Option<Layer> {
    unescape(text, |rest| {
        let byte = hex_pair(rest.strip_prefix(b"%")?)?;
        Some((byte, 3))
    })
}

/// Undoes `\x41`, `\u0041`, `\u{41}`, `\n`, `\t` and escaped punctuation;
/// `None` if there is none.
pub(crate) fn escapes(text: &[u8]) -> Option<Layer> {
    unescape(text, |rest| {
        let tail = rest.strip_prefix(b"\\")?;
        match tail.first()? {
            b'x' => Some((hex_pair(&tail[1..])?, 4)),
            b'u' if tail.get(1) == Some(&b'{') => {
                let close = tail.iter().take(10).position(|byte| *byte == b'}')?;
                let code =
                    u32::from_str_radix(std::str::from_utf8(&tail[2..close]).ok()?, 16).ok()?;
                Some((u8::try_from(code).ok()?, close + 2))
            }
            b'u' => match (hex_pair(&tail[1..])?, hex_pair(&tail[3.min(tail.len())..])?) {
                (0, byte) => Some((byte, 6)),
                _ => None,
            },
            b'n' => Some((b'\n', 2)),
            b't' => Some((b'\t', 2)),
            b'r' => Some((b'\r', 2)),
            &byte @ (b'"' | b'\'' | b'\\' | b'/') => Some((byte, 2)),
            _ => None,
        }
    })
}

fn unescape(text: &[u8], escape: impl Fn(&[u8]) -> Option<(u8, usize)>) -> Option<Layer> {
    let mut layer = Layer::default();
    let mut any = false;
    let mut at = 0;
    while at < text.len() {
        let (byte, length) = match escape(&text[at..]) {
            Some(found) => {
                any = true;
                found
            }
            None => (text[at], 1),
        };
        layer.push(byte, at, at + length);
        at += length;
    }
    any.then_some(layer)
}

/// Undoes UTF-16 as far as it is ASCII; anything else becomes one `?`, which
/// keeps positions and never joins what stood apart.
fn utf16(text: &[u8], unit: fn([u8; 2]) -> u16) -> Layer {
    let mut layer = Layer::default();
    for (index, pair) in text.chunks_exact(2).enumerate() {
        let byte = u8::try_from(unit([pair[0], pair[1]])).ok().filter(u8::is_ascii).unwrap_or(b'?');
        layer.push(byte, index * 2, index * 2 + 2);
    }
    layer
}

/// Whether decoded bytes read as text.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encode(bytes: &[u8]) -> String {
        let mut padded = bytes.to_vec();
        padded.resize(bytes.len().div_ceil(3) * 3, 0);
        let mut text = String::from_utf8(base64_core(&padded, 0)).expect("the alphabet is ASCII");
        text.truncate((bytes.len() * 8).div_ceil(6));
        text
    }

    #[test]
    fn known_base64() {
        assert_eq!(encode(b"leeward"), "bGVld2FyZA");
        assert_eq!(base64(b"bGVl\n  d2FyZA==").expect("is base64").bytes, b"leeward");
    }

    proptest! {
        #[test]
        fn base64_round_trips_with_truthful_spans(bytes in proptest::collection::vec(any::<u8>(), 1..80)) {
            let text = encode(&bytes);
            let layer = base64(text.as_bytes()).expect("we encoded it");
            prop_assert_eq!(&layer.bytes, &bytes);
            for at in 0..bytes.len() {
                let span = layer.original(at..at + 1);
                prop_assert!(span.len() == 2 && span.end <= text.len());
                prop_assert_eq!(span.start, at * 8 / 6);
            }
        }

        #[test]
        fn cores_are_in_every_encoding(before in 0usize..9, name in "[a-z]{6,12}", after in 0usize..5) {
            let text = format!("{}{name}{}", "x".repeat(before), "y".repeat(after));
            let core = base64_core(name.as_bytes(), before % 3);
            let encoded = encode(text.as_bytes());
            prop_assert!(memchr::memmem::find(encoded.as_bytes(), &core).is_some());
        }

        #[test]
        fn decoders_survive_anything(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for layer in [base64(&bytes), hex(&bytes), percent(&bytes), escapes(&bytes)].into_iter().flatten() {
                let whole = layer.original(0..layer.bytes.len());
                prop_assert!(whole.end <= bytes.len());
            }
        }
    }
}
