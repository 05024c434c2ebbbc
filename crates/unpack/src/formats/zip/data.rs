//! The data of one member on its way out of its compression.

use std::io::{self, BufReader, Read, Take};

use bzip2::bufread::BzDecoder;
use deflate64::Deflate64Decoder;
use flate2::{Crc, bufread::DeflateDecoder};
use leeward_model::Reason;
use lzma_rust2::{LzmaReader, XzReader};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::{File, entry::Entry};
use crate::{
    Bound, Limits, Problem,
    formats::{xz::named, zstd::frame},
};

/// How far back a stream may look, whatever the limits: archives may lie in archives,
/// and each is open until those in it were read.
const WINDOW: u64 = 16 << 20;

/// One member's data.
pub(super) struct Data<'f, 'r> {
    unpacking: Unpacking<'f, 'r>,
    crc: Crc,
    /// What the checksum should be, if that is known.
    said: Option<u32>,
    has_ended: bool,
}

type Packed<'f, 'r> = Take<&'f mut File<'r>>;

enum Unpacking<'f, 'r> {
    Stored(Packed<'f, 'r>),
    Deflate(DeflateDecoder<&'f mut File<'r>>),
    Deflate64(Box<Deflate64Decoder<BufReader<Packed<'f, 'r>>>>),
    Bzip2(BzDecoder<Packed<'f, 'r>>),
    Lzma(Box<LzmaReader<Packed<'f, 'r>>>),
    Zstd(Box<StreamingDecoder<Packed<'f, 'r>, FrameDecoder>>),
    Xz(Box<XzReader<Packed<'f, 'r>>>),
}

impl<'f, 'r> Data<'f, 'r> {
    /// Begins where the file is: at the first byte of the data.
    pub(super) fn begin(
        file: &'f mut File<'r>,
        entry: &Entry,
        limits: &Limits,
    ) -> Result<Self, Problem> {
        let window = limits.window.min(WINDOW);
        let memory = u32::try_from((window >> 10) + 1024).unwrap_or(u32::MAX);
        if entry.method == 8 {
            // It ends where it ends, whatever was said of its length.
            return Ok(Self::of(Unpacking::Deflate(DeflateDecoder::new(file)), entry));
        }
        let mut packed = file.take(entry.packed);
        let unpacking = match entry.method {
            0 => Unpacking::Stored(packed),
            9 => Unpacking::Deflate64(Box::new(Deflate64Decoder::new(packed))),
            12 => Unpacking::Bzip2(BzDecoder::new(packed)),
            14 => {
                // A version, the length of the properties, and those.
                let mut head = [0; 9];
                packed.read_exact(&mut head)?;
                let [_, _, 5, 0, parameters, a, b, c, d] = head else {
                    return Err(Problem::corrupt("the properties of LZMA are damaged"));
                };
                let dictionary = u32::from_le_bytes([a, b, c, d]);
                if u64::from(dictionary) > window {
                    return Err(io::Error::from(Bound::WINDOW).into());
                }
                let size = if entry.flags & 2 != 0 { u64::MAX } else { entry.unpacked };
                let reader = LzmaReader::new_with_props(packed, size, parameters, dictionary, None);
                Unpacking::Lzma(Box::new(reader?))
            }
            20 | 93 => Unpacking::Zstd(Box::new(frame(packed, window)?)),
            95 => Unpacking::Xz(Box::new(XzReader::new_mem_limit(packed, true, memory))),
            method => {
                let reason = format!("compression {method} of zip is not read");
                return Err(Problem::Because(Reason::Unopened(reason)));
            }
        };
        Ok(Self::of(unpacking, entry))
    }

    fn of(unpacking: Unpacking<'f, 'r>, entry: &Entry) -> Self {
        // It stands behind the data, and only the directory has it.
        let is_known = entry.crc != 0 || !entry.is_streamed();
        let said = is_known.then_some(entry.crc);
        Self { unpacking, crc: Crc::new(), said, has_ended: false }
    }

    /// What turned out to be wrong with data that was read to its end.
    pub(super) fn problem(&self) -> Option<Reason> {
        let is_wrong = self.has_ended && self.said.is_some_and(|said| said != self.crc.sum());
        is_wrong.then(|| Reason::Corrupt("its checksum is wrong".to_owned()))
    }
}

impl Read for Data<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.unpacking {
            Unpacking::Stored(packed) => {
                let read = packed.read(buffer)?;
                if read == 0 && packed.limit() > 0 && !buffer.is_empty() {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                read
            }
            Unpacking::Deflate(reader) => reader.read(buffer)?,
            Unpacking::Deflate64(reader) => reader.read(buffer)?,
            Unpacking::Bzip2(reader) => reader.read(buffer)?,
            Unpacking::Lzma(reader) => reader.read(buffer)?,
            Unpacking::Zstd(reader) => reader.read(buffer)?,
            Unpacking::Xz(reader) => reader.read(buffer).map_err(named)?,
        };
        self.crc.update(&buffer[..read]);
        self.has_ended |= read == 0 && !buffer.is_empty();
        Ok(read)
    }
}
