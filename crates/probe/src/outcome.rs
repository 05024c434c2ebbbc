//! From what was counted to what it means: which of a dossier's permissions
//! are proven, inferred, refused or unknown, and which of its impacts follow.

use leeward_dossier::{Dossier, schema::Permission};
use leeward_model::{Action, Assessment, Grant, Impact, Standing, Validity};

/// A question that the provider answered with a no.
pub(crate) struct Refusal {
    pub(crate) probe: String,
    /// What it would have shown.
    pub(crate) what: String,
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
            let standing = actions.clone().map(|action| harm(action, &known.grants)).max();
            let standing = standing.unwrap_or(Standing::Refused);
            let from = actions.filter(|action| harm(action, &known.grants) == standing);
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

/// What an action means for the owner: one that is proven, where nothing is
/// stored now that it could touch, harms only what may come.
fn harm(action: &Action, grants: &[Grant]) -> Standing {
    let mut own = grants.iter().filter(|grant| action.grants.contains(&grant.id));
    match action.standing {
        Standing::Proven if own.all(|grant| grant.raises.is_none()) => Standing::Inferred,
        standing => standing,
    }
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
    let is_proven = grants.iter().any(|grant| !grant.target);
    let mut said = Vec::new();
    let standing = if let Some(why) = &permission.denied {
        said.push(why.clone());
        Standing::Refused
    } else if is_proven {
        said.extend(inferred.map(|why| format!("beyond that, inferred: {why}")));
        Standing::Proven
    } else if let Some(why) = inferred {
        said.push(why.to_owned());
        Standing::Inferred
    } else if grants.is_empty() && open.is_empty() && !refused.is_empty() {
        Standing::Refused
    } else {
        Standing::Unknown
    };
    if permission.denied.is_none() {
        let mut why: Vec<&str> = refused.iter().map(|one| one.why.as_str()).collect();
        why.dedup();
        if !why.is_empty() {
            let what: Vec<&str> = refused.iter().map(|one| one.what.as_str()).collect();
            said.push(format!("refused: {} ({})", what.join(", "), why.join("; ")));
        }
        if !open.is_empty() {
            said.push(format!("not known: {}", open.join(", ")));
        }
    }
    Action {
        id: permission.id.clone(),
        title: permission.title.clone(),
        standing,
        because: said.join("; "),
        grants: grants.iter().map(|grant| grant.id.clone()).collect(),
    }
}

/// Whether a question would show a permission.
fn proves(dossier: &Dossier, probe: &str, permission: &str) -> bool {
    let probes = dossier.verify.requests.iter().chain(&dossier.assess.requests);
    let mut finds = probes.filter(|one| one.id == probe).flat_map(|one| &one.finds);
    finds.any(|find| find.permission == permission)
}
