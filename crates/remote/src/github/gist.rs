//! Gists: each file is a text of its own.

use super::{GitHub, Kind, shape};
use crate::{
    asker::Asker,
    task::{Step, Task},
    text::Draft,
    trouble::Trouble,
};

/// Pages of everybody's gists that GitHub hands out: 3,000 gists.
const PUBLIC_PAGES: u32 = 30;

impl GitHub {
    /// `GET /gists/public`, `/users/{username}/gists`, `/gists`.
    pub(super) fn gists(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let what = format!("gists {}", task.of);
        let Some(listed) = asker.list(&task.at, None, what.trim_end(), None)? else {
            return Ok(Step::done());
        };
        let page = task.carry.parse::<u32>().unwrap_or(1);
        if task.kind == Kind::PublicGists && listed.next.is_none() && page >= PUBLIC_PAGES {
            asker.gap(
                "public gists",
                "more were written than GitHub lists (3,000); let the source be looked at more often"
                    .to_owned(),
            );
        }
        let mut step = Step::page(listed.next);
        step.carry = Some((page + 1).to_string());
        for gist in asker.read_each::<shape::GistLine>(listed.each, what.trim_end()) {
            if task.is_new(gist.updated_at.as_deref()) {
                let at = format!("gists/{}", crate::home::segment(&gist.id));
                step.below.push(task.below(Kind::Gist, at));
            }
        }
        Ok(step)
    }

    /// `GET /gists/{gist_id}`.
    pub(super) fn gist(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let Some(gist) = asker.one::<shape::Gist>(&task.at, &task.at)? else {
            return Ok(Step::done());
        };
        let version = gist.updated_at.clone().unwrap_or_default();
        let author = gist.owner.map(|owner| owner.login);
        if gist.truncated {
            asker.gap(&format!("gist {}", gist.id), "only 300 of its files are listed".to_owned());
        }
        let draft = |id: String, path: Option<String>| Draft {
            id,
            path,
            version: version.clone(),
            url: gist.html_url.clone(),
            author: author.clone(),
            at: gist.updated_at.clone(),
            is_public: gist.public,
        };
        if let Some(description) = gist.description.filter(|text| !text.is_empty()) {
            asker.text(draft(format!("gist {}", gist.id), None), description.into_bytes());
        }
        for (name, file) in gist.files {
            let id = format!("gist {} {name}", gist.id);
            let Some(file) = file else { continue };
            let is_whole = !file.truncated && file.encoding.as_deref() != Some("base64");
            let bytes = match (file.content.filter(|_| is_whole), file.raw_url) {
                (Some(content), _) => Some(content.into_bytes()),
                (None, Some(raw)) => asker.raw(&raw, "*/*", &id)?,
                (None, None) => {
                    asker.gap(&id, "it has no content and no address".to_owned());
                    None
                }
            };
            if let Some(bytes) = bytes {
                asker.text(draft(id, Some(name)), bytes);
            }
        }
        Ok(Step::done())
    }
}
