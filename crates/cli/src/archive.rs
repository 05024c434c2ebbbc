//! Files in one `.zip`, in the order they are given and without times of this
//! machine, so that the same evidence makes the same archive.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::Path,
};

use leeward_report::PackFile;
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

/// Writes an archive where nothing is yet.
pub(crate) fn write(path: &Path, files: &[PackFile]) -> io::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let mut archive = ZipWriter::new(file);
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    for file in files {
        archive.start_file(file.name, options)?;
        archive.write_all(&file.bytes)?;
    }
    archive.finish()?.sync_all()
}
