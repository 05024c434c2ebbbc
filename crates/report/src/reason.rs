//! What to say of things that were not looked at: a name that counts, and the
//! next step where there is one.

use std::collections::BTreeMap;

use leeward_model::{NotScanned, Reason};

use crate::{view::LeftOut, words::count};

/// A reason in words.
pub(crate) struct Words {
    one: &'static str,
    many: &'static str,
    /// What the user can do about it; empty if it was their choice.
    pub(crate) next_step: &'static str,
}

impl Words {
    pub(crate) fn of(item: &NotScanned) -> Self {
        let (one, many, next_step) = match &item.reason {
            Reason::Stopped(_) => (
                "cut short",
                "cut short",
                "scan again; with `--resume`, a scan goes on from where it was stopped",
            ),
            Reason::Unreadable(_) if is_elsewhere(&item.path) => (
                "not handed out",
                "not handed out",
                "see to what is said there, then scan again; with `--resume`, what was read and \
                 held nothing is not read again",
            ),
            Reason::Mismatch(_) => (
                "not what its digest says",
                "not what their digests say",
                "scan again from an intact copy, and ask who changed this one",
            ),
            Reason::Corrupt(_) if is_elsewhere(&item.path) || item.path.contains(&b'!') => {
                ("corrupt", "corrupt", "scan again from an intact copy")
            }
            Reason::Excluded => ("excluded path", "excluded paths", ""),
            Reason::SymbolicLink => ("symbolic link", "symbolic links", ""),
            Reason::NotAFile => ("special file", "special files", ""),
            Reason::NestedRepository => {
                ("history of a repository inside", "histories of repositories inside", "")
            }
            Reason::TooLarge => ("file over the size limit", "files over the size limit", ""),
            Reason::Unreadable(_) => {
                ("unreadable", "unreadable", "scan again as a user who may read this")
            }
            Reason::Changed => {
                ("changed while it was read", "changed while they were read", "scan again")
            }
            Reason::Corrupt(_) => (
                "corrupt",
                "corrupt",
                "`git fsck` says what is damaged; scan again from an intact copy",
            ),
            Reason::Unopened(_) => (
                "container that cannot be opened",
                "containers that cannot be opened",
                "unpack what is encrypted or of another form, then scan what was inside",
            ),
            Reason::Missing => (
                "missing Git object",
                "missing Git objects",
                "fetch what is missing (`git fetch --unshallow` in a shallow clone), then scan again",
            ),
            Reason::OutsideTarget(_) => (
                "refused, as it leads outside",
                "refused, as they lead outside",
                "scan what it leads to by itself, if you trust it",
            ),
            Reason::Limit(_) => {
                ("over a limit", "over a limit", "scan it by itself, with a higher limit")
            }
        };
        Self { one, many, next_step }
    }

    /// `1 symbolic link`, `3 unreadable`.
    pub(crate) fn counted(&self, n: usize) -> String {
        count(n, self.one, self.many)
    }
}

/// Things left out for one reason.
pub(crate) struct Group<'a> {
    pub(crate) words: Words,
    pub(crate) items: Vec<&'a LeftOut<'a>>,
}

/// Things left out, by reason, in the reasons' order.
pub(crate) fn groups<'a>(items: impl IntoIterator<Item = &'a LeftOut<'a>>) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<(&str, &str), Group<'a>> = BTreeMap::new();
    for item in items {
        let words = Words::of(item.item);
        groups
            .entry((item.item.reason.name(), words.one))
            .or_insert_with(|| Group { words, items: Vec::new() })
            .items
            .push(item);
    }
    groups.into_values().collect()
}

/// Whether something lies in a store or a registry: there no user of this machine and no
/// Git helps.
fn is_elsewhere(path: &[u8]) -> bool {
    ["s3://", "gs://", "az://", "oci://", "docker://"]
        .iter()
        .any(|scheme| path.starts_with(scheme.as_bytes()))
}
