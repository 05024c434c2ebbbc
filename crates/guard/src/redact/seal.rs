//! The operator's key, and what is sealed with it.
//!
//! AES-SIV (RFC 5297) with 256-bit keys and no nonce: the same text of the same
//! kind always seals to the same bytes, which is what makes a token consistent,
//! and nothing that was altered opens. Who has no key learns of two tokens
//! whether they hold the same, and how long that is.

use std::fmt;

use aes_siv::{KeyInit as _, siv::Aes256Siv};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::{Zeroize as _, Zeroizing};

/// Bytes of a key: one half authenticates, the other encrypts.
const BYTES: usize = 64;
/// How a key's text begins.
const PREFIX: &str = "leeward-redact-key-1:";

/// An operator's key. Wiped when dropped.
pub struct Key([u8; BYTES]);

impl Key {
    /// A key of random bytes, from a generator that is fit for keys.
    pub fn new(bytes: [u8; BYTES]) -> Self {
        Self(bytes)
    }

    /// A key as it is written in a file or a variable.
    ///
    /// # Errors
    /// The text is no key.
    pub fn parse(text: &[u8]) -> Result<Self, NotAKey> {
        let digits = text.trim_ascii().strip_prefix(PREFIX.as_bytes()).ok_or(NotAKey)?;
        let mut bytes = [0; BYTES];
        match URL_SAFE_NO_PAD.decode_slice(digits, &mut bytes) {
            Ok(BYTES) => Ok(Self(bytes)),
            _ => {
                bytes.zeroize();
                Err(NotAKey)
            }
        }
    }

    /// The key as a line of a file.
    pub fn text(&self) -> Zeroizing<String> {
        let digits = Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0));
        Zeroizing::new(format!("{PREFIX}{}\n", digits.as_str()))
    }

    fn cipher(&self) -> Aes256Siv {
        Aes256Siv::new(&self.0.into())
    }

    /// What a text of a kind seals to, in base64; `None` only if it is longer
    /// than memory.
    pub(super) fn seal(&self, kind: &str, text: &[u8]) -> Option<String> {
        let sealed = self.cipher().encrypt([kind.as_bytes()], text).ok()?;
        Some(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// What was sealed, if this is the key, and nothing was altered.
    pub(super) fn open(&self, kind: &[u8], text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        self.cipher().decrypt([kind], &sealed).ok().map(Zeroizing::new)
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// The text is no key for redaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAKey;

impl fmt::Display for NotAKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a key is `{PREFIX}` and 86 characters; `leeward redact --new-key FILE` makes one"
        )
    }
}

impl std::error::Error for NotAKey {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_same_key_alone() {
        let (key, other) = (Key::new([7; BYTES]), Key::new([8; BYTES]));
        let sealed = key.seal("a-kind", b"the value").unwrap();
        assert_eq!(key.seal("a-kind", b"the value").unwrap(), sealed);
        assert_eq!(key.open(b"a-kind", sealed.as_bytes()).unwrap().as_slice(), b"the value");
        assert!(other.open(b"a-kind", sealed.as_bytes()).is_none());
        assert!(key.open(b"b-kind", sealed.as_bytes()).is_none());
        for at in 0..sealed.len() {
            let mut altered = sealed.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            assert!(key.open(b"a-kind", &altered).is_none(), "{at}");
        }
    }

    #[test]
    fn a_key_is_read_as_it_was_written() {
        let key = Key::new(std::array::from_fn(|at| at as u8));
        assert_eq!(Key::parse(key.text().as_bytes()).unwrap().0, key.0);
        for wrong in ["", "leeward-redact-key-1:", "leeward-redact-key-1:AAAA", "AAAA"] {
            assert_eq!(Key::parse(wrong.as_bytes()).unwrap_err(), NotAKey, "{wrong}");
        }
        assert_eq!(format!("{key:?}"), "Key(..)");
    }
}
