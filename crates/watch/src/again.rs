//! Whether the value of an incident is still live, asked again: with the value that was
//! seen a while ago, or with one that is read again where it lies. A value that can be
//! had from nowhere is asked about no more, and counts for neither live nor dead.

use std::ffi::OsStr;

use leeward_detect::Scratch;
use leeward_model::{
    Blob, Case, Fingerprint, IncidentId, Origin, Provenance, Secret, State, Validity,
};
use leeward_pipeline::{Text, rating};
use leeward_probe::{Depth, Inquirer};
use leeward_source::{
    Progress,
    git::{RemoteUrl, clone_bare},
};
use leeward_store::{Learnt, Store};

use crate::{
    ground::{Ground, Occasion},
    reread::{self, Reader, Wanted},
    worker::Fault,
};

/// An answer that is the same as before is written down again after so many seconds:
/// that a key was still live is worth a line a week, not one a day.
const WORTH_A_LINE: i64 = 7 * 86_400;

/// Asks again and takes in the answer.
pub(crate) fn verify(
    ground: &Ground,
    store: &mut Store,
    id: IncidentId,
    progress: &Progress,
) -> Result<(), Fault> {
    let Some(asking) = &ground.asking else {
        return Err(Fault::Never(
            "no provider is asked: say `verify = true` under `[watch]`".to_owned(),
        ));
    };
    let Some(incident) = store.incident(id)? else { return Ok(()) };
    if incident.state == State::Closed || store.honey_of(&incident.fingerprint)?.is_some() {
        return Ok(());
    }
    let Some(case) = store.case(&incident.fingerprint)? else { return Ok(()) };
    let Some(secret) = value(ground, &case, progress) else {
        metrics::counter!("leeward_values_gone_total").increment(1);
        tracing::info!(incident = id.0, "its value is in none of its places any more");
        return Ok(());
    };
    if progress.is_cancelled() {
        return Err(Fault::Stopped);
    }
    let stop = ground.stop.child_token();
    let inquirer = Inquirer::open(ground.library.clone(), asking.settings.clone(), stop)
        .map_err(|error| Fault::Later(error.to_string()))?;
    let learnt = match asking.depth {
        Depth::Validity => inquirer.verify(&case.dossier, &secret, &case.companions),
        Depth::Identity => inquirer.identify(&case.dossier, &secret, &case.companions),
        Depth::Reach => inquirer.assess(&case.dossier, &secret, &case.companions),
    };
    let now = ground.now();
    let (heard, known) = (&learnt.verification, &case.verification);
    if matches!(heard.validity, Validity::Unknown | Validity::Unchecked) {
        return Ok(());
    }
    let is_recent = known.checked_at.is_some_and(|at| now - at < WORTH_A_LINE);
    if heard.validity == known.validity && is_recent {
        return Ok(());
    }
    let assessment = learnt.assessment.as_ref().or(case.assessment.as_ref());
    let severity =
        rating(&ground.library, &learnt.dossier, &case.locations, heard, assessment, now);
    let learnt = Learnt {
        dossier: &learnt.dossier,
        verification: Some(heard),
        assessment: learnt.assessment.as_ref(),
        severity: severity.as_ref(),
    };
    store.learn(id, &learnt, &[])?;
    ground.vault.put(incident.fingerprint, &secret);
    (ground.tell)(store, Occasion::Recorded);
    Ok(())
}

/// The value of a case, from wherever it can be had.
fn value(ground: &Ground, case: &Case, progress: &Progress) -> Option<Secret> {
    if let Some(secret) = ground.vault.get(&case.fingerprint) {
        return Some(secret);
    }
    let places = reread::places(&case.locations);
    let (far, near): (Vec<_>, Vec<_>) = places.partition(|(place, _)| match place {
        Provenance::Remote(_) => true,
        Provenance::Git(place) => RemoteUrl::is_meant(&place.repository),
        Provenance::File(_) | Provenance::Stdin => false,
    });
    let mut reader = Reader::new(&ground.library, ground.unpack.as_ref());
    if let Some(finding) = reader.finding(case.fingerprint, near) {
        return Some(finding.secret);
    }
    far.iter().find_map(|(place, inside)| {
        let wanted = Wanted { fingerprint: case.fingerprint, inside };
        elsewhere(ground, wanted, place, progress)
    })
}

/// The value at a place in a service of others.
fn elsewhere(
    ground: &Ground,
    wanted: Wanted<'_>,
    place: &Provenance,
    progress: &Progress,
) -> Option<Secret> {
    if progress.is_cancelled() {
        return None;
    }
    match place {
        Provenance::Remote(place) => {
            let (mut service, mut client) = (ground.open)(&place.source).ok()?;
            let bytes = service.again(&mut client, place).ok()??;
            inside(ground, wanted, &bytes, Text::origin_of(place))
        }
        Provenance::Git(place) => {
            let url = RemoteUrl::parse(&place.repository, ground.local_repositories).ok()?;
            let folder = tempfile::Builder::new().prefix("leeward-").tempdir().ok()?;
            let repository = clone_bare(&url, folder.path(), progress).ok()?;
            let bytes = repository.read_object(&place.object).ok()?;
            inside(ground, wanted, &bytes, Origin::Git(place.kind, place.object))
        }
        Provenance::File(_) | Provenance::Stdin => None,
    }
}

/// The value in what was handed out, or on the way in from there.
fn inside(ground: &Ground, wanted: Wanted<'_>, bytes: &[u8], origin: Origin<'_>) -> Option<Secret> {
    if wanted.inside.is_empty() {
        return within(ground, wanted.fingerprint, bytes);
    }
    let (detector, unpack) = (&ground.detector, ground.unpack.as_ref()?);
    let seen = reread::inside(detector, wanted, unpack, bytes, origin);
    Some(seen?.sighting.secret)
}

/// The value with a fingerprint in a text.
fn within(ground: &Ground, print: Fingerprint, bytes: &[u8]) -> Option<Secret> {
    let mut found = None;
    ground.tokens.find(bytes, |known| *known == print, |sighting| found = Some(sighting.secret));
    if found.is_none() {
        let blob = Blob::whole(bytes, Origin::File(OsStr::new("text").as_ref()));
        ground.detector.scan(&blob, &mut Scratch::default(), |sighting| {
            if sighting.fingerprint == print {
                found = Some(sighting.secret);
            }
        });
    }
    found
}
