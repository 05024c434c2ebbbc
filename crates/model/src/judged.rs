//! What was looked at before, under the same rules, and held nothing: so that a scan
//! that is continued or repeated looks at it no second time. What held anything is never
//! among it, so that no result is ever kept instead of found.

/// What content is known by: 16 bytes of a hash of it, or of what stands for it where
/// it lies (an object's name in Git, an entity tag in a bucket, number, size and times
/// of a file), so that other content has another mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark(pub [u8; 16]);

/// Remembers content in which nothing was found under the rules of this scan.
pub trait Judged: Sync {
    /// Whether nothing was found in it.
    fn is_clean(&self, mark: Mark) -> bool;

    /// Notes that nothing was found in it, at any depth, and that all of it was looked
    /// at.
    fn clean(&self, mark: Mark);
}
