//! The way into what a source holds: which member of which container a text
//! is. A container is anything that holds texts in a form of its own, such as an
//! archive, a document, a database or an image of a file system.

use std::sync::Arc;

/// The names of members on the way in, outermost first: of `config.json` in `app.jar`
/// in `release.zip` they are `app.jar` and `config.json`. Empty for what lies in the
/// open. Cheap to copy.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Way(Option<Arc<[Vec<u8>]>>);

impl Way {
    /// A way by its names, outermost first.
    pub fn of(names: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let names: Arc<[Vec<u8>]> = names.into_iter().collect();
        Self((!names.is_empty()).then_some(names))
    }

    /// The way to a member of what this one leads to. Where a table is all that its
    /// container holds, it has an empty name, and its columns stand in its place.
    pub fn to(&self, name: &[u8]) -> Self {
        let names = self.names();
        let names =
            if names.last().is_some_and(Vec::is_empty) { &names[..names.len() - 1] } else { names };
        Self::of(names.iter().cloned().chain([name.to_vec()]))
    }

    /// The names, outermost first. Not necessarily UTF-8; foreign text.
    pub fn names(&self) -> &[Vec<u8>] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Whether it leads nowhere further in.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// How many containers are opened on it.
    pub fn depth(&self) -> usize {
        self.names().len()
    }

    /// Whether what it leads to holds what the other leads to.
    pub fn holds(&self, other: &Self) -> bool {
        self.depth() < other.depth() && other.names().starts_with(self.names())
    }

    /// The whole way from `outer`, as it is shown: `release.zip!app.jar!config.json`.
    /// Foreign bytes.
    pub fn from(&self, outer: &[u8]) -> Vec<u8> {
        let mut whole = outer.to_vec();
        for name in self.names().iter().filter(|name| !name.is_empty()) {
            whole.push(b'!');
            whole.extend_from_slice(name);
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_shown_from_the_outside_in() {
        let app = Way::default().to(b"app.jar");
        let config = app.to(b"config.json");
        assert_eq!(config.from(b"release.zip"), b"release.zip!app.jar!config.json");
        assert_eq!(Way::default().from(b"release.zip"), b"release.zip");
        let table = Way::default().to(b"");
        assert_eq!(table.from(b"users.parquet"), b"users.parquet");
        assert_eq!(table.to(b"prompt").from(b"users.parquet"), b"users.parquet!prompt");
        assert!(app.holds(&config) && Way::default().holds(&app));
        assert!(!config.holds(&app) && !app.holds(&app) && !Way::default().to(b"x").holds(&config));
    }
}
