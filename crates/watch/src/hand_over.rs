//! Work that somebody else does: whoever takes it up hands it over and is done with it,
//! and it stays held in the store under another holder until its result is there. How it
//! travels is not known here; nor who does it, though that may be the very thread that
//! handed it over.

use std::sync::Arc;

use leeward_store::{Job, Store, Trouble};

use crate::{ground::Ground, task::Task, worker::Done};

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

    /// Somebody who does what was handed over in the thread that asks; `None` if nobody
    /// here does.
    fn hand<'a>(&'a self, _ground: &'a Arc<Ground>) -> Option<Box<dyn Hand + 'a>> {
        None
    }

    /// Gives a sign of life for work that was handed over and is still to be done here.
    /// Whoever is on watch calls it every few seconds.
    ///
    /// # Errors
    /// What the store says.
    fn sign(&self, _store: &mut Store, _now: i64) -> Result<(), Trouble> {
        Ok(())
    }
}

/// Does here what was handed over.
pub trait Hand {
    /// Does the next of it and takes in what came of that; `None` if there was nothing to
    /// do, or it is to end.
    ///
    /// # Errors
    /// What the store says; what was begun is done again.
    fn turn(&mut self, store: &mut Store) -> Result<Option<Done>, Trouble>;
}

/// What became of work that was to be handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handed {
    /// It is on its way; unless there is a sign of life, it is taken up again at this
    /// time: seconds since 1970-01-01 UTC.
    Over(i64),
    /// The same, and a [`Hand`] of this process does it: no more is taken up before that.
    Here(i64),
    /// There is no room for it now, or nobody can be reached: why, in words.
    Full(String),
    /// It is not to be done before this time: why, in words.
    Off(i64, String),
    /// It is not for them.
    Stays,
}
