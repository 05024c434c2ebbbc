//! Values that are kept after all, because the operator wants it: encrypted to
//! a key outside the database, for incidents whose value lies nowhere any more.
//! Off unless the settings name a key, and in builds without the feature.

use leeward_model::{Case, Finding, Secret};
use leeward_store::Store;

use crate::{config::Config, failure::Failure};

/// Under which a value is kept.
#[cfg(feature = "sealed")]
const ROLE: &str = "exposed";

/// Seals the values of findings, if the settings say so.
#[cfg(feature = "sealed")]
pub(crate) fn keep(
    store: &mut Store,
    config: &Config,
    findings: &[Finding],
) -> Result<(), Failure> {
    let Some(sealer) = sealer(config)? else { return Ok(()) };
    for finding in findings {
        if store.sealed(&finding.fingerprint, ROLE)?.is_none() {
            let sealed = sealer
                .encrypt(&finding.secret)
                .map_err(|error| Failure::Store(error.to_string()))?;
            store.seal(&finding.fingerprint, ROLE, &sealed)?;
        }
    }
    Ok(())
}

/// The value of a case, if it was sealed.
#[cfg(feature = "sealed")]
pub(crate) fn open(
    store: &mut Store,
    config: &Config,
    case: &Case,
) -> Result<Option<Secret>, Failure> {
    let Some(sealer) = sealer(config)? else { return Ok(None) };
    let Some(sealed) = store.sealed(&case.fingerprint, ROLE)? else { return Ok(None) };
    sealer.decrypt(&sealed).map(Some).map_err(|error| Failure::Store(error.to_string()))
}

#[cfg(feature = "sealed")]
fn sealer(config: &Config) -> Result<Option<leeward_store::seal::Sealer>, Failure> {
    let Some(path) = &config.seal else { return Ok(None) };
    leeward_store::seal::Sealer::from_identity_file(path)
        .map(Some)
        .map_err(|error| Failure::Content(path.clone(), error.to_string()))
}

#[cfg(not(feature = "sealed"))]
pub(crate) fn keep(_: &mut Store, config: &Config, _: &[Finding]) -> Result<(), Failure> {
    unable(config)
}

#[cfg(not(feature = "sealed"))]
pub(crate) fn open(_: &mut Store, config: &Config, _: &Case) -> Result<Option<Secret>, Failure> {
    unable(config).map(|()| None)
}

#[cfg(not(feature = "sealed"))]
fn unable(config: &Config) -> Result<(), Failure> {
    match &config.seal {
        None => Ok(()),
        Some(path) => Err(Failure::Content(
            path.clone(),
            "the settings name a key to seal values to (`seal`), and this build cannot: build it with \
             `--features sealed`, or take the line out"
                .to_owned(),
        )),
    }
}
