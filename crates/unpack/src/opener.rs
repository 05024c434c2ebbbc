//! Stands between a source and an inspector: shows the inspector everything the source
//! does, and every member of what is a container, at any depth.

use std::{
    collections::HashSet,
    io::{Cursor, Read, Seek as _, SeekFrom},
    ops::RangeInclusive,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Mutex, PoisonError},
};

use leeward_model::{
    Blob, Content, Coverage, Inspect, Judged, Mark, Member, NotScanned, Origin, Position, Reason,
    Trace, Wanted, Way, Worker,
};
use leeward_source::{Cut, Cutter, Measured};

use crate::{
    Apart, BEHIND, Format, Limits, Members, Problem, Reads, apart,
    budget::{Budget, Counted, Metered, Passing, Telling},
    digest::{self, Held},
    format::reason as broken,
    formats,
    member::{Failing, Spooling, read_full, unpacked_name},
    spool::Spool,
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
    /// Whether a member is being inspected: who panics is then not a parser.
    is_inspecting: bool,
}

impl<I: Inspect> Worker for Opening<'_, '_, I> {
    fn inspect(&mut self, blob: Blob<'_>) -> Trace {
        let trace = self.worker.inspect(blob);
        if blob.piece.is_none() {
            let head = &blob.bytes[..blob.bytes.len().min(HEAD)];
            let mut bytes = Cursor::new(blob.bytes);
            self.open(blob.origin, head, Content::Seekable(&mut bytes));
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
        if let Some((settings, format)) = self.format(origin, head) {
            self.original(settings, origin, format, content);
        }
    }

    fn done(&mut self, origin: Origin<'_>, mark: Mark) -> bool {
        self.opener.is_whole(origin) && self.worker.done(origin, mark)
    }
}

impl<'i, I: Inspect> Opening<'_, 'i, I> {
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

/// A container that is open.
struct Level<'a, 'o, 'i, I: Inspect> {
    opening: &'a mut Opening<'o, 'i, I>,
    /// What the source handed out.
    outer: Origin<'a>,
    /// The way to this container.
    way: Way,
    /// The name of the file it is, or nothing.
    name: Vec<u8>,
    /// How many containers are open around it, and how many that may take much memory.
    depth: usize,
    windows: u32,
    format: &'a dyn Format,
    apart: Option<&'a Apart>,
}

