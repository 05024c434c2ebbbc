//! What a response may use, and what the user wants of it. Handed in by whoever
//! starts it; nothing here is looked up.

use std::{collections::BTreeMap, time::Duration};

use leeward_model::{Secret, StepName};
use leeward_probe::{Inquirer, Office, Stop};

use crate::{
    order::{Order, REQUIRED},
    place::{Ground, Shelf},
};

/// What may be used. What is not there is not used, and a step that would need
/// it says how to give it.
pub struct Tools<'a> {
    /// Asks providers about one value; absent if nothing may be sent.
    pub inquirer: Option<&'a Inquirer>,
    /// An administrator's desk, if an administrator's credential is at hand.
    pub office: Option<&'a Office>,
    /// The exposed value, if it could be read again or was handed in.
    pub secret: Option<Secret>,
    /// A replacement that a person made.
    pub replacement: Option<Secret>,
    /// Where a replacement goes.
    pub destinations: &'a [Shelf<'a>],
    /// What is searched for what uses the value.
    pub search: &'a Ground<'a>,
    /// What the user's own logs show.
    pub logs: Vec<OwnLog>,
    /// What keeps the next one out of the user's own work trees, if that may be
    /// put in place.
    pub prevention: Option<&'a dyn Prevention>,
    /// Seconds since 1970-01-01 UTC.
    pub clock: &'a dyn Fn() -> i64,
    /// Waits.
    pub pause: &'a dyn Fn(Duration, &Stop),
    /// Tells a person who waits what is going on, in a line.
    pub tell: &'a dyn Fn(&str),
    /// Set when the user wants to stop.
    pub stop: Stop,
}

/// Stands before the next commit and push of the user's own work trees. Whoever
/// starts a response knows what that is, and how it gets there.
pub trait Prevention {
    /// What would be put in place, a line each; nothing where all of it stands.
    fn plan(&self) -> Vec<String>;

    /// Puts it in place. What stands now, and what could not be done, a line
    /// each.
    fn carry_out(&self) -> Vec<String>;
}

/// What a log of the user's own shows of the value's use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnLog {
    /// The file; foreign text.
    pub name: String,
    /// What it shows, in a line.
    pub text: String,
    /// Whether any of it was understood.
    pub is_read: bool,
    /// Details by name.
    pub facts: BTreeMap<String, String>,
}

/// What the user wants.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// Who responds; foreign text.
    pub actor: String,
    /// The order, if not the one that the situation asks for.
    pub order: Option<Order>,
    /// Revoke in rotate-first order though not everything was switched.
    pub force: bool,
    /// Which record to delete, where several may be meant.
    pub key_id: Option<String>,
    /// How long to wait for a deletion or a creation to take effect.
    pub patience: Duration,
    /// When a replacement ends: seconds since 1970-01-01 UTC.
    pub expires: Option<i64>,
    /// What the spending limit is to be lowered to, in the provider's unit.
    pub brake: Option<i64>,
    /// Steps that closing asks for.
    pub required: Vec<StepName>,
}

impl Default for Wishes {
    fn default() -> Self {
        Self {
            actor: String::new(),
            order: None,
            force: false,
            key_id: None,
            patience: Duration::from_secs(300),
            expires: None,
            brake: None,
            required: REQUIRED.to_vec(),
        }
    }
}

impl Wishes {
    /// How long to wait, in seconds.
    pub(crate) fn seconds(&self) -> i64 {
        i64::try_from(self.patience.as_secs()).unwrap_or(i64::MAX)
    }
}
