//! What became of the replacement that an earlier run made, by the log and by
//! what the places hold. Only what is certainly nowhere is lost; nothing is
//! decided or changed here.

use std::{cell::RefCell, collections::BTreeSet};

use leeward_model::{EventKind, Fingerprint, Secret};

use crate::{journal::facts, outcome::Halt, responder::Responder, vault::Held};

/// What became of the replacement that was made last.
pub(super) enum Fate {
    /// There is none.
    None,
    /// Its value is in a place that was named.
    Found(Secret),
    /// It is kept where nobody was told to look, or may be.
    Kept(Vec<String>),
    /// It was put, or may have been, where a value cannot be read back: another
    /// takes its place there, and then it is deleted.
    Unreadable,
    /// Nobody holds its value.
    Lost,
}

/// A replacement that was made before, by its name, and the id of its record if
/// that is known.
pub(super) struct Made {
    pub(super) name: String,
    pub(super) id: Option<String>,
}

pub(super) fn elsewhere(places: &[String]) -> String {
    format!(
        "the replacement that was made before is kept in {}, or may be: name that place with `--to` \
         too, or hand it in with `--replacement`",
        places.join(", ")
    )
}

/// What became of it, by the log and by what the places hold, and which it is,
/// if we made it. Only what was put nowhere, or is certainly in none of the
/// places it was put, is lost.
pub(super) fn fate(at: &Responder<'_>) -> (Fate, Option<Made>) {
    let Some(intent) = at.last(EventKind::Intent, &[(facts::ACT, facts::CREATE)]) else {
        let held = at.replacement().and_then(|wanted| held(at, wanted));
        return (held.unwrap_or(Fate::None), None);
    };
    let name = intent.fact(facts::KEY_NAME).unwrap_or_default().to_owned();
    let about = |act: &'static str| {
        let about = [(facts::ACT, act), (facts::KEY_NAME, name.as_str())];
        at.last(EventKind::Evidence, &about)
    };
    if about(facts::DROP).is_some() {
        return (Fate::None, None);
    }
    let created = about(facts::CREATE);
    let id = created.and_then(|event| event.fact(facts::KEY_ID)).map(str::to_owned);
    let wanted = created.and_then(|event| event.fact(facts::NEW_FINGERPRINT)?.parse().ok());
    let fate = wanted.and_then(|wanted| held(at, wanted)).unwrap_or(Fate::Lost);
    (fate, Some(Made { name, id }))
}

/// Where a replacement is; `None` if it is certainly nowhere.
pub(super) fn held(at: &Responder<'_>, wanted: Fingerprint) -> Option<Fate> {
    let text = wanted.to_string();
    let put: BTreeSet<String> = at
        .events
        .iter()
        .filter(|event| {
            event.fact(facts::ACT) == Some(facts::PUT)
                && event.fact(facts::NEW_FINGERPRINT) == Some(text.as_str())
        })
        .filter_map(|event| event.fact(facts::DESTINATION).map(str::to_owned))
        .collect();
    let (mut open, mut unreadable) = (put, false);
    for destination in at.tools.destinations {
        let found = RefCell::new(None);
        let is_it = |value: &Secret| {
            let is_it = fingerprint(at, value) == wanted;
            if is_it {
                *found.borrow_mut() = Some(value.duplicate());
            }
            is_it
        };
        match destination.holds(&is_it) {
            Ok(Held::Yes) => return found.into_inner().map(Fate::Found),
            Ok(Held::No | Held::Absent) => {
                open.remove(&destination.name());
            }
            // It may be there.
            Ok(Held::Unreadable { .. }) => unreadable |= open.remove(&destination.name()),
            Err(_) => {}
        }
    }
    if open.is_empty() && unreadable {
        return Some(Fate::Unreadable);
    }
    (!open.is_empty()).then(|| Fate::Kept(open.iter().map(|name| format!("`{name}`")).collect()))
}

/// Why a value must not be revoked yet: the replacement that takes its place is
/// not where it was put, or is not accepted.
pub(in crate::step) fn replacement_fails(at: &mut Responder<'_>) -> Result<Option<String>, Halt> {
    let (Some(wanted), Some(inquirer)) = (at.replacement(), at.tools.inquirer) else {
        return Ok(None);
    };
    match held(at, wanted) {
        Some(Fate::Found(secret)) => {
            (at.tools.tell)("asking whether the replacement is still accepted");
            let said = inquirer.verify(at.dossier.id(), &secret, &[]).verification;
            if said.validity.is_live() {
                return Ok(None);
            }
            Ok(Some(format!(
                "not revoked: the replacement is {} ({}); take the step `rotate` again, or say \
                 `--force`",
                said.validity.name(),
                said.why
            )))
        }
        // Nobody was told where to look: it was accepted when it was put there.
        Some(_) => Ok(None),
        None => Ok(Some(
            "not revoked: the replacement is in none of the places where it was put; take the step \
             `rotate` again, or say `--force`"
                .to_owned(),
        )),
    }
}

pub(super) fn fingerprint(at: &Responder<'_>, secret: &Secret) -> Fingerprint {
    Fingerprint::new(&at.dossier.family, secret)
}
