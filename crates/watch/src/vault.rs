//! Values that this process has seen, so that whether they still work can be asked
//! again without reading them again. In memory only, wiped when they leave it, and of
//! a bounded number: what is not here is read where it lies.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use leeward_model::{Fingerprint, Secret};

/// The most values that are held. Incidents that are open at once are fewer, and a
/// value takes some hundred bytes.
const MOST: usize = 4_096;

/// Values by fingerprint.
#[derive(Default)]
pub struct Vault(Mutex<Held>);

#[derive(Default)]
struct Held {
    values: HashMap<Fingerprint, Secret>,
    order: VecDeque<Fingerprint>,
}

impl Vault {
    /// Holds a value; the one that was put in first leaves if there are too many.
    pub fn put(&self, fingerprint: Fingerprint, secret: &Secret) {
        let mut held = self.held();
        if held.values.insert(fingerprint, secret.duplicate()).is_some() {
            return;
        }
        held.order.push_back(fingerprint);
        if held.order.len() > MOST
            && let Some(oldest) = held.order.pop_front()
        {
            held.values.remove(&oldest);
        }
    }

    /// A copy of a value, if it is held.
    pub fn get(&self, fingerprint: &Fingerprint) -> Option<Secret> {
        self.held().values.get(fingerprint).map(Secret::duplicate)
    }

    /// How many are held.
    pub fn len(&self) -> usize {
        self.held().values.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({} values)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_leaves_first() {
        let vault = Vault::default();
        let print = |nth: usize| Fingerprint::new("x", &Secret::new(nth.to_string().as_bytes()));
        for nth in 0..=MOST {
            vault.put(print(nth), &Secret::new(nth.to_string().as_bytes()));
            vault.put(print(nth), &Secret::new(nth.to_string().as_bytes()));
        }
        assert_eq!(vault.len(), MOST);
        assert!(vault.get(&print(0)).is_none() && vault.get(&print(MOST)).is_some());
    }
}
