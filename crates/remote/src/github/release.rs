//! Releases of GitHub: their notes, and the files that somebody attached to them. What
//! GitHub itself offers beside those, archives of the source, is in the repository.

use super::{
    GitHub, Kind, What,
    repository::pages,
    shape::{self, Release},
};
use crate::{
    asker::Asker,
    asset::{Asset, Offer, offered},
    home::segments,
    task::{Step, Task},
    text::{Draft, digest, titled},
    trouble::Trouble,
};

impl GitHub {
    /// `GET /repos/{owner}/{repo}/releases`, and one. There is no parameter for what
    /// is new.
    pub(super) fn releases(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let (releases, mut step) = pages::<Release>(asker, task, Kind::Release, "releases")?;
        for release in releases {
            if self.has(What::Assets) {
                step.below.extend(attached(task, &release));
            }
            if self.has(What::Releases) || task.kind == Kind::Release {
                self.release(asker, &task.of, task.is_public, self.has(What::Assets), release);
            }
        }
        Ok(step)
    }

    /// The notes of a release. `are_read` says whether its files are looked at.
    pub(super) fn release(
        &self,
        asker: &mut Asker<'_>,
        of: &str,
        is_public: Option<bool>,
        are_read: bool,
        release: Release,
    ) {
        let id = format!("{of} release {}", release.id);
        if !release.assets.is_empty() && !are_read {
            let files = release.assets.len();
            let why = match self.has(What::Assets) {
                true => format!("{files} attached files are not looked at"),
                false => {
                    format!("{files} attached files are not looked at; add `assets` to `what`")
                }
            };
            asker.gap(&id, why);
        }
        let name = release.name.unwrap_or_default();
        let title = if name.is_empty() { release.tag_name } else { name };
        let bytes = titled(Some(&title), release.body.as_deref());
        let version = release.updated_at.unwrap_or_else(|| digest(&bytes));
        let draft = Draft {
            id,
            version,
            url: release.html_url,
            author: release.author.map(|user| user.login),
            at: release.published_at.or(release.created_at),
            is_public: is_public.map(|is_public| is_public && !release.draft),
            path: None,
        };
        asker.text(draft, bytes);
    }

    /// `GET /repos/{owner}/{repo}/releases/{release_id}/assets`: a release may have a
    /// thousand, so each page of them is a step.
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
            // One whose upload did not end has nothing to be read.
            let is_whole = asset.state.as_deref().is_none_or(|state| state == "uploaded");
            if !is_whole || !task.is_new(asset.updated_at.as_deref()) {
                continue;
            }
            let (id, size) = (asset.id, asset.size);
            let asset = Asset {
                id: format!("{} asset {id}", task.of),
                version: offered(task, asset.updated_at.as_deref()),
                name: asset.name,
                url: asset.browser_download_url,
                author: asset.uploader.map(|user| user.login),
                at: asset.created_at,
            };
            if asset.is_asked_for(asker, size) {
                let at = format!("repos/{}/releases/assets/{id}", segments(&task.of));
                step.below.push(task.below(Kind::Asset, at).carrying(asset.written()));
            }
        }
        Ok(step)
    }

    /// `GET /repos/{owner}/{repo}/releases/assets/{asset_id}`, as it is: a redirect to
    /// another host, or the file itself.
    pub(super) fn asset(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let address = self.home.address(&task.at);
        Asset::read(&task.carry).fetch(
            asker,
            &address,
            "application/octet-stream",
            task.is_public,
        )?;
        Ok(Step::done())
    }
}

/// The task that lists the files of a release, if any of them is new.
fn attached(task: &Task<Kind>, release: &Release) -> Option<Task<Kind>> {
    let at = format!("repos/{}/releases/{}/assets?per_page=30", segments(&task.of), release.id);
    let offer = Offer {
        release: release.id,
        is_draft: release.draft,
        published: release.published_at.as_deref(),
    };
    let times = release.assets.iter().map(|asset| asset.updated_at.as_deref());
    offer.listed(task, task.below(Kind::Assets, at), times)
}
