//! Code search: what GitHub's index finds for the operator's words. It holds default
//! branches and files below 384 KB alone, and hands out 1,000 results.

use std::collections::{BTreeMap, BTreeSet};

use super::{GitHub, Kind, shape};
use crate::{
    asker::Asker,
    home::segments,
    task::{Step, Task},
    text::{Draft, digest},
    trouble::Trouble,
};

/// Results that GitHub hands out of one search.
const MOST: u64 = 1_000;

/// Digits that tell a result from others of the same search.
const DIGITS: usize = 12;

impl GitHub {
    /// `GET /search/code`.
    pub(super) fn search(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
        marks: &BTreeMap<String, String>,
    ) -> Result<Step<Kind>, Trouble> {
        let what = format!("search {}", task.of);
        let Some(listed) = asker.list(&task.at, Some("items"), &what, None)? else {
            return Ok(Step::done());
        };
        let total = listed.rest.get("total_count").and_then(serde_json::Value::as_u64);
        if task.carry.is_empty()
            && let Some(total) = total.filter(|total| *total > MOST)
        {
            let why =
                format!("{total} results, of which GitHub hands out {MOST}; narrow the search");
            asker.gap(&what, why);
        }
        if listed.rest.get("incomplete_results").and_then(serde_json::Value::as_bool) == Some(true)
        {
            asker.gap(&what, "GitHub ran out of time: results are missing".to_owned());
        }
        // A result that was found before, in the same version, is not fetched again.
        let known = marks.get(&what).map(String::as_str).unwrap_or_default();
        let known: BTreeSet<&[u8]> = known.as_bytes().chunks(DIGITS).collect();
        let mut step = Step::page(listed.next);
        let mut seen = task.carry.clone();
        for found in asker.read_each::<shape::Match>(listed.each, &what) {
            let name = &found.repository.full_name;
            if !self.patterns.has(name) {
                continue;
            }
            let mark = digest(format!("{name}\n{}\n{}", found.path, found.sha).as_bytes());
            let mark = &mark[..DIGITS];
            // No more than GitHub hands out, whatever the pages hold.
            if seen.len() < MOST as usize * DIGITS {
                seen.push_str(mark);
            }
            if known.contains(mark.as_bytes()) {
                continue;
            }
            let at =
                format!("repos/{}/git/blobs/{}", segments(name), crate::home::segment(&found.sha));
            let url = if found.html_url.contains('\n') { String::new() } else { found.html_url };
            let below = Task::new(Kind::File, at, name, task.since);
            let is_public = found.repository.private.map(|is_private| !is_private);
            let carry = format!("{url}\n{}", found.path);
            step.below.push(Task { is_public, ..below.carrying(carry) });
        }
        if step.next.is_none() {
            step.mark = Some((what, seen));
        } else {
            step.carry = Some(seen);
        }
        Ok(step)
    }

    /// `GET /repos/{owner}/{repo}/git/blobs/{file_sha}`, raw; or the file of that
    /// path as it is now, to look at it again.
    pub(super) fn file(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let (url, path) = task.carry.split_once('\n').unwrap_or_default();
        let id = format!("{} file {path}", task.of);
        let address = self.home.address(&task.at);
        if let Some(bytes) = asker.raw(&address, "application/vnd.github.raw+json", &id)? {
            let draft = Draft {
                id,
                version: task.at.rsplit('/').next().unwrap_or_default().to_owned(),
                url: url.to_owned(),
                path: Some(path.to_owned()),
                is_public: task.is_public,
                ..Draft::default()
            };
            asker.text(draft, bytes);
        }
        Ok(Step::done())
    }
}
