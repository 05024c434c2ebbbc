//! Names that say what a content is: in the layout of container images, a blob lies at
//! `blobs/sha256/…` under its own digest. One that is something else was damaged or
//! exchanged; it is looked at like everything, and told.

use std::io::{self, Read};

use leeward_model::Reason;
use sha2::{Digest as _, Sha256};

/// What a digest is preceded by.
const PLACE: &[u8] = b"blobs/sha256/";

/// Bytes that are read at once.
const BUFFER: usize = 64 << 10;

/// Digits of a digest.
const DIGITS: usize = 64;

/// The digest that a name promises, if it promises one.
pub(crate) fn promised(name: &[u8]) -> Option<&[u8]> {
    let (before, digits) = name.split_at_checked(name.len().checked_sub(DIGITS)?)?;
    let place = before.strip_suffix(PLACE)?;
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_place = place.is_empty() || place.ends_with(b"/");
    (is_place && digits.iter().all(is_digit)).then_some(digits)
}

/// What is told of a content that is not what its name says.
pub(crate) fn mismatch() -> Reason {
    Reason::Mismatch("it is not what its name says; it was scanned all the same".to_owned())
}

/// A content on its way, held against its name.
pub(crate) struct Held<'r> {
    reader: &'r mut dyn Read,
    state: Sha256,
}

impl<'r> Held<'r> {
    pub(crate) fn new(reader: &'r mut dyn Read) -> Self {
        Self { reader, state: Sha256::new() }
    }

    /// Whether all of it is what a name promised; reads what nobody wanted. What cannot
    /// be read was told by whoever read it, and what was stopped by whoever was.
    pub(crate) fn keeps(mut self, promised: &[u8], is_stopped: &dyn Fn() -> bool) -> bool {
        let mut buffer = vec![0; BUFFER];
        loop {
            match self.read(&mut buffer) {
                Ok(0) => break,
                Ok(_) if is_stopped() => return true,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return true,
            }
        }
        let found = self.state.finalize();
        let digit = |half: u8| char::from_digit(u32::from(half), 16).map(|digit| digit as u8);
        let digits = found.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
        digits.eq(promised.iter().map(|byte| Some(*byte)))
    }
}

impl Read for Held<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.state.update(&buffer[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digest of `text`.
    const TEXT: &str = "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1";

    #[test]
    fn a_name_in_the_layout_of_images_promises_a_digest() {
        let name = format!("blobs/sha256/{TEXT}");
        assert_eq!(promised(name.as_bytes()), Some(TEXT.as_bytes()));
        assert!(promised(format!("some/where/{name}").as_bytes()).is_some());
        for other in [TEXT.to_owned(), format!("x{name}"), format!("{name}0"), name.to_uppercase()]
        {
            assert_eq!(promised(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn a_content_is_held_against_its_name() {
        let keeps = |mut text: &[u8]| Held::new(&mut text).keeps(TEXT.as_bytes(), &|| false);
        assert!(keeps(b"text"));
        assert!(!keeps(b"other") && !keeps(b""));
        let mut half: &[u8] = b"text";
        let mut held = Held::new(&mut half);
        held.read_exact(&mut [0; 2]).unwrap();
        assert!(held.keeps(TEXT.as_bytes(), &|| false));
    }
}
