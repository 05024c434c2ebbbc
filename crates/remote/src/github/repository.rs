//! The repositories of GitHub and what people write in them: issues, pull requests
//! and their comments.

use super::{
    GitHub, Kind, What,
    shape::{Comment, Issue, Repository, Review},
    since,
};
use crate::{
    asker::{Asker, written},
    home::segments,
    item::{Item, ItemKey},
    task::{Step, Task},
    text::{Draft, digest, titled},
    trouble::Trouble,
};

impl GitHub {
    /// `GET /orgs/{org}/repos`, `/users/{username}/repos`, `/user/repos`.
    pub(super) fn repositories(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let what = format!("repositories of {}", task.of);
        let Some(listed) = asker.list(&task.at, None, &what, None)? else {
            return Ok(Step::done());
        };
        let mut step = Step::page(listed.next);
        for repository in asker.read_each::<Repository>(listed.each, &what) {
            step.below.extend(self.found(asker, task, repository));
        }
        Ok(step)
    }

    /// `GET /repos/{owner}/{repo}`.
    pub(super) fn repository(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let mut step = Step::done();
        if let Some(repository) = asker.one(&task.at, &task.of)? {
            step.below.extend(self.found(asker, task, repository));
        }
        Ok(step)
    }

    /// A repository that was found: handed out, and looked into.
    fn found(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
        repository: Repository,
    ) -> Option<Task<Kind>> {
        let name = repository.full_name;
        if !self.patterns.has(&name) {
            return None;
        }
        if repository.disabled {
            asker.gap(&name, "GitHub has switched it off".to_owned());
            return None;
        }
        let is_public = match repository.visibility.as_deref() {
            Some(visibility) => Some(visibility == "public"),
            None => repository.private.map(|is_private| !is_private),
        };
        if self.has(What::Repositories) {
            let version = repository.pushed_at.or(repository.updated_at).unwrap_or_default();
            self.hand_out(asker, &name, version, is_public);
        }
        let inside = Task::new(Kind::Inside, String::new(), &name, task.since);
        Some(Task { is_public, ..inside.carrying(&*task.carry) })
    }

    /// Hands out a repository. Its address is made here: what the service says could
    /// lead Git, and the credential, elsewhere.
    pub(super) fn hand_out(
        &self,
        asker: &mut Asker<'_>,
        name: &str,
        version: String,
        is_public: Option<bool>,
    ) {
        asker.items.push(Item::Repository(crate::item::Repository {
            key: ItemKey { id: name.to_owned(), version },
            url: format!("{}{}.git", self.web, segments(name)),
            is_public,
            needs_credential: self.home.needs_credential(is_public),
        }));
    }

    /// What is asked for in each repository.
    pub(super) fn inside(&self, task: &Task<Kind>) -> Step<Kind> {
        let repository = format!("repos/{}", segments(&task.of));
        let since = since(task.since);
        // By the time of creation, which stays, while that of change moves elements
        // from page to page.
        let sorted = "sort=created&direction=asc&per_page=100";
        let mut step = Step::done();
        // Reviews are found by their pull requests, which this lists, too.
        if self.has(What::Issues) || self.has(What::Reviews) {
            let at = format!("{repository}/issues?state=all&{sorted}{since}");
            step.below.push(task.below(Kind::Issues, at));
        }
        let mut add = |what, kind, at: String| {
            if self.has(what) {
                step.below.push(task.below(kind, format!("{repository}/{at}")));
            }
        };
        add(What::Issues, Kind::Comments, format!("issues/comments?{sorted}{since}"));
        add(What::Reviews, Kind::Reviews, format!("pulls/comments?{sorted}{since}"));
        let mut said = task.carry.split(' ');
        let mut said = || said.next().unwrap_or_default();
        let (created, ended, files) = (said(), said(), said());
        if self.has(What::Releases) || self.has(What::Assets) {
            let at = format!("{repository}/releases?per_page=100");
            let releases = task.below(Kind::Releases, at);
            // All are listed each time; only files are told by their times.
            step.below.push(Task { since: files.parse().ok(), ..releases });
        }
        if self.has(What::Logs) {
            let created = written(created.parse().unwrap_or(0));
            let at = format!("{repository}/actions/runs?per_page=100&created=%3E%3D{created}");
            step.below.push(task.below(Kind::Runs, at).carrying(ended));
        }
        step
    }

