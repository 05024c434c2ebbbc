//! What an office would send, without sending it: each request with its reason
//! and what it changes. Nothing here has a credential.

use leeward_dossier::{
    Dossier, Library,
    administer::{Administer, Errand, placeholders},
};
use url::Url;

use crate::{
    prober::Settings,
    route::{authority, path_and_query, route},
};

/// Something that an office does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Duty {
    /// List records of keys.
    Find,
    /// Delete a key.
    Delete,
    /// Make a key.
    Create,
    /// Read the log of changes.
    Log,
    /// Read usage and cost.
    Usage,
    /// Read the spending limit.
    Limit,
    /// Set the spending limit.
    Brake,
    /// Take the spending limit away.
    Release,
    /// Read how much is let through.
    Rates,
}

impl Duty {
    /// Every one, in the order of a dossier.
    pub const ALL: [Self; 9] = [
        Self::Find,
        Self::Delete,
        Self::Create,
        Self::Log,
        Self::Usage,
        Self::Limit,
        Self::Brake,
        Self::Release,
        Self::Rates,
    ];

    /// Its name in a dossier.
    pub fn name(self) -> &'static str {
        match self {
            Self::Find => "find",
            Self::Delete => "delete",
            Self::Create => "create",
            Self::Log => "log",
            Self::Usage => "usage",
            Self::Limit => "limit",
            Self::Brake => "brake",
            Self::Release => "release",
            Self::Rates => "rates",
        }
    }

    /// What it is, after `how to`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Find => "list the keys of the organization",
            Self::Delete => "delete a key",
            Self::Create => "make a key",
            Self::Log => "read the log of changes",
            Self::Usage => "read usage and cost",
            Self::Limit => "read the spending limit",
            Self::Brake => "set the spending limit",
            Self::Release => "take the spending limit away",
            Self::Rates => "read the rate limits",
        }
    }

    /// The request, if a dossier has one.
    pub(super) fn errand(self, administer: &Administer) -> Option<&Errand> {
        let known = administer.errands();
        known.into_iter().find(|known| known.name == self.name()).map(|known| known.errand)
    }
}

/// A request that would be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedRequest {
    /// What it is for.
    pub duty: Duty,
    /// `GET`, `DELETE` and so on.
    pub method: &'static str,
    /// Where it would go, with its port if it is not 443.
    pub host: String,
    /// Path and query, with `{placeholders}` for what is not known yet.
    pub path: String,
    /// The dossier of the credential that it carries.
    pub credential: String,
    /// The header in which that travels.
    pub carries: String,
    /// What for.
    pub why: String,
    /// Whether it changes something.
    pub writes: bool,
    /// What it changes, and for whom.
    pub changes: Option<String>,
    /// Why it would not be sent with these settings, if so.
    pub unsent: Option<String>,
}

/// What would be sent for some duties, of a kind of key; nothing if its dossier
/// does not say how it is administered.
pub fn plan_duties(
    library: &Library,
    kind: &Dossier,
    settings: &Settings,
    duties: &[Duty],
) -> Vec<PlannedRequest> {
    let administer = kind.administer.as_ref();
    let known = administer.and_then(|it| Some((it, library.get(&it.credential)?)));
    known.map_or_else(Vec::new, |(administer, dossier)| {
        planned(administer, dossier, settings, duties)
    })
}

pub(super) fn planned(
    administer: &Administer,
    dossier: &Dossier,
    settings: &Settings,
    duties: &[Duty],
) -> Vec<PlannedRequest> {
    let mut planned = Vec::new();
    for duty in duties {
        let Some(errand) = duty.errand(administer) else { continue };
        // Braces are no part of an address; stand-ins that need no escaping are.
        let whole = narrowed(administer, *duty, &errand.url);
        let mut text = whole.clone();
        let mut names = Vec::new();
        for name in placeholders(&whole) {
            let stand_in = format!("PLACEHOLDER{}", names.len());
            text = text.replace(&format!("{{{name}}}"), &stand_in);
            names.push((stand_in, format!("{{{name}}}")));
        }
        let routed = route(&settings.network.bases, dossier, &text);
        let unsent = match &routed {
            _ if settings.offline => Some("not sent: offline".to_owned()),
            Ok(_) => None,
            Err(closed) => Some(closed.to_string()),
        };
        let url = routed.ok().or_else(|| Url::parse(&text).ok());
        let path = url.as_ref().map(path_and_query).unwrap_or_default();
        let path = names.iter().fold(path, |path, (stand_in, name)| path.replace(stand_in, name));
        planned.push(PlannedRequest {
            duty: *duty,
            method: errand.method.name(),
            host: url.as_ref().map(authority).unwrap_or_default(),
            path,
            credential: dossier.id().to_string(),
            carries: administer.header.split(':').next().unwrap_or_default().to_owned(),
            why: errand.why.clone(),
            writes: errand.changes(),
            changes: errand.writes.clone(),
            unsent,
        });
    }
    planned
}

/// The address of a list as it is asked for one key.
fn narrowed(administer: &Administer, duty: Duty, url: &str) -> String {
    let find = administer.find.as_ref().filter(|_| duty == Duty::Find);
    match find.and_then(|find| find.by_tail.as_ref().or(find.by_name.as_ref())) {
        Some(narrow) => super::joined(url, narrow),
        None => url.to_owned(),
    }
}
