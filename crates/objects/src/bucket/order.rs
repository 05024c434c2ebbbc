//! Up to which key everything is done: objects are read side by side and end in any
//! order, and whoever goes on later must miss none.

use std::collections::BTreeMap;

/// Objects that were listed, and which of them are done.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// The first that is not done.
    next: u64,
    /// Those behind it that are; no more than are read side by side.
    done: BTreeMap<u64, String>,
}

impl Order {
    /// Notes that an object is done, by its number in the listing, from 0. Answers the
    /// key up to which everything is, if that is another than before.
    pub(super) fn done(&mut self, number: u64, key: String) -> Option<String> {
        self.done.insert(number, key);
        let mut last = None;
        while let Some(key) = self.done.remove(&self.next) {
            self.next += 1;
            last = Some(key);
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_passed_over() {
        let mut order = Order::default();
        assert_eq!(order.done(1, "b".to_owned()), None);
        assert_eq!(order.done(2, "c".to_owned()), None);
        assert_eq!(order.done(0, "a".to_owned()).as_deref(), Some("c"));
        assert_eq!(order.done(3, "d".to_owned()).as_deref(), Some("d"));
    }
}
