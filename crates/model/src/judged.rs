//! What was looked at before, under the same rules, and held nothing: so that a scan
//! that is continued or repeated looks at it no second time. What held anything is never
//! among it, so that no result is ever kept instead of found.

use sha2::{Digest as _, Sha256};

/// What content is known by: 16 bytes of a hash of it, or of what stands for it where
/// it lies (an object's name in Git, an entity tag in a bucket, number, size and times
/// of a file), so that other content has another mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark(pub [u8; 16]);

impl Mark {
    /// The mark of what some parts stand for together, among things of a kind: parts of
    /// other lengths, or of another kind, have another.
    pub fn of(kind: &str, parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in std::iter::once(kind.as_bytes()).chain(parts.iter().copied()) {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Self::cut(&hash.finalize())
    }

    /// The mark of what a reader holds, and how many bytes that is.
    ///
    /// # Errors
    /// The reader's.
    pub fn of_content(
        kind: &str,
        name: &[u8],
        content: &mut dyn std::io::Read,
    ) -> std::io::Result<(Self, u64)> {
        let (mut hash, mut buffer, mut len) = (Sha256::new(), vec![0; 64 << 10], 0);
        loop {
            match content.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => {
                    hash.update(&buffer[..read]);
                    len += read as u64;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok((Self::of(kind, &[name, &hash.finalize()]), len))
    }

    fn cut(digest: &[u8]) -> Self {
        let mut short = [0; 16];
        short.copy_from_slice(&digest[..16]);
        Self(short)
    }
}

/// Remembers content in which nothing was found under the rules of this scan.
pub trait Judged: Sync {
    /// Whether nothing was found in it.
    fn is_clean(&self, mark: Mark) -> bool;

    /// Notes that nothing was found in it, at any depth, and that all of it was looked
    /// at.
    fn clean(&self, mark: Mark);

    /// What was noted of something as a whole, such as which parts of it have to be
    /// looked at again; whoever keeps it does not read it.
    fn noted(&self, mark: Mark) -> Option<Vec<u8>> {
        let _ = mark;
        None
    }

    /// Notes something for [`Self::noted`]. Never text of what was scanned in which a
    /// value may stand.
    fn note(&self, mark: Mark, what: &[u8]) {
        let _ = (mark, what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_parts_have_another_mark() {
        let all: [&[&[u8]]; 5] = [&[b"ab", b"c"], &[b"a", b"bc"], &[b"abc"], &[b"abc", b""], &[]];
        let marks: std::collections::BTreeSet<Mark> =
            all.iter().flat_map(|parts| [Mark::of("x", parts), Mark::of("y", parts)]).collect();
        assert_eq!(marks.len(), 10);
        let of = |name: &[u8], mut bytes: &[u8]| Mark::of_content("x", name, &mut bytes).unwrap();
        assert_eq!(of(b"a", b"bytes").1, 5);
        assert_eq!(of(b"a", b"bytes"), of(b"a", b"bytes"));
        assert_ne!(of(b"a", b"bytes"), of(b"b", b"bytes"));
    }
}
