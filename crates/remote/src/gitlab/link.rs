//! Where a link of a release leads, if that is a file that this GitLab keeps: a file of
//! its package registry, an upload, an artifact of a job. A link may name any place,
//! and what somebody wrote there is not to be asked for with the operator's
//! credential, nor at a host of others.

use percent_encoding::percent_decode_str;
use url::Url;

use super::GitLab;
use crate::home::segment;

/// Why a link is not followed.
const ELSEWHERE: &str = "the link leads to another host, which is not asked";
const A_PAGE: &str =
    "the link leads to no package, upload or artifact of this GitLab, and was not asked for";

impl GitLab {
    /// The path that a link is asked for at: below the interface, or, if it begins with
    /// a slash, below where people look.
    ///
    /// # Errors
    /// Why it is not asked for, in words.
    pub(super) fn path_of(&self, link: &str) -> Result<String, &'static str> {
        let url = Url::parse(link).map_err(|_| ELSEWHERE)?;
        let is_here = url.origin() == self.home.base.origin()
            && url.username().is_empty()
            && url.password().is_none();
        let root = self.home.base.path().trim_end_matches("api/v4/");
        let path = url.path().strip_prefix(root).filter(|_| is_here).ok_or(ELSEWHERE)?;
        file_at(path, &url).ok_or(A_PAGE)
    }
}

/// The same, of a path on this GitLab.
fn file_at(path: &str, url: &Url) -> Option<String> {
    // An encoded way up is one for whatever stands before the service.
    if decoded(path).split('/').any(|part| part == "..") {
        return None;
    }
    interface(path)
        .or_else(|| upload(path))
        .or_else(|| artifact(path, url))
        .or_else(|| package_file(path))
}

/// What is in the interface already: `api/v4/projects/:id/…`. Parameters are left out:
/// people write credentials into them.
fn interface(path: &str) -> Option<String> {
    let path = path.strip_prefix("api/v4/")?;
    let (_, below) = path.strip_prefix("projects/")?.split_once('/')?;
    let is_artifact = below.starts_with("jobs/") && below.contains("/artifacts");
    let is_file = below.starts_with("packages/") || below.starts_with("uploads/") || is_artifact;
    is_file.then(|| path.to_owned())
}

/// `-/project/:id/uploads/:secret/:filename`, and the older form with the project's
/// name. Those for people take no token; `GET /projects/:id/uploads/:secret/:filename`
/// does.
fn upload(path: &str) -> Option<String> {
    let (before, file) = path.split_once("/uploads/")?;
    let (secret, name) = file.split_once('/')?;
    let is_secret = secret.len() == 32 && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
    let project = match before.strip_prefix("-/project/") {
        Some(id) => id.bytes().all(|byte| byte.is_ascii_digit()).then(|| id.to_owned())?,
        None => project(before)?,
    };
    (is_secret && is_name(name)).then(|| format!("projects/{project}/uploads/{secret}/{name}"))
}

/// `-/jobs/:id/artifacts/…`, and `-/jobs/artifacts/:ref/…?job=…`.
fn artifact(path: &str, url: &Url) -> Option<String> {
    let (before, rest) = path.split_once("/-/jobs/")?;
    let jobs = format!("projects/{}/jobs", project(before)?);
    if let Some(rest) = rest.strip_prefix("artifacts/") {
        let job = url.query_pairs().find_map(|(name, value)| (name == "job").then_some(value))?;
        let (branch, file) = match rest.split_once("/raw/") {
            Some((branch, file)) => (branch, format!("raw/{file}")),
            None => (rest.strip_suffix("/download")?, "download".to_owned()),
        };
        let branch = decoded(branch);
        return Some(format!("{jobs}/artifacts/{}/{file}?job={}", segment(&branch), segment(&job)));
    }
    let (id, rest) = rest.split_once("/artifacts/")?;
    let id: u64 = id.parse().ok()?;
    let file = rest.strip_prefix("raw/").or_else(|| rest.strip_prefix("file/"));
    match (file, rest) {
        (Some(file), _) => Some(format!("{jobs}/{id}/artifacts/{file}")),
        (None, "download") => Some(format!("{jobs}/{id}/artifacts")),
        (None, _) => None,
    }
}

