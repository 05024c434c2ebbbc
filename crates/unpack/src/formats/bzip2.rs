//! bzip2.

use std::io;

use bzip2::bufread::BzDecoder;

use super::streams::{Codec, Packed, Unpacked};
use crate::Limits;

/// What begins a block, and what ends a stream without one: digits of pi and of its root.
const BLOCK: &[u8] = b"1AY&SY";
const END: &[u8] = &[0x17, 0x72, 0x45, 0x38, 0x50, 0x90];

pub(super) struct Bzip2;

impl Codec for Bzip2 {
    fn name(&self) -> &'static str {
        "bzip2"
    }

    fn begins(&self, head: &[u8]) -> bool {
        let [b'B', b'Z', b'h', b'1'..=b'9', first @ ..] = head else { return false };
        first.starts_with(BLOCK) || first.starts_with(END)
    }

    fn begin<'r>(&self, packed: Packed<'r>, _: &Limits) -> io::Result<Box<dyn Unpacked<'r> + 'r>> {
        Ok(Box::new(BzDecoder::new(packed)))
    }
}

impl<'r> Unpacked<'r> for BzDecoder<Packed<'r>> {
    fn behind(self: Box<Self>) -> io::Result<Packed<'r>> {
        Ok(self.into_inner())
    }
}
