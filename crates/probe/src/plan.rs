//! What would be asked, without asking: each request with its reason, and each
//! host. Nothing here has a client, so nothing here can send.

use std::collections::BTreeMap;

use leeward_dossier::{Dossier, Library, probe::Probe};
use url::Url;

use crate::{
    prober::Settings,
    route::{authority, path_and_query, route},
    verify::{deciding, naming, others},
};

/// How far questions go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Is it live? One request, if the answer decides.
    #[default]
    Validity,
    /// And whose is it?
    Identity,
    /// And what does it reach?
    Reach,
}

/// A request that would be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The dossier whose question it is.
    pub dossier: String,
    /// The question's id.
    pub probe: String,
    /// `GET`.
    pub method: &'static str,
    /// Where it would go, with its port if it is not 443.
    pub host: String,
    /// Path and query; `{item}` stands for each item found before.
    pub path: String,
    /// How the value travels: the name of the header, or the way of signing.
    pub carries: String,
    /// What for.
    pub why: String,
    /// When it is made: absent if always.
    pub when: Option<String>,
    /// Why it is not made with these settings, if it is not.
    pub unasked: Option<String>,
}

/// Every request that a question about a value of this kind can lead to.
pub fn plan(
    library: &Library,
    dossier: &Dossier,
    settings: &Settings,
    depth: Depth,
) -> Vec<Planned> {
    let mut planned = Vec::new();
    for (index, probe) in deciding(dossier).enumerate() {
        let when = (index > 0).then(|| "if no answer before it decides".to_owned());
        planned.extend(of(dossier, probe, settings, when));
    }
    if depth > Depth::Validity {
        let asked = |probe: &Probe| settings.address(dossier, probe, &probe.url).is_ok();
        let refused = deciding(dossier).any(asked).then(|| "if it is refused as this kind".into());
        for other in others(library, dossier) {
            for probe in deciding(other) {
                planned.extend(of(other, probe, settings, refused.clone()));
            }
            let further = if depth == Depth::Reach { &other.assess.requests[..] } else { &[] };
            for probe in naming(other).chain(further) {
                let when = format!("if it turns out to be: {}", other.name);
                planned.extend(of(other, probe, settings, Some(when)));
            }
        }
        for probe in naming(dossier) {
            planned.extend(of(dossier, probe, settings, Some("if it is live".into())));
        }
    }
    if depth == Depth::Reach {
        for probe in &dossier.assess.requests {
            let when = match &probe.each {
                Some(each) => {
                    format!("if it is live, for each of at most {} {}", each.most, each.of)
                }
                None if probe.pages.is_some() => "if it is live, page by page".to_owned(),
                None => "if it is live".to_owned(),
            };
            planned.extend(of(dossier, probe, settings, Some(when)));
        }
    }
    planned
}

fn of(
    dossier: &Dossier,
    probe: &Probe,
    settings: &Settings,
    when: Option<String>,
) -> impl Iterator<Item = Planned> {
    // A placeholder is no address; a stand-in that needs no escaping is.
    const ITEM: &str = "ITEM";
    let text = probe.url.replace("{item}", ITEM);
    let address = settings.address(dossier, probe, &text);
    let unasked = address.as_ref().err().cloned();
    let url = address.ok().or_else(|| Url::parse(&text).ok());
    let path = url.as_ref().map(|url| path_and_query(url).replace(ITEM, "{item}"));
    let first = Planned {
        dossier: dossier.id().to_string(),
        probe: probe.id.clone(),
        method: probe.method.name(),
        host: url.as_ref().map(authority).unwrap_or_default(),
        path: path.unwrap_or_default(),
        carries: match &probe.sign {
            Some(_) => "signature".to_owned(),
            None => name(&probe.header).to_owned(),
        },
        why: probe.why.clone(),
        when,
        unasked,
    };
    let again = probe.other_header.as_deref().map(|other| Planned {
        carries: name(other).to_owned(),
        when: Some("if the same was answered 401 in the header before".to_owned()),
        ..first.clone()
    });
    std::iter::once(first).chain(again)
}

fn name(header: &str) -> &str {
    header.split(':').next().unwrap_or_default()
}

/// A host that could be contacted, and the dossiers whose values go there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostUse {
    /// The host, with its port if it is not 443.
    pub host: String,
    /// Ids of the dossiers.
    pub dossiers: Vec<String>,
}

/// Every host that could be contacted with these settings, for the rules of a
/// firewall.
pub fn hosts(library: &Library, settings: &Settings) -> Vec<HostUse> {
    let mut hosts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for dossier in library.dossiers() {
        let own = dossier.verify.requests.iter().chain(&dossier.assess.requests);
        let own = own.map(|probe| (dossier, probe));
        let instead = others(library, dossier)
            .flat_map(|other| deciding(other).map(move |probe| (other, probe)));
        for (asked_as, probe) in own.chain(instead) {
            let text = probe.url.replace("{item}", "ITEM");
            let Ok(url) = route(&settings.network.bases, asked_as, &text) else { continue };
            let dossiers = hosts.entry(authority(&url)).or_default();
            let id = dossier.id().to_string();
            if !dossiers.contains(&id) {
                dossiers.push(id);
            }
        }
    }
    hosts.into_iter().map(|(host, dossiers)| HostUse { host, dossiers }).collect()
}
