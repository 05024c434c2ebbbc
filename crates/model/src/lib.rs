//! The nouns of Leeward, in the order the data flows: a blob has a
//! provenance, a match lies at a location and holds a secret, matches of one
//! secret make a finding, and coverage says what was not looked at.
//!
//! Nothing here reads, writes, prints or knows a provider. Wire formats are
//! not derived from these types; they live at the edges that write them.

mod blob;
mod confidence;
mod coverage;
mod finding;
mod fingerprint;
mod location;
mod provenance;
mod safe_text;
mod secret;
mod severity;

pub use blob::{Base, Blob, Inspect, Origin, Piece, Trace, Worker};
pub use confidence::{Confidence, Level, Signal, SignalKind};
pub use coverage::{Coverage, NotScanned, Reason};
pub use finding::{Companion, DossierId, Finding, Match};
pub use fingerprint::{Fingerprint, NotAFingerprint};
pub use location::{Encoding, Excerpt, Location, Position, Span};
pub use provenance::{
    Commit, FilePlace, GitObjectKind, GitPlace, History, ObjectId, Provenance, Signature, Tracking,
};
pub use safe_text::{SafeText, acts_on_display};
pub use secret::{Hint, Secret};
pub use severity::{Rating, Severity};
