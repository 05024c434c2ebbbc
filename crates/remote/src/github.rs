//! GitHub, and GitHub Enterprise Server: repositories, issues, pull requests and
//! their comments, releases and their files, Actions logs, gists, code search and
//! events.
//!
//! Paths, parameters and shapes are those of GitHub's own OpenAPI description
//! (`@octokit/openapi` 23.0, `api.github.com.json`); limits are from "Rate limits for
//! the REST API" and "REST API endpoints for events" of GitHub's documentation. That a
//! file is asked for as `application/octet-stream`, and answered by itself or by a
//! redirect, is from its "REST API endpoints for release assets".

mod event;
mod gist;
mod log;
mod release;
mod repository;
mod search;
mod shape;

use std::collections::BTreeMap;

use leeward_model::RemotePlace;
use serde::{Deserialize, Serialize};

use crate::{
    asker::{Asker, written},
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
    #[serde(default)]
    search: Vec<String>,
    /// Everything that the credential's owner may see.
    #[serde(default)]
    all: bool,
    log_days: Option<i64>,
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
    /// The logs of Actions.
    Logs,
    /// Gists of the users.
    Gists,
    /// Pushes and comments, as the events tell of them.
    Events,
    /// Everybody's gists.
    PublicGists,
    /// Everybody's events.
    PublicEvents,
}

/// What is watched if the operator does not say.
const USUAL: &[What] = &[
    What::Repositories,
    What::Issues,
    What::Reviews,
    What::Releases,
    What::Assets,
    What::Logs,
    What::Gists,
];

/// Requests a second: 5,000 an hour are allowed to a user, and something else may use
/// the same credential.
const RATE: f64 = 1.0;

/// Days after which logs are left alone, unless the operator says otherwise.
const LOG_DAYS: i64 = 30;

/// A run that is started again keeps its time of creation; so the runs of some days
/// before the last look are listed once more.
const RUN_AGAIN: i64 = 3 * 24 * 3_600;

/// Opens GitHub.
pub(crate) fn open(setting: &Setting) -> Result<Opened, BadSetting> {
    let own: Own = own(setting)?;
    let given = own.base_url.as_deref();
    let is_theirs = given.is_none_or(|given| given.contains("://api."));
    let under = if is_theirs { "" } else { "/api/v3" };
    let home = Home::new(setting, given, "https://api.github.com", under)?;
    let what = own.what.clone().unwrap_or_else(|| USUAL.to_vec());
    let patterns = Patterns::new(setting, &own.repositories)?;
    let is_public = what.contains(&What::PublicGists) || what.contains(&What::PublicEvents);
    let names_none = own.organisations.is_empty()
        && own.users.is_empty()
        && own.search.is_empty()
        && patterns.exact().is_empty();
    if names_none && !own.all && !is_public {
        return Err(BadSetting::new(
            setting,
            "it names nothing to watch; give `organisations`, `users`, `repositories`, `search` or `all = true`",
        ));
    }
    let (named, base) = (vec![home.host()], home.base.clone());
    let web = home.web();
    Ok(Opened {
        service: Box::new(Walker::new(GitHub { home, own, what, patterns, web })),
        named,
        home: Some(base),
        rate: RATE,
        every_seconds: 900,
        sends: Sends::Header("authorization", "Bearer "),
    })
}

/// GitHub, as it is asked for one source.
struct GitHub {
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
    /// A list of repositories; carries from when on logs and files are looked at.
    Repositories,
    /// One repository by its name; carries the same.
    Repository,
    /// What is inside of a repository; carries the same.
    Inside,
    Issues,
    Issue,
    Comments,
    Comment,
    Reviews,
    Review,
    /// The reviews of a pull request; carries its number.
    PullReviews,
    PullReview,
    Releases,
    Release,
    /// The files of a release; carries its number.
    Assets,
    /// A file of a release; carries what is known of it.
    Asset,
    /// The runs of Actions; carries from when on they are new.
    Runs,
    /// The logs of a run; carries what is said of it.
    Log,
    Gists,
    /// Everybody's gists; carries the number of the page.
    PublicGists,
    Gist,
    /// Carries what was found so far.
    Search,
    /// A file that was found; carries its address and its path.
    File,
    /// Carries the entity tag and the events so far.
    Events,
    /// A push; carries its commits.
    Push,
}

