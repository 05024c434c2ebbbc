//! Stands between a source and an inspector: shows the inspector everything the source
//! does, and every member of what is a container, at any depth. Here is what is done once
//! for an original, and the account of all; `level` is one container that is open.

mod level;

use std::{
    collections::HashSet,
    io::{Cursor, Seek as _, SeekFrom},
    ops::RangeInclusive,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Mutex, PoisonError},
};

use leeward_model::{
    Blob, Content, Coverage, Inspect, Judged, Mark, NotScanned, Origin, Position, Reason, Seekable,
    Trace, Wanted, Way, Worker,
};

pub(crate) use self::level::held_reason;
use self::level::{Level, shown};
use crate::{
    Apart, Format, Limits,
    apart::Parser,
    budget::{Budget, Counted},
    digest::{self, Held},
    formats,
};

/// How much of a member says what it is.
const HEAD: usize = 4 << 10;

/// How containers are opened.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How much may become of one.
    pub limits: Limits,
    /// How a parser is started that runs apart; without it such parsers run here.
    pub apart: Option<Apart>,
}

/// Looks inside containers for an inspector.
pub struct Opener<'i, I> {
    inner: &'i I,
    settings: Option<&'i Settings>,
    is_stopped: &'i (dyn Fn() -> bool + Sync),
    account: Mutex<Account>,
}

#[derive(Default)]
struct Account {
    coverage: Coverage,
    /// Originals of which something was left out.
    unfinished: HashSet<Vec<u8>>,
    /// Contents of containers that held nothing, so that the same library in thousands
    /// of places is opened once.
    clean: HashSet<Mark>,
}

/// Containers of these sizes are known by their content: smaller ones are opened as fast
/// as they are read, and larger ones do not lie about in copies.
const KNOWN: RangeInclusive<u64> = 64 << 10..=256 << 20;
/// The most contents that are remembered in one scan, 16 bytes each.
const MOST_KNOWN: usize = 256 << 10;

impl<'i, I: Inspect> Opener<'i, I> {
    /// Opens containers for an inspector until somebody asks to stop; without settings
    /// it opens nothing.
    pub fn new(
        inner: &'i I,
        settings: Option<&'i Settings>,
        is_stopped: &'i (dyn Fn() -> bool + Sync),
    ) -> Self {
        Self { inner, settings, is_stopped, account: Mutex::default() }
    }

    /// What was looked at inside containers, and what was not; to be added to the
    /// account of the source.
    pub fn into_coverage(self) -> Coverage {
        self.account.into_inner().unwrap_or_else(PoisonError::into_inner).coverage
    }

