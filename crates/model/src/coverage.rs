//! What was looked at, and what was not and why. A scan that leaves something
//! out without saying so is worse than none.

/// Why bytes were not looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// In the list of directories that hold other people's code or caches, or
    /// excluded by the user.
    Excluded,
    /// A symbolic link; what it points to is scanned where it lies, if it lies
    /// inside the target.
    SymbolicLink,
    /// A FIFO, socket, device or other thing that is not a regular file.
    NotAFile,
    /// The operating system refused, with its words.
    Unreadable(String),
    /// The file shrank, vanished or changed while it was read.
    Changed,
    /// Larger than the limit the user set.
    TooLarge,
    /// Data that does not follow its own format, with the detail.
    Corrupt(String),
    /// A content that is not what its digest says, with whose digest; it was looked at all
    /// the same.
    Mismatch(String),
    /// A container, or a member of one, that cannot be opened: it is encrypted, or in
    /// a form that is known and not read. With the detail.
    Unopened(String),
    /// A Git object that the repository does not hold (shallow or partial
    /// clone, or damage).
    Missing,
    /// A Git repository inside the target, whose history was not asked for.
    NestedRepository,
    /// Something that would lead outside the target, refused.
    OutsideTarget(String),
    /// A bound on time, depth or memory was reached, with its name.
    Limit(String),
    /// Somebody stopped the scan, with how far it came where that is known.
    Stopped(String),
}

impl Reason {
    /// Somebody stopped the scan.
    pub fn stopped() -> Self {
        Self::Stopped("the scan was stopped".to_owned())
    }

    /// Whether the user's own choice or a documented default left it out, so
    /// that the scan still counts as complete.
    pub fn is_by_choice(&self) -> bool {
        matches!(
            self,
            Self::Excluded
                | Self::SymbolicLink
                | Self::NotAFile
                | Self::NestedRepository
                | Self::TooLarge
        )
    }

    /// A short stable name for machine formats, such as `excluded`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Excluded => "excluded",
            Self::SymbolicLink => "symbolic-link",
            Self::NotAFile => "not-a-file",
            Self::Unreadable(_) => "unreadable",
            Self::Changed => "changed-while-reading",
            Self::TooLarge => "too-large",
            Self::Corrupt(_) => "corrupt",
            Self::Mismatch(_) => "digest-mismatch",
            Self::Unopened(_) => "not-opened",
            Self::Missing => "missing-object",
            Self::NestedRepository => "nested-repository",
            Self::OutsideTarget(_) => "outside-target",
            Self::Limit(_) => "limit",
            Self::Stopped(_) => "stopped",
        }
    }

    /// What there is to say beyond the name; foreign text.
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Unreadable(detail)
            | Self::Corrupt(detail)
            | Self::Unopened(detail)
            | Self::OutsideTarget(detail)
            | Self::Mismatch(detail)
            | Self::Limit(detail)
            | Self::Stopped(detail) => Some(detail),
            _ => None,
        }
    }
}

/// One thing that was not looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotScanned {
    /// Path or object name; bytes as found, foreign text.
    pub path: Vec<u8>,
    /// Why not.
    pub reason: Reason,
    /// How many bytes were left out, if known.
    pub bytes: Option<u64>,
}

/// How much was judged by an earlier scan, or by this one in another place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JudgedBefore {
    /// Files.
    pub files: u64,
    /// Their bytes. How large an object in Git is shows only when it is unpacked.
    pub bytes: u64,
    /// Git objects.
    pub objects: u64,
    /// Containers whose content was judged; their own bytes are counted where they are
    /// read.
    pub containers: u64,
}

impl JudgedBefore {
    fn merge(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
        self.objects += other.objects;
        self.containers += other.containers;
    }
}

/// The account of one scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Bytes looked at, each file and each Git object counted once, in their
    /// original or inflated size.
    pub bytes_scanned: u64,
    /// Files looked at to their end, standard input included.
    pub files_scanned: u64,
    /// Git objects looked at.
    pub objects_scanned: u64,
    /// Members of containers looked at, at any depth; their bytes are among those
    /// scanned.
    pub members_scanned: u64,
    /// What was not looked at again, since nothing was found in it before under the
    /// same rules; not among what was scanned, and nothing that is missing.
    pub judged_before: JudgedBefore,
    /// Everything left out.
    pub not_scanned: Vec<NotScanned>,
    /// Facts that limit what the scan can say, such as a shallow clone.
    pub warnings: Vec<String>,
}

impl Coverage {
    /// Adds another account to this one.
    pub fn merge(&mut self, other: Self) {
        self.bytes_scanned += other.bytes_scanned;
        self.files_scanned += other.files_scanned;
        self.objects_scanned += other.objects_scanned;
        self.members_scanned += other.members_scanned;
        self.judged_before.merge(other.judged_before);
        self.not_scanned.extend(other.not_scanned);
        self.warnings.extend(other.warnings);
    }

    /// Whether there was anything to look at.
    pub fn is_anything(&self) -> bool {
        let before = self.judged_before;
        self.files_scanned + self.objects_scanned + before.files + before.objects > 0
    }

    /// Whether everything the user asked for was looked at.
    pub fn is_complete(&self) -> bool {
        self.not_scanned.iter().all(|left_out| left_out.reason.is_by_choice())
    }
}
