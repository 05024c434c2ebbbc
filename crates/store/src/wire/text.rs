//! Bytes as text and back: what is UTF-8 stays as it is, but for the backslash, and
//! what is not becomes `\x` and two digits. What bytes begin with, their text begins
//! with too, as long as it ends where a character ends.

use std::fmt::Write as _;

use crate::trouble::Trouble;

/// Bytes as text without NUL.
pub(crate) fn to_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' => text.push_str("\\\\"),
                '\0' => text.push_str("\\x00"),
                c => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            // Writing into a text cannot fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// The bytes of a text that [`to_text`] made.
pub(crate) fn from_text(text: &str) -> Result<Vec<u8>, Trouble> {
    let wrong = || Trouble::Corrupt("a path in a record is not written as one".to_owned());
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('\\');
    bytes.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
    while let Some(part) = parts.next() {
        if part.is_empty() {
            // Two in a row: one of them, and what follows the second.
            bytes.push(b'\\');
            bytes.extend_from_slice(parts.next().ok_or_else(wrong)?.as_bytes());
            continue;
        }
        let digits = part.strip_prefix('x').and_then(|rest| rest.get(..2)).ok_or_else(wrong)?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| wrong())?);
        bytes.extend_from_slice(&part.as_bytes()[3..]);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn strange_names_are_text() {
        assert_eq!(to_text(b"a\\\xff\0/\xc3\xa9"), "a\\\\\\xff\\x00/é");
        for wrong in ["\\", "\\x", "\\x1", "\\xé", "\\y00", "a\\"] {
            assert!(from_text(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn bytes_come_back(bytes: Vec<u8>, more: Vec<u8>) {
            prop_assert_eq!(from_text(&to_text(&bytes)).unwrap(), bytes.clone());
            let mut longer = bytes.clone();
            longer.push(b'/');
            longer.extend(more);
            prop_assert!(to_text(&longer).starts_with(&to_text(&bytes)));
        }
    }
}
