//! What earlier scans judged clean of a repository: single objects by their names, and
//! packs as wholes. Of a pack that was judged it is enough to know which objects have to
//! be shown again; neither its index nor its entries are read.
//!
//! An object's mark is the first half of its name and more: Git's own word for what it
//! holds. That is believed as Git believes it: nothing is hashed here.

use std::collections::HashSet;

use leeward_model::{Judged, Mark, ObjectId};

use super::{bits::Bits, pack::Pack};

/// The most objects of a pack that are remembered as to be shown again.
const MOST_AGAIN: usize = 50_000;

/// The mark of an object. The order of marks is that of names.
pub(super) fn mark_of(id: &ObjectId) -> Mark {
    let mut mark = [0; 16];
    mark.copy_from_slice(&id.as_bytes()[..16]);
    Mark(mark)
}

/// What was noted of a pack all of whose objects were shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Whole {
    /// How many objects need not be shown again.
    pub(super) clean: u64,
    /// Those in which something was found, or not all was looked at.
    pub(super) again: Vec<ObjectId>,
}

impl Whole {
    /// What was noted of a pack, if it was.
    pub(super) fn noted(pack: &Pack, judged: &dyn Judged) -> Option<Self> {
        Self::read(&judged.noted(mark_of_pack(pack)?)?, pack.id_len())
    }

    /// Notes it, unless there is too much to note.
    pub(super) fn note(&self, pack: &Pack, judged: &dyn Judged) {
        if let Some(mark) = mark_of_pack(pack).filter(|_| self.again.len() <= MOST_AGAIN) {
            judged.note(mark, &self.written());
        }
    }

    fn written(&self) -> Vec<u8> {
        let mut bytes = self.clean.to_le_bytes().to_vec();
        self.again.iter().for_each(|id| bytes.extend_from_slice(id.as_bytes()));
        bytes
    }

    fn read(bytes: &[u8], id_len: usize) -> Option<Self> {
        let (clean, ids) = bytes.split_first_chunk()?;
        let again = ids.chunks(id_len).map(ObjectId::from_bytes).collect::<Option<_>>()?;
        Some(Self { clean: u64::from_le_bytes(*clean), again })
    }
}

/// A pack is known by its checksum, its index's, and its length.
fn mark_of_pack(pack: &Pack) -> Option<Mark> {
    let [pack_sum, index_sum] = [pack.checksum()?, pack.index.checksum()?];
    Some(Mark::of("git pack", &[pack_sum, index_sum, &pack.end().to_le_bytes()]))
}

/// The places in a pack's index of objects that were judged clean, and how many.
pub(super) fn clean_places(pack: &Pack, judged: Option<&dyn Judged>) -> (Bits, u64) {
    let (mut places, mut count) = (Bits::new(pack.index.len()), 0);
    if let Some(judged) = judged {
        for place in 0..pack.index.len() {
            let id = pack.index.id(place);
            if id.is_some_and(|id| judged.is_clean(mark_of(&id))) {
                places.insert(place);
                count += 1;
            }
        }
    }
    (places, count)
}

/// The objects of a pack among some, in the order in which they lie in it.
pub(super) fn lying_in(pack: &Pack, ids: &HashSet<ObjectId>) -> Vec<ObjectId> {
    let at = |id: &ObjectId| pack.index.find(id.as_bytes());
    let mut found: Vec<(Option<u64>, ObjectId)> =
        ids.iter().filter_map(|id| Some((pack.index.offset(at(id)?), *id))).collect();
    found.sort_unstable();
    found.into_iter().map(|(_, id)| id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written() {
        for len in [20, 32] {
            let again = vec![ObjectId::from_bytes(&vec![7; len]).unwrap(); 3];
            let whole = Whole { clean: 12, again };
            assert_eq!(Whole::read(&whole.written(), len), Some(whole));
        }
        let cut = Whole { clean: 1, again: vec![ObjectId::from_bytes(&[7; 20]).unwrap()] };
        assert_eq!(Whole::read(&cut.written()[..20], 20), None);
        assert_eq!(Whole::read(b"", 20), None);
    }
}
