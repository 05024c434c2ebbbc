//! Results that are larger than a message may be: cut into pieces, and put together
//! again. Each piece stays unacknowledged until all are there.

use std::collections::HashMap;

use async_nats::Subject;

/// The most bytes of a piece: half of what NATS takes unless it is told otherwise.
pub(super) const PIECE: usize = 512 << 10;

/// The header that names what a piece is of, and the one that says which it is.
pub(super) const KEY: &str = "Leeward-Key";
/// `2/7`: the second of seven, from 0.
pub(super) const WHICH: &str = "Leeward-Piece";

/// Results of which not all pieces are there.
#[derive(Default)]
pub(super) struct Pieces(HashMap<String, Vec<Option<Piece>>>);

/// A piece in hand.
pub(super) struct Piece {
    pub(super) bytes: Vec<u8>,
    pub(super) reply: Subject,
    pub(super) deliveries: u64,
}

/// The most pieces of one result: 64 MiB in all.
pub(super) const MOST: usize = 128;

impl Pieces {
    /// Takes a piece; all of them, if they are there now.
    pub(super) fn add(&mut self, key: &str, which: &str, piece: Piece) -> Option<Vec<Piece>> {
        let (index, of) = which.split_once('/')?;
        let (index, of): (usize, usize) = (index.parse().ok()?, of.parse().ok()?);
        if of > MOST || index >= of {
            return None;
        }
        let pieces = self.0.entry(key.to_owned()).or_default();
        if pieces.len() != of {
            pieces.clear();
            pieces.resize_with(of, || None);
        }
        *pieces.get_mut(index)? = Some(piece);
        if pieces.iter().any(Option::is_none) {
            return None;
        }
        self.0.remove(key)?.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str) -> Piece {
        Piece { bytes: text.into(), reply: "r".into(), deliveries: 1 }
    }

    #[test]
    fn pieces_are_put_together_in_any_order() {
        let mut pieces = Pieces::default();
        assert!(pieces.add("k", "1/3", piece("b")).is_none());
        assert!(pieces.add("other", "0/2", piece("x")).is_none());
        assert!(pieces.add("k", "2/3", piece("c")).is_none());
        assert!(pieces.add("k", "1/3", piece("B")).is_none(), "delivered again");
        let whole = pieces.add("k", "0/3", piece("a")).unwrap();
        let whole: Vec<u8> = whole.into_iter().flat_map(|piece| piece.bytes).collect();
        assert_eq!(whole, b"aBc");
        for wrong in ["3/3", "0/0", "x", "0/100000", "-1/2"] {
            assert!(pieces.add("w", wrong, piece("")).is_none(), "{wrong}");
        }
    }
}
