//! What Git objects say about each other: the fields of commits, trees and
//! tags that scanning and attribution need. Lenient, because history holds
//! objects that today's Git would refuse; nothing here allocates for trees.

use leeward_model::{ObjectId, Signature};
use memchr::memchr;

/// The four kinds of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Commit = 1,
    Tree = 2,
    Blob = 3,
    Tag = 4,
}

impl Kind {
    /// From the name in a loose object's header.
    pub(super) fn from_name(name: &[u8]) -> Option<Self> {
        match name {
            b"commit" => Some(Self::Commit),
            b"tree" => Some(Self::Tree),
            b"blob" => Some(Self::Blob),
            b"tag" => Some(Self::Tag),
            _ => None,
        }
    }

    /// From the number in a pack entry's header.
    pub(super) fn from_number(number: u8) -> Option<Self> {
        [Self::Commit, Self::Tree, Self::Blob, Self::Tag]
            .into_iter()
            .find(|&kind| kind as u8 == number)
    }
}

/// Which kinds a walk looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kinds(u8);

impl Kinds {
    pub(super) const TEXTS: Self =
        Self(1 << Kind::Blob as u8 | 1 << Kind::Commit as u8 | 1 << Kind::Tag as u8);

    pub(super) const ALL: Self = Self(Self::TEXTS.0 | 1 << Kind::Tree as u8);

    /// Only one kind.
    pub(super) fn only(kind: Kind) -> Self {
        Self(1 << kind as u8)
    }

    pub(super) fn has(self, kind: Kind) -> bool {
        self.0 & 1 << kind as u8 != 0
    }
}

/// An object name from hexadecimal digits, all 40 or 64 of them.
pub fn parse_id(hex: &[u8]) -> Option<ObjectId> {
    if !matches!(hex.len(), 40 | 64) {
        return None;
    }
    let mut raw = [0; 32];
    for (byte, digits) in raw.iter_mut().zip(hex.chunks_exact(2)) {
        let digit = |at: usize| char::from(digits[at]).to_digit(16);
        *byte = (digit(0)? << 4 | digit(1)?) as u8;
    }
    ObjectId::from_bytes(&raw[..hex.len() / 2])
}

/// One entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TreeEntry<'a> {
    pub(super) mode: u32,
    pub(super) name: &'a [u8],
    pub(super) id: &'a [u8],
}

impl TreeEntry<'_> {
    /// Whether the entry is a directory.
    pub(super) fn is_tree(&self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }

    /// Whether the entry names a commit of another repository.
    pub(super) fn is_submodule(&self) -> bool {
        self.mode & 0o170_000 == 0o160_000
    }
}

/// The entries of a tree, up to the first damage.
pub(super) fn tree_entries(tree: &[u8], id_len: usize) -> impl Iterator<Item = TreeEntry<'_>> {
    let mut rest = tree;
    std::iter::from_fn(move || {
        let nul = memchr(0, rest)?;
        let (head, tail) = (&rest[..nul], &rest[nul + 1..]);
        let id = tail.get(..id_len)?;
        let space = memchr(b' ', head)?;
        let mode = head[..space].iter().try_fold(0u32, |mode, &digit| {
            digit.is_ascii_digit().then(|| mode << 3 | u32::from(digit - b'0'))
        })?;
        rest = &tail[id_len..];
        Some(TreeEntry { mode, name: &head[space + 1..], id })
    })
}

/// The headers of a commit that tie it to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CommitLinks {
    pub(super) tree: ObjectId,
    pub(super) parents: Vec<ObjectId>,
    pub(super) committed_at: i64,
}

/// Reads what ties a commit to its tree and parents.
pub(super) fn commit_links(text: &[u8]) -> Option<CommitLinks> {
    let mut tree = None;
    let mut parents = Vec::new();
    let mut committed_at = 0;
    for (key, value) in headers(text) {
        match key {
            b"tree" if tree.is_none() => tree = parse_id(value),
            b"parent" => parents.extend(parse_id(value)),
            b"committer" => committed_at = signature(value).at,
            _ => {}
        }
    }
    Some(CommitLinks { tree: tree?, parents, committed_at })
}

/// The headers of a commit or tag, without continuation lines.
pub(super) fn headers(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    text.split(|&byte| byte == b'\n').take_while(|line| !line.is_empty()).filter_map(|line| {
        let space = memchr(b' ', line).filter(|&at| at > 0)?;
        Some((&line[..space], &line[space + 1..]))
    })
}

/// The first header of that name.
pub(super) fn header<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    headers(text).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// The first line of the message.
pub(super) fn summary(text: &[u8]) -> String {
    let message = memchr::memmem::find(text, b"\n\n").map_or(&[][..], |at| &text[at + 2..]);
    let line = message.split(|&byte| byte == b'\n').find(|line| !line.trim_ascii().is_empty());
    String::from_utf8_lossy(line.unwrap_or_default().trim_ascii()).into_owned()
}

/// Reads `Name <address> seconds zone`; what is missing stays empty.
pub(super) fn signature(value: &[u8]) -> Signature {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes.trim_ascii()).into_owned();
    let open = memchr(b'<', value).unwrap_or(value.len());
    let close = memchr::memrchr(b'>', value).filter(|&close| close > open);
    let at = close.and_then(|close| {
        let number = value[close + 1..].trim_ascii_start();
        let end = number.iter().position(|&b| b == b' ').unwrap_or(number.len());
        std::str::from_utf8(&number[..end]).ok()?.parse().ok()
    });
    Signature {
        name: text(&value[..open]),
        email: close.map_or_else(String::new, |close| text(&value[open + 1..close])),
        at: at.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_are_read() {
        let hex = "0123456789abcdef0123456789abcdef01234567";
        let text = format!(
            "tree {hex}\nparent {hex}\nauthor A U <a@x> 5 +0000\n\
             committer C <c@x> 7 +0100\ngpgsig -----\n tree bad\n\nSubject \n\nBody"
        );
        let links = commit_links(text.as_bytes()).unwrap();
        assert_eq!(links.tree.to_string(), hex);
        assert_eq!(links.parents.len(), 1);
        assert_eq!(links.committed_at, 7);
        assert_eq!(summary(text.as_bytes()), "Subject");
        let author = signature(header(text.as_bytes(), b"author").unwrap());
        assert_eq!(author, Signature { name: "A U".into(), email: "a@x".into(), at: 5 });
    }

    #[test]
    fn signatures_of_old_and_broken_tools_are_read() {
        assert_eq!(signature(b"x").name, "x");
        assert_eq!(signature(b"x <y> nonsense").at, 0);
        assert_eq!(signature(b"x <<y>> 12").email, "<y>");
        assert_eq!(signature(b">< 1").at, 0);
    }

    #[test]
    fn trees_end_at_damage() {
        let mut tree = b"100644 a\0".to_vec();
        tree.extend([1; 20]);
        tree.extend(b"40000 dir\0");
        tree.extend([2; 20]);
        let whole: Vec<_> = tree_entries(&tree, 20).collect();
        assert_eq!(whole.len(), 2);
        assert_eq!((whole[0].name, whole[1].is_tree()), (&b"a"[..], true));
        tree.extend(b"100644 cut\0\x01");
        assert_eq!(tree_entries(&tree, 20).count(), 2);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(0u8..=255, 0..120), text in "[ -~\n<>]{0,80}") {
            let _ = tree_entries(&bytes, 20).count();
            for bytes in [&bytes[..], text.as_bytes()] {
                let _ = (commit_links(bytes), signature(bytes), summary(bytes), parse_id(bytes));
            }
        }
    }
}
