//! What the name that a value is bound to says: whose it is, and what.

use std::ops::Range;

use leeward_model::{Signal, SignalKind};

use super::{Case, show, signal, weight};
use crate::lexicon::Owner;

/// The signal of the name a value is bound to.
pub(crate) fn binding(case: &Case<'_>) -> Option<Signal> {
    let Case { reading, binding, owner, .. } = *case;
    let name = binding.name.clone().map(|range| show(&case.text[range])).unwrap_or_default();
    let (weight, why) = match &binding.userinfo_of {
        Some(host) => password_of(case, host),
        None if reading.owners.contains(&owner) => own_name(case, &name),
        None => match reading.owners.first() {
            Some(&other) => others_name(case, other, &name),
            None => nobodys_name(case, &name)?,
        },
    };
    Some(signal(SignalKind::Binding, weight, why))
}

/// `scheme://user:VALUE@host`.
fn password_of(case: &Case<'_>, host: &Range<usize>) -> (f32, String) {
    let host = String::from_utf8_lossy(&case.text[host.clone()]).to_ascii_lowercase();
    let ours = case.lexicon.host(&host) == Some(case.owner);
    let weight = if ours { weight::OWN_CREDENTIAL_NAME } else { weight::RIVAL_NAME };
    (weight, format!("the password of an address on {}", show(host.as_bytes())))
}

/// A name that bears the vendor's word.
fn own_name(case: &Case<'_>, name: &str) -> (f32, String) {
    let Case { reading, binding, lexicon, owner, .. } = *case;
    let gateway = reading
        .owners
        .iter()
        .take_while(|&&named| named != owner)
        .find(|&&other| lexicon.is_gateway(other));
    if let Some(&gateway) = gateway {
        let why = format!("bound to {name}: a key of {}", lexicon.name(gateway));
        return (weight::GATEWAY_NAME, why);
    }
    if let Some(word) = binding.words.iter().find(|word| lexicon.spoils(owner, word)) {
        return (weight::OTHER_MEANING, format!("bound to {name}: {word} is something else"));
    }
    if reading.not_secret {
        return (weight::OWN_OTHER_THING, format!("bound to {name}, which is no credential"));
    }
    let bound = format!("{} {name}", if binding.call { "given to" } else { "bound to" });
    let weight = match () {
        () if reading.credential && is_password(&binding.words) => weight::OWN_PASSWORD,
        () if reading.credential => weight::OWN_CREDENTIAL_NAME,
        () if reading.unknown.is_empty() || binding.call => weight::OWN_NAME,
        () => weight::OWN_NAME_AND_MORE,
    };
    (weight, bound)
}

/// A name that bears another vendor's word.
fn others_name(case: &Case<'_>, other: Owner, name: &str) -> (f32, String) {
    if case.lexicon.is_compatible(other) {
        let credential = if case.reading.credential { weight::GENERIC_CREDENTIAL } else { 0.0 };
        let why = format!("bound to {name}, a name used for compatible services too");
        return (weight::COMPATIBLE_NAME + credential, why);
    }
    (weight::RIVAL_NAME, format!("bound to {name}: a key of {}", case.lexicon.name(other)))
}

/// A name that bears no vendor's word, or no name at all.
fn nobodys_name(case: &Case<'_>, name: &str) -> Option<(f32, String)> {
    let Case { reading, binding, .. } = *case;
    let words = &binding.words;
    let bound = format!("bound to {name}");
    Some(match () {
        () if reading.not_secret => {
            (weight::NOT_SECRET, format!("{bound}, which is no credential"))
        }
        () if reading.credential && reading.unknown.is_empty() => {
            let doubtful = is_password(words) || is_app_secret(words);
            (if doubtful { weight::GENERIC_PASSWORD } else { weight::GENERIC_CREDENTIAL }, bound)
        }
        // `vault.create_secret("…")` stores whatever it is given.
        () if reading.credential && binding.call => {
            (weight::GENERIC_PASSWORD, format!("given to {name}"))
        }
        () if reading.credential => {
            (weight::UNKNOWN_CREDENTIAL, format!("{bound}, of somebody else"))
        }
        () if !reading.unknown.is_empty() => (weight::UNKNOWN_NAME, bound),
        () if binding.scheme && binding.name.is_none() => {
            (weight::GENERIC_CREDENTIAL, "sent as authorization".to_owned())
        }
        () => return None,
    })
}

/// Whether words name a password, which API keys seldom are.
pub(super) fn is_password(words: &[String]) -> bool {
    words.iter().any(|word| word.starts_with("pass") || word == "pwd")
}

/// `SECRET_KEY`, `client_secret`: more often an application's own secret.
pub(super) fn is_app_secret(words: &[String]) -> bool {
    let has = |wanted: &str| words.iter().any(|word| word == wanted);
    has("secret") && !has("api")
}