impl GitHub {
    fn has(&self, what: What) -> bool {
        self.what.contains(&what)
    }

    /// Whether the releases of a repository are listed, whatever events tell of them.
    fn lists(&self, name: &str) -> bool {
        let owner = name.split('/').next().unwrap_or_default();
        let is = |one: &String| one.eq_ignore_ascii_case(owner);
        self.own.organisations.iter().any(is)
            || self.own.users.iter().any(is)
            || self.patterns.exact().iter().any(|one| one.eq_ignore_ascii_case(name))
    }

    /// From when on logs are looked at, by when their runs were created, and when they
    /// ended; and from when on files.
    fn kept_from(&self, pass: &Pass) -> String {
        let days = self.own.log_days.unwrap_or(LOG_DAYS).clamp(0, 36_500);
        let oldest = pass.now - days * 24 * 3_600;
        let created = pass.last.map_or(oldest, |last| oldest.max(last - RUN_AGAIN));
        let files = pass.files_from().map(|from| from.to_string()).unwrap_or_default();
        format!("{created} {} {files}", pass.last.unwrap_or(0))
    }
}

/// A parameter that asks for what changed since.
fn since(since: Option<i64>) -> String {
    since.map(|since| format!("&since={}", written(since))).unwrap_or_default()
}

impl Host for GitHub {
    type Kind = Kind;

    fn home(&self) -> &Home {
        &self.home
    }

    fn asked(&self) -> String {
        format!("{:?} {:?}", self.own, self.what)
    }

