//! Alerts are kept until they are delivered; ciphertext comes back as it was.

use leeward_store::Letter;

use crate::fixture::*;

on_both! {
    fn a_letter_stays_until_it_is_delivered(base: &Base) {
        let mut store = base.open();
        let id = record(&mut store, NOW, &[finding(&[file("/srv/a", 1)])]).opened[0];
        let letter = |channel: &str, key: &str, not_before| Letter {
            channel: channel.to_owned(),
            incident: Some(id),
            key: key.to_owned(),
            body: "{\"text\": \"it's open\"}".to_owned(),
            not_before,
        };
        let letters =
            [letter("chat", "1", NOW), letter("mail", "1", NOW), letter("chat", "2", NOW + 60)];
        assert_eq!(store.post(&letters).unwrap(), 3);
        assert_eq!(store.post(&letters).unwrap(), 0, "posted once");
        let due = store.due_letters(NOW, 10).unwrap();
        assert_eq!(due.iter().map(|it| &it.letter).collect::<Vec<_>>(), [&letters[0], &letters[1]]);
        assert_eq!(store.due_letters(NOW + 60, 1).unwrap().len(), 1);

        store.letter_done(due[0].id, NOW + 1).unwrap();
        store.letter_failed(due[1].id, NOW + 1, "status 503", NOW + 31).unwrap();
        drop(store);
        let mut store = base.open();
        assert_eq!(store.post(&letters).unwrap(), 0, "delivered is delivered");
        assert!(store.due_letters(NOW + 30, 10).unwrap().is_empty());
        let due = store.due_letters(NOW + 31, 10).unwrap();
        assert_eq!((due.len(), due[0].attempts), (1, 1));
        assert_eq!(due[0].failure, Some((NOW + 1, "status 503".to_owned())));
        let open: Vec<_> =
            store.open_letters().unwrap().into_iter().map(|it| it.letter.key).collect();
        assert_eq!(open, ["1", "2"]);
    }
}

on_both! {
    fn ciphertext_is_kept_by_role(base: &Base) {
        let mut store = base.open();
        let print = finding(&[]).fingerprint;
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(store.sealed(&print, "old").unwrap(), None);
        store.seal(&print, "old", b"first").unwrap();
        store.seal(&print, "old", &bytes).unwrap();
        store.seal(&print, "new", b"").unwrap();
        assert_eq!(store.sealed(&print, "old").unwrap(), Some(bytes));
        assert_eq!(store.sealed(&print, "new").unwrap(), Some(Vec::new()));
    }
}
