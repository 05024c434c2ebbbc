//! The projects of GitLab, their last pushes, and the logs of their jobs.

use super::{GitLab, Kind, What, shape, since};
use crate::{
    asker::{Asker, seconds},
    home::segments,
    item::{Item, ItemKey, Repository},
    task::{Step, Task},
    text::Draft,
    trouble::Trouble,
};

/// GitLab writes down when a project was last active once an hour at most; one that
/// was active so many seconds before the last look may have been since.
const LATE: i64 = 2 * 3_600;

/// A job may wait and run for so long: one that was created earlier has ended.
const LONGEST_JOB: i64 = 2 * 24 * 3_600;

impl GitLab {
    /// `GET /groups/:id/projects`, `/users/:id/projects`, `/projects`; and one.
    pub(super) fn projects(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let what = format!("projects of {}", task.of);
        let (projects, mut step) = if task.kind == Kind::Project {
            (asker.one(&task.at, &task.of)?.into_iter().collect(), Step::done())
        } else {
            match asker.list(&task.at, None, &what, None)? {
                Some(listed) => {
                    let projects = asker.read_each::<shape::Project>(listed.each, &what);
                    (projects, Step::page(listed.next))
                }
                None => (Vec::new(), Step::done()),
            }
        };
        for project in projects {
            let name = &project.path_with_namespace;
            if !self.patterns.has(name) {
                continue;
            }
            // A push makes a project active; to edit a text, or to run a job, does not.
            let active = project.last_activity_at.as_deref().and_then(seconds);
            let is_quiet = active.zip(task.since).is_some_and(|(at, since)| at < since - LATE);
            let is_public = project.visibility.as_deref().map(|visibility| visibility == "public");
            let of = |kind, at, carry| {
                let task = Task::new(kind, at, name, task.since).carrying(carry);
                Task { is_public, ..task }
            };
            if self.has(What::Repositories) && !project.empty_repo && !is_quiet {
                let at = format!("projects/{}/events?action=pushed&per_page=1", project.id);
                let active = project.last_activity_at.clone().unwrap_or_default();
                step.below.push(of(Kind::Pushed, at, active));
            }
            let carry = format!("{} {}", project.id, task.carry);
            step.below.push(of(Kind::Inside, String::new(), carry));
        }
        Ok(step)
    }

    /// `GET /projects/:id/events`: the last push is the version of the repository,
    /// since GitLab tells no time of it.
    pub(super) fn pushed(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let what = format!("pushes to {}", task.of);
        let events = match asker.list(&task.at, None, &what, None)? {
            Some(listed) => asker.read_each::<shape::Event>(listed.each, &what),
            None => Vec::new(),
        };
        let version = match events.first() {
            Some(event) => format!("push {}", event.id),
            None => task.carry.clone(),
        };
        asker.items.push(Item::Repository(Repository {
            key: ItemKey { id: task.of.clone(), version },
            url: format!("{}{}.git", self.web, segments(&task.of)),
            is_public: task.is_public,
            needs_credential: self.home.needs_credential(task.is_public),
        }));
        Ok(Step::done())
    }

    /// What is asked for in each project.
    pub(super) fn inside(&self, task: &Task<Kind>) -> Step<Kind> {
        let mut said = task.carry.split(' ');
        let mut said = || said.next().unwrap_or_default();
        let (id, logs, files) = (said(), said(), said());
        let since = since(task.since);
        let sorted = "order_by=created_at&sort=asc&per_page=100";
        let mut step = Step::done();
        let mut add = |what, kind, at: String, carry: &str| {
            if self.has(what) {
                let task = task.below(kind, format!("projects/{id}/{at}"));
                step.below.push(task.carrying(carry));
            }
        };
        add(What::Issues, Kind::Issues, format!("issues?scope=all&state=all&{sorted}{since}"), id);
        let at = format!("merge_requests?scope=all&state=all&{sorted}{since}");
        add(What::MergeRequests, Kind::MergeRequests, at, id);
        add(What::Snippets, Kind::Snippets, "snippets?per_page=100".to_owned(), id);
        add(What::Logs, Kind::Jobs, "jobs?per_page=100".to_owned(), &format!("{id} {logs}"));
        if self.has(What::Releases) || self.has(What::Assets) {
            let at = format!("projects/{id}/releases?{sorted}");
            let releases = task.below(Kind::Releases, at).carrying(format!("{id} 0"));
            // All are listed each time; only what they link to is told by its time.
            step.below.push(Task { since: files.parse().ok(), ..releases });
        }
        step
    }

    /// `GET /projects/:id/jobs`, the newest first.
    pub(super) fn jobs(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let what = format!("jobs of {}", task.of);
        let (id, from) = task.carry.split_once(' ').unwrap_or_default();
        let from = from.parse::<i64>().unwrap_or(0);
        let Some(listed) = asker.list(&task.at, None, &what, None)? else {
            return Ok(Step::done());
        };
        let mut step = Step::page(listed.next);
        let jobs = asker.read_each::<shape::Job>(listed.each, &what);
        // Ended by age alone when a whole page is old: clocks of some may be off.
        let is_old = |job: &shape::Job| {
            let created = job.created_at.as_deref().and_then(seconds);
            created.is_some_and(|created| created < from - LONGEST_JOB)
        };
        if !jobs.is_empty() && jobs.iter().all(is_old) {
            step.next = None;
        }
        for job in jobs {
            let is_ended = matches!(job.status.as_deref(), Some("success" | "failed" | "canceled"));
            let at = job.finished_at.as_deref().and_then(seconds);
            if is_ended && at.is_none_or(|at| at >= from) {
                let at = format!("projects/{id}/jobs/{}/trace", job.id);
                let author = job.user.map(|user| user.username).unwrap_or_default();
                let carry =
                    format!("{}\n{author}\n{}", job.web_url, job.finished_at.unwrap_or_default());
                step.below.push(task.below(Kind::Log, at).carrying(carry));
            }
        }
        Ok(step)
    }

    /// `GET /projects/:id/jobs/:job_id/trace`.
    pub(super) fn log(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let job = task.at.rsplit('/').nth(1).unwrap_or_default();
        let id = format!("{} job {job}", task.of);
        let mut said = task.carry.split('\n');
        let (url, author, at) = (said.next(), said.next(), said.next());
        if let Some(bytes) = asker.raw(&self.home.address(&task.at), "text/plain, */*", &id)? {
            let draft = Draft {
                id,
                version: at.unwrap_or_default().to_owned(),
                url: url.unwrap_or_default().to_owned(),
                author: author.filter(|author| !author.is_empty()).map(str::to_owned),
                at: at.map(str::to_owned),
                is_public: task.is_public,
                path: None,
            };
            asker.text(draft, bytes);
        }
        Ok(Step::done())
    }
}
