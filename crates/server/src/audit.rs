//! Who did what through the server, as entries of the log that is only ever longer.
//! What happens to an incident has its own kinds; the rest is `acted`, with a stable
//! name for the action and the address it came from.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use leeward_model::{Entry, EventKind};

use crate::clock;

/// The fact that names the action, such as `sign-in`.
pub(crate) const ACTION: &str = "action";

/// The fact that names the address it came from.
pub(crate) const ADDRESS: &str = "address";

/// The fact that names the account it was done to.
pub(crate) const ACCOUNT: &str = "account";

/// An entry that says that somebody did something now.
pub(crate) fn acted(
    actor: &str,
    action: &str,
    text: impl Into<String>,
    address: &str,
    facts: &[(&str, &str)],
) -> Entry {
    let mut all: BTreeMap<String, String> =
        facts.iter().map(|(name, fact)| ((*name).to_owned(), (*fact).to_owned())).collect();
    all.insert(ACTION.to_owned(), action.to_owned());
    all.insert(ADDRESS.to_owned(), address.to_owned());
    Entry {
        incident: None,
        at: clock::now(),
        actor: actor.to_owned(),
        kind: EventKind::Acted,
        text: text.into(),
        facts: all,
    }
}

/// What may be written of attempts that failed, in an hour: the log is never shorter,
/// so those who fail on purpose must not fill it.
const FAILURES_AN_HOUR: u32 = 120;

/// Says which failures are written down.
#[derive(Debug, Default)]
pub(crate) struct Failures(Mutex<(i64, u32)>);

impl Failures {
    /// Whether the so-many-th failure in a row is written down: the first, and then ever
    /// fewer.
    pub(crate) fn is_told(&self, before: i64) -> bool {
        if !matches!(before + 1, 1 | 5 | 20 | 100 | 1_000 | 10_000) {
            return false;
        }
        let hour = clock::now() / 3600;
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.0 != hour {
            *told = (hour, 0);
        }
        told.1 += 1;
        told.1 <= FAILURES_AN_HOUR
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_do_not_fill_the_log() {
        let failures = Failures::default();
        let told = (0..50).filter(|before| failures.is_told(*before)).count();
        assert_eq!(told, 3);
        let told = (0..1000).filter(|_| failures.is_told(0)).count();
        assert!(told <= FAILURES_AN_HOUR as usize * 2, "{told}: an hour may have begun");
    }
}
