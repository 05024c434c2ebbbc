//! Where a response is written down as it goes, and the names of the facts in
//! what is written. The journal is whoever keeps incidents; nothing here says
//! how.

use std::fmt;

use leeward_model::{Entry, Event};
use leeward_probe::Learnt;

/// Takes entries. An entry that was taken is kept, whatever happens next.
pub trait Journal {
    /// Writes an entry down.
    ///
    /// # Errors
    /// When it may not have been kept; the response then stops.
    fn record(&mut self, entry: Entry) -> Result<Event, Unrecorded>;

    /// Writes down what a provider said of the secret, with the entry that says
    /// so; everything that followed. A secret that was thought dead and is alive
    /// reopens its incident.
    ///
    /// # Errors
    /// As for [`record`](Self::record).
    fn learn(&mut self, learnt: &Learnt, entry: Entry) -> Result<Vec<Event>, Unrecorded>;

    /// Says that the response is still at work, while it waits.
    ///
    /// # Errors
    /// When somebody else has taken over.
    fn alive(&mut self) -> Result<(), Unrecorded>;
}

/// Something could not be written down, in words with the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrecorded(pub String);

impl fmt::Display for Unrecorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unrecorded {}

/// Names of facts in entries: those from which something follows, and those that
/// the steps leave for the next run.
pub mod facts {
    pub use leeward_model::facts::{FROM, PROGRESS, STEP, TO, VALIDITY};

    /// What is about to be done, or was: `delete-key`, `create-key`, `put`, ...
    pub const ACT: &str = "act";
    /// The provider's id of a key's record.
    pub const KEY_ID: &str = "key-id";
    /// The name of a key's record.
    pub const KEY_NAME: &str = "key-name";
    /// First and last characters of the replacement.
    pub const NEW_HINT: &str = "new-hint";
    /// Identity of the replacement.
    pub const NEW_FINGERPRINT: &str = "new-fingerprint";
    /// Where a value was put.
    pub const DESTINATION: &str = "destination";
    /// [`ACT`]: the record of the exposed value is deleted.
    pub const DELETE: &str = "delete-key";
    /// [`ACT`]: a replacement is made.
    pub const CREATE: &str = "create-key";
    /// [`ACT`]: a replacement that nobody holds is deleted.
    pub const DROP: &str = "drop-key";
    /// [`ACT`]: a replacement is put where it is kept.
    pub const PUT: &str = "put";
    /// [`ACT`]: a replacement was accepted by the provider.
    pub const ACCEPTED: &str = "accepted";
    /// [`ACT`]: the spending limit is lowered.
    pub const BRAKE: &str = "brake";
    /// What became of a request that changes something: `done`, `unsure`, `gone`
    /// or `refused`.
    pub const RESULT: &str = "result";
    /// Which of the ways of knowing applies: `refused`, `unlisted`, `attested`.
    pub const PROOF: &str = "proof";
    /// [`PROOF`]: the provider refuses the value.
    pub const REFUSED: &str = "refused";
    /// [`PROOF`]: the value is no longer at hand, and its record no longer listed.
    pub const UNLISTED: &str = "unlisted";
    /// [`PROOF`]: somebody says so.
    pub const ATTESTED: &str = "attested";
    /// [`PROOF`]: nothing was done, with a reason.
    pub const WAIVED: &str = "waived";
}
