//! How a value is written where it does not stand in plain: the few encodings
//! that can be made of the value and searched for as bytes. The way back, from
//! encoded text to values nobody knows yet, is the detector's.

use leeward_model::{Encoding, Secret};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The shortest encoded text that is looked for.
const SHORTEST: usize = 8;

/// A value under one encoding. Wiped when dropped.
pub struct Spelling {
    /// The encoding; `None` for the value as it is.
    pub encoding: Option<Encoding>,
    /// The bytes to look for.
    pub bytes: Zeroizing<Vec<u8>>,
}

/// Every spelling of a value, the plain one first. Of base64, what stands in
/// the text at each of the three ways that bytes fall into groups of three,
/// without the characters at either end that depend on neighbours.
pub fn spellings(secret: &Secret) -> Vec<Spelling> {
    #[expect(clippy::disallowed_methods, reason = "places are searched for the value itself")]
    let value = secret.expose();
    let mut all: Vec<Spelling> = Vec::new();
    let mut add = |encoding: Option<Encoding>, bytes: Vec<u8>| {
        let bytes = Zeroizing::new(bytes);
        // Few characters of an encoding are met by chance.
        let tells = encoding.is_none() || bytes.len() >= SHORTEST;
        if !bytes.is_empty() && tells && all.iter().all(|known| known.bytes != bytes) {
            all.push(Spelling { encoding, bytes });
        }
    };
    add(None, value.to_vec());
    for shift in 0..3 {
        let core = base64_core(value, shift);
        let url_safe = core.iter().map(|byte| match byte {
            b'+' => b'-',
            b'/' => b'_',
            other => *other,
        });
        add(Some(Encoding::Base64), url_safe.collect());
        add(Some(Encoding::Base64), core);
    }
    add(Some(Encoding::Hex), hex(value, b"0123456789abcdef"));
    add(Some(Encoding::Hex), hex(value, b"0123456789ABCDEF"));
    add(Some(Encoding::Percent), percent(value));
    add(Some(Encoding::Escape), escaped(value, false));
    add(Some(Encoding::Escape), escaped(value, true));
    add(Some(Encoding::Utf16Le), value.iter().flat_map(|&byte| [byte, 0]).collect());
    add(Some(Encoding::Utf16Be), value.iter().flat_map(|&byte| [0, byte]).collect());
    all
}

/// The SHA-256 of a value in hexadecimal digits, lower-case: what gateways
/// keep in its place.
pub(crate) fn sha256_hex(secret: &Secret) -> String {
    #[expect(clippy::disallowed_methods, reason = "a hash of it is looked for")]
    let digest = Sha256::digest(secret.expose());
    String::from_utf8_lossy(&hex(&digest, b"0123456789abcdef")).into_owned()
}

/// What base64 makes of a text alone.
#[cfg(test)]
pub(crate) fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut text = base64_digits(bytes);
    while !text.len().is_multiple_of(4) {
        text.push(b'=');
    }
    text
}

fn base64_digits(bytes: &[u8]) -> Vec<u8> {
    let digit = |at: u32| STANDARD[(at & 63) as usize];
    bytes
        .chunks(3)
        .flat_map(|group| {
            let at = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
            let bits = at(0) << 16 | at(1) << 8 | at(2);
            let digits = [digit(bits >> 18), digit(bits >> 12), digit(bits >> 6), digit(bits)];
            digits.into_iter().take(group.len() + 1)
        })
        .collect()
}

fn base64_core(value: &[u8], shift: usize) -> Vec<u8> {
    let padded = Zeroizing::new([&[0; 2][..shift], value].concat());
    let digits = Zeroizing::new(base64_digits(&padded));
    let (from, to) = ((8 * shift).div_ceil(6), 8 * padded.len() / 6);
    digits.get(from..to).unwrap_or_default().to_vec()
}

/// What a base64 text, padded or not, either alphabet, says.
pub(crate) fn from_base64(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let text = text.trim_ascii_end();
    let end = text.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
    let mut decoded = Zeroizing::new(Vec::with_capacity(end * 3 / 4));
    let (mut bits, mut held) = (0u32, 0);
    for byte in &text[..end] {
        let byte = match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        };
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            decoded.push((bits >> held) as u8);
        }
    }
    Some(decoded)
}

fn hex(bytes: &[u8], digits: &[u8; 16]) -> Vec<u8> {
    bytes
        .iter()
        .flat_map(|byte| [digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]])
        .collect()
}

/// As an address has it: everything but letters, digits and `-._~` escaped.
fn percent(value: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for &byte in value {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(byte);
        } else {
            text.push(b'%');
            text.extend(hex(&[byte], b"0123456789ABCDEF"));
        }
    }
    text
}

/// As a string of JSON has it, with or without `\/`.
fn escaped(value: &[u8], slashes: bool) -> Vec<u8> {
    let mut text = Vec::new();
    for &byte in value {
        match byte {
            b'"' | b'\\' => text.extend([b'\\', byte]),
            b'/' if slashes => text.extend(b"\\/"),
            b'\n' => text.extend(b"\\n"),
            b'\r' => text.extend(b"\\r"),
            b'\t' => text.extend(b"\\t"),
            0..=31 => {
                text.extend(b"\\u00");
                text.extend(hex(&[byte], b"0123456789abcdef"));
            }
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_both_ways() {
        for (plain, text) in [("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(base64(plain.as_bytes()), text.as_bytes());
            assert_eq!(from_base64(text.as_bytes()).unwrap().as_slice(), plain.as_bytes());
        }
        assert!(from_base64(b"Zm 9v").is_none());
    }

    #[test]
    fn an_embedded_value_is_found_in_base64() {
        let value = "Ab3dEf6hIj9lMn2p";
        let all = spellings(&Secret::new(value.as_bytes()));
        for before in ["", "x", "xy", "xyz", "KEY="] {
            let text = base64(format!("{before}{value}\ny").as_bytes());
            let is_in = |spelling: &Spelling| {
                spelling.encoding == Some(Encoding::Base64)
                    && memchr::memmem::find(&text, &spelling.bytes).is_some()
            };
            assert!(all.iter().any(is_in), "{before}");
        }
    }

    #[test]
    fn special_characters_are_spelt_as_formats_do() {
        let all = spellings(&Secret::new(&b"a/b\"c d"[..]));
        let has = |text: &[u8]| all.iter().any(|spelling| spelling.bytes.as_slice() == text);
        assert!(has(b"a%2Fb%22c%20d") && has(b"a/b\\\"c d") && has(b"a\\/b\\\"c d"));
        assert!(has(b"a\0/\0b\0\"\0c\0 \0d\0") && has(b"612f622263\x32\x30\x36\x34"));
    }

    #[test]
    fn a_known_hash() {
        let hash = sha256_hex(&Secret::new(&b"abc"[..]));
        assert!(hash.starts_with("ba7816bf8f01cfea") && hash.len() == 64);
    }
}
