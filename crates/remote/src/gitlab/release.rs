//! Releases of GitLab: their notes, and what they link to. A release holds no files:
//! its assets are links, which may name any host, and archives of the source that
//! GitLab makes itself, which are in the repository.

use std::collections::BTreeMap;

use super::{GitLab, Kind, What, link::name_of, shape};
use crate::{
    asker::Asker,
    asset::Asset,
    home::{segment, segments},
    task::{Step, Task},
    text::{Draft, digest, titled},
    trouble::Trouble,
};

impl GitLab {
    /// `GET /projects/:id/releases`, and one. There is no parameter for what is new,
    /// and links tell no time: they are numbered as they are made, so the highest
    /// number is remembered.
    pub(super) fn releases(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
        marks: &BTreeMap<String, String>,
    ) -> Result<Step<Kind>, Trouble> {
        let what = format!("releases of {}", task.of);
        let is_one = task.kind == Kind::Release;
        let (releases, mut step) = if is_one {
            (asker.one::<shape::Release>(&task.at, &what)?.into_iter().collect(), Step::done())
        } else {
            match asker.list(&task.at, None, &what, None)? {
                Some(listed) => {
                    let releases = asker.read_each::<shape::Release>(listed.each, &what);
                    (releases, Step::page(listed.next))
                }
                None => return Ok(Step::done()),
            }
        };
        let (project, highest) = task.carry.split_once(' ').unwrap_or((&task.carry, "0"));
        let name = format!("links of {}", task.of);
        let mark = marks.get(&name).filter(|_| task.since.is_some());
        let known: u64 = mark.and_then(|mark| mark.parse().ok()).unwrap_or(0);
        let mut highest: u64 = highest.parse().unwrap_or(0);
        for release in releases {
            let tag = &release.tag_name;
            if tag.is_empty() {
                let why = "one of them has no tag that the credential may see: it needs the \
                           Reporter role";
                asker.gap(&what, why.to_owned());
                continue;
            }
            let is_new = release.created_at.as_deref().is_some_and(|at| task.is_new(Some(at)));
            let known = if is_new { 0 } else { known };
            let newest = release.assets.links.iter().map(|link| link.id).max().unwrap_or(0);
            highest = highest.max(newest);
            if self.has(What::Assets) && !is_one && newest > known {
                let at = format!(
                    "projects/{project}/releases/{}/assets/links?per_page=30",
                    segment(tag)
                );
                step.below.push(task.below(Kind::Links, at).carrying(format!("{known} {tag}")));
            }
            if self.has(What::Releases) || is_one {
                self.release(asker, task, release);
            }
        }
        if step.next.is_some() {
            step.carry = Some(format!("{project} {highest}"));
        } else if self.has(What::Assets) && highest > 0 {
            step.mark = Some((name, highest.to_string()));
        }
        Ok(step)
    }

    /// The notes of a release.
    fn release(&self, asker: &mut Asker<'_>, task: &Task<Kind>, release: shape::Release) {
        let id = format!("{} release {}", task.of, release.tag_name);
        if !release.assets.links.is_empty() && !self.has(What::Assets) {
            let links = release.assets.links.len();
            asker.gap(&id, format!("{links} links are not looked at; add `assets` to `what`"));
        }
        let name = release.name.filter(|name| !name.is_empty());
        let title = name.as_deref().unwrap_or(&release.tag_name);
        let bytes = titled(Some(title), release.description.as_deref());
        let draft = Draft {
            id,
            version: digest(&bytes),
            url: format!(
                "{}{}/-/releases/{}",
                self.web,
                segments(&task.of),
                segment(&release.tag_name)
            ),
            author: release.author.map(|author| author.username),
            at: release.created_at,
            is_public: task.is_public,
            path: None,
        };
        asker.text(draft, bytes);
    }

    /// `GET /projects/:id/releases/:tag_name/assets/links`.
    pub(super) fn links(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let (known, tag) = task.carry.split_once(' ').unwrap_or_default();
        let known: u64 = known.parse().unwrap_or(0);
        let what = format!("links of {} release {tag}", task.of);
        let Some(listed) = asker.list(&task.at, None, &what, None)? else {
            return Ok(Step::done());
        };
        let mut step = Step::page(listed.next);
        for link in asker.read_each::<shape::Link>(listed.each, &what) {
            if link.id <= known {
                continue;
            }
            let id = format!("{} asset {tag} {}", task.of, link.id);
            let at = match self.path_of(&link.url) {
                Ok(at) => at,
                Err(why) => {
                    asker.gap(&format!("{id} {}", link.name), why.to_owned());
                    continue;
                }
            };
            let asset = Asset {
                id,
                // A package may be replaced, and stay where it is.
                version: String::new(),
                name: name_of(&at).unwrap_or(link.name),
                url: plain(link.direct_asset_url.as_deref().unwrap_or(&link.url)),
                author: None,
                at: None,
            };
            if asset.is_asked_for(asker, None) {
                step.below.push(task.below(Kind::Asset, at).carrying(asset.written()));
            }
        }
        Ok(step)
    }

    /// What a link leads to.
    pub(super) fn asset(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        self.fetch(asker, task, &task.at)
    }

    /// `GET /projects/:id/releases/:tag_name/assets/links/:link_id`, and what it leads
    /// to: to look at it again.
    pub(super) fn link(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let id = Asset::read(&task.carry).id;
        let Some(link) = asker.one::<shape::Link>(&task.at, &id)? else {
            return Ok(Step::done());
        };
        match self.path_of(&link.url) {
            Ok(at) => self.fetch(asker, task, &at),
            Err(why) => {
                asker.gap(&id, why.to_owned());
                Ok(Step::done())
            }
        }
    }

    fn fetch(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
        at: &str,
    ) -> Result<Step<Kind>, Trouble> {
        let address = match at.strip_prefix('/') {
            Some(at) => format!("{}{at}", self.web),
            None => self.home.address(at),
        };
        Asset::read(&task.carry).fetch(asker, &address, "*/*", task.is_public)?;
        Ok(Step::done())
    }
}

/// An address without its parameters, into which people write credentials.
fn plain(address: &str) -> String {
    address.split(['?', '#']).next().unwrap_or_default().to_owned()
}
