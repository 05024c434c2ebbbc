//! The texts in a ZIP archive of logs, within bounds: nothing is written to disk, and
//! what is beyond the bounds is said.

use std::io::{Cursor, Read as _};

use crate::asker::LARGEST_TEXT;

/// The most bytes of an archive that are fetched.
pub(crate) const LARGEST_ARCHIVE: usize = 32 << 20;

/// The most bytes of all its texts together: they are in memory at once.
const MOST_BYTES: usize = 64 << 20;

/// The most files of an archive that are read.
const MOST_FILES: usize = 1_000;

/// What an archive holds.
pub(crate) struct Unpacked {
    /// Names and contents.
    pub(crate) texts: Vec<(String, Vec<u8>)>,
    /// Names, and why they were not looked at, or not to the end.
    pub(crate) left: Vec<(String, String)>,
}

/// Reads an archive. `None` if it is none.
pub(crate) fn unpack(bytes: &[u8]) -> Option<Unpacked> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut unpacked = Unpacked { texts: Vec::new(), left: Vec::new() };
    let mut room = MOST_BYTES;
    for number in 0..archive.len() {
        if number >= MOST_FILES || room == 0 {
            let why = format!(
                "{} of its files were not looked at: it is too large",
                archive.len() - number
            );
            unpacked.left.push((String::new(), why));
            break;
        }
        let mut file = match archive.by_index(number) {
            Ok(file) if file.is_dir() => continue,
            Ok(file) => file,
            Err(_) => {
                unpacked.left.push((format!("file {number}"), "it cannot be unpacked".to_owned()));
                continue;
            }
        };
        let name = String::from_utf8_lossy(file.name_raw()).into_owned();
        let most = LARGEST_TEXT.min(room);
        let mut text = Vec::new();
        // One more than the bound, to see whether there is more.
        let read = file.by_ref().take(most as u64 + 1).read_to_end(&mut text);
        if text.len() > most {
            text.truncate(most);
            unpacked.left.push((name.clone(), "only its first 8 MiB were looked at".to_owned()));
        } else if read.is_err() {
            unpacked.left.push((name.clone(), "it breaks off".to_owned()));
        }
        room -= text.len();
        unpacked.texts.push((name, text));
    }
    Some(unpacked)
}
