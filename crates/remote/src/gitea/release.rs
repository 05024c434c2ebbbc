//! Releases of Gitea: their notes, and the files that somebody attached to them.

use super::{Gitea, Kind, What, shape, step::pages};
use crate::{
    asker::Asker,
    asset::{Asset, Offer, offered},
    home::{segment, segments},
    task::{Step, Task},
    text::{Draft, digest, titled},
    trouble::Trouble,
};

impl Gitea {
    /// `GET /repos/{owner}/{repo}/releases`, and one; there is no parameter for what is
    /// new.
    pub(super) fn releases(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let (found, mut step) = pages::<shape::Release>(asker, task, Kind::Release, "releases")?;
        for release in found {
            if self.has(What::Assets) {
                step.below.extend(attached(task, &release));
            }
            if self.has(What::Releases) || task.kind == Kind::Release {
                self.release(asker, task, release);
            }
        }
        Ok(step)
    }

    /// The notes of a release.
    fn release(&self, asker: &mut Asker<'_>, task: &Task<Kind>, release: shape::Release) {
        let id = format!("{} release {}", task.of, release.id);
        if !release.assets.is_empty() && !self.has(What::Assets) {
            let files = release.assets.len();
            let why = format!("{files} attached files are not looked at; add `assets` to `what`");
            asker.gap(&id, why);
        }
        let name = release.name.unwrap_or_default();
        let title = if name.is_empty() { release.tag_name } else { name };
        let bytes = titled(Some(&title), release.body.as_deref());
        let draft = Draft {
            id,
            version: digest(&bytes),
            url: release.html_url,
            author: release.author.map(|user| user.login),
            at: release.published_at,
            is_public: task.is_public.map(|is_public| is_public && !release.draft),
            path: None,
        };
        asker.text(draft, bytes);
    }

    /// `GET /repos/{owner}/{repo}/releases/{id}/assets`, which lists all of them.
    pub(super) fn assets(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let what = format!("files of {} release {}", task.of, task.carry);
        let Some(listed) = asker.list(&task.at, None, &what, None)? else {
            return Ok(Step::done());
        };
        let mut step = Step::page(listed.next);
        for asset in asker.read_each::<shape::Asset>(listed.each, &what) {
            if !task.is_new(asset.created_at.as_deref()) {
                continue;
            }
            let id = format!("{} asset {}", task.of, asset.uuid);
            if asset.kind.as_deref() == Some("external") {
                let why = "it is a link to another host, which is not asked";
                asker.gap(&format!("{id} {}", asset.name), why.to_owned());
                continue;
            }
            let at = format!("attachments/{}", segment(&asset.uuid));
            let size = asset.size;
            let asset = Asset {
                id,
                version: offered(task, asset.created_at.as_deref()),
                name: asset.name,
                url: asset.browser_download_url,
                author: None,
                at: asset.created_at,
            };
            if asset.is_asked_for(asker, size) {
                step.below.push(task.below(Kind::Asset, at).carrying(asset.written()));
            }
        }
        Ok(step)
    }

    /// `/attachments/{uuid}`, which is not part of the interface and takes its tokens.
    /// The address that Gitea tells holds the name of a host that it believes to have.
    pub(super) fn asset(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let address = format!("{}{}", self.web, task.at);
        Asset::read(&task.carry).fetch(asker, &address, "*/*", task.is_public)?;
        Ok(Step::done())
    }
}

/// The task that lists the files of a release, if any of them is new.
fn attached(task: &Task<Kind>, release: &shape::Release) -> Option<Task<Kind>> {
    let at = format!("repos/{}/releases/{}/assets", segments(&task.of), release.id);
    let offer = Offer {
        release: release.id,
        is_draft: release.draft,
        published: release.published_at.as_deref(),
    };
    let times = release.assets.iter().map(|asset| asset.created_at.as_deref());
    offer.listed(task, task.below(Kind::Assets, at), times)
}
