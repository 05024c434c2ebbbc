//! Bounds on what reading objects may cost, whatever they claim to be.

/// Bounds of a walk, and of reading single objects.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Whole objects above this size that nothing is built on are streamed.
    pub(super) hold: u64,
    /// Objects above this size are never held; deltas of them are not read.
    pub(super) object: u64,
    /// Bytes of objects held at one time, over all threads.
    pub(super) live: u64,
    /// Bytes made by deltas, in all: this much, and `output_ratio` times the
    /// size of the pack.
    pub(super) output: u64,
    pub(super) output_ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            hold: 8 << 20,
            object: 256 << 20,
            live: 1 << 30,
            output: 8 << 30,
            output_ratio: 2000,
        }
    }
}
