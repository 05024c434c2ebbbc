//! Mail that is put into a folder: a Maildir, single messages (`.eml`), or mailboxes
//! of many (mbox). Nothing is fetched from a mail server, moved or marked; a delivery
//! agent or a rule of the mail server puts copies there.
//!
//! Facts: Maildir has `new` and `cur`, and `tmp` for what is not whole yet
//! (cr.yp.to/proto/maildir.html); in an mbox a line `From ` after an empty one begins
//! a message, and `>From ` in a body stands for `From ` (RFC 4155).

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::PathBuf,
};

use serde::Deserialize;

use crate::{
    dropped::{Dropped, Folder, Reader, Reading, TEXTS_A_PAGE, address, extension},
    item::Gap,
    message::{self, Found},
    service::{BadSetting, Opened, Sends, own},
    setting::Setting,
    words::fitting,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    /// The folder, or one mailbox.
    path: PathBuf,
}

/// Opens a folder of mail.
pub(crate) fn open(setting: &Setting) -> Result<Opened, BadSetting> {
    let own: Own = own(setting)?;
    let reader = Mail { source: setting.name.clone() };
    Ok(Opened {
        named: vec![],
        home: None,
        rate: 1000.0,
        every_seconds: 30,
        sends: Sends::Nothing,
        service: Box::new(Folder { path: own.path, reader }),
    })
}

struct Mail {
    source: String,
}

impl Reader for Mail {
    fn is_mine(&self, name: &str) -> bool {
        let folder = name.rsplit('/').nth(1).unwrap_or_default();
        folder != "tmp" && !name.rsplit('/').next().unwrap_or_default().starts_with('.')
    }

    fn read(&self, file: &Dropped, from: u64, now: i64) -> io::Result<Reading> {
        let mut opened = File::open(&file.path)?;
        let mut head = [0; 5];
        let is_box = read_full(&mut opened, &mut head)? == 5 && head == *b"From ";
        if is_box && extension(&file.name) != "eml" {
            return self.mailbox(file, opened, from, now);
        }
        opened.seek(SeekFrom::Start(0))?;
        let mut raw = Vec::new();
        opened.take(message::LARGEST as u64).read_to_end(&mut raw)?;
        let mut reading = Reading::default();
        if file.size > message::LARGEST as u64 {
            reading.gaps.push(too_large(&file.name));
        }
        self.message(&file.name, 0, &raw, now, &mut reading);
        Ok(reading)
    }
}

impl Mail {
    fn message(&self, name: &str, offset: u64, raw: &[u8], now: i64, reading: &mut Reading) {
        let url = address(name, offset);
        let found = Found { source: &self.source, service: "mail", url: &url, now };
        match message::texts(raw, &found, &mut reading.gaps) {
            Some(texts) => reading.texts.extend(texts),
            None => {
                let why = "no message: it was read as it is".to_owned();
                reading.gaps.push(Gap { what: fitting(&url), why });
                reading.texts.push(message::as_it_is(raw, &found));
            }
        }
    }

    /// Messages of a mailbox from one that begins at an offset.
    fn mailbox(
        &self,
        file: &Dropped,
        mut opened: File,
        from: u64,
        now: i64,
    ) -> io::Result<Reading> {
        let mut reading = Reading::default();
        let mut offset = from;
        opened.seek(SeekFrom::Start(offset))?;
        let mut buffer = Vec::new();
        opened.by_ref().take(5).read_to_end(&mut buffer)?;
        if !buffer.is_empty() && buffer != *b"From " {
            // It did not only grow, or its last message was not whole then.
            offset = 0;
            buffer.clear();
            opened.seek(SeekFrom::Start(0))?;
        }
        loop {
            // One message and the line that begins the next.
            let (end, is_whole) = fill(&mut opened, &mut buffer)?;
            if end == 0 {
                break;
            }
            let mut length = end as u64;
            let raw = buffer[..end].to_vec();
            buffer.drain(..end);
            if !is_whole {
                reading.gaps.push(too_large(&address(&file.name, offset)));
                length += skip(&mut opened, &mut buffer)?;
            }
            let start = raw.iter().position(|byte| *byte == b'\n').map_or(raw.len(), |at| at + 1);
            self.message(&file.name, offset, &unquoted(&raw[start..]), now, &mut reading);
            offset += length;
            if reading.texts.len() >= TEXTS_A_PAGE / 10 || raw.len() > 1 << 20 {
                reading.next = Some(offset).filter(|next| *next < file.size);
                break;
            }
        }
        if reading.next.is_none() {
            reading.end = Some(offset);
        }
        Ok(reading)
    }
}

fn too_large(name: &str) -> Gap {
    let why = format!("the message is larger; its first {} bytes were read", message::LARGEST);
    Gap { what: fitting(name), why }
}

const BEGINS: &[u8] = b"\nFrom ";

/// Where in the buffer the next message begins.
fn boundary(buffer: &[u8], from: usize) -> Option<usize> {
    let at = buffer.get(from..)?.windows(BEGINS.len()).position(|window| window == BEGINS)?;
    Some(from + at + 1)
}

/// Reads on until the buffer holds a message: how long it is, and whether it is whole.
fn fill(file: &mut File, buffer: &mut Vec<u8>) -> io::Result<(usize, bool)> {
    const STEP: u64 = 256 << 10;
    let mut looked = 0;
    loop {
        if let Some(at) = boundary(buffer, looked) {
            return Ok((at, true));
        }
        if buffer.len() >= message::LARGEST {
            return Ok((buffer.len(), false));
        }
        looked = buffer.len().saturating_sub(BEGINS.len());
        if file.by_ref().take(STEP).read_to_end(buffer)? == 0 {
            return Ok((buffer.len(), true));
        }
    }
}

/// Passes over the rest of a message that is too large: its length.
fn skip(file: &mut File, buffer: &mut Vec<u8>) -> io::Result<u64> {
    let mut passed = 0;
    loop {
        if let Some(at) = boundary(buffer, 0) {
            buffer.drain(..at);
            return Ok(passed + at as u64);
        }
        let keep = buffer.len().min(BEGINS.len());
        let gone = buffer.len() - keep;
        buffer.drain(..gone);
        passed += gone as u64;
        if file.by_ref().take(256 << 10).read_to_end(buffer)? == 0 {
            passed += buffer.len() as u64;
            buffer.clear();
            return Ok(passed);
        }
    }
}

/// A message of a mailbox as it was sent.
fn unquoted(raw: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(raw.len());
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        let marks = line.iter().take_while(|byte| **byte == b'>').count();
        let is_quoted = marks > 0 && line[marks..].starts_with(b"From ");
        message.extend_from_slice(if is_quoted { &line[1..] } else { line });
    }
    message
}

fn read_full(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..])? {
            0 => break,
            read => length += read,
        }
    }
    Ok(length)
}
