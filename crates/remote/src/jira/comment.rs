//! The comments of an issue, where it has more than come with it.

use serde_json::Value;

use super::{Jira, json};
use crate::{
    client::{Ask, Client},
    item::Gap,
    trouble::Trouble,
    words::fitting,
};

/// The most pages of an issue's comments.
const MOST_COMMENT_PAGES: usize = 50;

impl Jira {
    /// All comments of an issue that has more than come with it.
    pub(super) fn comments(
        &self,
        client: &mut Client,
        key: &str,
        gaps: &mut Vec<Gap>,
    ) -> Result<Vec<Value>, Trouble> {
        let mut all = Vec::new();
        for _ in 0..MOST_COMMENT_PAGES {
            let mut url = self.at(&["issue", key, "comment"])?;
            url.query_pairs_mut()
                .append_pair("startAt", &all.len().to_string())
                .append_pair("maxResults", "100");
            let answer = client.ask(&Ask::get(url.as_str())?)?;
            if !answer.is_ok() {
                let why = format!("comments: status {}", answer.status);
                gaps.push(Gap { what: fitting(key), why });
                return Ok(all);
            }
            let found = json(&answer)?;
            let some = found.pointer("/comments").and_then(Value::as_array);
            let some = some.map(Vec::as_slice).unwrap_or_default();
            all.extend(some.iter().cloned());
            let total = found.pointer("/total").and_then(Value::as_u64).unwrap_or(0);
            if some.is_empty() || all.len() as u64 >= total {
                return Ok(all);
            }
        }
        let why = format!("more comments than {MOST_COMMENT_PAGES} pages hold");
        gaps.push(Gap { what: fitting(key), why });
        Ok(all)
    }
}