    /// `GET /repos/{owner}/{repo}/issues`, which lists pull requests, too; and one.
    pub(super) fn issues(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let (issues, mut step) = pages::<Issue>(asker, task, Kind::Issue, "issues")?;
        for issue in issues {
            let is_pull = issue.pull_request.is_some();
            if is_pull && task.kind == Kind::Issues && self.has(What::Reviews) {
                let at = format!(
                    "repos/{}/pulls/{}/reviews?per_page=100",
                    segments(&task.of),
                    issue.number
                );
                let reviews = task.below(Kind::PullReviews, at);
                step.below.push(reviews.carrying(issue.number.to_string()));
            }
            if !self.has(What::Issues) && task.kind == Kind::Issues {
                continue;
            }
            self.issue(asker, &task.of, task.is_public, issue);
        }
        Ok(step)
    }

    pub(super) fn issue(
        &self,
        asker: &mut Asker<'_>,
        of: &str,
        is_public: Option<bool>,
        issue: Issue,
    ) {
        let bytes = titled(Some(&issue.title), issue.body.as_deref());
        let draft = Draft {
            id: format!("{of} issue {}", issue.number),
            version: issue.updated_at.unwrap_or_default(),
            url: issue.html_url,
            author: issue.user.map(|user| user.login),
            at: issue.created_at,
            is_public,
            path: None,
        };
        asker.text(draft, bytes);
    }

    /// `GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews`, and one: what somebody
    /// wrote over all comments of a review.
    pub(super) fn pull_reviews(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let (reviews, step) = pages::<Review>(asker, task, Kind::PullReview, "reviews")?;
        for review in reviews {
            self.pull_review(asker, &task.of, &task.carry, task.is_public, review);
        }
        Ok(step)
    }

    pub(super) fn pull_review(
        &self,
        asker: &mut Asker<'_>,
        of: &str,
        pull: &str,
        is_public: Option<bool>,
        review: Review,
    ) {
        let bytes = review.body.unwrap_or_default().into_bytes();
        // Most only approve.
        if bytes.is_empty() {
            return;
        }
        let draft = Draft {
            id: format!("{of} review {pull} {}", review.id),
            version: digest(&bytes),
            url: review.html_url,
            author: review.user.map(|user| user.login),
            at: review.submitted_at,
            is_public,
            path: None,
        };
        asker.text(draft, bytes);
    }

    /// `GET /repos/{owner}/{repo}/issues/comments`, of pull requests, too; and one.
    pub(super) fn comments(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let (comments, step) = pages::<Comment>(asker, task, Kind::Comment, "comments")?;
        // One on a commit comes by this way, too, when it is looked at again.
        let word = if task.carry.is_empty() { "comment" } else { &*task.carry };
        for comment in comments {
            self.comment(asker, &task.of, word, task.is_public, comment);
        }
        Ok(step)
    }

    /// `GET /repos/{owner}/{repo}/pulls/comments`, and one.
    pub(super) fn reviews(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let (comments, step) = pages::<Comment>(asker, task, Kind::Review, "review comments")?;
        for comment in comments {
            self.comment(asker, &task.of, "review-comment", task.is_public, comment);
        }
        Ok(step)
    }

    pub(super) fn comment(
        &self,
        asker: &mut Asker<'_>,
        of: &str,
        word: &str,
        is_public: Option<bool>,
        comment: Comment,
    ) {
        let draft = Draft {
            id: format!("{of} {word} {}", comment.id),
            version: comment.updated_at.unwrap_or_default(),
            url: comment.html_url,
            author: comment.user.map(|user| user.login),
            at: comment.created_at,
            path: comment.path,
            is_public,
        };
        asker.text(draft, comment.body.unwrap_or_default().into_bytes());
    }
}

/// A page of a listing, or the one thing if the task is of that kind.
pub(super) fn pages<T: serde::de::DeserializeOwned>(
    asker: &mut Asker<'_>,
    task: &Task<Kind>,
    one: Kind,
    what: &str,
) -> Result<(Vec<T>, Step<Kind>), Trouble> {
    let what = format!("{what} of {}", task.of);
    if task.kind == one {
        return Ok((asker.one(&task.at, &what)?.into_iter().collect(), Step::done()));
    }
    Ok(match asker.list(&task.at, None, &what, None)? {
        Some(listed) => (asker.read_each(listed.each, &what), Step::page(listed.next)),
        None => (Vec::new(), Step::done()),
    })
}
