//! Bytes held because a form cannot be read front to back: in memory while they are
//! few, and else in a temporary file that has no name, so that nothing is left of it
//! whatever happens.

use std::{
    fs::File,
    io::{self, Cursor, Read, Seek as _, SeekFrom, Write as _},
};

use leeward_model::Content;

/// Held in memory up to this many bytes.
const IN_MEMORY: usize = 8 << 20;

/// Bytes taken one after the other, and then read in any order.
#[derive(Debug, Default)]
pub(crate) struct Spool {
    memory: Vec<u8>,
    file: Option<File>,
}

impl Spool {
    /// Takes more bytes.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.file.is_none() && self.memory.len() + bytes.len() > IN_MEMORY {
            let mut file = tempfile::tempfile()?;
            file.write_all(&self.memory)?;
            self.memory = Vec::new();
            self.file = Some(file);
        }
        match &mut self.file {
            Some(file) => file.write_all(bytes),
            None => {
                self.memory.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    /// Takes all that a reader has, up to a limit; whether that was all.
    pub(crate) fn fill(&mut self, reader: &mut dyn Read, limit: u64) -> io::Result<bool> {
        let mut buffer = [0; 16 << 10];
        let mut taken = 0;
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(true),
                Ok(read) => {
                    taken += read as u64;
                    if taken > limit {
                        return Ok(false);
                    }
                    self.take(&buffer[..read])?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Has them read from the first byte.
    pub(crate) fn read<T>(self, reader: impl FnOnce(Content<'_>) -> T) -> io::Result<T> {
        match self.file {
            Some(mut file) => {
                file.seek(SeekFrom::Start(0))?;
                Ok(reader(Content::Seekable(&mut file)))
            }
            None => Ok(reader(Content::Seekable(&mut Cursor::new(self.memory)))),
        }
    }
}
