//! Makes archives of every form, also such as no program would make.

use std::io::{Cursor, Write as _};

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

pub(crate) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

pub(crate) fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

pub(crate) fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

pub(crate) fn lzma(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::LzmaOptions::with_preset(1);
    let mut writer =
        lzma_rust2::LzmaWriter::new_use_header(Vec::new(), &options, Some(bytes.len() as u64))
            .unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

pub(crate) fn lz4(bytes: &[u8]) -> Vec<u8> {
    let info = lz4_flex::frame::FrameInfo::new()
        .block_size(lz4_flex::frame::BlockSize::Max64KB)
        .content_checksum(true);
    let mut writer = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// Blocks that are not compressed, which is all that can be made without an encoder.
pub(crate) fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (at, chunk) in bytes.chunks(60_000).enumerate() {
        let len = chunk.len() as u32 - 1;
        // Not the last, four nibbles of length, not compressed; the first block stands
        // behind a bit for the window.
        let bits = (len << 3) | (1 << 19);
        let bits = if at == 0 { bits << 1 } else { bits };
        out.extend_from_slice(&bits.to_le_bytes()[..3]);
        out.extend_from_slice(chunk);
    }
    out.push(3);
    out
}

pub(crate) fn seven(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let mut writer = sevenz_rust2::ArchiveWriter::new(&mut out).unwrap();
    for (name, bytes) in members {
        let mut entry = sevenz_rust2::ArchiveEntry::new_file(name);
        entry.has_stream = true;
        writer.push_archive_entry(entry, Some(*bytes)).unwrap();
    }
    writer.finish().unwrap();
    out.into_inner()
}

/// A member of a tar file, with a header that may say anything of its size.
pub(crate) fn tar_member(name: &[u8], kind: u8, said: u64, bytes: &[u8]) -> Vec<u8> {
    let mut header = [0; 512];
    header[..name.len().min(100)].copy_from_slice(&name[..name.len().min(100)]);
    header[100..108].copy_from_slice(b"0000644\0");
    header[124..136].copy_from_slice(format!("{said:011o}\0").as_bytes());
    header[148..156].fill(b' ');
    header[156] = kind;
    header[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut out = [&header[..], bytes].concat();
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

pub(crate) fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, bytes) in members {
        out.extend(tar_member(name.as_bytes(), b'0', bytes.len() as u64, bytes));
    }
    out.resize(out.len() + 1024, 0);
    out
}

pub(crate) fn ar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = b"!<arch>\n".to_vec();
    for (name, bytes) in members {
        let name = format!("{name}/");
        out.extend(
            format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, bytes.len())
                .as_bytes(),
        );
        out.extend_from_slice(bytes);
        if out.len() % 2 == 1 {
            out.push(b'\n');
        }
    }
    out
}

pub(crate) fn cpio(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, bytes) in members.iter().chain([&("TRAILER!!!", &b""[..])]) {
        out.extend(b"070701");
        for at in 0..13 {
            let number = match at {
                6 => bytes.len(),
                11 => name.len() + 1,
                _ => 0,
            };
            out.extend(format!("{number:08x}").as_bytes());
        }
        out.extend(name.as_bytes());
        out.push(0);
        out.resize(out.len().next_multiple_of(4), 0);
        out.extend_from_slice(bytes);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    out
}

/// What the headers of a zip file say of a member.
#[derive(Clone)]
pub(crate) struct Said {
    pub(crate) name: String,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) crc: u32,
    pub(crate) packed: u32,
    pub(crate) unpacked: u32,
}

impl Said {
    /// The truth about bytes that are stored or deflated.
    pub(crate) fn of(name: &str, method: u16, packed: &[u8], bytes: &[u8]) -> Self {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        Self {
            name: name.to_owned(),
            flags: 0,
            method,
            crc: crc.sum(),
            packed: packed.len() as u32,
            unpacked: bytes.len() as u32,
        }
    }

    fn common(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for number in [20, self.flags, self.method, 0, 0] {
            out.extend(u16::to_le_bytes(number));
        }
        for number in [self.crc, self.packed, self.unpacked] {
            out.extend(number.to_le_bytes());
        }
        out.extend((self.name.len() as u16).to_le_bytes());
        out.extend([0, 0]);
        out
    }

    pub(crate) fn local(&self) -> Vec<u8> {
        [b"PK\x03\x04", &*self.common(), self.name.as_bytes()].concat()
    }

    pub(crate) fn central(&self, at: usize) -> Vec<u8> {
        let mut out = [b"PK\x01\x02\x14\0", &*self.common()].concat();
        out.extend([0; 10]);
        out.extend((at as u32).to_le_bytes());
        out.extend(self.name.as_bytes());
        out
    }
}

/// The end of a directory that begins somewhere.
pub(crate) fn zip_end(count: usize, size: usize, at: usize, comment: &[u8]) -> Vec<u8> {
    let mut out = b"PK\x05\x06\0\0\0\0".to_vec();
    out.extend((count as u16).to_le_bytes());
    out.extend((count as u16).to_le_bytes());
    out.extend((size as u32).to_le_bytes());
    out.extend((at as u32).to_le_bytes());
    out.extend((comment.len() as u16).to_le_bytes());
    out.extend(comment);
    out
}

/// A zip file of members that are compressed in ways with numbers.
pub(crate) fn zip_by(members: &[(&str, u16, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, method, bytes) in members {
        let packed = match method {
            0 => bytes.to_vec(),
            8 => deflate(bytes),
            // A block that is stored, which is the same in both.
            9 => {
                let len = bytes.len() as u16;
                [&[1][..], &len.to_le_bytes(), &(!len).to_le_bytes(), bytes].concat()
            }
            12 => bzip2(bytes),
            14 => {
                let file = lzma(bytes);
                [&[9, 20, 5, 0], &file[..5], &file[13..]].concat()
            }
            93 => zstd(bytes),
            95 => xz(bytes),
            other => panic!("{other}"),
        };
        let said = Said::of(name, *method, &packed, bytes);
        directory.extend(said.central(out.len()));
        out.extend(said.local());
        out.extend(packed);
    }
    let (at, size) = (out.len(), directory.len());
    out.extend(directory);
    out.extend(zip_end(members.len(), size, at, b""));
    out
}

pub(crate) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let members: Vec<_> = members.iter().map(|(name, bytes)| (*name, 8, *bytes)).collect();
    zip_by(&members)
}
