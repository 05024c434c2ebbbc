//! The name of an image, as it is typed: `oci://registry.example/team/app:1.2`, or
//! `docker://app:1.2` with what Docker leaves out.

use std::fmt;

use leeward_model::SafeText;

/// Where names without a host lead, and what their registry is really called.
const HUB: [&str; 2] = ["docker.io", "registry-1.docker.io"];

/// An image in a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageName {
    host: String,
    repository: String,
    /// A tag, or a digest such as `sha256:…`.
    reference: String,
}

/// A name that leads to no image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadName(String);

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` names no image: write `oci://HOST/REPOSITORY:TAG`, or `@sha256:DIGEST` instead \
             of the tag",
            SafeText::new(&self.0)
        )
    }
}

impl std::error::Error for BadName {}

impl ImageName {
    /// Whether a text is meant as the name of an image in a registry.
    pub fn is_meant(text: &str) -> bool {
        rest(text).is_some()
    }

    /// Reads a name as it was typed.
    ///
    /// # Errors
    /// What names no image.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let bad = || BadName(text.to_owned());
        let rest = rest(text).ok_or_else(bad)?;
        let (name, digest) = match rest.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (rest, None),
        };
        let (host, path) = match name.split_once('/') {
            // As Docker tells a host from a part of a path.
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path),
            _ => (HUB[0], name),
        };
        let (repository, tag) = match path.rsplit_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (path, None),
        };
        let repository = match host == HUB[0] && !repository.contains('/') {
            true => format!("library/{repository}"),
            false => repository.to_owned(),
        };
        let host = if host == HUB[0] { HUB[1] } else { host };
        let reference = digest.or(tag).unwrap_or("latest");
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let is_repository = repository.split('/').all(|part| {
            !part.is_empty() && !matches!(part, "." | "..") && part.bytes().all(is_part)
        });
        let is_tag = |tag: &str| !tag.is_empty() && tag.len() <= 128 && tag.bytes().all(is_part);
        let is_reference = match digest {
            Some(digest) => super::manifest::is_digest(digest) && tag.is_none_or(is_tag),
            None => is_tag(reference),
        };
        // The address that is asked must have this very host.
        let is_host = url::Url::parse(&format!("https://{host}/")).is_ok_and(|url| {
            let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
            url.host_str().is_some_and(|found| format!("{found}{port}") == host.to_lowercase())
        });
        if is_host && is_repository && is_reference {
            let (host, reference) = (host.to_lowercase(), reference.to_owned());
            Ok(Self { host, repository, reference })
        } else {
            Err(bad())
        }
    }

    /// The registry: a host, and a port if it is not the usual one.
    pub fn registry(&self) -> &str {
        &self.host
    }

    /// Names by which a credential for its registry may be kept.
    pub fn known_as(&self) -> Vec<String> {
        let mut names = vec![self.host.clone()];
        if self.host == HUB[1] {
            names.extend(
                ["https://index.docker.io/v1/", "index.docker.io", HUB[0]].map(str::to_owned),
            );
        }
        names.push(format!("https://{}", self.host));
        names
    }

    pub(crate) fn repository(&self) -> &str {
        &self.repository
    }

    pub(crate) fn reference(&self) -> &str {
        &self.reference
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, repository, reference } = self;
        let host = if host == HUB[1] { HUB[0] } else { host };
        let between = if reference.contains(':') { '@' } else { ':' };
        write!(f, "oci://{host}/{repository}{between}{reference}")
    }
}

fn rest(text: &str) -> Option<&str> {
    text.strip_prefix("oci://").or_else(|| text.strip_prefix("docker://"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_what_they_mean_elsewhere() {
        let digest = format!("sha256:{}", "0".repeat(64));
        for (typed, shown) in [
            ("docker://alpine", "oci://docker.io/library/alpine:latest".to_owned()),
            ("docker://team/app:1.2", "oci://docker.io/team/app:1.2".to_owned()),
            ("oci://localhost:5000/app", "oci://localhost:5000/app:latest".to_owned()),
            (&format!("oci://r.example/a/b@{digest}"), format!("oci://r.example/a/b@{digest}")),
        ] {
            assert_eq!(ImageName::parse(typed).expect(typed).to_string(), shown);
        }
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        for wrong in [
            "oci://",
            "oci://r.example/",
            "oci://a@b.example/c",
            "oci://r.example/../c",
            "oci://r.example/a?b:c",
            "oci://r.example/a:b/c#d",
            "oci://r.example/a@sha256:12",
        ] {
            assert!(ImageName::parse(wrong).is_err(), "{wrong}");
        }
    }
}
