//! A set of small numbers, one bit each.

/// A set of numbers below a bound.
#[derive(Clone, Debug)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// An empty set of numbers below `bound`.
    pub(super) fn new(bound: u32) -> Self {
        Self(vec![0; (bound as usize).div_ceil(64)])
    }

    pub(super) fn has(&self, number: u32) -> bool {
        self.0[number as usize / 64] & 1 << (number % 64) != 0
    }

    /// Adds a number; whether it was not there before.
    pub(super) fn insert(&mut self, number: u32) -> bool {
        let word = &mut self.0[number as usize / 64];
        let before = *word;
        *word |= 1 << (number % 64);
        *word != before
    }
}
