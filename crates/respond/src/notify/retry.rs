//! When a letter that did not arrive is tried again: a pure function, so that
//! a store can keep the time and nothing has to stay awake.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::Undelivered;

/// The pause after the first failure; each later one is twice as long.
const SHORTEST: Duration = Duration::from_secs(30);

/// The longest pause that we choose ourselves.
pub(super) const LONGEST: Duration = Duration::from_hours(6);

/// The longest that another side may have us wait: it may say anything.
const LONGEST_ASKED: Duration = Duration::from_hours(24);

/// For how long a letter is tried.
const PATIENCE: Duration = Duration::from_hours(7 * 24);

/// What becomes of a letter that did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It is tried again at this time: seconds since 1970-01-01 UTC.
    At(i64),
    /// It has failed: it stays in the outbox as failed, with the reason, until
    /// a person looks at it.
    Never,
}

/// What becomes of the letter `key` that was written at `written`, was tried
/// `tries` times (this one included), and did not arrive at `now` either. Times
/// are seconds since 1970-01-01 UTC.
///
/// Pauses grow from 30 seconds to 6 hours, each up to a fifth shorter or longer
/// so that letters do not come all at once; a longer one is kept where the
/// other side asks for it, up to a day. After 7 days a last try was made.
pub fn again(key: &str, written: i64, tries: u32, now: i64, undelivered: &Undelivered) -> Again {
    let last = written.saturating_add(seconds(PATIENCE));
    if undelivered.forever || now >= last {
        return Again::Never;
    }
    let doubled = SHORTEST.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(LONGEST);
    let pause = doubled.mul_f64(spread(key, tries)).min(LONGEST);
    let asked = undelivered.again_in.unwrap_or_default().min(LONGEST_ASKED);
    Again::At(now.saturating_add(seconds(pause.max(asked))).min(last))
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

/// Between 0.8 and 1.2: always the same for a try of a letter, and another for
/// each.
fn spread(key: &str, tries: u32) -> f64 {
    let digest = Sha256::new().chain_update(key).chain_update(tries.to_be_bytes()).finalize();
    let drawn = u16::from_be_bytes([digest[0], digest[1]]);
    0.8 + 0.4 * f64::from(drawn) / f64::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pauses(undelivered: &Undelivered) -> Vec<i64> {
        let (mut now, mut pauses) = (1_000, Vec::new());
        for tries in 1.. {
            match again("key", 1_000, tries, now, undelivered) {
                Again::Never => break,
                Again::At(at) => {
                    pauses.push(at - now);
                    now = at;
                }
            }
        }
        pauses
    }

    #[test]
    fn pauses_grow_from_half_a_minute_to_six_hours_for_a_week() {
        let pauses = pauses(&Undelivered::soon("down"));
        assert!((24..=36).contains(&pauses[0]), "{pauses:?}");
        assert!((48..=72).contains(&pauses[1]), "{pauses:?}");
        assert!(pauses.iter().all(|pause| *pause <= 6 * 3600), "{pauses:?}");
        assert_eq!(pauses.iter().sum::<i64>(), 7 * 24 * 3600, "the last try is after a week");
        assert!((30..60).contains(&pauses.len()), "{}", pauses.len());
    }

    #[test]
    fn what_was_asked_for_is_kept_within_reason() {
        let asked = |seconds| Undelivered {
            again_in: Some(Duration::from_secs(seconds)),
            ..Undelivered::soon("busy")
        };
        assert_eq!(again("k", 0, 1, 0, &asked(600)), Again::At(600));
        assert_eq!(again("k", 0, 1, 0, &asked(1_000_000_000)), Again::At(24 * 3600));
        assert_ne!(again("k", 0, 9, 0, &asked(1)), Again::At(1), "our own pause is longer");
    }

    #[test]
    fn some_are_never_tried_again() {
        assert_eq!(again("k", 0, 1, 0, &Undelivered::never("gone")), Again::Never);
        assert_eq!(again("k", 0, 1, 7 * 24 * 3600, &Undelivered::soon("down")), Again::Never);
    }

    proptest! {
        #[test]
        fn the_next_try_is_later_and_within_the_week(
            key in ".*", tries in any::<u32>(), now in 0_i64..700_000, asked in any::<u64>(),
        ) {
            let undelivered = Undelivered {
                again_in: Some(Duration::from_secs(asked)), ..Undelivered::soon("down")
            };
            match again(&key, 0, tries, now, &undelivered) {
                Again::At(at) => prop_assert!(at > now && at <= 7 * 24 * 3600),
                Again::Never => prop_assert!(now >= 7 * 24 * 3600),
            }
        }
    }
}
