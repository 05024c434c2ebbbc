//! Files that somebody attached to a release, or offers for download beside a
//! repository: which of them are asked for, and how one is handed out whole. It opens
//! none of them: whoever looks through a text does, if it is a container.

use serde::{Deserialize, Serialize};

use crate::{
    asker::{Asker, Got},
    client::Ask,
    media,
    task::Task,
    text::{Draft, LARGEST_FILE, digest},
    trouble::Trouble,
};

/// What is added to what tells a release, and the version of its file, if it is a draft.
const DRAFT: &str = " (draft)";

/// A release that files were attached to.
pub(crate) struct Offer<'a> {
    /// Its number.
    pub(crate) release: u64,
    /// Whether others do not see it yet.
    pub(crate) is_draft: bool,
    /// When others saw it first, as the service writes it.
    pub(crate) published: Option<&'a str>,
}

impl Offer<'_> {
    /// The task below one that lists its files, if any of them is new by its time.
    pub(crate) fn listed<'t, K>(
        &self,
        task: &Task<K>,
        below: Task<K>,
        mut times: impl Iterator<Item = Option<&'t str>>,
    ) -> Option<Task<K>> {
        // What was attached to a draft is older than the moment in which others see it.
        let published = self.published.filter(|_| !self.is_draft);
        let is_published = published.is_some_and(|at| task.is_new(Some(at)));
        let since = if is_published { None } else { task.since };
        let is_public = task.is_public.map(|is_public| is_public && !self.is_draft);
        let below = Task { since, is_public, ..below };
        let draft = if self.is_draft { DRAFT } else { "" };
        let is_new = times.any(|time| below.is_new(time));
        is_new.then(|| below.carrying(format!("{}{draft}", self.release)))
    }
}

/// The version of a file in the listing of a release: it is another when it becomes
/// public.
pub(crate) fn offered<K>(listing: &Task<K>, time: Option<&str>) -> String {
    let draft = if listing.carry.ends_with(DRAFT) { DRAFT } else { "" };
    format!("{}{draft}", time.unwrap_or_default())
}

/// Why a cut file is a gap.
const CUT: &str = "only its first 32 MiB were looked at";

/// What is known of a file before its bytes are at hand; the task that fetches it
/// carries this.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asset {
    /// The same for all its versions, such as `acme/app asset 12`.
    #[serde(rename = "i")]
    pub(crate) id: String,
    /// Another for each version; empty if only its bytes tell.
    #[serde(rename = "v")]
    pub(crate) version: String,
    /// The name of the file; foreign text.
    #[serde(rename = "n")]
    pub(crate) name: String,
    /// Where a person gets it.
    #[serde(rename = "u")]
    pub(crate) url: String,
    /// Who attached it.
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    pub(crate) author: Option<String>,
    /// When, as the service writes it.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<String>,
}

impl Asset {
    /// For a task to carry.
    pub(crate) fn written(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What a task carries.
    pub(crate) fn read(carry: &str) -> Self {
        serde_json::from_str(carry).unwrap_or_default()
    }

    /// The same, for one that is looked at again by its place.
    pub(crate) fn at_place(place: &leeward_model::RemotePlace) -> Self {
        let path = place.path.as_deref().unwrap_or_default();
        Self {
            id: place.item.clone(),
            name: String::from_utf8_lossy(path).into_owned(),
            url: place.url.clone(),
            ..Self::default()
        }
    }

    /// Whether it is to be asked for; what is not is a gap. `size` is what the service
    /// says it has, in bytes.
    pub(crate) fn is_asked_for(&self, asker: &mut Asker<'_>, size: Option<u64>) -> bool {
        let why = if let Some(why) = media::shows(&self.name, "") {
            why.to_owned()
        } else if let Some(size) = size.filter(|size| *size > LARGEST_FILE as u64) {
            format!("it has {size} bytes, more than 32 MiB, and was not asked for")
        } else {
            return true;
        };
        asker.gap(&self.told(), why);
        false
    }

    /// Fetches it, from wherever the service redirects to, and hands it out. The
    /// credential goes to the service alone.
    pub(crate) fn fetch(
        self,
        asker: &mut Asker<'_>,
        address: &str,
        accept: &str,
        is_public: Option<bool>,
    ) -> Result<(), Trouble> {
        let what = self.told();
        let ask = match Ask::get(address) {
            Ok(ask) => ask.header("accept", accept).at_most(LARGEST_FILE),
            Err(why) => {
                asker.gap(&what, why.to_string());
                return Ok(());
            }
        };
        let answer = match asker.send(&ask, true)? {
            Got::Here(answer) => answer,
            Got::Unchanged => return Ok(()),
            Got::Gone(why) => {
                asker.gap(&what, why);
                return Ok(());
            }
        };
        // Addresses for people lead whoever is not signed in to a page that says so.
        let is_interface = asker.home.within(address).is_some();
        let kind = answer.header("content-type").unwrap_or_default();
        if !is_interface && kind.starts_with("text/html") && !is_page(&self.name) {
            let why = "a page came instead of the file, as where somebody is to sign in: the \
                       credential does not reach it";
            asker.gap(&what, why.to_owned());
            return Ok(());
        }
        if answer.is_cut {
            asker.gap(&what, CUT.to_owned());
        }
        let version = match self.version.is_empty() {
            true => digest(&answer.body),
            false => self.version,
        };
        let draft = Draft {
            id: self.id,
            version,
            url: self.url,
            path: Some(self.name),
            author: self.author,
            at: self.at,
            is_public,
        };
        asker.file(draft, answer.body);
        Ok(())
    }

    /// What a gap calls it.
    fn told(&self) -> String {
        match self.id.ends_with(&self.name) {
            true => self.id.clone(),
            false => format!("{} {}", self.id, self.name),
        }
    }
}

/// How a name ends, in lower case.
fn ending(name: &str) -> String {
    name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}

fn is_page(name: &str) -> bool {
    matches!(&*ending(name), "html" | "htm" | "xhtml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_task_carries_comes_back() {
        let asset = Asset {
            id: "a/b asset 1".to_owned(),
            name: "x\n\"y\".zip".to_owned(),
            author: Some("eve".to_owned()),
            ..Asset::default()
        };
        assert_eq!(Asset::read(&asset.written()), asset);
        assert_eq!(Asset::read("nonsense"), Asset::default());
    }
}
