//! What each task asks Bitbucket, and what comes of the answer.

use super::{Bitbucket, Kind, What, shape};
use crate::{
    asker::{Asker, written},
    home::{segment, segments},
    item::{Item, ItemKey, Repository},
    task::{Step, Task},
    text::{Draft, titled},
    trouble::Trouble,
};

impl Bitbucket {
    /// `GET /repositories/{workspace}`, and one.
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
            let is_public = repository.is_private.map(|is_private| !is_private);
            if self.has(What::Repositories) {
                asker.items.push(Item::Repository(Repository {
                    key: ItemKey {
                        id: name.clone(),
                        version: repository.updated_on.unwrap_or_default(),
                    },
                    // Made here: what the service says holds a user name.
                    url: format!("{}{}.git", self.web, segments(&name)),
                    is_public,
                    needs_credential: self.home.needs_credential(is_public),
                }));
            }
            if self.has(What::Downloads) {
                let at = format!("repositories/{}/downloads?pagelen=30", segments(&name));
                // All are listed each time, and told by their times.
                let below = Task::new(Kind::Downloads, at, &name, task.carry.parse().ok());
                step.below.push(Task { is_public, ..below });
            }
            if self.has(What::PullRequests) {
                // A comment makes its pull request newer.
                let query = task.since.map(|since| format!("updated_on >= {}", written(since)));
                let at = format!(
                    "repositories/{}/pullrequests?state=OPEN&state=MERGED&state=DECLINED\
                     &state=SUPERSEDED&sort=created_on&pagelen=50",
                    segments(&name)
                );
                let at = match query {
                    Some(query) => format!("{at}&q={}", segment(&query)),
                    None => at,
                };
                let below = Task::new(Kind::PullRequests, at, &name, task.since);
                step.below.push(Task { is_public, ..below });
            }
        }
        Ok(step)
    }

    /// `GET /repositories/{workspace}/{repo_slug}/pullrequests`, and one.
    pub(super) fn pull_requests(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let (found, mut step) =
            pages::<shape::PullRequest>(asker, task, Kind::PullRequest, "pull requests")?;
        for request in found {
            let id = format!("{} pull-request {}", task.of, request.id);
            if task.kind == Kind::PullRequests && request.comment_count != Some(0) {
                let at = format!(
                    "repositories/{}/pullrequests/{}/comments?pagelen=100",
                    segments(&task.of),
                    request.id
                );
                let below = Task::new(Kind::Comments, at, &id, task.since);
                step.below.push(Task { is_public: task.is_public, ..below });
            }
            let bytes = titled(Some(&request.title), request.description.as_deref());
            let draft = Draft {
                id,
                version: request.updated_on.unwrap_or_default(),
                url: request.links.page(),
                author: request.author.and_then(shape::Account::name),
                at: request.created_on,
                is_public: task.is_public,
                path: None,
            };
            asker.text(draft, bytes);
        }
        Ok(step)
    }

    /// `GET …/pullrequests/{pull_request_id}/comments`, and one.
    pub(super) fn comments(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let (found, step) = pages::<shape::Comment>(asker, task, Kind::Comment, "comments")?;
        for comment in found {
            let draft = Draft {
                id: format!("{} comment {}", task.of, comment.id),
                version: comment.updated_on.unwrap_or_default(),
                url: comment.links.page(),
                author: comment.user.and_then(shape::Account::name),
                at: comment.created_on,
                path: comment.inline.and_then(|inline| inline.path),
                is_public: task.is_public,
            };
            asker.text(draft, comment.content.raw.unwrap_or_default().into_bytes());
        }
        Ok(step)
    }

    /// `GET /snippets/{workspace}`.
    pub(super) fn snippets(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let (found, mut step) = pages::<shape::Snippet>(asker, task, Kind::Snippet, "snippets")?;
        for snippet in found {
            if task.is_new(snippet.updated_on.as_deref()) {
                let at = format!("snippets/{}/{}", segment(&task.of), segment(&snippet.id));
                step.below.push(task.below(Kind::Snippet, at));
            }
        }
        Ok(step)
    }

    /// `GET /snippets/{workspace}/{encoded_id}`, and each of its files.
    pub(super) fn snippet(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let Some(snippet) = asker.one::<shape::Snippet>(&task.at, &task.at)? else {
            return Ok(Step::done());
        };
        let id = format!("{} snippet {}", task.of, snippet.id);
        let head = Draft {
            id: id.clone(),
            version: snippet.updated_on.clone().unwrap_or_default(),
            url: snippet.links.page(),
            author: snippet.owner.and_then(shape::Account::name),
            at: snippet.updated_on,
            is_public: snippet.is_private.map(|is_private| !is_private),
            path: None,
        };
        if let Some(title) = snippet.title.filter(|title| !title.is_empty()) {
            asker.text(head.clone(), title.into_bytes());
        }
        for (name, file) in snippet.files {
            let id = format!("{id} {name}");
            let link = file.links.own.map(|link| link.href).unwrap_or_default();
            // A link to elsewhere is not followed: the name alone leads to the file.
            let at = asker
                .home
                .within(&link)
                .unwrap_or_else(|| format!("{}/files/{}", task.at, segments(&name)));
            let address = self.home.address(&at);
            if let Some(bytes) = asker.raw(&address, "*/*", &id)? {
                asker.text(Draft { id, path: Some(name), ..head.clone() }, bytes);
            }
        }
        Ok(Step::done())
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
    Ok(match asker.list(&task.at, Some("values"), &what, None)? {
        Some(listed) => (asker.read_each(listed.each, &what), Step::page(listed.next)),
        None => (Vec::new(), Step::done()),
    })
}
