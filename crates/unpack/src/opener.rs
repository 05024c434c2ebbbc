//! Stands between a source and an inspector: shows the inspector everything the source
//! does, and every member of what is a container, at any depth.

use std::{
    io::{self, Cursor, Read},
    sync::{Mutex, PoisonError},
};

use leeward_model::{
    Blob, Content, Coverage, Inspect, Member, NotScanned, Origin, Position, Reason, Trace, Wanted,
    Way, Worker,
};
use leeward_source::{Cut, Cutter, Measured};

use crate::{
    Format, Limits, Members, Problem, Reads,
    budget::{Budget, Counted, Metered},
    formats,
    spool::Spool,
};

/// How much of a member says what it is.
const HEAD: usize = 4 << 10;

/// How containers are opened.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How much may become of one.
    pub limits: Limits,
}

/// Looks inside containers for an inspector.
pub struct Opener<'i, I> {
    inner: &'i I,
    settings: Option<&'i Settings>,
    is_stopped: &'i (dyn Fn() -> bool + Sync),
    account: Mutex<Coverage>,
}

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
        self.account.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn account(&self, change: impl FnOnce(&mut Coverage)) {
        change(&mut self.account.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl<'o, 'i, I: Inspect> Inspect for &'o Opener<'i, I> {
    type Worker = Opening<'o, 'i, I>;

    fn worker(&self) -> Self::Worker {
        Opening { opener: self, worker: self.inner.worker(), spare: Vec::new() }
    }

    fn pieces_done(&self, origin: Origin<'_>, starts: &[Position]) {
        self.inner.pieces_done(origin, starts);
    }
}

/// One thread's view of an [`Opener`].
pub struct Opening<'o, 'i, I: Inspect> {
    opener: &'o Opener<'i, I>,
    worker: I::Worker,
    /// Buffers of one piece each, one for each depth that was ever needed.
    spare: Vec<Vec<u8>>,
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
        let name = origin.path().map(<[u8]>::to_vec).unwrap_or_default();
        let mut level =
            Level { opening: self, outer: origin, way: Way::default(), name, depth: 0, format };
        // The account has it, whatever the end.
        let _ = match content {
            Content::Stream(reader) => {
                let mut reader = Counted::new(reader, &budget);
                level.open(&budget, Content::Stream(&mut reader))
            }
            Content::Seekable(reader) => {
                let mut reader = Counted::new(reader, &budget);
                level.open(&budget, Content::Seekable(&mut reader))
            }
        };
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
    /// How many containers are open around it.
    depth: usize,
    format: &'a dyn Format,
}

impl<'o, 'i, I: Inspect> Level<'_, 'o, 'i, I> {
    /// Hands out everything inside.
    fn open(&mut self, budget: &Budget<'_>, content: Content<'_>) -> Result<(), Problem> {
        let (format, limits) = (self.format, budget.limits);
        let mut spool = Spool::default();
        let ended = match content {
            Content::Stream(reader) if format.reads() == Reads::Anywhere => {
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
                self.left_out(&self.way, b"", budget.spent().unwrap_or(reason), None);
                if budget.spent().is_some() { Err(Problem::Stop) } else { Ok(()) }
            }
            ended => ended,
        }
    }

    fn members(&mut self, budget: &Budget<'_>, content: Content<'_>) -> Result<(), Problem> {
        let format = self.format;
        format.members(content, budget.limits, &mut Taking { level: self, budget })
    }

    fn take(
        &mut self,
        budget: &Budget<'_>,
        name: &[u8],
        is_table: bool,
        reader: &mut dyn Read,
    ) -> Result<(), Problem> {
        if (self.opening.opener.is_stopped)() {
            self.left_out(&self.way, name, Reason::Limit("the scan was stopped".into()), None);
            return Err(Problem::Stop);
        }
        if !budget.member() {
            let reason = budget.spent().unwrap_or(Reason::Excluded);
            self.left_out(&self.way, name, reason, None);
            return Err(Problem::Stop);
        }
        // What a compressed file holds has its name, but for the ending.
        let is_nameless = name.is_empty();
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
                self.left_out(&inside, b"", reason, None);
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
        let mut spooling =
            Spooling { reader: whole, spool: Spool::default(), left: budget.limits.held };
        self.show(budget, &inside, false, &mut spooling)?;
        let Spooling { spool, left, .. } = spooling;
        let mut level = self.below(format, inside.clone(), name);
        if left == 0 {
            level.left_out(&inside, b"", held_reason(), None);
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
        Level { opening: self.opening, outer: self.outer, way, name, depth: self.depth + 1, format }
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
            self.opening.worker.inspect(Blob { bytes, origin, piece, base: None });
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
            account.bytes_scanned += shown;
            account.members_scanned += u64::from(reason.is_none());
        });
        if let Some(reason) = reason {
            self.left_out(inside, b"", reason, None);
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
            return self.show(budget, &inside.to(b"(behind the end)"), false, &mut rest);
        }
    }

    fn left_out(&self, way: &Way, name: &[u8], reason: Reason, bytes: Option<u64>) {
        let way = if name.is_empty() { way.clone() } else { way.to(name) };
        let path = way.from(&shown(self.outer));
        self.opening.opener.account(|account| {
            account.not_scanned.push(NotScanned { path, reason, bytes });
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
        self.level.take(self.budget, name, false, bytes)
    }

    fn table(&mut self, name: &[u8], rows: &mut dyn Read) -> Result<(), Problem> {
        self.level.take(self.budget, name, true, rows)
    }

    fn left_out(&mut self, name: &[u8], reason: Reason, bytes: Option<u64>) {
        self.level.left_out(&self.level.way, name, reason, bytes);
    }
}

/// A reader that keeps what passes, up to a limit.
struct Spooling<R> {
    reader: R,
    spool: Spool,
    /// How much more is kept; 0 when it was too much.
    left: u64,
}

impl<R: Read> Read for Spooling<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.left = self.left.saturating_sub(read as u64);
        if self.left > 0 {
            self.spool.take(&buffer[..read])?;
        } else {
            self.spool = Spool::default();
        }
        Ok(read)
    }
}

/// Ends as another reader ended.
struct Failing {
    error: Option<io::Error>,
}

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.error.take().map_or(Ok(0), Err)
    }
}

/// Fills a buffer as far as there is something to read.
fn read_full(reader: &mut (impl Read + ?Sized), buffer: &mut [u8]) -> (usize, Option<io::Error>) {
    let mut len = 0;
    while len < buffer.len() {
        match reader.read(&mut buffer[len..]) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (len, Some(error)),
        }
    }
    (len, None)
}

/// What an error of a reader means: those of decoders are about the data.
fn broken(error: &io::Error) -> Reason {
    match error.raw_os_error() {
        Some(_) => Reason::Unreadable(error.to_string()),
        None => Reason::Corrupt(error.to_string()),
    }
}

fn held_reason() -> Reason {
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

/// The name of what a compressed file holds, by the file's own.
fn unpacked_name(name: &[u8]) -> Vec<u8> {
    let name = name.rsplit(|byte| matches!(byte, b'/' | b'\\')).next().unwrap_or_default();
    let Some(dot) = name.iter().rposition(|byte| *byte == b'.') else {
        return b"content".to_vec();
    };
    let (stem, ending) = (&name[..dot], name[dot + 1..].to_ascii_lowercase());
    match ending.as_slice() {
        _ if stem.is_empty() => b"content".to_vec(),
        b"tgz" | b"tbz" | b"tbz2" | b"txz" | b"tzst" => [stem, b".tar"].concat(),
        _ => stem.to_vec(),
    }
}
