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
    /// The first that is to be read again: of those behind it nothing is kept.
    open: Option<u64>,
    /// The key up to which everything is done.
    last: Option<String>,
}

impl Order {
    /// Begins after a key, up to which everything was done before.
    pub(super) fn after(key: Option<String>) -> Self {
        Self { last: key, ..Self::default() }
    }

    /// Notes that an object is done, by its number in the listing, from 0. Answers the
    /// key up to which everything is, if that is another than before.
    pub(super) fn done(&mut self, number: u64, key: String) -> Option<String> {
        if self.open.is_some_and(|open| number > open) {
            return None;
        }
        self.done.insert(number, key);
        let mut last = None;
        while let Some(key) = self.done.remove(&self.next) {
            self.next += 1;
            last = Some(key);
        }
        if last.is_some() {
            self.last.clone_from(&last);
        }
        last
    }

    /// Notes that an object is to be read again, by its number: whoever goes on begins
    /// there at the latest, so that the keys of those behind it need no memory.
    pub(super) fn leave_open(&mut self, number: u64) {
        let open = self.open.map_or(number, |open| open.min(number));
        self.done.split_off(&open);
        self.open = Some(open);
    }

    /// The key up to which everything is done.
    pub(super) fn last(&self) -> Option<&str> {
        self.last.as_deref()
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
        assert_eq!(order.last(), Some("d"));
    }

    #[test]
    fn what_is_to_be_read_again_is_where_to_go_on() {
        let mut order = Order::after(Some("before".to_owned()));
        assert_eq!(order.done(2, "c".to_owned()), None);
        order.leave_open(1);
        assert_eq!(order.done(3, "d".to_owned()), None);
        assert!(order.done.is_empty());
        assert_eq!(order.last(), Some("before"));
        assert_eq!(order.done(0, "a".to_owned()).as_deref(), Some("a"));
        assert_eq!(order.last(), Some("a"));
    }
}
