//! Gitea and Forgejo, which share an interface: repositories, issues, pull requests,
//! the comments and reviews under them, releases and the files attached to those.
//!
//! Paths, parameters and shapes are those of Gitea's own description
//! (`templates/swagger/v1_json.tmpl` of its repository, version 1). The interface tells
//! of files and does not hand them out; that `/attachments/{uuid}` takes a token in the
//! header is from pull request 7909 of its repository (version 1.10).

mod release;
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
    #[serde(default)]
    organisations: Vec<String>,
    #[serde(default)]
    users: Vec<String>,
    #[serde(default)]
    repositories: Vec<String>,
    what: Option<Vec<What>>,
    /// Every repository that the credential's owner may see.
    #[serde(default)]
    all: bool,
}

/// What is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    /// The repositories themselves.
    Repositories,
    /// Issues, pull requests and the comments under them.
    Issues,
    /// Reviews of pull requests, and their comments on lines.
    Reviews,
    /// The notes of releases.
    Releases,
    /// The files attached to releases.
    Assets,
}

/// What is watched if the operator does not say.
const USUAL: &[What] =
    &[What::Repositories, What::Issues, What::Reviews, What::Releases, What::Assets];

/// Requests a second: a machine of one's own, which others use, too.
const RATE: f64 = 5.0;

/// Opens Gitea, or Forgejo.
pub(crate) fn open(setting: &Setting) -> Result<Opened, BadSetting> {
    let own: Own = own(setting)?;
    let usual = match setting.service.as_str() {
        "forgejo" => "https://codeberg.org",
        _ => "https://gitea.com",
    };
    let home = Home::new(setting, own.base_url.as_deref(), usual, "/api/v1")?;
    let what = own.what.clone().unwrap_or_else(|| USUAL.to_vec());
    let patterns = Patterns::new(setting, &own.repositories)?;
    let names_none =
        own.organisations.is_empty() && own.users.is_empty() && patterns.exact().is_empty();
    if names_none && !own.all {
        return Err(BadSetting::new(
            setting,
            "it names nothing to watch; give `organisations`, `users`, `repositories` or `all = true`",
        ));
    }
    let (named, base) = (vec![home.host()], home.base.clone());
    let web = base.as_str().trim_end_matches("api/v1/").to_owned();
    Ok(Opened {
        service: Box::new(Walker::new(Gitea { home, own, what, patterns, web })),
        named,
        home: Some(base),
        rate: RATE,
        every_seconds: 300,
        sends: Sends::Header("authorization", "token "),
    })
}

/// Gitea, as it is asked for one source.
struct Gitea {
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
    /// The same, under `data`.
    Search,
    /// The same.
    Repository,
    /// What is inside of a repository; carries the same.
    Inside,
    Issues,
    Issue,
    Comments,
    Comment,
    /// The reviews of a pull request, which it carries the number of.
    Reviews,
    Review,
    /// The comments of a review, which it carries the number of.
    ReviewComments,
    Releases,
    Release,
    /// The files of a release; carries its number.
    Assets,
    /// A file of a release, where people get it; carries what is known of it.
    Asset,
}

impl Gitea {
    fn has(&self, what: What) -> bool {
        self.what.contains(&what)
    }
}

impl Host for Gitea {
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
        if self.own.all {
            let at = "repos/search?sort=id&order=asc&limit=50".to_owned();
            roots.push(task(Kind::Search, at, ""));
        }
        for org in &self.own.organisations {
            let at = format!("orgs/{}/repos?limit=50", segment(org));
            roots.push(task(Kind::Repositories, at, org));
        }
        for user in &self.own.users {
            let at = format!("users/{}/repos?limit=50", segment(user));
            roots.push(task(Kind::Repositories, at, user));
        }
        for name in self.patterns.exact() {
            let owner = name.split('/').next().unwrap_or_default();
            let mut owners = self.own.organisations.iter().chain(&self.own.users);
            if !owners.any(|one| one.eq_ignore_ascii_case(owner)) {
                roots.push(task(Kind::Repository, format!("repos/{}", segments(name)), name));
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
            Kind::Repositories | Kind::Search | Kind::Repository => self.repositories(asker, task),
            Kind::Inside => Ok(self.inside(task)),
            Kind::Issues | Kind::Issue => self.issues(asker, task),
            Kind::Comments | Kind::Comment => self.comments(asker, task),
            Kind::Reviews | Kind::Review => self.reviews(asker, task),
            Kind::ReviewComments => self.review_comments(asker, task),
            Kind::Releases | Kind::Release => self.releases(asker, task),
            Kind::Assets => self.assets(asker, task),
            Kind::Asset => self.asset(asker, task),
        }
    }

    fn retrace(&self, place: &RemotePlace) -> Option<Task<Kind>> {
        let mut words = place.item.split(' ');
        let (first, word) = (words.next()?, words.next()?);
        if word == "asset" {
            let at = format!("attachments/{}", segment(words.next()?));
            let task = Task::new(Kind::Asset, at, first, None);
            let carry = Asset::at_place(place).written();
            return Some(Task { is_public: place.is_public, ..task.carrying(carry) });
        }
        let mut number = || words.next()?.parse::<u64>().ok();
        let repository = format!("repos/{}", segments(first));
        let task = |kind, at: String| {
            let task = Task::new(kind, format!("{repository}/{at}"), first, None);
            Some(Task { is_public: place.is_public, ..task })
        };
        let id = number()?;
        match word {
            "issue" => task(Kind::Issue, format!("issues/{id}")),
            "comment" => task(Kind::Comment, format!("issues/comments/{id}")),
            "release" => task(Kind::Release, format!("releases/{id}")),
            "pull" => {
                let (review, comment) = (number()?, number());
                let at = format!("pulls/{id}/reviews/{review}");
                Some(match comment {
                    Some(_) => task(Kind::ReviewComments, format!("{at}/comments"))?
                        .carrying(format!("{id} {review}")),
                    None => task(Kind::Review, at)?.carrying(id.to_string()),
                })
            }
            _ => None,
        }
    }
}
