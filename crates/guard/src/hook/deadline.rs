//! Keeps a decision within its time: whoever waits for a commit is answered,
//! also when the work is not done.

use std::{sync::mpsc, thread, time::Duration};

/// Does some work in a thread of its own; nothing if it is not done in time.
/// The thread is left to itself then: the program is about to end.
pub fn in_time<T: Send + 'static>(
    within: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    if within.is_zero() {
        return None;
    }
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::spawn(move || {
        // Nobody waits any more if the time is over.
        drop(sender.send(work()));
    });
    receiver.recv_timeout(within).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_not_waited_for() {
        assert_eq!(in_time(Duration::from_secs(60), || 1), Some(1));
        let slow = || thread::sleep(Duration::from_secs(60));
        assert_eq!(in_time(Duration::from_millis(10), slow), None);
        assert_eq!(in_time(Duration::ZERO, || 1), None);
    }
}
