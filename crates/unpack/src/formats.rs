//! The forms that are known, in the order they are tried.

mod ar;
mod brotli;
mod bzip2;
mod cpio;
mod gzip;
mod json;
mod lake;
mod legacy;
mod lz4;
mod mail;
mod mbox;
mod office;
mod pdf;
mod rows;
mod rpm;
mod seven;
mod sqlite;
mod streams;
mod structured;
mod tar;
mod unopened;
mod warc;
mod xz;
mod zip;
mod zstd;

use crate::Format;

/// Every form.
pub const FORMATS: &[&dyn Format] = &[
    &gzip::Gzip,
    &bzip2::Bzip2,
    &xz::Xz,
    &zstd::Zstd,
    &lz4::Lz4,
    &sqlite::Sqlite,
    &pdf::Pdf,
    &legacy::Legacy,
    // Before what is a zip archive and nothing more.
    &office::Office,
    &zip::Zip,
    &tar::Tar,
    &seven::Seven,
    &ar::Ar,
    &cpio::Cpio,
    &rpm::Rpm,
    &lake::PARQUET,
    &lake::ARROW_FILE,
    &lake::ARROW_STREAM,
    &warc::Warc,
    &mbox::Mbox,
    &mail::Mail,
    &structured::notebook::Notebook,
    &structured::har::Har,
    &structured::source_map::SourceMap,
    &unopened::Unopened,
    &xz::Lzma,
    &brotli::Brotli,
];

/// The form of some bytes, if they are a container; see [`Format::is`].
pub(crate) fn of(head: &[u8], name: Option<&[u8]>) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.is(head, name))
}

/// Whether a file's name ends in one of some endings, in letters of any case.
fn named(name: Option<&[u8]>, endings: &[&[u8]]) -> bool {
    name.is_some_and(|name| {
        endings.iter().any(|ending| {
            name.len() > ending.len()
                && name[name.len() - ending.len()..].eq_ignore_ascii_case(ending)
        })
    })
}
