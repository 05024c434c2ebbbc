//! What a delivery of a service says: a push to a repository, or something that nothing
//! follows from. A repository elsewhere than on the hosts that the operator named is
//! none: what a sender names would be asked, with credentials.

use std::collections::BTreeSet;

use axum::http::HeaderMap;
use serde::Deserialize;
use url::{Host, Url};

use crate::{
    problem::Problem,
    setting::{HookKind, authority},
    watching::PushEvent,
};

/// The longest name of a ref that is handed on; Git's own limit is that of a path.
const LONGEST_REF: usize = 4096;

/// What a delivery says.
#[derive(Debug)]
pub(super) enum Said {
    Push(PushEvent),
    Intake(Vec<u8>),
    /// Nothing follows from it; why, in words.
    Ignored(&'static str),
}

/// GitHub, Gitea and Forgejo.
#[derive(Deserialize)]
struct Hub {
    #[serde(rename = "ref")]
    reference: String,
    before: String,
    after: String,
    repository: HubRepository,
}

#[derive(Deserialize)]
struct HubRepository {
    clone_url: String,
}

/// GitLab.
#[derive(Deserialize)]
struct Lab {
    #[serde(rename = "ref")]
    reference: String,
    before: String,
    after: String,
    project: LabProject,
}

#[derive(Deserialize)]
struct LabProject {
    git_http_url: String,
}

/// Bitbucket Cloud.
#[derive(Deserialize)]
struct Bucket {
    push: BucketPush,
    repository: BucketRepository,
}

#[derive(Deserialize)]
struct BucketPush {
    #[serde(default)]
    changes: Vec<BucketChange>,
}

#[derive(Deserialize)]
struct BucketChange {
    old: Option<BucketRef>,
    new: Option<BucketRef>,
}

#[derive(Deserialize)]
struct BucketRef {
    #[serde(rename = "type", default)]
    kind: String,
    name: String,
    target: BucketTarget,
}

#[derive(Deserialize)]
struct BucketTarget {
    hash: String,
}

#[derive(Deserialize)]
struct BucketRepository {
    links: BucketLinks,
}

#[derive(Deserialize)]
struct BucketLinks {
    html: BucketLink,
}

#[derive(Deserialize)]
struct BucketLink {
    href: String,
}

/// Reads a delivery that was proven.
pub(super) fn read(
    kind: HookKind,
    source: &str,
    hosts: &BTreeSet<String>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Said, Problem> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let event = match kind {
        HookKind::Github => header("x-github-event"),
        HookKind::Gitea => header("x-forgejo-event").or_else(|| header("x-gitea-event")),
        HookKind::Gitlab => header("x-gitlab-event"),
        HookKind::Bitbucket => header("x-event-key"),
        HookKind::Intake => None,
    };
    match event.unwrap_or_default() {
        "push" | "Push Hook" | "Tag Push Hook" | "repo:push" => {}
        "ping" | "diagnostics:ping" => return Ok(Said::Ignored("heard: the hook works")),
        _ => return Ok(Said::Ignored("ignored: nothing follows from this kind of event here")),
    }
    let pushed = match kind {
        HookKind::Gitlab => {
            let Lab { reference, before, after, project } = parse(body)?;
            (project.git_http_url, reference, before, after)
        }
        HookKind::Bitbucket => {
            let bucket: Bucket = parse(body)?;
            let Some(pushed) = bucket.pushed() else {
                return Ok(Said::Ignored("ignored: it says that nothing changed"));
            };
            pushed
        }
        _ => {
            let Hub { reference, before, after, repository } = parse(body)?;
            (repository.clone_url, reference, before, after)
        }
    };
    let (repository, reference, before, after) = pushed;
    if reference.len() > LONGEST_REF {
        return Err(Problem::bad("the ref is longer than refs are"));
    }
    Ok(Said::Push(PushEvent {
        source: source.to_owned(),
        repository: repository_on(&repository, hosts)?,
        reference,
        before: commit(&before)?,
        after: commit(&after)?,
    }))
}

impl Bucket {
    /// The first change: a push of several is looked at as a whole by what it led to, so
    /// the others are found by the same look.
    fn pushed(self) -> Option<(String, String, String, String)> {
        let change = self.push.changes.into_iter().next()?;
        let named = change.new.as_ref().or(change.old.as_ref())?;
        let kind = if named.kind == "tag" { "tags" } else { "heads" };
        let reference = format!("refs/{kind}/{}", named.name);
        let hash = |of: Option<BucketRef>| of.map_or_else(|| "0".repeat(40), |of| of.target.hash);
        let repository = format!("{}.git", self.repository.links.html.href);
        Some((repository, reference, hash(change.old), hash(change.new)))
    }
}

fn parse<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|_| {
        Problem::bad(
            "the delivery does not say what a push says: set the hook's content type to \
             `application/json`",
        )
    })
}

/// The address of a repository, if it is on a host that the operator named, over HTTPS
/// or on this machine, without anybody's password.
fn repository_on(text: &str, hosts: &BTreeSet<String>) -> Result<String, Problem> {
    let elsewhere = || {
        Problem::forbidden(
            "the repository is not on a host of this hook: `hosts` in `[[serve.hook]]` names them",
        )
    };
    let url = Url::parse(text).map_err(|_| elsewhere())?;
    let is_here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let is_encrypted = url.scheme() == "https" || (url.scheme() == "http" && is_here);
    let is_bare = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    let is_named = authority(&url).is_some_and(|authority| hosts.contains(&authority));
    if is_encrypted && is_bare && is_named { Ok(url.to_string()) } else { Err(elsewhere()) }
}

/// The id of a commit; none for zeros, which say that there is none.
fn commit(text: &str) -> Result<Option<String>, Problem> {
    let is_id = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_id {
        return Err(Problem::bad("a commit is named by 40 or 64 hexadecimal digits"));
    }
    let is_none = text.bytes().all(|byte| byte == b'0');
    Ok((!is_none).then(|| text.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(text: &str) -> bool {
        let hosts = ["git.example", "127.0.0.1:3000"].map(str::to_owned).into();
        repository_on(text, &hosts).is_ok()
    }

    #[test]
    fn only_repositories_on_named_hosts_are_taken() {
        assert!(on("https://git.example/a/b.git"));
        assert!(on("https://GIT.example:443/a/b.git"));
        assert!(on("http://127.0.0.1:3000/a/b.git"));
        for other in [
            "http://git.example/a/b.git",
            "https://git.example:8443/a",
            "https://git.example@evil.example/a",
            "https://user:word@git.example/a",
            "https://git.example.evil.example/a",
            "https://169.254.169.254/latest",
            "http://127.0.0.1:3001/a",
            "file:///etc/passwd",
            "ssh://git.example/a",
            "ext::sh -c id",
            "--upload-pack=id",
            "",
        ] {
            assert!(!on(other), "{other}");
        }
    }

    #[test]
    fn commits_are_ids() {
        assert_eq!(commit(&"0".repeat(40)).unwrap(), None);
        assert_eq!(commit(&"AB".repeat(20)).unwrap(), Some("ab".repeat(20)));
        for bad in ["", "HEAD", "--all", &"g".repeat(40), &"a".repeat(41)] {
            assert!(commit(bad).is_err(), "{bad}");
        }
    }
}
