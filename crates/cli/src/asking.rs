//! How providers are asked: from what was typed and what the environment says
//! to the prober's settings.

use std::{fs, sync::Arc, time::Duration};

use leeward_dossier::Library;
use leeward_probe::{Base, Desk, Manners, Network, Rate, Settings, Stop, Work};

use crate::{args, environment, failure::Failure};

/// The settings that were asked for.
pub(crate) fn settings(asking: &args::Asking, library: &Library) -> Result<Settings, Failure> {
    let (proxy, no_proxy) = environment::proxy();
    let mut issuers = Vec::new();
    for path in &asking.ca {
        let read = fs::read(path);
        issuers.push(
            read.map_err(|error| Failure::File("read the certificates in", path.clone(), error))?,
        );
    }
    let rate = asking.rate.map(|rate| {
        Rate::per_second(rate).ok_or_else(|| {
            Failure::Asking(format!("`--rate {rate}` is not between 0.001 and 1000 a second"))
        })
    });
    known(asking, library)?;
    Ok(Settings {
        network: Network {
            bases: bases(&asking.base_url, library)?,
            proxy,
            no_proxy,
            issuers,
            ..Network::default()
        },
        manners: Manners { rate: rate.transpose()?.unwrap_or_default(), ..Manners::default() },
        allowed: asking.allow.iter().cloned().collect(),
        offline: asking.offline,
    })
}

/// Base addresses, each for one family. Without a family it is that of values
/// that come without surroundings.
pub(crate) fn bases(texts: &[String], library: &Library) -> Result<Vec<Base>, Failure> {
    let usual = library.dossiers().iter().find(|dossier| dossier.detect.bare);
    let usual = usual.map_or("", |dossier| dossier.family.as_str());
    let mut bases = Vec::new();
    for text in texts {
        let (family, url) = match text.split_once('=') {
            Some((family, url)) if !family.contains([':', '/', '?']) => (family, url),
            _ => (usual, text.as_str()),
        };
        if !library.dossiers().iter().any(|dossier| dossier.family == family) {
            return Err(Failure::Asking(format!(
                "no dossier is of the family `{family}`; `leeward dossier list` shows them all"
            )));
        }
        // The address is not quoted: it may hold a value by mistake.
        let base = Base::new(family, url)
            .map_err(|error| Failure::Asking(format!("`--base-url`: {error}")))?;
        if bases.iter().any(|known: &Base| known.family == base.family) {
            return Err(Failure::Asking(format!(
                "two addresses are given for the family `{family}`; only one can be asked"
            )));
        }
        bases.push(base);
    }
    Ok(bases)
}

/// Whether every question that is allowed exists and needs to be.
fn known(asking: &args::Asking, library: &Library) -> Result<(), Failure> {
    let questions = || {
        library.dossiers().iter().flat_map(|dossier| {
            let probes = dossier.verify.requests.iter().chain(&dossier.assess.requests);
            probes
                .filter(|probe| probe.opt_in.is_some())
                .map(move |probe| (dossier.id(), &probe.id))
        })
    };
    for name in &asking.allow {
        let is_it = |(dossier, id): (&_, &String)| id == name || *name == format!("{dossier}/{id}");
        if !questions().any(is_it) {
            let all: Vec<String> = questions().map(|(_, id)| id.clone()).collect();
            return Err(Failure::Asking(format!(
                "no question that needs a word is called `{name}`; there are `{}`",
                all.join("`, `")
            )));
        }
    }
    Ok(())
}

/// A desk that asks as far as `depth`.
pub(crate) fn desk(
    asking: &args::Asking,
    library: &Arc<Library>,
    settings: Settings,
    depth: leeward_probe::Depth,
    stop: &Stop,
) -> Result<Desk, Failure> {
    let work =
        Work { depth, within: asking.ask_within.map(Duration::from_secs), stop: stop.clone() };
    Desk::open(Arc::clone(library), settings, work).map_err(|error| match error {
        leeward_probe::BadNetwork::Issuer(index) => match asking.ca.get(index) {
            Some(path) => Failure::Content(path.clone(), error.to_string()),
            None => Failure::Asking(error.to_string()),
        },
        error => Failure::Asking(error.to_string()),
    })
}
