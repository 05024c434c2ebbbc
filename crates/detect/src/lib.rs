//! Finds secrets in bytes and says why. Pure and synchronous: no file, socket,
//! environment or process.
//!
//! A prefix-less key proves nothing by its shape, so this is a judge that
//! weighs evidence, not a bag of expressions. In the order the work is done:
//! the `gate` looks for anchors; around them `candidate` finds tokens of the
//! right shape, plainly or under encodings (`decode`); `binding` reads the
//! name a token is bound to, `evidence` and `scope` what its surroundings say
//! and how near, `value` what it says itself; the `judge` weighs all that;
//! `group` makes findings of matches. Apart from all that, `advisory` knows lock
//! files that name packages which stole credentials.

mod advisory;
mod binding;
mod candidate;
mod decode;
mod detector;
mod evidence;
mod excerpt;
mod gate;
mod group;
mod judge;
mod known;
mod lazy_regex;
mod lexicon;
mod lines;
mod marked;
mod names;
mod neighbours;
mod scope;
mod shape;
mod text;
mod token;
mod value;

pub use advisory::{Advisories, LockFile, Named};
pub use detector::{Detector, Options, Scratch, Sighting};
pub use excerpt::around as excerpt;
pub use group::{group, worst_first};
pub use known::Tokens;
pub use shape::{Misfit, fits};