/// `-/package_files/:id/download`: what people get a file of a package by. It takes no
/// token, so of a project that is not public it leads to a page for signing in.
fn package_file(path: &str) -> Option<String> {
    let (before, rest) = path.split_once("/-/package_files/")?;
    let id: u64 = rest.strip_suffix("/download")?.parse().ok()?;
    project(before)?;
    Some(format!("/{before}/-/package_files/{id}/download"))
}

/// A project by its path: a group, perhaps more, and a name.
fn project(path: &str) -> Option<String> {
    let path = decoded(path);
    let is_project = path.split('/').count() > 1
        && path.split('/').all(|part| !matches!(part, "" | "-" | "." | ".."));
    is_project.then(|| segment(&path))
}

/// The name of the file that a path leads to, if it tells one.
pub(super) fn name_of(path: &str) -> Option<String> {
    let path = path.split('?').next().unwrap_or_default();
    let name = decoded(path.rsplit('/').next().unwrap_or_default());
    (!matches!(&*name, "" | "download" | "artifacts")).then_some(name)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('/')
}

fn decoded(path: &str) -> String {
    percent_decode_str(path).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(link: &str) -> Option<String> {
        let url = Url::parse(link).unwrap();
        file_at(url.path().strip_prefix('/').unwrap(), &url)
    }

    #[test]
    fn files_of_this_gitlab_are_known_by_their_addresses() {
        let secret = "0123456789abcdef0123456789abcdef";
        for (link, expected) in [
            (
                "api/v4/projects/7/packages/generic/app/1.0/app.whl".to_owned(),
                "projects/7/packages/generic/app/1.0/app.whl".to_owned(),
            ),
            (
                "api/v4/projects/a%2Fb/packages/generic/app/1/a%20b.zip?private_token=x".to_owned(),
                "projects/a%2Fb/packages/generic/app/1/a%20b.zip".to_owned(),
            ),
            (
                format!("-/project/7/uploads/{secret}/app.zip"),
                format!("projects/7/uploads/{secret}/app.zip"),
            ),
            (
                format!("acme/under/app/uploads/{secret}/app.zip"),
                format!("projects/acme%2Funder%2Fapp/uploads/{secret}/app.zip"),
            ),
            (
                "acme/app/-/jobs/688/artifacts/raw/bin/app".to_owned(),
                "projects/acme%2Fapp/jobs/688/artifacts/bin/app".to_owned(),
            ),
            (
                "acme/app/-/jobs/688/artifacts/download".to_owned(),
                "projects/acme%2Fapp/jobs/688/artifacts".to_owned(),
            ),
            (
                "acme/app/-/jobs/artifacts/release/1.0/raw/bin/app?job=build%20it".to_owned(),
                "projects/acme%2Fapp/jobs/artifacts/release%2F1.0/raw/bin/app?job=build%20it"
                    .to_owned(),
            ),
            (
                "acme/app/-/package_files/12/download".to_owned(),
                "/acme/app/-/package_files/12/download".to_owned(),
            ),
        ] {
            let link = format!("https://lab.example/{link}");
            assert_eq!(path(&link), Some(expected), "{link}");
        }
    }

    #[test]
    fn nothing_else_is_asked_for() {
        for link in [
            "",
            "acme/app",
            "acme/app/-/releases/v1/evidence.json",
            "acme/app/-/archive/v1/app-v1.zip",
            "api/v4/user",
            "api/v4/personal_access_tokens",
            "api/v4/projects/7/variables",
            "api/v4/projects/7/jobs/1/trace",
            "api/v4/projects/7/packages/../variables",
            "api/v4/projects/7/packages/..%2fvariables",
            "api/v4/projects/7/packages/%2e%2e%2fvariables",
            "acme/app/uploads/short/app.zip",
            "-/project/x/uploads/0123456789abcdef0123456789abcdef/app.zip",
            "acme/app/-/jobs/artifacts/main/raw/bin/app",
            "acme/app/-/jobs/x/artifacts/raw/bin/app",
            "-/package_files/12/download",
            "users/sign_out",
        ] {
            let link = format!("https://lab.example/{link}");
            assert_eq!(path(&link), None, "{link}");
        }
    }

    #[test]
    fn a_path_tells_a_name_or_none() {
        assert_eq!(name_of("projects/7/packages/generic/app/1/a%20b.zip").unwrap(), "a b.zip");
        assert_eq!(name_of("a/raw/bin/app?job=x").unwrap(), "app");
        assert_eq!(name_of("projects/7/jobs/1/artifacts"), None);
        assert_eq!(name_of("/acme/app/-/package_files/12/download"), None);
    }
}
