//! A blob on its way: gone on with where the connection broke, counted, and held
//! against its digest.

use std::io::{self, Read};

use reqwest::Response;
use sha2::{Digest as _, Sha256};

use super::{
    hexadecimal,
    registry::{Registry, Trouble},
};

/// How often one blob is gone on with before it yields another byte, and in all.
const RESUMED: [u32; 2] = [4, 64];

/// The longest blob that is read: registries of the large providers take none above some
/// ten gigabytes.
const LARGEST: u64 = 64 << 30;

/// A blob, read front to back.
pub(super) struct Blob<'r, 'a> {
    registry: &'r mut Registry<'a>,
    digest: &'r str,
    /// As the manifest says, if it does.
    size: Option<u64>,
    answer: Option<Response>,
    chunk: Vec<u8>,
    /// How much of the chunk was read.
    at: usize,
    read: u64,
    resumed: [u32; 2],
    state: Sha256,
    is_over: bool,
    trouble: Option<Trouble>,
}

impl<'r, 'a> Blob<'r, 'a> {
    pub(super) fn new(registry: &'r mut Registry<'a>, digest: &'r str, size: Option<u64>) -> Self {
        Self {
            registry,
            digest,
            size,
            answer: None,
            chunk: Vec::new(),
            at: 0,
            read: 0,
            resumed: [0; 2],
            state: Sha256::new(),
            is_over: false,
            trouble: None,
        }
    }

    /// How many bytes were read.
    pub(super) fn read(&self) -> u64 {
        self.read
    }

    /// What kept it from being read to its end.
    pub(super) fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// Whether all of it was read, and is what its digest and its size say.
    pub(super) fn is_what_it_says(&self) -> bool {
        let found = hexadecimal(&self.state.clone().finalize());
        let is_sized = self.size.is_none_or(|size| size == self.read);
        self.is_over && is_sized && self.digest.strip_prefix("sha256:") == Some(&found)
    }

    /// Brings more bytes; whether there are any.
    fn more(&mut self) -> Result<bool, Trouble> {
        loop {
            if self.answer.is_none() {
                let answer = self.registry.blob(self.digest, self.read)?;
                let is_from_there = self.read == 0 || answer.status().as_u16() == 206;
                self.answer = Some(answer);
                if !is_from_there {
                    self.skip(self.read)?;
                }
            }
            let Some(answer) = &mut self.answer else { return Ok(false) };
            match self.registry.chunk(answer) {
                Ok(Some(chunk)) if chunk.is_empty() => {}
                Ok(Some(chunk)) => {
                    (self.chunk, self.at, self.resumed[0]) = (chunk, 0, 0);
                    return Ok(true);
                }
                Ok(None) => return Ok(false),
                Err(trouble) => {
                    self.answer = None;
                    self.resumed = self.resumed.map(|resumed| resumed + 1);
                    let is_enough = self.resumed.iter().zip(RESUMED).any(|(is, most)| *is > most);
                    if is_enough || !self.registry.pause(self.resumed[0].min(3), None) {
                        return Err(trouble);
                    }
                }
            }
        }
    }

    /// Passes over what was read before, where a registry begins anew.
    fn skip(&mut self, mut bytes: u64) -> Result<(), Trouble> {
        let Some(answer) = &mut self.answer else { return Ok(()) };
        while bytes > 0 {
            let Some(chunk) = self.registry.chunk(answer)? else {
                return Err(Trouble::Broken("the registry now has less of it".to_owned()));
            };
            let len = chunk.len() as u64;
            if len > bytes {
                let rest = chunk.get(bytes as usize..).unwrap_or_default();
                (self.chunk, self.at) = (rest.to_vec(), 0);
            }
            bytes = bytes.saturating_sub(len);
        }
        Ok(())
    }
}

/// What whoever reads is told; why is the account's to say.
fn unreadable() -> io::Error {
    io::Error::other("the registry hands out no more of it")
}

impl Read for Blob<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.trouble.is_some() {
            return Err(unreadable());
        }
        if buffer.is_empty() || self.is_over {
            return Ok(0);
        }
        if self.at >= self.chunk.len() {
            // More than was promised is not what was named, and may have no end.
            let is_too_long = self.read > self.size.unwrap_or(LARGEST).min(LARGEST);
            match if is_too_long { Ok(false) } else { self.more() } {
                Ok(true) => {}
                Ok(false) => {
                    self.is_over = true;
                    return Ok(0);
                }
                Err(trouble) => {
                    self.trouble = Some(trouble);
                    return Err(unreadable());
                }
            }
        }
        let rest = self.chunk.get(self.at..).unwrap_or_default();
        let read = rest.len().min(buffer.len());
        buffer[..read].copy_from_slice(&rest[..read]);
        self.state.update(&rest[..read]);
        self.at += read;
        self.read += read as u64;
        Ok(read)
    }
}
