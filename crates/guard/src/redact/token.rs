//! What stands in the output where a secret stood: `[redacted:KIND:DIGITS]`,
//! the digits being the first of the secret's fingerprint, or
//! `[sealed:KIND:TEXT]`, where the text is base64 of what stood there, sealed.
//!
//! Thirty-two bits of a fingerprint tell the secrets of a log apart. They let
//! nobody find a value: kinds are fingerprinted with a public key only if a
//! value cannot be guessed.

use leeward_model::{DossierId, Encoding, Fingerprint};

/// Digits of a fingerprint that are shown.
const DIGITS: usize = 8;
/// How a sealed token begins, up to its kind.
pub(super) const SEALED: &str = "[sealed:";
/// Longest sealed token that is put back: far more than any value needs.
pub(super) const LONGEST: usize = 64 << 10;

/// The token of a secret that nobody puts back.
pub(crate) fn redacted(dossier: &DossierId, fingerprint: Fingerprint) -> String {
    let text = fingerprint.to_string();
    let digits = text.split_once('_').map_or(text.as_str(), |(_, digits)| digits);
    format!("[redacted:{}:{}]", dossier.as_str(), digits.get(..DIGITS).unwrap_or(digits))
}

/// The token of something sealed, in base64.
pub(super) fn sealed(dossier: &str, text: &str) -> String {
    format!("{SEALED}{dossier}:{text}]")
}

/// How wide the characters of a text are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Width {
    /// ASCII, or anything that holds it.
    #[default]
    Narrow,
    /// UTF-16, low byte first.
    Little,
    /// UTF-16, high byte first.
    Big,
}

impl Width {
    /// Of a text under this outermost encoding.
    pub(super) fn under(encoding: Option<Encoding>) -> Self {
        match encoding {
            Some(Encoding::Utf16Le) => Self::Little,
            Some(Encoding::Utf16Be) => Self::Big,
            _ => Self::Narrow,
        }
    }

    /// ASCII text in this width, so that a token in UTF-16 is UTF-16.
    pub(super) fn spell(self, text: &[u8]) -> Vec<u8> {
        match self {
            Self::Narrow => text.to_vec(),
            Self::Little => text.iter().flat_map(|&byte| [byte, 0]).collect(),
            Self::Big => text.iter().flat_map(|&byte| [0, byte]).collect(),
        }
    }

    /// Bytes to a character.
    pub(super) fn bytes(self) -> usize {
        if self == Self::Narrow { 1 } else { 2 }
    }

    /// The ASCII character that some bytes begin with.
    pub(super) fn first(self, bytes: &[u8]) -> Option<u8> {
        match (self, bytes) {
            (Self::Narrow, [byte, ..])
            | (Self::Little, [byte, 0, ..])
            | (Self::Big, [0, byte, ..]) => Some(*byte),
            _ => None,
        }
    }
}
