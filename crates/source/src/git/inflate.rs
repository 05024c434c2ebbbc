//! Undoes zlib: in one shot where the size is known, which is nearly always,
//! and as a stream where it is not or where the whole would be too large.

use std::io::{self, Read};

use flate2::bufread::ZlibDecoder;
use libdeflater::Decompressor;

/// No deflate stream unpacks to more than this many times its own size, so a
/// larger claim is refused before any memory is asked for.
const HIGHEST_RATIO: u64 = 1032;

/// A one-shot decompressor; make one per thread and keep it.
pub(super) struct Inflate(Decompressor);

impl Inflate {
    pub(super) fn new() -> Self {
        Self(Decompressor::new())
    }

    /// Unpacks `packed` into `out`, which holds exactly `size` bytes
    /// afterwards.
    pub(super) fn exactly(
        &mut self,
        packed: &[u8],
        size: u64,
        out: &mut Vec<u8>,
    ) -> Result<(), &'static str> {
        if size > plausible(packed.len() as u64) {
            return Err("the packed data is too short for the size it claims");
        }
        out.resize(usize::try_from(size).map_err(|_| "the size it claims is too large")?, 0);
        match self.0.zlib_decompress(packed, out) {
            Ok(unpacked) if unpacked as u64 == size => Ok(()),
            Ok(_) => Err("the packed data is shorter than the size it claims"),
            Err(_) => Err("the packed data is damaged"),
        }
    }
}

/// The most that `packed` bytes of zlib data can hold.
pub(super) fn plausible(packed: u64) -> u64 {
    packed.saturating_mul(HIGHEST_RATIO)
}

/// Unpacks as a stream that ends with an error unless exactly `size` bytes
/// come out.
pub(super) struct InflateStream<'a> {
    inner: ZlibDecoder<&'a [u8]>,
    left: u64,
}

impl<'a> InflateStream<'a> {
    pub(super) fn new(packed: &'a [u8], size: u64) -> Self {
        Self { inner: ZlibDecoder::new(packed), left: size }
    }
}

impl Read for InflateStream<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        let invalid = |message| Err(io::Error::new(io::ErrorKind::InvalidData, message));
        match self.left.checked_sub(read as u64) {
            None => invalid("the packed data is longer than the size it claims"),
            Some(left) if read == 0 && left > 0 && !out.is_empty() => {
                invalid("the packed data is shorter than the size it claims")
            }
            Some(left) => {
                self.left = left;
                Ok(read)
            }
        }
    }
}

#[cfg(test)]
pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_must_be_true() {
        let packed = deflate(b"hello hello hello");
        let mut out = Vec::new();
        let mut inflate = Inflate::new();
        assert_eq!(inflate.exactly(&packed, 17, &mut out), Ok(()));
        assert_eq!(out, b"hello hello hello");
        assert!(inflate.exactly(&packed, 16, &mut out).is_err());
        assert!(inflate.exactly(&packed, 18, &mut out).is_err());
        assert!(inflate.exactly(&packed, u64::MAX, &mut out).is_err());
        assert_eq!(inflate.exactly(&deflate(b""), 0, &mut out), Ok(()));
        assert!(out.is_empty());
    }

    #[test]
    fn streams_check_their_size_too() {
        let packed = deflate(&[7; 1000]);
        let read = |size| {
            let mut out = Vec::new();
            InflateStream::new(&packed, size).read_to_end(&mut out).map(|_| out.len())
        };
        assert_eq!(read(1000).unwrap(), 1000);
        assert!(read(999).is_err());
        assert!(read(1001).is_err());
    }
}
