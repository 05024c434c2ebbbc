//! The shapes of what a provider said: whether a secret is live, and what it
//! reaches. Part of version 1 of the JSON formats; see [`super::shape`].

use leeward_model as model;
use serde::Serialize;

use crate::{reach, words::rfc3339};

#[derive(Serialize)]
pub(crate) struct Verification<'a> {
    validity: &'static str,
    why: &'a str,
    checked_at: Option<String>,
    evidence: Vec<Evidence<'a>>,
}

impl<'a> Verification<'a> {
    pub(crate) fn of(verification: &'a model::Verification) -> Self {
        Self {
            validity: verification.validity.name(),
            why: &verification.why,
            checked_at: verification.checked_at.and_then(rfc3339),
            evidence: verification.evidence.iter().map(Evidence::of).collect(),
        }
    }
}

/// One request and what came back.
#[derive(Serialize)]
struct Evidence<'a> {
    probe: &'a str,
    method: &'a str,
    host: &'a str,
    path: &'a str,
    status: Option<u16>,
    meaning: &'a str,
    at: Option<String>,
    attempts: u32,
    millis: u64,
    correlation: Option<&'a str>,
}

impl<'a> Evidence<'a> {
    fn of(evidence: &'a model::Evidence) -> Self {
        Self {
            probe: &evidence.probe,
            method: &evidence.method,
            host: &evidence.host,
            path: &evidence.path,
            status: evidence.status,
            meaning: &evidence.meaning,
            at: rfc3339(evidence.at),
            attempts: evidence.attempts,
            millis: evidence.millis,
            correlation: evidence.correlation.as_deref(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Assessment<'a> {
    text: String,
    identity: Vec<Trait<'a>>,
    grants: Vec<Grant<'a>>,
    actions: Vec<Action<'a>>,
    impacts: Vec<Impact<'a>>,
    gaps: Vec<Gap<'a>>,
    evidence: Vec<Evidence<'a>>,
}

impl<'a> Assessment<'a> {
    pub(crate) fn of(known: &'a model::Assessment) -> Self {
        Self {
            text: reach::at_a_glance(known),
            identity: known.identity.iter().map(Trait::of).collect(),
            grants: known.grants.iter().map(Grant::of).collect(),
            actions: known.actions.iter().map(|action| Action::of(action, known)).collect(),
            impacts: known.impacts.iter().map(Impact::of).collect(),
            gaps: known.gaps.iter().map(Gap::of).collect(),
            evidence: known.evidence.iter().map(Evidence::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct Trait<'a> {
    role: &'a str,
    label: &'a str,
    value: &'a str,
}

impl<'a> Trait<'a> {
    fn of(says: &'a model::Trait) -> Self {
        Self { role: &says.role, label: &says.label, value: &says.value }
    }
}

/// `count` is a number unless `counted` is `unsaid`.
#[derive(Serialize)]
struct Grant<'a> {
    id: &'a str,
    permission: &'a str,
    one: &'a str,
    many: &'a str,
    verb: &'a str,
    count: Option<u64>,
    counted: &'static str,
    listed: u64,
    target: bool,
    bytes: Option<u64>,
    sums: Vec<Counted<'a>>,
    tallies: Vec<Tally<'a>>,
    oldest: Option<String>,
    newest: Option<String>,
    names: &'a [String],
    raises: Option<&'a str>,
    probe: &'a str,
    text: String,
}

#[derive(Serialize)]
struct Tally<'a> {
    label: &'a str,
    counts: Vec<Counted<'a>>,
}

#[derive(Serialize)]
struct Counted<'a> {
    value: &'a str,
    count: u64,
}

fn counts(counts: &[(String, u64)]) -> Vec<Counted<'_>> {
    counts.iter().map(|(value, count)| Counted { value, count: *count }).collect()
}

impl<'a> Grant<'a> {
    fn of(grant: &'a model::Grant) -> Self {
        let (count, counted) = match grant.count {
            model::Count::Exactly(n) => (Some(n), "exactly"),
            model::Count::AtLeast(n) => (Some(n), "at-least"),
            model::Count::Unsaid => (None, "unsaid"),
        };
        let tally =
            |tally: &'a model::Tally| Tally { label: &tally.label, counts: counts(&tally.counts) };
        Self {
            id: &grant.id,
            permission: &grant.permission,
            one: &grant.noun.0,
            many: &grant.noun.1,
            verb: &grant.verb,
            count,
            counted,
            listed: grant.listed,
            target: grant.target,
            bytes: grant.bytes,
            sums: counts(&grant.sums),
            tallies: grant.tallies.iter().map(tally).collect(),
            oldest: grant.span.and_then(|(oldest, _)| rfc3339(oldest)),
            newest: grant.span.and_then(|(_, newest)| rfc3339(newest)),
            names: &grant.names,
            raises: grant.raises.as_deref(),
            probe: &grant.probe,
            text: reach::grant(grant),
        }
    }
}

#[derive(Serialize)]
struct Action<'a> {
    id: &'a str,
    title: &'a str,
    standing: &'static str,
    because: &'a str,
    text: String,
    grants: &'a [String],
}

impl<'a> Action<'a> {
    fn of(action: &'a model::Action, known: &model::Assessment) -> Self {
        Self {
            id: &action.id,
            title: &action.title,
            standing: action.standing.name(),
            because: &action.because,
            text: reach::because(action, known),
            grants: &action.grants,
        }
    }
}

#[derive(Serialize)]
struct Impact<'a> {
    id: &'a str,
    title: &'a str,
    standing: &'static str,
    text: &'a str,
    from: &'a [String],
}

impl<'a> Impact<'a> {
    fn of(impact: &'a model::Impact) -> Self {
        Self {
            id: &impact.id,
            title: &impact.title,
            standing: impact.standing.name(),
            text: &impact.text,
            from: &impact.from,
        }
    }
}

#[derive(Serialize)]
struct Gap<'a> {
    probe: &'a str,
    what: &'a str,
    why: &'a str,
    by_choice: bool,
}

impl<'a> Gap<'a> {
    fn of(gap: &'a model::Gap) -> Self {
        Self { probe: &gap.probe, what: &gap.what, why: &gap.why, by_choice: gap.by_choice }
    }
}