impl<'o, 'i, I: Inspect> Level<'_, 'o, 'i, I> {
    /// Hands out everything inside.
    fn open(&mut self, budget: &Budget<'_>, content: Content<'_>) -> Result<(), Problem> {
        let (format, limits) = (self.format, budget.limits);
        let mut spool = Spool::default();
        let ended = match content {
            // Whoever runs it apart holds it.
            Content::Stream(reader) if format.reads() == Reads::Anywhere && !self.is_apart() => {
                match spool.fill(reader, limits.held) {
                    Ok(true) => spool.read(|content| self.members(budget, content)),
                    Ok(false) => Ok(Err(Problem::Because(held_reason()))),
                    Err(error) => Err(error),
                }
            }
            content => Ok(self.members(budget, content)),
        };
        match ended.unwrap_or_else(|error| Err(Problem::Because(broken(&error)))) {
            Err(Problem::Because(reason)) => {
                self.left_out(budget, &self.way, b"", budget.spent().unwrap_or(reason), None);
                if budget.spent().is_some() { Err(Problem::Stop) } else { Ok(()) }
            }
            ended => ended,
        }
    }

    fn members(&mut self, budget: &Budget<'_>, content: Content<'_>) -> Result<(), Problem> {
        let (format, apart, opener) = (self.format, self.apart, self.opening.opener);
        // A process of its own has memory of its own.
        let windows = if self.is_apart() { 0 } else { self.windows.min(3) };
        let window = (budget.limits.window >> windows).max(1);
        let limits = Limits { window, ..*budget.limits };
        let mut taking = Taking { level: self, budget };
        if format.is_apart() {
            let is_stopped = opener.is_stopped;
            let Content::Seekable(reader) = content else {
                return apart::members(apart, format, content, &limits, &mut taking, is_stopped);
            };
            let seekable = Content::Seekable(&mut *reader);
            let ended = apart::members(apart, format, seekable, &limits, &mut taking, is_stopped);
            if let (Err(Problem::Because(_)), Some(other)) = (&ended, format.otherwise()) {
                reader.seek(SeekFrom::Start(0))?;
                let mut reader = Passing { budget, reader };
                other.members(Content::Seekable(&mut reader), &limits, &mut taking)?;
            }
            return ended;
        }
        match content {
            Content::Seekable(reader) if format.reads() == Reads::Anywhere => {
                let mut reader = Passing { budget, reader };
                format.members(Content::Seekable(&mut reader), &limits, &mut taking)
            }
            content => format.members(content, &limits, &mut taking),
        }
    }

    /// Whether its parser runs in a process of its own.
    fn is_apart(&self) -> bool {
        self.format.is_apart() && self.apart.is_some()
    }

    fn take(
        &mut self,
        budget: &Budget<'_>,
        name: &[u8],
        is_table: bool,
        reader: &mut dyn Read,
    ) -> Result<(), Problem> {
        if (self.opening.opener.is_stopped)() {
            self.left_out(
                budget,
                &self.way,
                name,
                Reason::Limit("the scan was stopped".into()),
                None,
            );
            return Err(Problem::Stop);
        }
        if !budget.member() {
            let reason = budget.spent().unwrap_or(Reason::Excluded);
            self.left_out(budget, &self.way, name, reason, None);
            return Err(Problem::Stop);
        }
        // What a compressed file holds has its name, but for the ending. A table that is
        // all that is in a file has none.
        let is_nameless = name.is_empty() && !is_table;
        let name = if is_nameless { unpacked_name(&self.name) } else { name.to_vec() };
        let inside = self.way.to(&name);
        let mut metered = Metered { budget, reader };
        let mut head = [0; HEAD];
        let (len, error) = read_full(&mut metered, &mut head);
        let head = &head[..len];
        let mut whole = Cursor::new(head).chain(Failing { error }.chain(metered));
        let format = if is_table { None } else { formats::of(head, Some(&name)) };
        let format = format.filter(|_| {
            let is_deep = self.depth + 1 >= budget.limits.depth;
            if is_deep {
                let reason = Reason::Limit("containers inside one another".into());
                self.left_out(budget, &inside, b"", reason, None);
            }
            !is_deep
        });
        let Some(format) = format else {
            return self.show(budget, &inside, is_table, &mut whole);
        };
        if format.reads() == Reads::Forward {
            // `x.tar.gz` is one thing to people.
            let way = if is_nameless { self.way.clone() } else { inside.clone() };
            self.below(format, way, name).open(budget, Content::Stream(&mut whole))?;
            // Bytes behind the end of a form are looked at as they are.
            return self.show_rest(budget, &inside, &mut whole);
        }
        let (spool, is_whole) = if format.is_opaque() {
            let mut spool = Spool::default();
            match spool.fill(&mut whole, budget.limits.held) {
                Ok(is_whole) => (spool, is_whole),
                Err(error) => {
                    let reason = budget.spent().unwrap_or_else(|| broken(&error));
                    self.left_out(budget, &inside, b"", reason, None);
                    return if budget.spent().is_some() { Err(Problem::Stop) } else { Ok(()) };
                }
            }
        } else {
            let mut spooling =
                Spooling { reader: whole, spool: Spool::default(), left: budget.limits.held };
            self.show(budget, &inside, false, &mut spooling)?;
            (spooling.spool, spooling.left > 0)
        };
        let mut level = self.below(format, inside.clone(), name);
        if !is_whole {
            level.left_out(budget, &inside, b"", held_reason(), None);
            return Ok(());
        }
        spool
            .read(|content| level.open(budget, content))
            .unwrap_or_else(|error| Err(Problem::Because(broken(&error))))
    }

    fn below<'b>(
        &'b mut self,
        format: &'b dyn Format,
        way: Way,
        name: Vec<u8>,
    ) -> Level<'b, 'o, 'i, I> {
        let depth = self.depth + 1;
        let windows = self.windows + u32::from(self.format.has_window());
        let Self { outer, apart, .. } = *self;
        Level { opening: self.opening, outer, way, name, depth, windows, format, apart }
    }

    /// Shows a text to the inspector, in pieces if it is long.
    fn show(
        &mut self,
        budget: &Budget<'_>,
        inside: &Way,
        is_table: bool,
        reader: &mut dyn Read,
    ) -> Result<(), Problem> {
        let cut = Cut::DEFAULT;
        let mut buffer = self.opening.spare.pop().unwrap_or_else(|| vec![0; cut.buffer()]);
        let member = Member { outer: self.outer, inside, is_table };
        let origin = Origin::Member(&member);
        let mut cutter = Cutter::new(reader, cut);
        let (mut pieces, mut shown) = (Vec::new(), 0);
        while let Some(filled) = cutter.fill(&mut buffer) {
            let (bytes, piece) = (&buffer[..filled.len], filled.piece);
            self.opening.is_inspecting = true;
            self.opening.worker.inspect(Blob { bytes, origin, piece, base: None });
            self.opening.is_inspecting = false;
            pieces.extend(piece.map(|piece| Measured::of(cut, bytes, piece)));
            shown += filled.own().len() as u64;
            if (self.opening.opener.is_stopped)() {
                break;
            }
        }
        self.opening.spare.push(buffer);
        if !pieces.is_empty() {
            self.opening.opener.inner.pieces_done(origin, &Measured::starts(pieces));
        }
        let stopped = (self.opening.opener.is_stopped)();
        let reason = match (budget.spent(), cutter.into_error()) {
            (Some(spent), _) => Some(spent),
            (None, _) if stopped => Some(Reason::Limit("the scan was stopped".into())),
            (None, error) => error.map(|error| broken(&error)),
        };
        self.opening.opener.account(|account| {
            account.coverage.bytes_scanned += shown;
            account.coverage.members_scanned += u64::from(reason.is_none());
        });
        if let Some(reason) = reason {
            self.left_out(budget, inside, b"", reason, None);
        }
        if stopped || budget.spent().is_some() { Err(Problem::Stop) } else { Ok(()) }
    }

    /// Shows what is left of a member behind the container that it began with. Archives
    /// end in zeros, which are nothing.
    fn show_rest(
        &mut self,
        budget: &Budget<'_>,
        inside: &Way,
        reader: &mut dyn Read,
    ) -> Result<(), Problem> {
        let mut block = [0; 512];
        loop {
            let (len, error) = read_full(reader, &mut block);
            let Some(start) = block[..len].iter().position(|byte| *byte != 0) else {
                match error {
                    // The container could not be read beyond this either, and said so.
                    Some(_) => return Ok(()),
                    None if len == 0 => return Ok(()),
                    None => continue,
                }
            };
            let rest = Failing { error }.chain(reader);
            let mut rest = Cursor::new(&block[start..len]).chain(rest);
            return self.show(budget, &inside.to(BEHIND), false, &mut rest);
        }
    }

    fn left_out(
        &self,
        budget: &Budget<'_>,
        way: &Way,
        name: &[u8],
        reason: Reason,
        bytes: Option<u64>,
    ) {
        let outermost = Way::default();
        let (way, name, reason, bytes) = match budget.tell() {
            Telling::This => (way, name, reason, bytes),
            Telling::More => {
                let reason = Reason::Limit("more that is left out of one container".to_owned());
                (&outermost, &b""[..], reason, None)
            }
            Telling::Nothing => return,
        };
        let way = if name.is_empty() { way.clone() } else { way.to(name) };
        let path = way.from(&shown(self.outer));
        self.opening.opener.account(|account| {
            account.unfinished.insert(shown(self.outer));
            account.coverage.not_scanned.push(NotScanned { path, reason, bytes });
        });
    }
}

