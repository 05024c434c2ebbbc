//! Issues and merge requests of GitLab, and the notes under them.

use super::{GitLab, Kind, shape};
use crate::{
    asker::Asker,
    task::{Step, Task},
    text::{Draft, titled},
    trouble::Trouble,
};

impl GitLab {
    /// `GET /projects/:id/issues`, `/projects/:id/merge_requests`; and one. A note
    /// makes what it is under newer, so notes need no list of their own.
    pub(super) fn issues(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let (word, list) = match task.kind {
            Kind::Issues | Kind::Issue => ("issue", "issues"),
            _ => ("merge-request", "merge_requests"),
        };
        let what = format!("{word}s of {}", task.of);
        let is_one = matches!(task.kind, Kind::Issue | Kind::MergeRequest);
        let (issues, mut step) = if is_one {
            (asker.one(&task.at, &what)?.into_iter().collect(), Step::done())
        } else {
            match asker.list(&task.at, None, &what, None)? {
                Some(listed) => {
                    let issues = asker.read_each::<shape::Issue>(listed.each, &what);
                    (issues, Step::page(listed.next))
                }
                None => (Vec::new(), Step::done()),
            }
        };
        for issue in issues {
            let id = format!("{} {word} {}", task.of, issue.iid);
            let is_public = task.is_public.map(|is_public| is_public && !issue.confidential);
            // Most have none, and each would be a request. What only the system noted,
            // such as that a title was changed, is left out with them.
            if !is_one && issue.user_notes_count != Some(0) {
                let at = format!(
                    "projects/{}/{list}/{}/notes?sort=asc&order_by=created_at&per_page=100",
                    task.carry, issue.iid
                );
                let notes = Task::new(Kind::Notes, at, &id, task.since);
                step.below.push(Task { is_public, ..notes.carrying(&*issue.web_url) });
            }
            let bytes = titled(Some(&issue.title), issue.description.as_deref());
            let draft = Draft {
                id,
                version: issue.updated_at.unwrap_or_default(),
                url: issue.web_url,
                author: issue.author.map(|author| author.username),
                at: issue.created_at,
                is_public,
                path: None,
            };
            asker.text(draft, bytes);
        }
        Ok(step)
    }

    /// `GET /projects/:id/issues/:iid/notes`, and of merge requests; and one.
    pub(super) fn notes(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let what = format!("notes of {}", task.of);
        let (notes, step) = if task.kind == Kind::Note {
            (asker.one(&task.at, &what)?.into_iter().collect(), Step::done())
        } else {
            match asker.list(&task.at, None, &what, None)? {
                Some(listed) => {
                    let notes = asker.read_each::<shape::Note>(listed.each, &what);
                    (notes, Step::page(listed.next))
                }
                None => (Vec::new(), Step::done()),
            }
        };
        // The place of a note is the page it is on, looked at from the note.
        let page = task.carry.split('#').next().unwrap_or_default();
        for note in notes {
            let draft = Draft {
                id: format!("{} note {}", task.of, note.id),
                version: note.updated_at.unwrap_or_default(),
                url: format!("{page}#note_{}", note.id),
                author: note.author.map(|author| author.username),
                at: note.created_at,
                is_public: task.is_public.map(|is_public| is_public && !note.internal),
                path: None,
            };
            asker.text(draft, note.body.unwrap_or_default().into_bytes());
        }
        Ok(step)
    }
}
