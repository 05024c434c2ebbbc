//! gzip (RFC 1952).

use std::io;

use flate2::bufread::GzDecoder;

use super::streams::{Codec, Packed, Unpacked};
use crate::Limits;

pub(super) struct Gzip;

impl Codec for Gzip {
    fn name(&self) -> &'static str {
        "gzip"
    }

    fn begins(&self, head: &[u8]) -> bool {
        // No flags are set that have no meaning.
        head.starts_with(&[0x1f, 0x8b, 8]) && head.get(3).is_none_or(|flags| *flags < 0x20)
    }

    fn begin<'r>(&self, packed: Packed<'r>, _: &Limits) -> io::Result<Box<dyn Unpacked<'r> + 'r>> {
        Ok(Box::new(GzDecoder::new(packed)))
    }
}

impl<'r> Unpacked<'r> for GzDecoder<Packed<'r>> {
    fn behind(self: Box<Self>) -> io::Result<Packed<'r>> {
        Ok(self.into_inner())
    }
}
