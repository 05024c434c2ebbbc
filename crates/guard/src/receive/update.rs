//! What Git tells a server's hook: one line for each ref that a push would
//! change, `old new ref`.

use std::fmt;

use leeward_model::ObjectId;
use leeward_source::git::parse_id;

/// A ref that a push would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// What it points to; `None` if it is to be made.
    pub old: Option<ObjectId>,
    /// What it is to point to; `None` if it is to be deleted.
    pub new: Option<ObjectId>,
    /// Its full name; foreign text.
    pub name: String,
}

/// A line that Git would not write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadUpdate {
    line: usize,
}

impl fmt::Display for BadUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {} of standard input is not `old new ref`, as Git hands it to a pre-receive hook",
            self.line
        )
    }
}

impl std::error::Error for BadUpdate {}

impl Update {
    /// Reads what Git hands over.
    ///
    /// # Errors
    /// The first line that is not understood.
    pub fn parse_all(text: &[u8]) -> Result<Vec<Self>, BadUpdate> {
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let lines = text.split(|&byte| byte == b'\n').enumerate();
        lines.map(|(at, line)| Self::parse(line).ok_or(BadUpdate { line: at + 1 })).collect()
    }

    fn parse(line: &[u8]) -> Option<Self> {
        let mut words = line.splitn(3, |&byte| byte == b' ');
        let (old, new, name) = (words.next()?, words.next()?, words.next()?);
        let (old_id, new_id) = (parse_id(old)?, parse_id(new)?);
        let is_nothing = |id: &ObjectId| id.as_bytes().iter().all(|&byte| byte == 0);
        if name.is_empty() || old.len() != new.len() {
            return None;
        }
        Some(Self {
            old: Some(old_id).filter(|id| !is_nothing(id)),
            new: Some(new_id).filter(|id| !is_nothing(id)),
            name: String::from_utf8_lossy(name).into_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let (zero, one) = ("0".repeat(40), "1f".repeat(20));
        let text = format!("{zero} {one} refs/heads/a b\n{one} {zero} refs/tags/v1\n");
        let updates = Update::parse_all(text.as_bytes()).unwrap();
        assert_eq!(updates[0].name, "refs/heads/a b");
        assert_eq!((updates[0].old, updates[1].new), (None, None));
        assert_eq!(updates[0].new.unwrap().to_string(), one);
        assert!(Update::parse_all(b"").unwrap().is_empty());
        assert!(Update::parse_all(b"\n").unwrap().is_empty());
    }

    #[test]
    fn what_git_would_not_write_is_refused() {
        let (one, long) = ("1f".repeat(20), "1f".repeat(32));
        for wrong in [
            "x".to_owned(),
            format!("{one} {one}"),
            format!("{one} {one} "),
            format!("{one}  {one} refs/heads/a"),
            format!("{one} {long} refs/heads/a"),
            format!("{one} {one} refs/heads/a\n\n{one} {one} refs/heads/b"),
            format!("{} {one} refs/heads/a", &one[1..]),
        ] {
            assert!(Update::parse_all(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(0u8..=255, 0..200)) {
            let _ = Update::parse_all(&bytes);
        }
    }
}
