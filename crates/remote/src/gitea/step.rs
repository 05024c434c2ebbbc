//! What each task asks Gitea, and what comes of the answer.

use super::{Gitea, Kind, What, shape};
use crate::{
    asker::{Asker, written},
    home::segments,
    item::{Item, ItemKey, Repository},
    task::{Step, Task},
    text::{Draft, digest, titled},
    trouble::Trouble,
};

impl Gitea {
    /// `GET /orgs/{org}/repos`, `/users/{username}/repos`, `/repos/search`; and one.
    pub(super) fn repositories(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let (found, mut step) =
            pages::<shape::Repository>(asker, task, Kind::Repository, "repositories")?;
        for repository in found {
            let name = repository.full_name;
            if !self.patterns.has(&name) {
                continue;
            }
            let is_public = Some(!repository.private && !repository.internal);
            if self.has(What::Repositories) && !repository.empty {
                asker.items.push(Item::Repository(Repository {
                    key: ItemKey {
                        id: name.clone(),
                        version: repository.updated_at.unwrap_or_default(),
                    },
                    url: format!("{}{}.git", self.web, segments(&name)),
                    is_public,
                    needs_credential: self.home.needs_credential(is_public),
                }));
            }
            let below = Task::new(Kind::Inside, String::new(), &name, task.since);
            step.below.push(Task { is_public, ..below.carrying(&*task.carry) });
        }
        Ok(step)
    }

    /// What is asked for in each repository.
    pub(super) fn inside(&self, task: &Task<Kind>) -> Step<Kind> {
        let repository = format!("repos/{}", segments(&task.of));
        let since = task.since.map(|since| format!("&since={}", written(since)));
        let since = since.unwrap_or_default();
        let mut step = Step::done();
        let mut add = |kind, at: String| {
            step.below.push(task.below(kind, format!("{repository}/{at}")));
        };
        // A review makes its pull request newer.
        if self.has(What::Issues) || self.has(What::Reviews) {
            add(Kind::Issues, format!("issues?state=all&limit=50{since}"));
        }
        if self.has(What::Issues) {
            add(Kind::Comments, format!("issues/comments?limit=50{since}"));
        }
        if self.has(What::Releases) || self.has(What::Assets) {
            let releases = task.below(Kind::Releases, format!("{repository}/releases?limit=50"));
            // All are listed each time; only files are told by their times.
            step.below.push(Task { since: task.carry.parse().ok(), ..releases });
        }
        step
    }

    /// `GET /repos/{owner}/{repo}/issues`, which lists pull requests, too; and one.
    pub(super) fn issues(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let (found, mut step) = pages::<shape::Issue>(asker, task, Kind::Issue, "issues")?;
        for issue in found {
            let is_pull = issue.pull_request.is_some();
            if is_pull && task.kind == Kind::Issues && self.has(What::Reviews) {
                let at =
                    format!("repos/{}/pulls/{}/reviews?limit=50", segments(&task.of), issue.number);
                step.below.push(task.below(Kind::Reviews, at).carrying(issue.number.to_string()));
            }
            let bytes = titled(Some(&issue.title), issue.body.as_deref());
            let draft = Draft {
                id: format!("{} issue {}", task.of, issue.number),
                version: issue.updated_at.unwrap_or_default(),
                url: issue.html_url,
                author: issue.user.map(|user| user.login),
                at: issue.created_at,
                is_public: task.is_public,
                path: None,
            };
            if self.has(What::Issues) {
                asker.text(draft, bytes);
            }
        }
        Ok(step)
    }

    /// `GET /repos/{owner}/{repo}/issues/comments`, of pull requests, too; and one.
    pub(super) fn comments(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let (found, step) = pages::<shape::Comment>(asker, task, Kind::Comment, "comments")?;
        for comment in found {
            let id = format!("{} comment {}", task.of, comment.id);
            hand_out(asker, task, id, comment);
        }
        Ok(step)
    }

    /// `GET /repos/{owner}/{repo}/pulls/{index}/reviews`, and one.
    pub(super) fn reviews(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let (found, mut step) = pages::<shape::Review>(asker, task, Kind::Review, "reviews")?;
        for review in found {
            let pull = &task.carry;
            if task.kind == Kind::Reviews && review.comments_count != Some(0) {
                let at = format!(
                    "repos/{}/pulls/{pull}/reviews/{}/comments",
                    segments(&task.of),
                    review.id
                );
                let carry = format!("{pull} {}", review.id);
                step.below.push(task.below(Kind::ReviewComments, at).carrying(carry));
            }
            let bytes = review.body.unwrap_or_default().into_bytes();
            let draft = Draft {
                id: format!("{} pull {pull} {}", task.of, review.id),
                version: review.updated_at.unwrap_or_else(|| digest(&bytes)),
                url: review.html_url,
                author: review.user.map(|user| user.login),
                at: review.submitted_at,
                is_public: task.is_public,
                path: None,
            };
            if !bytes.is_empty() {
                asker.text(draft, bytes);
            }
        }
        Ok(step)
    }

    /// `GET /repos/{owner}/{repo}/pulls/{index}/reviews/{id}/comments`.
    pub(super) fn review_comments(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let (found, step) = pages::<shape::Comment>(asker, task, Kind::Comment, "review comments")?;
        for comment in found {
            let id = format!("{} pull {} {}", task.of, task.carry, comment.id);
            hand_out(asker, task, id, comment);
        }
        Ok(step)
    }
}

fn hand_out(asker: &mut Asker<'_>, task: &Task<Kind>, id: String, comment: shape::Comment) {
    let draft = Draft {
        id,
        version: comment.updated_at.unwrap_or_default(),
        url: comment.html_url,
        author: comment.user.map(|user| user.login),
        at: comment.created_at,
        path: comment.path,
        is_public: task.is_public,
    };
    asker.text(draft, comment.body.unwrap_or_default().into_bytes());
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
    let under = (task.kind == Kind::Search).then_some("data");
    Ok(match asker.list(&task.at, under, &what, None)? {
        Some(listed) => (asker.read_each(listed.each, &what), Step::page(listed.next)),
        None => (Vec::new(), Step::done()),
    })
}
