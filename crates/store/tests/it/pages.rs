//! The log, a page at a time.

use crate::fixture::*;

on_both! {
    fn the_log_goes_on_from_a_place(base: &Base) {
        let mut store = base.open();
        record(&mut store, NOW, &[finding(&[file("a", 1)]), finding(&[file("b", 1)])]);
        close(&mut store, leeward_model::IncidentId(2), NOW + 60);
        let page = store.event_page(None, 1, 1).unwrap();
        assert_eq!((page.len(), page[0].sequence), (1, 2));
        let whole = store.events(Some(leeward_model::IncidentId(2))).unwrap();
        let (mut read, mut after) = (Vec::new(), 0);
        while let Some(event) = store.event_page(Some(leeward_model::IncidentId(2)), after, 1).unwrap().pop() {
            after = event.sequence;
            read.push(event);
        }
        assert_eq!(read, whole);
    }
}
