//! Reads a repository's `config` file for the few facts that say how to read
//! the rest: format extensions, and whether objects may be missing.
//!
//! This is all the attention a scanned repository's configuration gets. It
//! follows no include, expands no path and never runs anything.

/// What the configuration says of the repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Config {
    /// `core.bare`
    pub(super) bare: Option<bool>,
    /// `core.worktree`
    pub(super) work_tree: Option<Vec<u8>>,
    /// `extensions.objectFormat`
    pub(super) object_format: Option<Vec<u8>>,
    /// `extensions.refStorage`
    pub(super) ref_storage: Option<Vec<u8>>,
    /// Whether objects were left with a remote.
    pub(super) is_partial: bool,
    /// `receive.advertisePushOptions`
    pub(super) takes_push_options: Option<bool>,
    /// `remote.<name>.url` and `pushurl`, as written; never used, only told.
    pub(super) remotes: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Config {
    /// Reads a configuration file; lines that make no sense are passed over.
    pub(super) fn parse(text: &[u8]) -> Self {
        let mut config = Self::default();
        let mut section = Vec::new();
        let mut lines = text.split(|&byte| byte == b'\n');
        while let Some(line) = lines.next() {
            let mut line = line.trim_ascii();
            if let Some(head) = line.strip_prefix(b"[") {
                let end = section_end(head);
                section = section_name(&head[..end]);
                line = head.get(end + 1..).unwrap_or_default().trim_ascii();
            }
            let (key, value) = match memchr::memchr(b'=', line) {
                Some(at) => (&line[..at], Some(&line[at + 1..])),
                None => (line, None),
            };
            let key = key.trim_ascii().to_ascii_lowercase();
            if key.is_empty() || matches!(key[0], b'#' | b';') {
                continue;
            }
            let value = value.map(|value| read_value(value, &mut lines));
            config.set(&section, &key, value);
        }
        config
    }

    fn set(&mut self, section: &[u8], key: &[u8], value: Option<Vec<u8>>) {
        match (section, key) {
            (b"core", b"bare") => self.bare = Some(is_true(value.as_deref())),
            (b"core", b"worktree") => self.work_tree = value,
            (b"extensions", b"objectformat") => self.object_format = value,
            (b"extensions", b"refstorage") => self.ref_storage = value,
            (b"receive", b"advertisepushoptions") => {
                self.takes_push_options = Some(is_true(value.as_deref()));
            }
            (b"extensions", b"partialclone") => self.is_partial = true,
            (_, b"url" | b"pushurl") if section.starts_with(b"remote.") => {
                let name = section[b"remote.".len()..].to_vec();
                self.remotes.extend(value.map(|url| (name, url)));
            }
            (_, b"promisor") if section.starts_with(b"remote.") => {
                self.is_partial |= is_true(value.as_deref());
            }
            _ => {}
        }
    }
}

/// Where the bracket of a section's head closes.
fn section_end(head: &[u8]) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, &byte) in head.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b']' if !quoted => return at,
            _ => {}
        }
    }
    head.len()
}

/// `remote "Origin"` as `remote.Origin`.
fn section_name(head: &[u8]) -> Vec<u8> {
    let Some(quote) = memchr::memchr(b'"', head) else {
        return head.trim_ascii().to_ascii_lowercase();
    };
    let mut name = head[..quote].trim_ascii().to_ascii_lowercase();
    name.push(b'.');
    name.extend(head[quote + 1..].iter().filter(|byte| !matches!(byte, b'"' | b'\\')));
    name
}

/// Undoes quotes, escapes, comments and continued lines of a value.
fn read_value<'a>(first: &[u8], lines: &mut impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut value = Vec::new();
    let mut rest = first.trim_ascii();
    let (mut quoted, mut kept) = (false, 0);
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'\\' if tail.trim_ascii().is_empty() => match lines.next() {
                Some(next) => rest = next.trim_ascii_end(),
                None => break,
            },
            b'\\' => {
                value.push(match tail[0] {
                    b'n' => b'\n',
                    b't' => b'\t',
                    other => other,
                });
                rest = &tail[1..];
                kept = value.len();
            }
            b'"' => {
                quoted = !quoted;
                kept = value.len();
            }
            b'#' | b';' if !quoted => break,
            byte => {
                value.push(byte);
                if quoted || !byte.is_ascii_whitespace() {
                    kept = value.len();
                }
            }
        }
    }
    value.truncate(kept);
    value
}

fn is_true(value: Option<&[u8]>) -> bool {
    value.is_none_or(|value| {
        matches!(value.to_ascii_lowercase().as_slice(), b"true" | b"yes" | b"on" | b"1")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_is_read() {
        let config = Config::parse(
            b"# c\n[core]\n\tbare = false ; no\n\tworkTree = \"../a b\" # c\n\
              [Extensions] objectFormat = sha256\n[remote \"o]\\\"r\"]\n\tpromisor\n\
              [alias]\n\tx = !touch y\\\n  bare = true\n[include]\n\tpath = /etc/passwd\n",
        );
        assert_eq!(config.bare, Some(false));
        assert_eq!(config.work_tree.as_deref(), Some(&b"../a b"[..]));
        assert_eq!(config.object_format.as_deref(), Some(&b"sha256"[..]));
        assert!(config.is_partial);
        assert_eq!(config.ref_storage, None);
    }

    #[test]
    fn nonsense_is_passed_over() {
        for text in [&b"[\n=\n[x\n\\"[..], b"[core]\nbare = \\", b"a=\"\n[core \"", b"\xff=\xff"] {
            assert_eq!(Config::parse(text).work_tree, None);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[\\[\\]\"\\\\=#; \na-c]{0,60}") {
            Config::parse(text.as_bytes());
        }
    }
}
