//! The eight steps. Each knows what it would do, does it, and says what it
//! proved; each may be taken again, and then finds what is already so.

mod assess;
mod audit;
mod harden;
mod prevent;
mod revoke;
mod rotate;
mod secrets_manager;
mod update_dependents;
mod words;

use leeward_model::StepName;

use crate::{
    outcome::{Halt, Outcome},
    plan::Plan,
    responder::Responder,
};

pub(crate) use update_dependents::is_user;

pub(crate) fn plan(at: &Responder<'_>, step: StepName) -> Plan {
    match step {
        StepName::Revoke => revoke::plan(at),
        StepName::Audit => audit::plan(at),
        StepName::Assess => assess::plan(at),
        StepName::Rotate => rotate::plan(at),
        StepName::UpdateDependents => update_dependents::plan(at),
        StepName::Harden => harden::plan(at),
        StepName::SecretsManager => secrets_manager::plan(at),
        StepName::Prevent => prevent::plan(at),
    }
}

/// Asks about the value, if it is at hand.
pub(crate) fn verify(at: &mut Responder<'_>) -> Result<(), Halt> {
    revoke::ask(at).map(drop)
}

/// What a person says of the first step, held against what can be asked.
pub(crate) fn attested(at: &mut Responder<'_>, said: Outcome) -> Result<Outcome, Halt> {
    revoke::attested(at, said)
}

pub(crate) fn apply(at: &mut Responder<'_>, step: StepName) -> Result<Outcome, Halt> {
    match step {
        StepName::Revoke => revoke::apply(at),
        StepName::Audit => audit::apply(at),
        StepName::Assess => assess::apply(at),
        StepName::Rotate => rotate::apply(at),
        StepName::UpdateDependents => update_dependents::apply(at),
        StepName::Harden => harden::apply(at),
        StepName::SecretsManager => secrets_manager::apply(at),
        StepName::Prevent => prevent::apply(at),
    }
}
