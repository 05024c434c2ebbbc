//! The frame format of LZ4, and the one before it.

use std::io::{self, Read};

use lz4_flex::frame::FrameDecoder;

use super::streams::{Codec, Packed, Unpacked};
use crate::Limits;

const MAGIC: &[u8] = &[0x04, 0x22, 0x4d, 0x18];
const LEGACY: &[u8] = &[0x02, 0x21, 0x4c, 0x18];

pub(super) struct Lz4;

impl Codec for Lz4 {
    fn name(&self) -> &'static str {
        "lz4"
    }

    fn begins(&self, head: &[u8]) -> bool {
        head.starts_with(MAGIC) || head.starts_with(LEGACY)
    }

    fn begin<'r>(
        &self,
        mut packed: Packed<'r>,
        _: &Limits,
    ) -> io::Result<Box<dyn Unpacked<'r> + 'r>> {
        // The older format ends where the file does.
        let is_open_ended = packed.peek(4)? == LEGACY;
        Ok(Box::new(Frame { decoder: FrameDecoder::new(packed), is_open_ended }))
    }
}

struct Frame<'r> {
    decoder: FrameDecoder<Packed<'r>>,
    is_open_ended: bool,
}

impl Read for Frame<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.decoder.read(buffer)
    }
}

impl<'r> Unpacked<'r> for Frame<'r> {
    /// The decoder takes a missing block for the end of its frame.
    fn behind(self: Box<Self>) -> io::Result<Packed<'r>> {
        let packed = self.decoder.into_inner();
        if packed.wanted_more() && !self.is_open_ended {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(packed)
    }
}
