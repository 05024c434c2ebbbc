//! What may still become of one original: bytes, members, depth, and the check that a
//! little did not become suddenly much.

use std::{
    cell::Cell,
    cmp::Ordering,
    io::{self, Read, Seek, SeekFrom},
};

use leeward_model::Reason;

use crate::Limits;

/// How much of what is left out of one original is told by name.
const TOLD: u64 = 1_000;

/// What is told of something left out.
pub(crate) enum Telling {
    This,
    More,
    Nothing,
}

/// What is left to spend on one original.
#[derive(Debug)]
pub(crate) struct Budget<'l> {
    pub(crate) limits: &'l Limits,
    /// Bytes read of the original so far.
    read: Cell<u64>,
    /// Bytes unpacked at all depths.
    unpacked: Cell<u64>,
    members: Cell<u64>,
    /// Bytes read of containers that are read in any order, as often as they were.
    passed: Cell<u64>,
    /// How much was told to be left out.
    told: Cell<u64>,
    /// The bound that was reached, after which nothing more is unpacked.
    spent: Cell<Option<&'static str>>,
}

impl<'l> Budget<'l> {
    pub(crate) fn new(limits: &'l Limits) -> Self {
        Self {
            limits,
            read: Cell::new(0),
            unpacked: Cell::new(0),
            members: Cell::new(0),
            passed: Cell::new(0),
            told: Cell::new(0),
            spent: Cell::new(None),
        }
    }

    /// Notes how far the original was read; reading it again makes nothing more of it.
    fn read_to(&self, offset: u64) {
        self.read.set(self.read.get().max(offset));
    }

    /// Takes one more member, if there may be one.
    pub(crate) fn member(&self) -> bool {
        self.members.set(self.members.get() + 1);
        if self.members.get() > self.limits.members {
            self.spent.set(Some("members of one container"));
        }
        self.spent.get().is_none()
    }

    /// Whether one more thing that is left out is told, or it is told that there are more,
    /// or they are many and nothing is said.
    pub(crate) fn tell(&self) -> Telling {
        let told = self.told.get() + 1;
        self.told.set(told);
        match told.cmp(&TOLD) {
            Ordering::Less => Telling::This,
            Ordering::Equal => Telling::More,
            Ordering::Greater => Telling::Nothing,
        }
    }

    /// Notes bytes that were read of a container that is read in any order: members may
    /// lie over one another, and nothing need come of reading them.
    fn passed(&self, bytes: u64) {
        self.passed.set(self.passed.get() + bytes);
        if self.passed.get() > self.most() {
            self.spent.set(Some("bytes read of one container"));
        }
    }

    /// How much may be made of what was read so far.
    fn most(&self) -> u64 {
        let Limits { bytes, bytes_for_each, .. } = *self.limits;
        bytes.saturating_add(self.read.get().saturating_mul(bytes_for_each))
    }

    /// Why nothing more is unpacked, if that is so.
    pub(crate) fn spent(&self) -> Option<Reason> {
        self.spent.get().map(|bound| Reason::Limit(bound.to_owned()))
    }

    /// Notes bytes that were unpacked.
    fn unpacked(&self, bytes: u64) {
        let Limits { sudden, sudden_for_each, .. } = *self.limits;
        let (read, unpacked) = (self.read.get(), self.unpacked.get() + bytes);
        self.unpacked.set(unpacked);
        if unpacked > self.most() {
            self.spent.set(Some("bytes unpacked from one container"));
        } else if unpacked > sudden.saturating_add(read.saturating_mul(sudden_for_each)) {
            self.spent.set(Some("bytes unpacked from next to nothing"));
        }
    }
}

/// A member's bytes on their way, counted; they end in an error where the budget does.
pub(crate) struct Metered<'b, 'l, R: ?Sized> {
    pub(crate) budget: &'b Budget<'l>,
    pub(crate) reader: &'b mut R,
}

impl<R: Read + ?Sized> Read for Metered<'_, '_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.budget.spent.get().is_some() {
            return Err(io::Error::other("a limit was reached"));
        }
        let read = self.reader.read(buffer)?;
        self.budget.unpacked(read as u64);
        Ok(read)
    }
}

/// The original on its way, watched.
pub(crate) struct Counted<'b, 'l, R: ?Sized> {
    reader: &'b mut R,
    budget: &'b Budget<'l>,
    offset: u64,
}

impl<'b, 'l, R: ?Sized> Counted<'b, 'l, R> {
    /// From its first byte.
    pub(crate) fn new(reader: &'b mut R, budget: &'b Budget<'l>) -> Self {
        Self { reader, budget, offset: 0 }
    }
}

impl<R: Read + ?Sized> Read for Counted<'_, '_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.offset += read as u64;
        self.budget.read_to(self.offset);
        Ok(read)
    }
}

impl<R: Seek + ?Sized> Seek for Counted<'_, '_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.offset = self.reader.seek(to)?;
        Ok(self.offset)
    }
}

/// A container that is read in any order, on its way.
pub(crate) struct Passing<'b, 'l, R: ?Sized> {
    pub(crate) budget: &'b Budget<'l>,
    pub(crate) reader: &'b mut R,
}

impl<R: Read + ?Sized> Read for Passing<'_, '_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.budget.spent.get().is_some() {
            return Err(io::Error::other("a limit was reached"));
        }
        let read = self.reader.read(buffer)?;
        self.budget.passed(read as u64);
        Ok(read)
    }
}

impl<R: Seek + ?Sized> Seek for Passing<'_, '_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reader.seek(to)
    }
}
