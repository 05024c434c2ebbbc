//! One place of a secret that was seen twice: in the bytes of a container that is not
//! compressed, and in the member that those bytes are. Of a database or an archive the
//! line of its own bytes tells nobody anything, so the way in is what is kept. A container
//! that is a text is edited as a text, and keeps both.

use std::collections::{HashMap, HashSet};

use leeward_model::Way;

use super::{Kept, Place};

/// Leaves out the places in a container's own bytes, where as many of the same secret
/// are known inside it.
pub(super) fn leave_out(kept: &mut Vec<Kept>, binary: &HashSet<(Place, Way)>) {
    if binary.is_empty() {
        return;
    }
    let mut counts: HashMap<_, (usize, usize)> = HashMap::new();
    for one in kept.iter() {
        let secret = one.sighting.fingerprint;
        let container = (one.place.clone(), one.inside.clone());
        if binary.contains(&container) {
            counts.entry((secret, container)).or_default().0 += 1;
        }
        let names = one.inside.names();
        for depth in 0..names.len() {
            let around = (one.place.clone(), Way::of(names[..depth].iter().cloned()));
            if binary.contains(&around) {
                counts.entry((secret, around)).or_default().1 += 1;
            }
        }
    }
    kept.retain(|one| {
        let container = (one.place.clone(), one.inside.clone());
        let count = counts.get(&(one.sighting.fingerprint, container));
        count.is_none_or(|(own, inside)| *own == 0 || inside < own)
    });
}
