//! From what was counted to what it means: which of a dossier's permissions
//! are proven, inferred, refused or unknown, and which of its impacts follow.

use leeward_dossier::{Dossier, schema::Permission};
use leeward_model::{Action, Assessment, Count, Grant, Impact, Standing, Validity};

/// A question that the provider answered with a no.
pub(crate) struct Refusal {
    pub(crate) probe: String,
    pub(crate) permissions: Vec<String>,
    pub(crate) why: String,
}

/// Judges every permission and impact of the dossier.
pub(crate) fn conclude(
    dossier: &Dossier,
    validity: Validity,
    mut known: Assessment,
    refusals: &[Refusal],
) -> Assessment {
    known.actions = dossier
        .permissions
        .iter()
        .map(|permission| action(dossier, validity, &known, refusals, permission))
        .collect();
    known.impacts = dossier
        .impacts
        .iter()
        .map(|impact| {
            let actions = known.actions.iter().filter(|action| impact.from.contains(&action.id));
            let standing = actions.clone().map(|action| action.standing).max();
            let standing = standing.unwrap_or(Standing::Refused);
            let from = actions.filter(|action| action.standing == standing);
            Impact {
                id: impact.id.clone(),
                title: impact.title.clone(),
                standing,
                text: impact.text.split_whitespace().collect::<Vec<_>>().join(" "),
                from: from.map(|action| action.id.clone()).collect(),
            }
        })
        .collect();
    known
}

fn action(
    dossier: &Dossier,
    validity: Validity,
    known: &Assessment,
    refusals: &[Refusal],
    permission: &Permission,
) -> Action {
    let grants: Vec<&Grant> =
        known.grants.iter().filter(|grant| grant.permission == permission.id).collect();
    let refused: Vec<&Refusal> =
        refusals.iter().filter(|one| one.permissions.contains(&permission.id)).collect();
    let open: Vec<&str> = known
        .gaps
        .iter()
        .filter(|gap| proves(dossier, &gap.probe, &permission.id))
        .map(|gap| gap.what.as_str())
        .collect();
    let inferred = permission.inferred.as_deref().filter(|_| validity == Validity::Active);
    let (standing, mut because) = match (&permission.denied, inferred) {
        (Some(why), _) => (Standing::Refused, why.clone()),
        _ if !grants.is_empty() => (Standing::Proven, proven(&grants)),
        (_, Some(why)) => (Standing::Inferred, why.to_owned()),
        _ if open.is_empty() && !refused.is_empty() => {
            let why: Vec<&str> = refused.iter().map(|one| one.why.as_str()).collect();
            (Standing::Refused, why.join("; "))
        }
        _ => (Standing::Unknown, "not known".to_owned()),
    };
    if standing == Standing::Proven {
        if let Some(why) = inferred {
            because = format!("{because}; inferred beyond that: {why}");
        }
        let refused: Vec<&str> = refused.iter().map(|one| one.probe.as_str()).collect();
        if !refused.is_empty() {
            because = format!("{because}; refused: {}", refused.join(", "));
        }
    }
    if !open.is_empty() && permission.denied.is_none() {
        because = format!("{because}; not known: {}", open.join(", "));
    }
    Action {
        id: permission.id.clone(),
        title: permission.title.clone(),
        standing,
        because,
        grants: grants.iter().map(|grant| grant.id.clone()).collect(),
    }
}

/// Whether a question would show a permission.
fn proves(dossier: &Dossier, probe: &str, permission: &str) -> bool {
    let probes = dossier.verify.requests.iter().chain(&dossier.assess.requests);
    let mut finds = probes.filter(|one| one.id == probe).flat_map(|one| &one.finds);
    finds.any(|find| find.permission == permission)
}

/// `it can read 14 files, 3 libraries; call 2 connectors`.
fn proven(grants: &[&Grant]) -> String {
    let mut verbs: Vec<(&str, Vec<String>)> = Vec::new();
    for grant in grants.iter().filter(|grant| grant.count != Count::Exactly(0)) {
        let said = counted(grant);
        match verbs.iter_mut().find(|(verb, _)| *verb == grant.verb) {
            Some((_, all)) => all.push(said),
            None => verbs.push((&grant.verb, vec![said])),
        }
    }
    let said: Vec<String> =
        verbs.into_iter().map(|(verb, all)| format!("{verb} {}", all.join(", "))).collect();
    let none: Vec<&str> = grants
        .iter()
        .filter(|grant| grant.count == Count::Exactly(0))
        .map(|grant| grant.noun.1.as_str())
        .collect();
    match (said.is_empty(), none.is_empty()) {
        (true, _) => format!("it is allowed to, and there are none now: {}", none.join(", ")),
        (false, true) => format!("it can {}", said.join("; ")),
        (false, false) => {
            format!("it can {}; there are no {} now", said.join("; "), none.join(", "))
        }
    }
}

fn counted(grant: &Grant) -> String {
    let (one, many) = &grant.noun;
    match grant.count {
        Count::Exactly(1) => format!("1 {one}"),
        Count::Exactly(count) => format!("{count} {many}"),
        Count::AtLeast(count) => format!("at least {count} {many}"),
        Count::Unsaid => many.clone(),
    }
}
