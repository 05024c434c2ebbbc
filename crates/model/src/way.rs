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

    /// This way by the name of the outermost file, for one that was opened before its name
    /// was known: what a compressed file holds has its name, but for the ending.
    #[must_use]
    pub fn named_by(&self, outer: &[u8]) -> Self {
        match self.names().split_first() {
            Some((first, rest)) if first == NAMELESS && is_compressed(outer) => {
                Self::of([unpacked_name(outer)].into_iter().chain(rest.iter().cloned()))
            }
            _ => self.clone(),
        }
    }

    /// This way as it was before its outermost file had a name; `None` if it leads nowhere
    /// further in.
    #[must_use]
    pub fn nameless(&self) -> Option<Self> {
        let (_, rest) = self.names().split_first()?;
        Some(Self::of([NAMELESS.to_vec()].into_iter().chain(rest.iter().cloned())))
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

/// The name of what a compressed file holds that has no name itself.
const NAMELESS: &[u8] = b"content";

/// The name of what a compressed file holds, by the file's own: that of `a/b.env.gz` is
/// `b.env`.
pub fn unpacked_name(path: &[u8]) -> Vec<u8> {
    match parts(path) {
        ([], Some(_)) | (_, None) => NAMELESS.to_vec(),
        (stem, Some(ending)) => match ending.to_ascii_lowercase().as_slice() {
            b"tgz" | b"tbz" | b"tbz2" | b"txz" | b"tzst" => [stem, b".tar"].concat(),
            _ => stem.to_vec(),
        },
    }
}

/// Whether a name says that a file is one other, compressed.
fn is_compressed(path: &[u8]) -> bool {
    const ENDINGS: [&[u8]; 13] = [
        b"gz", b"tgz", b"bz2", b"tbz", b"tbz2", b"xz", b"txz", b"lzma", b"zst", b"zstd", b"tzst",
        b"lz4", b"z",
    ];
    let (_, ending) = parts(path);
    ending.is_some_and(|ending| ENDINGS.iter().any(|it| it.eq_ignore_ascii_case(ending)))
}

/// The last name of a path, and its ending.
fn parts(path: &[u8]) -> (&[u8], Option<&[u8]>) {
    let name = path.rsplit(|byte| matches!(byte, b'/' | b'\\')).next().unwrap_or_default();
    match name.iter().rposition(|byte| *byte == b'.') {
        Some(dot) => (&name[..dot], Some(&name[dot + 1..])),
        None => (name, None),
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

    #[test]
    fn a_way_gets_the_name_of_a_compressed_file_afterwards() {
        let way = Way::default().to(b"content").to(b"x");
        assert_eq!(way.named_by(b"a/app.env.GZ"), Way::default().to(b"app.env").to(b"x"));
        assert_eq!(way.named_by(b"a/app.tgz"), Way::default().to(b"app.tar").to(b"x"));
        assert_eq!(way.named_by(b"a/app.env.GZ").nameless(), Some(way.clone()));
        for other in [&b"a/app.zip"[..], b"app", b".gz"] {
            assert_eq!(way.named_by(other), way);
        }
        let named = Way::default().to(b"x");
        assert_eq!(named.named_by(b"app.env.gz"), named);
        assert_eq!(Way::default().nameless(), None);
    }
}
