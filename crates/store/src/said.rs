//! What the store itself writes into the log, in words and facts.

use leeward_model::{
    Assessment, DossierId, Entry, EventKind, Incident, IncidentId, Rating, Severity, State,
    Verification,
};

use crate::facts;

/// Why a closed incident is reopened whose value works.
pub(crate) const LIVE: &str = "its value is live: a provider accepted it";

/// An entry with its facts.
pub(crate) fn entry(
    id: IncidentId,
    at: i64,
    actor: &str,
    kind: EventKind,
    text: String,
    facts: &[(&str, &str)],
) -> Entry {
    let facts = facts.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Entry { incident: Some(id), at, actor: actor.to_owned(), kind, text, facts: facts.collect() }
}

/// That a provider was asked whether it is live.
pub(crate) fn verified(id: IncidentId, heard: &Verification, actor: &str, at: i64) -> Entry {
    let name = heard.validity.name();
    let text =
        if heard.why.is_empty() { name.to_owned() } else { format!("{name}: {}", heard.why) };
    let at = heard.checked_at.unwrap_or(at);
    entry(id, at, actor, EventKind::Verified, text, &[(facts::VALIDITY, name)])
}

/// That it was asked what it reaches.
pub(crate) fn assessed(id: IncidentId, reach: &Assessment, actor: &str, at: i64) -> Entry {
    let text = format!(
        "{} of things within its reach; {} open",
        counted(reach.grants.len(), "kind"),
        counted(reach.gaps.len(), "question"),
    );
    let at = reach.evidence.last().map_or(at, |evidence| evidence.at);
    entry(id, at, actor, EventKind::Assessed, text, &[])
}

/// That it is judged anew, or that it turned out to be something else.
pub(crate) fn rated(
    before: &Incident,
    level: Severity,
    dossier: &DossierId,
    rating: Option<&Rating>,
    actor: &str,
    at: i64,
) -> Entry {
    let mut text = if level == before.severity {
        format!("it is {dossier}")
    } else {
        format!("{}, was {}", level.name(), before.severity.name())
    };
    if let Some(rating) = rating.filter(|rating| !rating.why.is_empty()) {
        text.push_str(": ");
        text.push_str(&rating.why.join("; "));
    }
    let was = before.severity.name();
    let mut said = vec![(facts::SEVERITY, level.name()), (facts::WAS, was)];
    if before.dossier != *dossier {
        said.push((facts::DOSSIER, dossier.as_str()));
    }
    entry(before.id, at, actor, EventKind::Rated, text, &said)
}

/// That it is opened again.
pub(crate) fn reopened(id: IncidentId, from: State, why: &str, actor: &str, at: i64) -> Entry {
    let facts = [(facts::FROM, from.name()), (facts::TO, State::Reopened.name())];
    entry(id, at, actor, EventKind::Moved, format!("reopened: {why}"), &facts)
}

/// `1 place`, `2 places`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
