//! The directories that are not scanned unless asked: what package managers
//! put there, which is other people's code and is fetched, not written.

use std::{ffi::OsStr, fmt, path::Path};

/// Names, or ends of paths, of directories to leave out. Each one that is
/// met is reported with its size.
///
/// The list that [`default`](Self::default) makes is short on purpose. Build
/// output (`target`, `dist`), caches of one's own code (`__pycache__`), virtual
/// environments but for their packages, and vendored code that lies under
/// version control (`vendor`) are scanned: secrets do leak into them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExcludeList {
    patterns: Vec<String>,
}

/// What [`ExcludeList::default`] leaves out, with the reason.
pub const DEFAULT_EXCLUDES: &[(&str, &str)] = &[
    ("node_modules", "packages installed by npm, yarn or pnpm"),
    ("bower_components", "packages installed by Bower"),
    (".npm/_cacache", "npm's download cache"),
    (".yarn/cache", "Yarn's download cache"),
    (".pnpm-store", "pnpm's package store"),
    ("site-packages", "packages installed by pip, also inside virtual environments"),
    ("dist-packages", "Python packages installed by the system"),
    (".cargo/registry", "crates downloaded by Cargo"),
    (".rustup/toolchains", "Rust toolchains"),
    ("go/pkg/mod", "modules downloaded by Go"),
    (".m2/repository", "artifacts downloaded by Maven"),
    (".gradle/caches", "artifacts downloaded by Gradle"),
    (".terraform/providers", "provider programs downloaded by Terraform"),
    ("Pods", "packages installed by CocoaPods"),
];

/// A pattern that can match no directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPattern(String);

impl fmt::Display for BadPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not the name or the end of the path of a directory", self.0)
    }
}

impl std::error::Error for BadPattern {}

impl Default for ExcludeList {
    fn default() -> Self {
        Self { patterns: DEFAULT_EXCLUDES.iter().map(|(name, _)| (*name).to_owned()).collect() }
    }
}

impl ExcludeList {
    /// Leaves out nothing.
    pub fn none() -> Self {
        Self { patterns: Vec::new() }
    }

    /// Adds a name such as `node_modules`, or the end of a path such as
    /// `.m2/repository`: whole names in order, no wildcards.
    ///
    /// # Errors
    /// If the pattern is empty, absolute, or has `.`, `..` or an empty name.
    pub fn add(&mut self, pattern: &str) -> Result<(), BadPattern> {
        let trimmed = pattern.strip_suffix('/').unwrap_or(pattern);
        if trimmed.split('/').any(|name| matches!(name, "" | "." | "..")) {
            return Err(BadPattern(pattern.to_owned()));
        }
        self.patterns.push(trimmed.to_owned());
        Ok(())
    }

    /// The patterns, in the order they were given.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().map(String::as_str)
    }

    /// The list without what would match inside a target because of the
    /// target's own path: who names `node_modules` wants all of it.
    pub(super) fn for_target(&self, target: &Path) -> Self {
        let target: Vec<_> = target.iter().collect();
        let named = |pattern: &String| {
            let names: Vec<_> = pattern.split('/').map(OsStr::new).collect();
            target.windows(names.len()).any(|window| window == names)
        };
        Self { patterns: self.patterns.iter().filter(|pattern| !named(pattern)).cloned().collect() }
    }

    /// Whether the directory `name` in `parent`, a path inside a target, is
    /// left out.
    pub(super) fn excludes(&self, parent: &Path, name: &OsStr) -> bool {
        self.patterns.iter().any(|pattern| {
            let mut names = pattern.rsplit('/').map(OsStr::new);
            names.next() == Some(name) && {
                let mut above = parent.iter().rev();
                names.all(|wanted| above.next() == Some(wanted))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excluded(list: &ExcludeList, path: &str) -> bool {
        let path = Path::new(path);
        list.excludes(path.parent().expect("a parent"), path.file_name().expect("a name"))
    }

    #[test]
    fn whole_names_at_the_end_match() {
        let list = ExcludeList::default();
        for path in ["node_modules", "a/node_modules", ".m2/repository", "a/go/pkg/mod"] {
            assert!(excluded(&list, path), "{path}");
        }
        for path in ["node_modules2", "node_modules/a", "repository", "a.m2/repository", "pkg/mod"]
        {
            assert!(!excluded(&list, path), "{path}");
        }
        assert!(!excluded(&ExcludeList::none(), "node_modules"));
    }

    #[test]
    fn a_list_can_be_added_to() {
        let mut list = ExcludeList::none();
        for bad in ["", "/", "/a", "a//b", "a/..", "./a"] {
            assert_eq!(list.add(bad), Err(BadPattern(bad.to_owned())));
        }
        assert_eq!(list.add("third party/"), Ok(()));
        assert!(excluded(&list, "x/third party"));
        assert_eq!(list.patterns().collect::<Vec<_>>(), ["third party"]);
    }

    #[test]
    fn what_the_user_names_is_not_left_out_inside_it() {
        let list = ExcludeList::default().for_target(Path::new("x/node_modules/y"));
        assert!(!excluded(&list, "node_modules"));
        assert!(excluded(&list, "Pods"));
    }
}
