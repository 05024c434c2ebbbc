//! Values that nobody can guess, and what is kept of them: a hash. And comparing
//! values without saying, by how long it takes, how far they agree.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::RngExt as _;
use serde::{Deserialize as _, Deserializer, Serializer};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// A value of 256 random bits, in letters that stand in a header and an address.
pub(crate) fn value() -> Zeroizing<String> {
    let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(rand::rng().random());
    Zeroizing::new(URL_SAFE_NO_PAD.encode(*bytes))
}

/// SHA-256 of texts, each with its length before it, in hexadecimal digits. Values as
/// long as those that are drawn here need no slower hash.
pub(crate) fn hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hexadecimal(&hash.finalize())
}

/// SHA-256 of bytes, in hexadecimal digits.
pub(crate) fn hash_bytes(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// Reads a value that is wiped when it was used.
pub(crate) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(from).map(Zeroizing::new)
}

/// Writes such a value.
pub(crate) fn write<S: Serializer>(value: &Zeroizing<String>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(value)
}

/// Whether two are the same. How long it takes depends on their lengths at most.
pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_alike_and_parts_do_not_run_together() {
        assert_ne!(*value(), *value());
        assert_eq!(value().len(), 43);
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_eq!(
            hash_bytes(b""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
