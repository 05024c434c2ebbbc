//! Work that somebody else does: whoever takes it up hands it over and is done with it,
//! and it stays held in the store under another holder until its result is there. How it
//! travels is not known here.

use leeward_store::{Job, Store, Trouble};

use crate::task::Task;

/// Hands work to somebody else.
pub trait HandOver: Send + Sync {
    /// Under which holder work is kept that was handed over.
    fn holder(&self) -> &str;

    /// Hands work over that was just taken up, or leaves it. Work that was handed over
    /// twice must come to the same.
    ///
    /// # Errors
    /// What the store says.
    fn hand_over(&self, store: &mut Store, job: &Job, task: &Task) -> Result<Handed, Trouble>;
}

/// What became of work that was to be handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handed {
    /// It is on its way; unless there is a sign of life, it is taken up again at this
    /// time: seconds since 1970-01-01 UTC.
    Over(i64),
    /// There is no room for it now, or nobody can be reached: why, in words.
    Full(String),
    /// It is not for them.
    Stays,
}
