//! That work is over, for whoever looks after it from another thread: it is told at once,
//! so that no work waits for a glance, and also where the work panics.

use std::{
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

/// Whether some work is over.
#[derive(Debug, Default)]
pub struct Over {
    is_over: Mutex<bool>,
    change: Condvar,
}

/// Makes it over when it is dropped.
#[must_use = "it is over at once if nobody holds this"]
#[derive(Debug)]
pub struct Until<'a>(&'a Over);

impl Over {
    /// To be held as long as the work goes on.
    pub fn until(&self) -> Until<'_> {
        Until(self)
    }

    /// Waits so long, or until it is over; whether it is.
    pub fn within(&self, time: Duration) -> bool {
        let is_over = self.is_over.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.change.wait_timeout_while(is_over, time, |is_over| !*is_over);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Drop for Until<'_> {
    fn drop(&mut self) {
        *self.0.is_over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.change.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn whoever_waits_is_told_also_of_a_panic() {
        let over = Over::default();
        assert!(!over.within(Duration::ZERO));
        thread::scope(|scope| {
            let waits = scope.spawn(|| over.within(Duration::from_secs(600)));
            let broke = scope.spawn(|| {
                let _until = over.until();
                std::panic::resume_unwind(Box::new(()));
            });
            assert!(broke.join().is_err());
            assert!(waits.join().unwrap());
        });
    }
}
