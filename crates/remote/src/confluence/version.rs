//! The versions that a page had before: what was taken out of it is still in them.

use super::Confluence;
use crate::{
    client::Client,
    item::{Gap, Text},
    known::{Known, print_of},
    trouble::Trouble,
    words::fitting,
};

/// The most old versions of a page or an attachment that are read, the newest of them first.
pub(super) const MOST_VERSIONS: u64 = 50;

impl Confluence {
    /// The versions of a page before the last, as far back as one that was handed out.
    pub(super) fn before(
        &self,
        client: &mut Client,
        id: &str,
        number: u64,
        known: &Known,
        gaps: &mut Vec<Gap>,
    ) -> Result<Vec<Text>, Trouble> {
        let mut texts = Vec::new();
        if !self.versions {
            return Ok(texts);
        }
        for (count, version) in (1..number).rev().enumerate() {
            if known.has(print_of(&[id.as_bytes(), &version.to_le_bytes()])) {
                break;
            }
            if count as u64 >= MOST_VERSIONS {
                let why = format!("versions before {} were left out", version + 1);
                gaps.push(Gap { what: fitting(&format!("page {id}")), why });
                break;
            }
            match self.content(client, id, Some(version))? {
                Some(content) => {
                    let mut text = self.text(&content, version, client.clock().now());
                    text.key.id = format!("{} version {version}", text.key.id);
                    text.place.item.clone_from(&text.key.id);
                    texts.push(text);
                }
                None => {
                    let what = format!("page {id} version {version}");
                    let why = "cannot be had".to_owned();
                    gaps.push(Gap { what: fitting(&what), why });
                }
            }
        }
        Ok(texts)
    }
}
