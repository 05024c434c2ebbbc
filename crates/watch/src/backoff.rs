//! When a source that is in trouble is tried again: later each time, not all at once,
//! and never later than in an hour.

use std::time::Duration;

use rand::RngExt as _;

/// The first wait, in seconds.
const FIRST: i64 = 30;
/// The longest: a source that is back is noticed within it.
const LONGEST: i64 = 3_600;

/// No wait is longer, what is added so that not all come back at once included.
pub(crate) const FURTHEST: i64 = LONGEST + LONGEST / 5;

/// Seconds until a source is tried again that has failed so often in a row, the last
/// time included. `told` is what the service asked for, which is waited for in full.
pub(crate) fn after(failures: u64, told: Option<Duration>) -> i64 {
    let doublings = failures.saturating_sub(1).min(12);
    let grown = (FIRST << doublings).min(LONGEST);
    let told = told.map_or(0, |told| i64::try_from(told.as_secs()).unwrap_or(LONGEST));
    let wait = grown.max(told.min(LONGEST));
    // Sources that failed together do not come back together.
    wait + rand::rng().random_range(0..=wait / 5)
}

/// Seconds until a source is tried again that waits for its operator.
pub(crate) fn refused() -> i64 {
    LONGEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        for failures in [0, 1, 2, 7, 8, 60, u64::MAX] {
            let wait = after(failures, None);
            assert!((FIRST..=LONGEST + LONGEST / 5).contains(&wait), "{failures}: {wait}");
        }
        assert!(after(9, None) >= LONGEST);
        assert!(after(1, Some(Duration::from_secs(900))) >= 900);
        assert!(after(1, Some(Duration::MAX)) <= LONGEST + LONGEST / 5);
    }
}
