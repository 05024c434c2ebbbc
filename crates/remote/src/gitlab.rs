//! GitLab, of gitlab.com or self-managed: projects, issues, merge requests and the
//! notes under them, snippets, releases and what they link to, and the logs of jobs.
//!
//! Paths, parameters and shapes are those of GitLab's REST API documentation
//! (`doc/api/{projects,issues,merge_requests,notes,snippets,project_snippets,jobs,
//! events,job_artifacts,project_markdown_uploads}.md` and `doc/api/releases/*.md` of
//! its repository, and `doc/user/project/releases/release_fields.md` on what a release
//! links to); paging is by `Link`, and by `x-next-page` where a proxy changed the host.

mod link;
mod note;
mod project;
mod release;
mod shape;
mod snippet;

use std::collections::BTreeMap;

use leeward_model::RemotePlace;
use serde::{Deserialize, Serialize};

use crate::{
    asker::{Asker, written},
    asset::Asset,
    home::{Home, segment},
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
    groups: Vec<String>,
    #[serde(default)]
    users: Vec<String>,
    #[serde(default)]
    repositories: Vec<String>,
    what: Option<Vec<What>>,
    /// Every project that the credential's owner may see; on gitlab.com, those it is
    /// a member of.
    #[serde(default)]
    all: bool,
    log_days: Option<i64>,
}

/// What is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    /// The repositories of the projects.
    Repositories,
    /// Issues and their notes.
    Issues,
    /// Merge requests and their notes.
    MergeRequests,
    /// Snippets of the projects, and of the credential's owner.
    Snippets,
    /// The notes of releases.
    Releases,
    /// The files that releases link to.
    Assets,
    /// The logs of jobs.
    Logs,
    /// Everybody's snippets.
    PublicSnippets,
}

/// What is watched if the operator does not say.
const USUAL: &[What] = &[
    What::Repositories,
    What::Issues,
    What::MergeRequests,
    What::Snippets,
    What::Releases,
    What::Assets,
    What::Logs,
];

/// Requests a second: gitlab.com allows a user 2,000 a minute, and some lists far
/// fewer.
const RATE: f64 = 3.0;

/// Days after which logs are left alone, unless the operator says otherwise.
const LOG_DAYS: i64 = 30;

/// Opens GitLab.
pub(crate) fn open(setting: &Setting) -> Result<Opened, BadSetting> {
    let own: Own = own(setting)?;
    let home = Home::new(setting, own.base_url.as_deref(), "https://gitlab.com", "/api/v4")?;
    let what = own.what.clone().unwrap_or_else(|| USUAL.to_vec());
    let patterns = Patterns::new(setting, &own.repositories)?;
    let names_none =
        own.groups.is_empty() && own.users.is_empty() && patterns.exact().is_empty() && !own.all;
    if names_none && !what.contains(&What::PublicSnippets) {
        return Err(BadSetting::new(
            setting,
            "it names nothing to watch; give `groups`, `users`, `repositories` or `all = true`",
        ));
    }
    let (named, base) = (vec![home.host()], home.base.clone());
    let web = base.as_str().trim_end_matches("api/v4/").to_owned();
    Ok(Opened {
        service: Box::new(Walker::new(GitLab { home, own, what, patterns, web })),
        named,
        home: Some(base),
        rate: RATE,
        every_seconds: 600,
        sends: Sends::Header("private-token", ""),
    })
}

/// GitLab, as it is asked for one source.
struct GitLab {
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
    /// A list of projects; carries from when on jobs, and files, are looked at.
    Projects,
    /// One project by its name; carries the same.
    Project,
    /// What is inside of a project; carries its number, and the same.
    Inside,
    /// The last push to a project; carries when it was last active.
    Pushed,
    /// Carries the number of the project.
    Issues,
    Issue,
    /// The same.
    MergeRequests,
    MergeRequest,
    /// Notes; carries where people see what they are under.
    Notes,
    Note,
    /// Carries the number of the project, if it is of one.
    Snippets,
    Snippet,
    /// Carries the number of the project, and the highest number of a link so far.
    Releases,
    Release,
    /// The links of a release; carries the number up to which they are known, and the
    /// tag.
    Links,
    /// A link, and the file it leads to; carries what is known of that.
    Link,
    /// A file that a release links to; carries what is known of it.
    Asset,
    /// The jobs of a project; carries from when on.
    Jobs,
    /// The log of a job; carries what is said of it.
    Log,
}

impl GitLab {
    fn has(&self, what: What) -> bool {
        self.what.contains(&what)
    }
}

/// A parameter that asks for what changed since.
fn since(since: Option<i64>) -> String {
    since.map(|since| format!("&updated_after={}", written(since))).unwrap_or_default()
}

