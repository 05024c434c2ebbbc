//! What repositories of Bitbucket offer for download: files that somebody uploaded
//! beside the source. Archives of the source are not among them.

use super::{Bitbucket, Kind, shape, step::pages};
use crate::{
    asker::Asker,
    asset::Asset,
    home::{segment, segments},
    task::{Step, Task},
    trouble::Trouble,
};

impl Bitbucket {
    /// `GET /repositories/{workspace}/{repo_slug}/downloads`.
    pub(super) fn downloads(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let (found, mut step) = pages::<shape::Download>(asker, task, Kind::Download, "downloads")?;
        for file in found {
            if !task.is_new(file.created_on.as_deref()) {
                continue;
            }
            let name = segment(&file.name);
            let size = file.size;
            let asset = Asset {
                id: format!("{} download {}", task.of, file.name),
                version: file.created_on.clone().unwrap_or_default(),
                url: format!("{}{}/downloads/{name}", self.web, segments(&task.of)),
                name: file.name,
                author: file.user.and_then(shape::Account::name),
                at: file.created_on,
            };
            if asset.is_asked_for(asker, size) {
                let at = format!("repositories/{}/downloads/{name}", segments(&task.of));
                step.below.push(task.below(Kind::Download, at).carrying(asset.written()));
            }
        }
        Ok(step)
    }

    /// `GET /repositories/{workspace}/{repo_slug}/downloads/{filename}`: a redirect to
    /// another host.
    pub(super) fn download(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let address = self.home.address(&task.at);
        Asset::read(&task.carry).fetch(asker, &address, "*/*", task.is_public)?;
        Ok(Step::done())
    }
}
