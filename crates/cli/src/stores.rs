//! What buckets and images are reached with: from what was typed, from the environment
//! and from what `docker login` keeps, and from nowhere else.

use std::{collections::BTreeMap, fs, path::PathBuf};

use leeward_model::Secret;
use leeward_objects::{ImageName, SETTINGS};
use leeward_pipeline::Target;
use leeward_probe::Network;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::{args, environment, failure::Failure};

/// Tells targets how they are reached.
pub(crate) fn reach(
    targets: &mut [Target],
    typed: &args::Stores,
    network: &Network,
) -> Result<(), Failure> {
    let mut buckets = 0;
    for target in targets {
        match target {
            Target::Bucket(bucket) => {
                buckets += 1;
                bucket.start_after.clone_from(&typed.start_after);
                let access = &mut bucket.access;
                access.settings = environment::beginning_with(SETTINGS);
                access.endpoint.clone_from(&typed.endpoint);
                access.anonymous = typed.anonymous;
                access.requester_pays = typed.requester_pays;
                access.network = network.clone();
            }
            Target::Image(image) => {
                image.platform.clone_from(&typed.platform);
                image.access.network = network.clone();
                image.access.credential = credential(&image.name)?;
            }
            Target::Stdin | Target::Remote(_) | Target::Path(_) => {}
        }
    }
    if typed.start_after.is_some() && buckets != 1 {
        return Err(Failure::Asking(
            "`--start-after` is a key of one bucket: name that bucket alone".to_owned(),
        ));
    }
    Ok(())
}

/// The credential for an image's registry: from the environment, or from what
/// `docker login` keeps for that very registry.
fn credential(name: &ImageName) -> Result<Option<(String, Secret)>, Failure> {
    if let Some(secret) = environment::secret(["LEEWARD_REGISTRY_PASSWORD"]) {
        let user = environment::text("LEEWARD_REGISTRY_USER").ok_or_else(|| {
            Failure::Asking(
                "LEEWARD_REGISTRY_PASSWORD is set without LEEWARD_REGISTRY_USER: set both"
                    .to_owned(),
            )
        })?;
        return Ok(Some((user, secret)));
    }
    let folder = environment::text("DOCKER_CONFIG").map(PathBuf::from);
    let folder = folder.or_else(|| Some(environment::home()?.join(".docker")));
    let Some(path) = folder.map(|folder| folder.join("config.json")) else { return Ok(None) };
    let Ok(text) = fs::read(&path).map(Zeroizing::new) else { return Ok(None) };
    let kept: Kept = serde_json::from_slice(&text).map_err(|error| {
        Failure::Content(path, format!("line {}: no such settings", error.line()))
    })?;
    Ok(kept.of(&name.known_as()))
}

/// What `docker login` keeps. Where a helper keeps it, no helper is started: what it
/// knows can be put into the environment.
#[derive(Deserialize)]
struct Kept {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    auth: Option<String>,
}

impl Kept {
    fn of(self, names: &[String]) -> Option<(String, Secret)> {
        use base64::Engine as _;
        let mut auths = self.auths;
        let entry = names.iter().find_map(|name| auths.remove(name))?;
        let encoded = Zeroizing::new(entry.auth?);
        let both = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
        let both = Zeroizing::new(both);
        let colon = both.iter().position(|byte| *byte == b':')?;
        let user = str::from_utf8(&both[..colon]).ok()?.to_owned();
        Some((user, Secret::new(&both[colon + 1..])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_for_one_registry() {
        // "me:wo:rd" and "other:word"
        let text = r#"{"auths":{"r.example":{"auth":"bWU6d286cmQ="},"https://index.docker.io/v1/":
            {"auth":"b3RoZXI6d29yZA=="},"kept.example":{}},"credsStore":"desktop"}"#;
        let of = |name: &str| {
            let kept: Kept = serde_json::from_str(text).unwrap();
            kept.of(&ImageName::parse(name).unwrap().known_as())
        };
        let (user, secret) = of("oci://r.example/app").unwrap();
        assert_eq!((user.as_str(), secret.len()), ("me", 5));
        assert_eq!(of("docker://alpine").unwrap().0, "other");
        assert!(of("oci://r.example.net/app").is_none());
        assert!(of("oci://kept.example/app").is_none());
    }
}
