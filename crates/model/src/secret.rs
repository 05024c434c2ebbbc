//! A secret value in memory, and the little of it that may be shown.
//!
//! This is not a general-purpose secret box: it has no `Clone` (a copy is made
//! by name or not at all), no `Display`,
//! no comparison and no serialisation, so that a value can only leave through
//! [`Secret::expose`], whose callers `clippy.toml` lists.

use std::fmt;

use zeroize::Zeroizing;

/// The bytes of a credential. Wiped from memory when dropped.
///
/// The buffers a value was found in are not wiped: they are the scanned files
/// themselves.
pub struct Secret(Zeroizing<Box<[u8]>>);

impl Secret {
    /// Takes ownership of the value's bytes.
    pub fn new(bytes: impl Into<Box<[u8]>>) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }

    /// The value itself. The only way out of the type; a lint forbids it
    /// wherever a reason is not written down.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// A second copy, for an owner of its own; also wiped when dropped.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the value has no bytes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What may be shown of the value, wherever findings are shown.
    pub fn hint(&self) -> Hint {
        Hint::of(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.len())
    }
}

/// The first and last characters of a secret, enough to recognise it in a
/// provider's key list and too few to use: four and four of a value of at
/// least 24 characters, two and two from 12 on, none below.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hint(String);

impl Hint {
    fn of(bytes: &[u8]) -> Self {
        let shown = match bytes.len() {
            24.. => 4,
            12.. => 2,
            _ => 0,
        };
        let visible = |part: &[u8]| -> String {
            part.iter().map(|&b| if b.is_ascii_graphic() { char::from(b) } else { '·' }).collect()
        };
        let (head, tail) = (&bytes[..shown], &bytes[bytes.len() - shown..]);
        Self(format!("{}…{}", visible(head), visible(tail)))
    }

    /// A hint that was kept as text.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The first characters and the last, if it shows any.
    pub fn ends(&self) -> Option<(&str, &str)> {
        self.0.split_once('…').filter(|(head, tail)| !head.is_empty() && !tail.is_empty())
    }

    /// The hint as text, such as `Ab3d…9XyZ`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_the_value() {
        let secret = Secret::new(*b"correct horse battery staple");
        assert_eq!(format!("{secret:?}"), "Secret(28 bytes)");
    }

    #[test]
    fn hints_shrink_with_the_value() {
        let hint = |value: &str| Secret::new(value.as_bytes()).hint().as_str().to_owned();
        assert_eq!(hint("abcdefghijklmnopqrstuvwxyz"), "abcd…wxyz");
        assert_eq!(hint("abcdefghijklmnop"), "ab…op");
        assert_eq!(hint("abcdef"), "…");
    }
}
