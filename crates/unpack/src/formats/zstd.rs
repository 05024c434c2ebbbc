//! Zstandard (RFC 8878): frames behind one another, those to be skipped among them.

use std::io::{self, Read};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder, errors::FrameDecoderError};

use super::streams::{Codec, Packed, Unpacked};
use crate::{Bound, Limits};

pub(super) struct Zstd;

fn is_frame(head: &[u8]) -> bool {
    head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
}

/// The length of the frame to be skipped that some bytes begin with.
fn skipped(head: &[u8]) -> Option<usize> {
    let [0x50..=0x5f, 0x2a, 0x4d, 0x18, len @ ..] = head else { return None };
    Some(8 + u32::from_le_bytes(*len.first_chunk()?) as usize)
}

impl Codec for Zstd {
    fn name(&self) -> &'static str {
        "zstd"
    }

    fn is(&self, head: &[u8]) -> bool {
        // What begins with a frame to be skipped may be anything, LZ4 for one.
        is_frame(head) || skipped(head).is_some_and(|len| head.get(len..).is_some_and(is_frame))
    }

    fn has_window(&self) -> bool {
        true
    }

    fn begins(&self, head: &[u8]) -> bool {
        is_frame(head) || skipped(head).is_some()
    }

    fn begin<'r>(
        &self,
        mut packed: Packed<'r>,
        limits: &Limits,
    ) -> io::Result<Box<dyn Unpacked<'r> + 'r>> {
        if let Some(len) = skipped(packed.peek(8)?) {
            // Its bytes may be anything, and are handed out as they are.
            packed.skip(8)?;
            return Ok(Box::new(Skipped { packed, left: len as u64 - 8 }));
        }
        Ok(Box::new(Frame(frame(packed, limits.window)?)))
    }
}

/// Begins to unpack a frame.
pub(super) fn frame<R: Read>(
    packed: R,
    window: u64,
) -> io::Result<StreamingDecoder<R, FrameDecoder>> {
    StreamingDecoder::new_with_max_window_size(packed, window).map_err(|error| match error {
        FrameDecoderError::WindowSizeTooBig { .. } => Bound::WINDOW.into(),
        other => io::Error::other(other),
    })
}

struct Frame<'r>(StreamingDecoder<Packed<'r>, FrameDecoder>);

impl Read for Frame<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<'r> Unpacked<'r> for Frame<'r> {
    fn behind(self: Box<Self>) -> io::Result<Packed<'r>> {
        let (packed, decoder) = self.0.into_parts();
        match (decoder.get_checksum_from_data(), decoder.get_calculated_checksum()) {
            (Some(said), Some(seen)) if said != seen => {
                Err(io::Error::other("the checksum of a frame is wrong"))
            }
            _ => Ok(packed),
        }
    }
}

struct Skipped<'r> {
    packed: Packed<'r>,
    left: u64,
}

impl Read for Skipped<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = (&mut self.packed).take(self.left).read(buffer)?;
        self.left -= read as u64;
        Ok(read)
    }
}

impl<'r> Unpacked<'r> for Skipped<'r> {
    fn behind(self: Box<Self>) -> io::Result<Packed<'r>> {
        if self.left == 0 { Ok(self.packed) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}
