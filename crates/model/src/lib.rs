//! The nouns of Leeward, in the order the data flows: a blob has a
//! provenance, a match lies at a location and holds a secret, matches of one
//! secret make a finding, verification and assessment say what a provider
//! answered about it, coverage says what was not looked at, and an incident is
//! the finding on its way to being closed.
//!
//! Nothing here reads, writes, prints or knows a provider. Wire formats are
//! not derived from these types; they live at the edges that write them.

pub mod facts;

mod assessment;
mod blob;
mod chain;
mod confidence;
mod coverage;
mod finding;
mod fingerprint;
mod incident;
mod judged;
mod location;
mod provenance;
mod rating;
mod safe_text;
mod secret;
mod severity;
mod stealer;
mod step;
mod timeline;
mod verification;
mod way;

pub use assessment::{Action, Assessment, Count, Gap, Grant, Impact, Standing, Tally, Trait};
pub use blob::{
    Base, Blob, Content, Inspect, Member, Origin, Piece, Seekable, Trace, Wanted, Worker,
};
pub use chain::{NO_EVENT, event_hash, fields_hash};
pub use confidence::{Confidence, Level, Signal, SignalKind};
pub use coverage::{Coverage, JudgedBefore, NotScanned, Reason};
pub use finding::{Companion, DossierId, Finding, Match};
pub use fingerprint::{Fingerprint, NotAFingerprint};
pub use incident::{
    Case, Entry, Event, EventKind, Incident, IncidentId, Progress, State, StepRecord, Unnamed,
};
pub use judged::{Judged, Mark};
pub use location::{Encoding, Excerpt, Location, Position, Span};
pub use provenance::{
    Commit, FilePlace, GitObjectKind, GitPlace, History, ObjectId, Provenance, RemotePlace,
    Signature, Tracking,
};
pub use rating::{Circumstances, Exposure, RULES, Rule, rate};
pub use safe_text::{SafeText, acts_on_display};
pub use secret::{Hint, Secret};
pub use severity::{Rating, Severity};
pub use stealer::Stealer;
pub use step::{NotAStep, StepName};
pub use timeline::{Moment, MomentKind, Timeline, Window};
pub use verification::{Evidence, Validity, Verification};
pub use way::{Way, unpacked_name};
