//! What may still become of one original: bytes, members, depth, and the check that a
//! little did not become suddenly much.

use std::{
    cell::Cell,
    io::{self, Read, Seek, SeekFrom},
};

use leeward_model::Reason;

use crate::Limits;

/// What is left to spend on one original.
#[derive(Debug)]
pub(crate) struct Budget<'l> {
    pub(crate) limits: &'l Limits,
    /// Bytes read of the original so far.
    read: Cell<u64>,
    /// Bytes unpacked at all depths.
    unpacked: Cell<u64>,
    members: Cell<u64>,
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

    /// Why nothing more is unpacked, if that is so.
    pub(crate) fn spent(&self) -> Option<Reason> {
        self.spent.get().map(|bound| Reason::Limit(bound.to_owned()))
    }

    /// Notes bytes that were unpacked.
    fn unpacked(&self, bytes: u64) {
        let Limits { bytes: base, bytes_for_each, sudden, sudden_for_each, .. } = *self.limits;
        let (read, unpacked) = (self.read.get(), self.unpacked.get() + bytes);
        self.unpacked.set(unpacked);
        if unpacked > base.saturating_add(read.saturating_mul(bytes_for_each)) {
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