/// Takes members for a container that is open.
struct Taking<'t, 'a, 'o, 'i, 'b, 'l, I: Inspect> {
    level: &'t mut Level<'a, 'o, 'i, I>,
    budget: &'b Budget<'l>,
}

impl<I: Inspect> Members for Taking<'_, '_, '_, '_, '_, '_, I> {
    fn member(&mut self, name: &[u8], bytes: &mut dyn Read) -> Result<(), Problem> {
        let Some(promised) = digest::promised(name) else {
            return self.level.take(self.budget, name, false, bytes);
        };
        let mut held = Held::new(bytes);
        self.level.take(self.budget, name, false, &mut held)?;
        if !held.keeps(promised) {
            self.left_out(name, digest::mismatch(), None);
        }
        Ok(())
    }

    fn table(&mut self, name: &[u8], rows: &mut dyn Read) -> Result<(), Problem> {
        self.level.take(self.budget, name, true, rows)
    }

    fn left_out(&mut self, name: &[u8], reason: Reason, bytes: Option<u64>) {
        self.level.left_out(self.budget, &self.level.way, name, reason, bytes);
    }
}

pub(crate) fn held_reason() -> Reason {
    Reason::Limit("size of a container that is read in any order".into())
}

/// What a source calls its original where something of it is left out.
fn shown(origin: Origin<'_>) -> Vec<u8> {
    match origin.outermost() {
        Origin::File(path) => path.as_os_str().as_encoded_bytes().to_vec(),
        Origin::Git(_, id) => id.to_string().into_bytes(),
        Origin::Stdin | Origin::Member(_) => b"-".to_vec(),
    }
}
