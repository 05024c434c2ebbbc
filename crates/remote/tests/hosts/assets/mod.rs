//! Files that somebody attached to a release: handed out whole, once, and fetched from
//! nowhere that a credential, or a request, should not go.

mod bitbucket;
mod gitea;
mod github;
mod gitlab;

use leeward_remote::{Item, Text};

use crate::drive::Drained;

/// A text that was handed out.
#[track_caller]
fn text<'a>(drained: &'a Drained, id: &str) -> &'a Text {
    let found = drained.items.iter().find_map(|item| match item {
        Item::Text(text) if text.key.id == id => Some(text),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no `{id}` among {:?}", drained.keys()))
}
