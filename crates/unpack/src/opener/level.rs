//! A container that is open, at one depth: its members are shown to the inspector, and
//! those that are containers are opened in their turn. What a form makes of bytes is its
//! own business, how much may become of them the budget's.

use std::io::{Cursor, Read, SeekFrom};

use leeward_model::{
    Blob, Content, Inspect, Member, NotScanned, Origin, Reason, Way, Worker as _, unpacked_name,
};
use leeward_source::{Cut, Cutter, Measured};

use super::{HEAD, Opening};
use crate::{
    Apart, BEHIND, Format, Limits, Members, Problem, Reads, apart,
    budget::{Budget, Metered, Passing, Telling},
    digest::{self, Held},
    format::reason as broken,
    formats,
    member::{Failing, Spooling, read_full},
    spool::Spool,
};

/// How many children a thread keeps that have nothing to do: as many as are at work at
/// once on a message with a document, some megabytes each.
const IDLE: usize = 2;

/// A container that is open.
pub(super) struct Level<'a, 'o, 'i, I: Inspect> {
    pub(super) opening: &'a mut Opening<'o, 'i, I>,
    /// What the source handed out.
    pub(super) outer: Origin<'a>,
    /// The way to this container.
    pub(super) way: Way,
    /// The name of the file it is, or nothing.
    pub(super) name: Vec<u8>,
    /// How many containers are open around it, and how many that may take much memory.
    pub(super) depth: usize,
    pub(super) windows: u32,
    pub(super) format: &'a dyn Format,
    pub(super) apart: Option<&'a Apart>,
}

impl<'o, 'i, I: Inspect> Level<'_, 'o, 'i, I> {
    /// Hands out everything inside.
    pub(super) fn open(
        &mut self,
        budget: &Budget<'_>,
        content: Content<'_>,
    ) -> Result<(), Problem> {
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
        let format = self.format;
        // A process of its own has memory of its own.
        let windows = if self.is_apart() { 0 } else { self.windows.min(3) };
        let window = (budget.limits.window >> windows).max(1);
        let limits = Limits { window, ..*budget.limits };
        if format.is_apart() {
            return self.members_apart(budget, content, &limits);
        }
        let mut taking = Taking { level: self, budget };
        match content {
            Content::Seekable(reader) if format.reads() == Reads::Anywhere => {
                let mut reader = Passing { budget, reader };
                format.members(Content::Seekable(&mut reader), &limits, &mut taking)
            }
            content => format.members(content, &limits, &mut taking),
        }
    }

    fn members_apart(
        &mut self,
        budget: &Budget<'_>,
        mut content: Content<'_>,
        limits: &Limits,
    ) -> Result<(), Problem> {
        let (format, apart, is_stopped) = (self.format, self.apart, self.opening.opener.is_stopped);
        let mut parser = self.opening.parsers.pop();
        let mut taking = Taking { level: self, budget };
        let whole = match &mut content {
            Content::Seekable(reader) => Content::Seekable(&mut **reader),
            Content::Stream(reader) => Content::Stream(&mut **reader),
        };
        let ended =
            apart::members(apart, &mut parser, format, whole, limits, &mut taking, is_stopped);
        let idle = &mut taking.level.opening.parsers;
        idle.extend(parser.filter(|_| idle.len() < IDLE));
        if let (Err(Problem::Because(_)), Some(other), Content::Seekable(reader)) =
            (&ended, format.otherwise(), content)
        {
            reader.seek(SeekFrom::Start(0))?;
            let mut reader = Passing { budget, reader };
            other.members(Content::Seekable(&mut reader), limits, &mut taking)?;
        }
        ended
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
            self.left_out(budget, &self.way, name, Reason::stopped(), None);
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
            (None, _) if stopped => Some(Reason::stopped()),
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

    pub(super) fn left_out(
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
        if !held.keeps(promised, self.level.opening.opener.is_stopped) {
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
pub(super) fn shown(origin: Origin<'_>) -> Vec<u8> {
    match origin.outermost() {
        Origin::File(path) | Origin::Object(path) => path.as_os_str().as_encoded_bytes().to_vec(),
        Origin::Git(_, id) => id.to_string().into_bytes(),
        Origin::Stdin | Origin::Member(_) => b"-".to_vec(),
    }
}
