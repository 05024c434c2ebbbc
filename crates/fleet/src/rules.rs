//! By which rules something was scanned: two programs with the same text here find the
//! same.

use leeward_dossier::Library;
use sha2::{Digest as _, Sha256};

use crate::job::PROTOCOL;

/// The rules of this program with these dossiers, as a short text.
pub fn rules(library: &Library) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{PROTOCOL} {} ", env!("CARGO_PKG_VERSION")));
    // Lists in order, down to the last field: the same text for the same rules.
    hash.update(format!("{library:?}"));
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
