//! What a package that stole credentials means, in the sentences that every
//! format for people has.

use crate::{view::View, words::count};

/// What a hit is called, as a rule and in tables.
pub(crate) const ID: &str = "compromised-package";

/// What it means, whichever package it is.
pub(crate) const MEANS: &str = "every key that was within reach of a machine that installed it \
    counts as taken, not only what this scan found";

/// What to do, in order.
pub(crate) const TODO: [&str; 3] = [
    "take the package out of the lock file, and rebuild every machine and image that installed it",
    "replace every key of those machines from a clean one: those found here, and those in their \
     environments, home directories, agents' and editors' settings and CI variables; \
     `leeward scan` of each machine's home directory finds them",
    "read the advisory for what else it left behind",
];

/// `2 packages that stole credentials`; `None` if there are none.
pub(crate) fn total(view: &View<'_>) -> Option<String> {
    let packages = view.stealers.len();
    let what = count(packages, "package that stole credentials", "packages that stole credentials");
    (packages > 0).then_some(what)
}