    fn accept(&self) -> &'static str {
        "application/vnd.github+json"
    }

    fn roots(&self, pass: &Pass) -> Vec<Task<Kind>> {
        let kept = self.kept_from(pass);
        let task = |kind, at: String, of: &str| Task::new(kind, at, of, pass.since);
        let mut roots = Vec::new();
        // Events and searches first: they are the news.
        let events = |at: String| task(Kind::Events, format!("{at}?per_page=100"), "");
        if self.has(What::PublicEvents) {
            roots.push(events("events".to_owned()));
        }
        if self.has(What::Events) {
            let orgs = self.own.organisations.iter();
            roots.extend(orgs.map(|org| events(format!("orgs/{}/events", segment(org)))));
            let users = self.own.users.iter();
            roots
                .extend(users.map(|user| events(format!("users/{}/events/public", segment(user)))));
        }
        for query in &self.own.search {
            let at = crate::asker::with("search/code?per_page=100", "q", query);
            roots.push(task(Kind::Search, at, query));
        }
        let since = since(pass.since);
        if self.has(What::PublicGists) {
            roots.push(task(Kind::PublicGists, format!("gists/public?per_page=100{since}"), ""));
        }
        if self.has(What::Gists) {
            for user in &self.own.users {
                let at = format!("users/{}/gists?per_page=100{since}", segment(user));
                roots.push(task(Kind::Gists, at, user));
            }
            if self.own.all {
                roots.push(task(Kind::Gists, format!("gists?per_page=100{since}"), ""));
            }
        }
        let mut lists = Vec::new();
        for org in &self.own.organisations {
            let at = format!(
                "orgs/{}/repos?type=all&sort=created&direction=asc&per_page=100",
                segment(org)
            );
            lists.push((Kind::Repositories, at, org.as_str()));
        }
        for user in &self.own.users {
            let at = format!(
                "users/{}/repos?type=owner&sort=created&direction=asc&per_page=100",
                segment(user)
            );
            lists.push((Kind::Repositories, at, user));
        }
        if self.own.all {
            let at = "user/repos?sort=created&direction=asc&per_page=100".to_owned();
            lists.push((Kind::Repositories, at, ""));
        }
        for name in self.patterns.exact() {
            let owner = name.split('/').next().unwrap_or_default();
            let mut owners = self.own.organisations.iter().chain(&self.own.users);
            if !owners.any(|one| one.eq_ignore_ascii_case(owner)) {
                lists.push((Kind::Repository, format!("repos/{}", segments(name)), name));
            }
        }
        roots.extend(lists.into_iter().map(|(kind, at, of)| task(kind, at, of).carrying(&*kept)));
        roots
    }

    fn step(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
        marks: &BTreeMap<String, String>,
    ) -> Result<Step<Kind>, Trouble> {
        match task.kind {
            Kind::Repositories => self.repositories(asker, task),
            Kind::Repository => self.repository(asker, task),
            Kind::Inside => Ok(self.inside(task)),
            Kind::Issues | Kind::Issue => self.issues(asker, task),
            Kind::Comments | Kind::Comment => self.comments(asker, task),
            Kind::Reviews | Kind::Review => self.reviews(asker, task),
            Kind::PullReviews | Kind::PullReview => self.pull_reviews(asker, task),
            Kind::Releases | Kind::Release => self.releases(asker, task),
            Kind::Assets => self.assets(asker, task),
            Kind::Asset => self.asset(asker, task),
            Kind::Runs => self.runs(asker, task),
            Kind::Log => self.log(asker, task),
            Kind::Gists | Kind::PublicGists => self.gists(asker, task),
            Kind::Gist => self.gist(asker, task),
            Kind::Search => self.search(asker, task, marks),
            Kind::File => self.file(asker, task),
            Kind::Events => self.events(asker, task, marks),
            Kind::Push => self.push(asker, task),
        }
    }

    fn retrace(&self, place: &RemotePlace) -> Option<Task<Kind>> {
        let (first, rest) = place.item.split_once(' ')?;
        let task = |kind, at: String| {
            let task = Task::new(kind, at, first, None);
            Some(Task { is_public: place.is_public, ..task })
        };
        if first == "gist" {
            let id = rest.split(' ').next()?;
            return task(Kind::Gist, format!("gists/{}", segment(id)));
        }
        let repository = format!("repos/{}", segments(first));
        let (word, rest) = rest.split_once(' ')?;
        let number = || rest.split(' ').next()?.parse::<u64>().ok();
        match word {
            "issue" => task(Kind::Issue, format!("{repository}/issues/{}", number()?)),
            "comment" => task(Kind::Comment, format!("{repository}/issues/comments/{}", number()?)),
            "commit-comment" => {
                let at = format!("{repository}/comments/{}", number()?);
                Some(task(Kind::Comment, at)?.carrying(word))
            }
            "review-comment" => {
                task(Kind::Review, format!("{repository}/pulls/comments/{}", number()?))
            }
            "review" => {
                let (pull, id) = rest.split_once(' ')?;
                let (pull, id): (u64, u64) = (pull.parse().ok()?, id.parse().ok()?);
                let at = format!("{repository}/pulls/{pull}/reviews/{id}");
                Some(task(Kind::PullReview, at)?.carrying(pull.to_string()))
            }
            "release" => task(Kind::Release, format!("{repository}/releases/{}", number()?)),
            "asset" => {
                let at = format!("{repository}/releases/assets/{}", number()?);
                Some(task(Kind::Asset, at)?.carrying(Asset::at_place(place).written()))
            }
            "run" => {
                let at = format!("{repository}/actions/runs/{}/logs", number()?);
                Some(task(Kind::Log, at)?.carrying(format!("{} - {}", number()?, place.url)))
            }
            "file" => {
                let at = format!("{repository}/contents/{}", segments(rest));
                Some(task(Kind::File, at)?.carrying(format!("{}\n{rest}", place.url)))
            }
            "push" => Some(task(Kind::Push, String::new())?.carrying(rest)),
            _ => None,
        }
    }
}
