//! xz, and the `.lzma` files that came before it.

use std::io::{self, Read};

use lzma_rust2::{LzmaReader, XzReader};

use super::streams::{Codec, Packed, Unpacked};
use crate::{Bound, Limits};

/// What a decoder takes beside its dictionary, in KiB.
const BESIDE: u64 = 1 << 10;

pub(super) struct Xz;

impl Codec for Xz {
    fn name(&self) -> &'static str {
        "xz"
    }

    fn has_window(&self) -> bool {
        true
    }

    fn begins(&self, head: &[u8]) -> bool {
        head.starts_with(b"\xfd7zXZ\0")
    }

    fn begin<'r>(
        &self,
        packed: Packed<'r>,
        limits: &Limits,
    ) -> io::Result<Box<dyn Unpacked<'r> + 'r>> {
        Ok(Box::new(Within(XzReader::new_mem_limit(packed, false, kibibytes(limits)))))
    }
}

/// A stream of xz; its decoder says that a dictionary is too large by a kind of error.
struct Within<'r>(XzReader<Packed<'r>>);

impl Read for Within<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(named)
    }
}

impl<'r> Unpacked<'r> for Within<'r> {
    fn behind(self: Box<Self>) -> io::Result<Packed<'r>> {
        Ok(self.0.into_inner())
    }
}

pub(super) struct Lzma;

impl Codec for Lzma {
    fn name(&self) -> &'static str {
        "lzma"
    }

    fn has_window(&self) -> bool {
        true
    }

    /// There is no mark: usual parameters, a size of dictionary that programs choose, a
    /// length that is unknown or believable, and the zero that the coder begins with.
    fn begins(&self, head: &[u8]) -> bool {
        let [0x5d, a, b, c, d, length @ ..] = head else { return false };
        let Some((length, [0, ..])) = length.split_first_chunk() else { return false };
        let dictionary = u32::from_le_bytes([*a, *b, *c, *d]);
        let length = u64::from_le_bytes(*length);
        let is_usual = dictionary >= 1 << 12 && {
            let low = dictionary.trailing_zeros();
            dictionary == 1 << low || (low < 31 && dictionary == 3 << low)
        };
        is_usual && (length == u64::MAX || (1..1 << 40).contains(&length))
    }

    fn begin<'r>(
        &self,
        packed: Packed<'r>,
        limits: &Limits,
    ) -> io::Result<Box<dyn Unpacked<'r> + 'r>> {
        let reader = LzmaReader::new_mem_limit(packed, kibibytes(limits), None).map_err(named)?;
        Ok(Box::new(WithinLzma(reader)))
    }
}

struct WithinLzma<'r>(LzmaReader<Packed<'r>>);

impl Read for WithinLzma<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<'r> Unpacked<'r> for WithinLzma<'r> {
    /// Such a file is one stream; what the decoder read ahead is looked at no further.
    fn behind(self: Box<Self>) -> io::Result<Packed<'r>> {
        let (packed, unused) = self.0.into_parts();
        if unused.iter().any(|byte| *byte != 0) {
            return Err(io::Error::other("bytes behind the end of an LZMA stream"));
        }
        Ok(packed)
    }
}

fn kibibytes(limits: &Limits) -> u32 {
    u32::try_from((limits.window >> 10) + BESIDE).unwrap_or(u32::MAX)
}

/// An error of a decoder, by the limit if it is one.
pub(super) fn named(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::OutOfMemory { Bound::WINDOW.into() } else { error }
}
