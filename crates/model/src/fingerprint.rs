//! The identity of a secret, safe to store and to show.
//!
//! Not a checksum of a finding: it depends on the credential family and the
//! value alone, so it survives better patterns, moved files and shifted lines.

use std::{fmt, str::FromStr};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::Secret;

/// Fixed and public, so that baselines and ignore files mean the same on every
/// machine. That is sound for kinds with at least 100 bits of randomness, the
/// only ones a dossier may declare today: nobody can guess such a value back.
const PUBLIC_KEY: &[u8] = b"leeward fingerprint v1";

/// HMAC-SHA-256 over family and value, cut to 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// The fingerprint of `secret` within a dossier family.
    pub fn new(family: &str, secret: &Secret) -> Self {
        #[expect(
            clippy::expect_used,
            reason = "HMAC accepts keys of any length, so this cannot fail"
        )]
        let mut mac = Hmac::<Sha256>::new_from_slice(PUBLIC_KEY).expect("any key length is valid");
        mac.update(family.as_bytes());
        mac.update(&[0]);
        #[expect(clippy::disallowed_methods, reason = "a fingerprint is made from the value")]
        mac.update(secret.expose());
        let digest = mac.finalize().into_bytes();
        let mut short = [0; 16];
        short.copy_from_slice(&digest[..16]);
        Self(short)
    }
}

/// The prefix that says which construction made the digits that follow.
const PREFIX: &str = "lw1_";

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Fingerprint {
    type Err = NotAFingerprint;

    fn from_str(text: &str) -> Result<Self, NotAFingerprint> {
        let digits = text.strip_prefix(PREFIX).ok_or(NotAFingerprint)?;
        if digits.len() != 32 || !digits.is_ascii() {
            return Err(NotAFingerprint);
        }
        let mut bytes = [0; 16];
        let digit = |byte: &u8| char::from(*byte).to_digit(16).ok_or(NotAFingerprint);
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
            *byte = (digit(&pair[0])? * 16 + digit(&pair[1])?) as u8;
        }
        Ok(Self(bytes))
    }
}

/// The text is not `lw1_` followed by 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAFingerprint;

impl fmt::Display for NotAFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a fingerprint is `{PREFIX}` followed by 32 hexadecimal digits")
    }
}

impl std::error::Error for NotAFingerprint {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn family_and_value_decide() {
        let a = Fingerprint::new("mistral", &Secret::new(*b"value"));
        let same = Fingerprint::new("mistral", &Secret::new(*b"value"));
        let other_family = Fingerprint::new("openai", &Secret::new(*b"value"));
        let other_value = Fingerprint::new("mistral", &Secret::new(*b"valuf"));
        assert_eq!(a, same);
        assert_ne!(a, other_family);
        assert_ne!(a, other_value);
    }

    #[test]
    fn the_construction_never_changes() {
        // Baselines in the field depend on this very text.
        let known = Fingerprint::new("mistral", &Secret::new(*b"value"));
        assert_eq!(known.to_string(), "lw1_0643d529d4a0af4cbbfcf86b1e48bb17");
    }

    #[test]
    fn text_round_trips() {
        let a = Fingerprint::new("f", &Secret::new(*b"v"));
        assert_eq!(a.to_string().parse(), Ok(a));
        assert_eq!("lw1_12".parse::<Fingerprint>(), Err(NotAFingerprint));
        assert_eq!("c0ffee".parse::<Fingerprint>(), Err(NotAFingerprint));
    }
}