impl Host for GitLab {
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
        let days = self.own.log_days.unwrap_or(LOG_DAYS).clamp(0, 36_500);
        let oldest = pass.now - days * 24 * 3_600;
        let logs = pass.last.map_or(oldest, |last| oldest.max(last));
        let files = pass.files_from().map(|from| from.to_string()).unwrap_or_default();
        let kept = format!("{logs} {files}");
        let task = |kind, at: String, of: &str| Task::new(kind, at, of, pass.since);
        let mut roots = Vec::new();
        if self.has(What::PublicSnippets) {
            roots.push(task(Kind::Snippets, "snippets/public?per_page=100".to_owned(), ""));
        }
        if self.has(What::Snippets) {
            roots.push(task(Kind::Snippets, "snippets?per_page=100".to_owned(), ""));
        }
        let sorted = "order_by=id&sort=asc&per_page=100";
        for group in &self.own.groups {
            let at = format!("groups/{}/projects?include_subgroups=true&{sorted}", segment(group));
            roots.push(task(Kind::Projects, at, group).carrying(&*kept));
        }
        for user in &self.own.users {
            let at = format!("users/{}/projects?{sorted}", segment(user));
            roots.push(task(Kind::Projects, at, user).carrying(&*kept));
        }
        if self.own.all {
            let is_theirs = self.home.host() == "gitlab.com";
            let member = if is_theirs { "&membership=true" } else { "" };
            let at = format!("projects?pagination=keyset&{sorted}{member}");
            roots.push(task(Kind::Projects, at, "").carrying(&*kept));
        }
        for name in self.patterns.exact() {
            let is_under = |group: &String| {
                let group = format!("{}/", group.to_lowercase());
                name.to_lowercase().starts_with(&group)
            };
            if !self.own.groups.iter().chain(&self.own.users).any(is_under) {
                let at = format!("projects/{}", segment(name));
                roots.push(task(Kind::Project, at, name).carrying(&*kept));
            }
        }
        roots
    }

    fn step(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
        marks: &BTreeMap<String, String>,
    ) -> Result<Step<Kind>, Trouble> {
        match task.kind {
            Kind::Projects | Kind::Project => self.projects(asker, task),
            Kind::Inside => Ok(self.inside(task)),
            Kind::Pushed => self.pushed(asker, task),
            Kind::Issues | Kind::Issue | Kind::MergeRequests | Kind::MergeRequest => {
                self.issues(asker, task)
            }
            Kind::Notes | Kind::Note => self.notes(asker, task),
            Kind::Snippets => self.snippets(asker, task),
            Kind::Snippet => self.snippet(asker, task),
            Kind::Releases | Kind::Release => self.releases(asker, task, marks),
            Kind::Links => self.links(asker, task),
            Kind::Link => self.link(asker, task),
            Kind::Asset => self.asset(asker, task),
            Kind::Jobs => self.jobs(asker, task),
            Kind::Log => self.log(asker, task),
        }
    }

    fn retrace(&self, place: &RemotePlace) -> Option<Task<Kind>> {
        let (first, rest) = place.item.split_once(' ')?;
        let task = |kind, at: String| {
            let task = Task::new(kind, at, first, None);
            Some(Task { is_public: place.is_public, ..task }.carrying(&*place.url))
        };
        let mut words = rest.split(' ');
        let (first_word, second) = (words.next()?, words.next());
        if first == "snippet" {
            let id = first_word.parse::<u64>().ok()?;
            let whole = Task::new(Kind::Snippet, format!("snippets/{id}"), "", None);
            return Some(whole);
        }
        let under = format!("projects/{}", segment(first));
        if matches!(first_word, "release" | "asset") {
            // What a tag is called is one word, as Git has it.
            let at = format!("{under}/releases/{}", segment(second?));
            let Some(link) = words.next() else { return task(Kind::Release, at) };
            let link: u64 = link.parse().ok()?;
            let task = task(Kind::Link, format!("{at}/assets/links/{link}"))?;
            return Some(task.carrying(Asset::at_place(place).written()));
        }
        let number: u64 = second?.parse().ok()?;
        let lists = match first_word {
            "issue" => ("issues", Kind::Issue),
            "merge-request" => ("merge_requests", Kind::MergeRequest),
            "snippet" => ("snippets", Kind::Snippet),
            "job" => return task(Kind::Log, format!("{under}/jobs/{number}/trace")),
            _ => return None,
        };
        let at = format!("{under}/{}/{number}", lists.0);
        match (words.next(), words.next()) {
            (Some("note"), Some(note)) => {
                let note: u64 = note.parse().ok()?;
                let of = format!("{first} {first_word} {number}");
                let task = task(Kind::Note, format!("{at}/notes/{note}"))?;
                Some(Task { of, ..task })
            }
            _ => task(lists.1, at),
        }
    }
}