    fn account<T>(&self, change: impl FnOnce(&mut Account) -> T) -> T {
        change(&mut self.account.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether nothing was left out of an original so far.
    fn is_whole(&self, origin: Origin<'_>) -> bool {
        self.account(|it| it.unfinished.is_empty() || !it.unfinished.contains(&shown(origin)))
    }
}

impl<'o, 'i, I: Inspect> Inspect for &'o Opener<'i, I> {
    type Worker = Opening<'o, 'i, I>;

    fn worker(&self) -> Self::Worker {
        Opening {
            opener: self,
            worker: self.inner.worker(),
            spare: Vec::new(),
            parsers: Vec::new(),
            is_inspecting: false,
        }
    }

    fn pieces_done(&self, origin: Origin<'_>, starts: &[Position]) {
        self.inner.pieces_done(origin, starts);
    }

    fn judged(&self) -> Option<&dyn Judged> {
        self.inner.judged()
    }
}

/// One thread's view of an [`Opener`].
pub struct Opening<'o, 'i, I: Inspect> {
    opener: &'o Opener<'i, I>,
    worker: I::Worker,
    /// Buffers of one piece each, one for each depth that was ever needed.
    spare: Vec<Vec<u8>>,
    /// Children that have parsed a container and may parse another.
    parsers: Vec<Parser>,
    /// Whether a member is being inspected: who panics is then not a parser.
    is_inspecting: bool,
}

impl<I: Inspect> Worker for Opening<'_, '_, I> {
    fn inspect(&mut self, blob: Blob<'_>) -> Trace {
        let trace = self.worker.inspect(blob);
        if blob.piece.is_none() {
            let head = &blob.bytes[..blob.bytes.len().min(HEAD)];
            let mut bytes = Cursor::new(blob.bytes);
            self.hold(blob.origin, &mut bytes);
            self.open_it(blob.origin, head, Content::Seekable(&mut bytes));
        }
        trace
    }

    fn wants(&self, origin: Origin<'_>, head: &[u8]) -> Wanted {
        match self.format(origin, head) {
            None => Wanted::Pieces,
            Some((_, format)) if format.is_opaque() => Wanted::Whole,
            Some(_) => Wanted::Both,
        }
    }

    fn open(&mut self, origin: Origin<'_>, head: &[u8], content: Content<'_>) {
        let mut content = content;
        if let Content::Seekable(reader) = &mut content {
            self.hold(origin, *reader);
        }
        self.open_it(origin, head, content);
    }

    fn done(&mut self, origin: Origin<'_>, mark: Mark) -> bool {
        self.opener.is_whole(origin) && self.worker.done(origin, mark)
    }
}

impl<'i, I: Inspect> Opening<'_, 'i, I> {
    fn open_it(&mut self, origin: Origin<'_>, head: &[u8], content: Content<'_>) {
        if let Some((settings, format)) = self.format(origin, head) {
            self.original(settings, origin, format, content);
        }
    }

    /// Holds a file against the digest that its name promises, if it promises one.
    fn hold(&self, origin: Origin<'_>, reader: &mut dyn Seekable) {
        let Origin::File(path) = origin else { return };
        let name = path.as_os_str().as_encoded_bytes();
        let Some(promised) = digest::promised(name).filter(|_| self.opener.settings.is_some())
        else {
            return;
        };
        let is_kept = Held::new(&mut *reader).keeps(promised, self.opener.is_stopped);
        if reader.rewind().is_err() || is_kept {
            return;
        }
        let (path, reason) = (shown(origin), digest::mismatch());
        self.opener.account(|account| {
            account.unfinished.insert(path.clone());
            account.coverage.not_scanned.push(NotScanned { path, reason, bytes: None });
        });
    }

    /// What form of container an original is, if it is to be opened.
    fn format(
        &self,
        origin: Origin<'_>,
        head: &[u8],
    ) -> Option<(&'i Settings, &'static dyn Format)> {
        Some((self.opener.settings?, formats::of(head, origin.path())?))
    }

    /// Opens what a source handed out.
    fn original(
        &mut self,
        settings: &Settings,
        origin: Origin<'_>,
        format: &dyn Format,
        content: Content<'_>,
    ) {
        let budget = Budget::new(&settings.limits);
        let apart = settings.apart.as_ref();
        let name = origin.path().map(<[u8]>::to_vec).unwrap_or_default();
        let way = Way::default();
        let mut content = content;
        let known = self.content(origin, &name, &mut content);
        if known.is_some_and(|mark| self.is_known(mark)) {
            // Its own bytes are looked at for each file, and it is done with as such.
            self.opener.account(|account| account.coverage.judged_before.containers += 1);
            return;
        }
        let mut level =
            Level { opening: self, outer: origin, way, name, depth: 0, windows: 0, format, apart };
        // The account has it, whatever the end.
        let opened = catch_unwind(AssertUnwindSafe(|| match content {
            Content::Stream(reader) => {
                let mut reader = Counted::new(reader, &budget);
                level.open(&budget, Content::Stream(&mut reader))
            }
            Content::Seekable(reader) => {
                let mut reader = Counted::new(reader, &budget);
                level.open(&budget, Content::Seekable(&mut reader))
            }
        }));
        let Err(panic) = opened else {
            if let Some(mark) = known.filter(|mark| self.done(origin, *mark)) {
                self.opener.account(|account| {
                    if account.clean.len() < MOST_KNOWN {
                        account.clean.insert(mark);
                    }
                });
            }
            return;
        };
        if self.is_inspecting {
            resume_unwind(panic);
        }
        // Decoders are many and others', and this is one file of many.
        let whole = Level {
            opening: self,
            outer: origin,
            way: Way::default(),
            name: Vec::new(),
            depth: 0,
            windows: 0,
            format,
            apart: None,
        };
        let reason = Reason::Corrupt(format!("what reads {} gave up", format.name()));
        whole.left_out(&budget, &Way::default(), b"", reason, None);
    }

    /// What the content of a container is known by. In Git it is known already, and a
    /// stream is read once.
    fn content(&self, origin: Origin<'_>, name: &[u8], content: &mut Content<'_>) -> Option<Mark> {
        let (Origin::File(_), Content::Seekable(reader)) = (origin, content) else { return None };
        let size = reader.seek(SeekFrom::End(0)).ok()?;
        reader.seek(SeekFrom::Start(0)).ok()?;
        if !KNOWN.contains(&size) || (self.opener.is_stopped)() {
            return None;
        }
        // Files are recognised and their members named by the name of the file alone.
        let name = name.rsplit(|byte| matches!(byte, b'/' | b'\\')).next().unwrap_or_default();
        let known = Mark::of_content("container", name, &mut *reader);
        reader.seek(SeekFrom::Start(0)).ok()?;
        known.ok().map(|(mark, _)| mark)
    }

    fn is_known(&self, mark: Mark) -> bool {
        self.opener.account(|account| account.clean.contains(&mark))
            || self.opener.inner.judged().is_some_and(|judged| judged.is_clean(mark))
    }
}
