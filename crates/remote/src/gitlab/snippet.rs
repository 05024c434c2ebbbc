//! Snippets of GitLab: each file is a text of its own.

use super::{GitLab, Kind, shape};
use crate::{
    asker::Asker,
    home::{segment, segments},
    task::{Step, Task},
    text::{Draft, titled},
    trouble::Trouble,
};

impl GitLab {
    /// `GET /snippets`, `/snippets/public`, `/projects/:id/snippets`. The list does
    /// not name the files, and has no parameter for what changed.
    pub(super) fn snippets(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let what = format!("snippets {}", task.of);
        let Some(listed) = asker.list(&task.at, None, what.trim_end(), None)? else {
            return Ok(Step::done());
        };
        let mut step = Step::page(listed.next);
        for snippet in asker.read_each::<shape::Snippet>(listed.each, what.trim_end()) {
            if task.is_new(snippet.updated_at.as_deref()) {
                let at = match task.carry.as_str() {
                    "" => format!("snippets/{}", snippet.id),
                    project => format!("projects/{project}/snippets/{}", snippet.id),
                };
                step.below.push(task.below(Kind::Snippet, at));
            }
        }
        Ok(step)
    }

    /// `GET /snippets/:id`, `/projects/:id/snippets/:snippet_id`.
    pub(super) fn snippet(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let Some(snippet) = asker.one::<shape::Snippet>(&task.at, &task.at)? else {
            return Ok(Step::done());
        };
        let id = match (task.of.as_str(), snippet.project_id) {
            ("" | "snippet", _) => format!("snippet {}", snippet.id),
            (of, _) => format!("{of} snippet {}", snippet.id),
        };
        let is_public = snippet.visibility.as_deref().map(|visibility| visibility == "public");
        let version = snippet.updated_at.clone().unwrap_or_default();
        let author = snippet.author.map(|author| author.username);
        let head = Draft {
            id: id.clone(),
            version: version.clone(),
            url: snippet.web_url.clone(),
            author: author.clone(),
            at: snippet.updated_at,
            is_public,
            path: None,
        };
        asker.text(head.clone(), titled(Some(&snippet.title), snippet.description.as_deref()));
        let mut files = snippet.files;
        if files.is_empty() {
            // Older snippets have one file, and no address of it.
            let path = snippet.file_name.unwrap_or_default();
            files.push(shape::File { path, raw_url: String::new() });
        }
        for file in files {
            let at = match reference(&file) {
                Some(reference) => {
                    format!("{}/files/{}/{}/raw", task.at, segment(&reference), segment(&file.path))
                }
                None => format!("{}/raw", task.at),
            };
            let id = format!("{id} {}", file.path);
            let address = self.home.address(&at);
            if let Some(bytes) = asker.raw(&address, "text/plain, */*", &id)? {
                asker.text(Draft { id, path: Some(file.path), ..head.clone() }, bytes);
            }
        }
        Ok(Step::done())
    }
}

/// The branch of a file, which only its address tells: `…/raw/main/path`.
fn reference(file: &shape::File) -> Option<String> {
    let path = file.raw_url.split(['?', '#']).next()?;
    let before = [file.path.clone(), segments(&file.path)];
    let before =
        before.iter().find_map(|end| path.strip_suffix(end.as_str())?.strip_suffix('/'))?;
    let (_, reference) = before.rsplit_once("/raw/")?;
    Some(reference.to_owned()).filter(|reference| !reference.is_empty())
}
