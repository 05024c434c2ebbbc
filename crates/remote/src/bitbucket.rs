//! Bitbucket Cloud: repositories, pull requests and the comments under them,
//! snippets, and the files that repositories offer for download. It has no releases.
//!
//! Paths, parameters and shapes are those of Atlassian's description of the REST API
//! 2.0 (`api.bitbucket.org/swagger.json`); pages are linked by `next` in the body. That
//! a download is a redirect, and that one of the same name replaces the one before, is
//! from its group "Downloads".

mod download;
mod shape;
mod step;

use std::collections::BTreeMap;

use leeward_model::RemotePlace;
use serde::{Deserialize, Serialize};

use crate::{
    asker::Asker,
    asset::Asset,
    home::{Home, segment, segments},
    pattern::Patterns,
    service::{BadSetting, Opened, Sends, own},
    setting::Setting,
    task::{Host, Pass, Step, Task},
    trouble::Trouble,
    walk::Walker,
};

/// What the operator may set.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    base_url: Option<String>,
    /// The address of the account that an API token belongs to; without one, the
    /// credential is an access token.
    user: Option<String>,
    #[serde(default)]
    workspaces: Vec<String>,
    #[serde(default)]
    repositories: Vec<String>,
    what: Option<Vec<What>>,
}

/// What is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    /// The repositories themselves.
    Repositories,
    /// Pull requests and their comments.
    PullRequests,
    /// Snippets.
    Snippets,
    /// The files that repositories offer for download.
    Downloads,
}

/// What is watched if the operator does not say.
const USUAL: &[What] = &[What::Repositories, What::PullRequests, What::Snippets, What::Downloads];

/// Requests a second: 1,000 an hour are allowed.
const RATE: f64 = 0.25;

/// Opens Bitbucket Cloud.
pub(crate) fn open(setting: &Setting) -> Result<Opened, BadSetting> {
    let own: Own = own(setting)?;
    let home = Home::new(setting, own.base_url.as_deref(), "https://api.bitbucket.org", "/2.0")?;
    let what = own.what.clone().unwrap_or_else(|| USUAL.to_vec());
    let patterns = Patterns::new(setting, &own.repositories)?;
    if own.workspaces.is_empty() && patterns.exact().is_empty() {
        return Err(BadSetting::new(
            setting,
            "it names nothing to watch; give `workspaces` or `repositories`",
        ));
    }
    let (named, base) = (vec![home.host()], home.base.clone());
    let sends = match &own.user {
        Some(user) => Sends::Basic(user.clone()),
        None => Sends::Header("authorization", "Bearer "),
    };
    let web = home.web();
    Ok(Opened {
        service: Box::new(Walker::new(Bitbucket { home, own, what, patterns, web })),
        named,
        home: Some(base),
        rate: RATE,
        every_seconds: 1_800,
        sends,
    })
}

/// Bitbucket, as it is asked for one source.
struct Bitbucket {
    home: Home,
    own: Own,
    what: Vec<What>,
    patterns: Patterns,
    /// Where people and Git look; ends in a slash.
    web: String,
}

/// What there is to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// Carries from when on files are looked at.
    Repositories,
    /// The same.
    Repository,
    PullRequests,
    PullRequest,
    /// The comments of a pull request.
    Comments,
    Comment,
    Snippets,
    Snippet,
    Downloads,
    /// A file; carries what is known of it.
    Download,
}

impl Bitbucket {
    fn has(&self, what: What) -> bool {
        self.what.contains(&what)
    }
}

impl Host for Bitbucket {
    type Kind = Kind;

    fn home(&self) -> &Home {
        &self.home
    }

    fn asked(&self) -> String {
        format!("{:?} {:?}", self.own, self.what)
    }

    fn accept(&self) -> &'static str {
        "application/json"
    }

    fn roots(&self, pass: &Pass) -> Vec<Task<Kind>> {
        let files = pass.files_from().map(|from| from.to_string()).unwrap_or_default();
        let task =
            |kind, at: String, of: &str| Task::new(kind, at, of, pass.since).carrying(&*files);
        let mut roots = Vec::new();
        for workspace in &self.own.workspaces {
            let name = segment(workspace);
            if self.has(What::Snippets) {
                let at = format!("snippets/{name}?pagelen=100");
                roots.push(task(Kind::Snippets, at, workspace));
            }
            let at = format!("repositories/{name}?pagelen=100&sort=created_on");
            roots.push(task(Kind::Repositories, at, workspace));
        }
        for name in self.patterns.exact() {
            let owner = name.split('/').next().unwrap_or_default();
            if !self.own.workspaces.iter().any(|one| one.eq_ignore_ascii_case(owner)) {
                roots.push(task(
                    Kind::Repository,
                    format!("repositories/{}", segments(name)),
                    name,
                ));
            }
        }
        roots
    }

    fn step(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
        _marks: &BTreeMap<String, String>,
    ) -> Result<Step<Kind>, Trouble> {
        match task.kind {
            Kind::Repositories | Kind::Repository => self.repositories(asker, task),
            Kind::PullRequests | Kind::PullRequest => self.pull_requests(asker, task),
            Kind::Comments | Kind::Comment => self.comments(asker, task),
            Kind::Snippets => self.snippets(asker, task),
            Kind::Snippet => self.snippet(asker, task),
            Kind::Downloads => self.downloads(asker, task),
            Kind::Download => self.download(asker, task),
        }
    }

    fn retrace(&self, place: &RemotePlace) -> Option<Task<Kind>> {
        let mut words = place.item.split(' ');
        let (first, word, id) = (words.next()?, words.next()?, words.next()?);
        let task = |kind, at: String, of: &str| {
            let task = Task::new(kind, at, of, None);
            Some(Task { is_public: place.is_public, ..task })
        };
        if word == "download" {
            // Its name may have any words.
            let name = place.item.splitn(3, ' ').nth(2)?;
            let at = format!("repositories/{}/downloads/{}", segments(first), segment(name));
            let carry = Asset::at_place(place).written();
            return Some(task(Kind::Download, at, first)?.carrying(carry));
        }
        if word == "snippet" {
            let at = format!("snippets/{}/{}", segment(first), segment(id));
            return task(Kind::Snippet, at, first);
        }
        if word != "pull-request" {
            return None;
        }
        let id: u64 = id.parse().ok()?;
        let at = format!("repositories/{}/pullrequests/{id}", segments(first));
        match (words.next(), words.next()) {
            (Some("comment"), Some(comment)) => {
                let comment: u64 = comment.parse().ok()?;
                let of = format!("{first} pull-request {id}");
                task(Kind::Comment, format!("{at}/comments/{comment}"), &of)
            }
            _ => task(Kind::PullRequest, at, first),
        }
    }
}
