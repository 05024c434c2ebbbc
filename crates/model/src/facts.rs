//! The names of facts in events from which something follows for an incident.
//! Events may have others; those are kept, and mean something only to whoever
//! wrote them.

/// `moved`: the state it is in from now on.
pub const TO: &str = "to";
/// `moved`: the state it was in, for people.
pub const FROM: &str = "from";
/// `assigned`: who takes care of it; empty if nobody does any more.
pub const OWNER: &str = "owner";
/// `due`, `opened`: by when, in seconds since 1970-01-01 UTC; empty if never.
pub const DUE: &str = "due";
/// `step`: which of the eight.
pub const STEP: &str = "step";
/// `step`: how far it is from now on.
pub const PROGRESS: &str = "progress";
/// `opened`, `rated`: how bad it is.
pub const SEVERITY: &str = "severity";
/// `rated`: how bad it was, for people.
pub const WAS: &str = "was";
/// `verified`: what the provider said.
pub const VALIDITY: &str = "validity";
/// `opened`, `verified`, `rated`: what it is taken for, or turned out to be.
pub const DOSSIER: &str = "dossier";
/// `opened`: the secret's identity.
pub const FINGERPRINT: &str = "fingerprint";
/// `opened`, `seen`, `gone`: how many places.
pub const PLACES: &str = "places";
/// `opened`, `seen`, `gone`: one of them, for people.
pub const PLACE: &str = "place";
/// `opened`, `seen`, `gone`: what was scanned, as it was named, a line each.
pub const TARGETS: &str = "targets";
