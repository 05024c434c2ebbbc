//! What a hook finds: values about to be committed or pushed, without the
//! values.

use leeward_model::{
    Commit, Coverage, Encoding, Fingerprint, Hint, NotScanned, ObjectId, SafeText, Way,
};

/// What a hook found out.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// What stops it.
    pub leaks: Vec<Leak>,
    /// What was there before, and is not brought by this.
    pub known: Vec<Leak>,
    /// What could not be looked at, in words.
    pub troubles: Vec<String>,
    /// What could not be looked at inside containers, in words: it stops nothing.
    pub unopened: Vec<String>,
}

/// A value in a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// What people call its kind.
    pub what: String,
    /// Its identity.
    pub fingerprint: Fingerprint,
    /// What is shown of it.
    pub hint: Hint,
    /// Where it lies.
    pub at: At,
    /// Under which encodings.
    pub decoded: Vec<Encoding>,
}

/// Where a value lies. Paths are foreign text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// In a file that is staged.
    Staged {
        /// Where the file lies in the repository.
        path: Vec<u8>,
        /// Which text inside it; empty for its own bytes.
        inside: Way,
        /// From 1.
        line: u64,
    },
    /// In the name of a file that is staged.
    Name(Vec<u8>),
    /// In a commit's message that is being written, on this line.
    Message(u64),
    /// In a file of a commit that is pushed.
    Pushed {
        /// Where the file lies, if that is known.
        path: Option<Vec<u8>>,
        /// Which text inside it; empty for its own bytes.
        inside: Way,
        /// From 1.
        line: u64,
        /// What brought it, if that is known.
        commit: Option<Box<Commit>>,
    },
    /// In the text of a commit that is pushed.
    Text(ObjectId),
    /// In the text of a tag that is pushed.
    Tag(ObjectId),
}

impl Verdict {
    /// Whether there is nothing to say.
    pub fn is_clean(&self) -> bool {
        self.leaks.is_empty() && self.known.is_empty() && self.troubles.is_empty()
    }

    /// One that says only what went wrong.
    pub fn trouble(why: impl Into<String>) -> Self {
        Self { troubles: vec![why.into()], ..Self::default() }
    }

    pub(super) fn left_out(&mut self, left_out: &NotScanned) {
        let reason = left_out.reason.detail().unwrap_or(left_out.reason.name());
        let (path, reason) = (SafeText::new(&left_out.path), SafeText::new(reason));
        self.troubles.push(format!("`{path}` was not looked at: {reason}"));
    }

    /// Notes what could not be looked at inside containers, by the names that `named` has
    /// for objects.
    pub(super) fn note_unopened(
        &mut self,
        coverage: &Coverage,
        named: impl Fn(&[u8]) -> Option<Vec<u8>>,
    ) {
        for left_out in &coverage.not_scanned {
            let end = left_out.path.iter().position(|byte| *byte == b'!');
            let (outer, rest) = left_out.path.split_at(end.unwrap_or(left_out.path.len()));
            let path = [named(outer).unwrap_or_else(|| outer.to_vec()), rest.to_vec()].concat();
            let reason = left_out.reason.detail().unwrap_or(left_out.reason.name());
            self.unopened.push(format!("`{}`: {}", SafeText::new(&path), SafeText::new(reason)));
        }
    }

    /// In the order in which people look for them, each once.
    pub(super) fn sort(&mut self) {
        for list in [&mut self.leaks, &mut self.known] {
            list.sort_by_key(|leak| leak.at.order());
            list.dedup_by(|a, b| a.at == b.at && a.fingerprint == b.fingerprint);
        }
    }
}

impl At {
    fn order(&self) -> (i64, Vec<u8>, u64) {
        match self {
            Self::Staged { path, inside, line } => (0, inside.from(path), *line),
            Self::Name(path) => (0, path.clone(), 0),
            Self::Message(line) => (0, Vec::new(), *line),
            Self::Pushed { path, inside, line, commit } => {
                let at = commit.as_ref().map_or(i64::MAX, |commit| commit.committed_at);
                (at, inside.from(path.as_deref().unwrap_or_default()), *line)
            }
            Self::Text(id) | Self::Tag(id) => (0, id.as_bytes().to_vec(), 0),
        }
    }
}
