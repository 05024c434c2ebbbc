//! Exports of chats that an administrator drops into a folder: as they were unpacked,
//! or as the ZIP files they come in. What is inside is [`slack`]'s or [`teams`]'; this
//! finds the files, bounds what is read of each, and reads a ZIP file's entries where
//! they lie. Nothing is unpacked to disk, so a name such as `../../etc/passwd` is a
//! name and leads nowhere.

mod slack;
mod teams;

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::PathBuf,
};

use leeward_model::RemotePlace;
use serde::Deserialize;
use serde_json::Value;
use zip::{ZipArchive, read::ZipFile};

use crate::{
    dropped::{Dropped, Folder, Reader, Reading, TEXTS_A_PAGE, address, extension},
    item::{Gap, ItemKey, Text},
    known::print_of,
    moment::past,
    service::{BadSetting, Opened, Sends, own},
    setting::Setting,
    words::fitting,
};

/// The most bytes of a file, unpacked: a parsed one takes up to sixteen times as many.
const LARGEST: u64 = 16 << 20;

/// The most entries of a ZIP file.
const MOST_ENTRIES: usize = 1_000_000;

/// How much room an offset has for the messages of an entry.
const ENTRY: u32 = 32;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    /// The folder, or one ZIP file.
    path: PathBuf,
}

/// Opens a folder of Slack exports.
pub(crate) fn open_slack(setting: &Setting) -> Result<Opened, BadSetting> {
    open(setting, "slack-export", slack::messages)
}

/// Opens a folder of Teams exports.
pub(crate) fn open_teams(setting: &Setting) -> Result<Opened, BadSetting> {
    open(setting, "teams-export", teams::messages)
}

fn open(
    setting: &Setting,
    service: &'static str,
    messages: fn(&str, &Value) -> Vec<Message>,
) -> Result<Opened, BadSetting> {
    let own: Own = own(setting)?;
    let reader = Export { source: setting.name.clone(), service, messages };
    Ok(Opened {
        named: vec![],
        home: None,
        rate: 1000.0,
        every_seconds: 60,
        sends: Sends::Nothing,
        service: Box::new(Folder { path: own.path, reader }),
    })
}

/// A message of an export.
#[derive(Debug, Default, PartialEq, Eq)]
struct Message {
    /// What tells it from others of its export.
    id: String,
    version: String,
    author: Option<String>,
    at: Option<i64>,
    words: String,
}

struct Export {
    source: String,
    service: &'static str,
    messages: fn(&str, &Value) -> Vec<Message>,
}

impl Reader for Export {
    fn is_mine(&self, name: &str) -> bool {
        matches!(extension(name).as_str(), "zip" | "json" | "html" | "htm" | "txt" | "csv")
    }

    fn read(&self, file: &Dropped, from: u64, now: i64) -> io::Result<Reading> {
        let mut reading = Reading::default();
        if extension(&file.name) != "zip" {
            let opened = File::open(&file.path)?;
            let from = usize::try_from(from).unwrap_or(usize::MAX);
            let at = At { file: &file.name, entry: &file.name, base: 0, now };
            reading.next = self.entry(&at, opened, from, &mut reading)?.map(|next| next as u64);
            return Ok(reading);
        }
        let mut archive = ZipArchive::new(BufReader::new(File::open(&file.path)?))
            .map_err(|error| io::Error::other(format!("no ZIP file that can be read: {error}")))?;
        let (mut index, mut from) = (from >> ENTRY, from & ((1 << ENTRY) - 1));
        while index < archive.len().min(MOST_ENTRIES) as u64 {
            let here = index << ENTRY;
            if reading.texts.len() >= TEXTS_A_PAGE || reading.gaps.len() >= TEXTS_A_PAGE {
                reading.next = Some(here);
                return Ok(reading);
            }
            let place = usize::try_from(index).unwrap_or(usize::MAX);
            match archive.by_index(place) {
                Ok(entry) if entry.is_file() && self.is_mine(&named(&entry)) => {
                    let name = named(&entry);
                    let at = At { file: &file.name, entry: &name, base: here, now };
                    let start = usize::try_from(from).unwrap_or(usize::MAX);
                    match self.entry(&at, entry, start, &mut reading) {
                        Ok(Some(next)) => {
                            reading.next = Some(here | next as u64);
                            return Ok(reading);
                        }
                        Ok(None) => {}
                        Err(error) => {
                            let what = fitting(&format!("{}: {name}", file.name));
                            reading.gaps.push(Gap { what, why: error.to_string() });
                        }
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    let what = fitting(&format!("{}: entry {index}", file.name));
                    reading.gaps.push(Gap { what, why: error.to_string() });
                }
            }
            (index, from) = (index + 1, 0);
        }
        if archive.len() > MOST_ENTRIES {
            let why = format!("more than {MOST_ENTRIES} entries");
            reading.gaps.push(Gap { what: fitting(&file.name), why });
        }
        Ok(reading)
    }
}

/// The name of an entry, whatever bytes it is of.
fn named<R: Read>(entry: &ZipFile<'_, R>) -> String {
    String::from_utf8_lossy(entry.name_raw()).into_owned()
}

/// Where a file of an export lies.
struct At<'a> {
    /// The file that was dropped.
    file: &'a str,
    /// The export's own name for it.
    entry: &'a str,
    /// The offset of its first message.
    base: u64,
    now: i64,
}

impl Export {
    /// Reads a file of an export from a message on: the message to go on with, if
    /// there were too many.
    fn entry(
        &self,
        at: &At<'_>,
        bytes: impl Read,
        from: usize,
        reading: &mut Reading,
    ) -> io::Result<Option<usize>> {
        let mut body = Vec::new();
        bytes.take(LARGEST + 1).read_to_end(&mut body)?;
        let is_cut = body.len() as u64 > LARGEST;
        body.truncate(usize::try_from(LARGEST).unwrap_or(usize::MAX));
        let parsed = if extension(at.entry) == "json" && !is_cut {
            serde_json::from_slice::<Value>(&body).ok()
        } else {
            None
        };
        let Some(parsed) = parsed else {
            if is_cut || extension(at.entry) == "json" {
                let why = if is_cut {
                    format!("larger than {LARGEST} bytes: as many were read, as they are")
                } else {
                    "no JSON: it was read as it is".to_owned()
                };
                let what = fitting(&format!("{}: {}", at.file, at.entry));
                reading.gaps.push(Gap { what, why });
            }
            let version = format!("{:016x}", print_of(&[&body]));
            let message = Message { id: at.entry.to_owned(), version, ..Message::default() };
            reading.texts.push(self.text(message, at, 0, body));
            return Ok(None);
        };
        let messages = (self.messages)(at.entry, &parsed);
        for (index, mut message) in messages.into_iter().enumerate().skip(from) {
            if index - from >= TEXTS_A_PAGE {
                return Ok(Some(index));
            }
            let words = std::mem::take(&mut message.words).into_bytes();
            reading.texts.push(self.text(message, at, index as u64, words));
        }
        Ok(None)
    }

    fn text(&self, message: Message, at: &At<'_>, index: u64, bytes: Vec<u8>) -> Text {
        let id = fitting(&message.id);
        Text {
            key: ItemKey { id: id.clone(), version: fitting(&message.version) },
            place: RemotePlace {
                source: self.source.clone(),
                service: self.service.to_owned(),
                item: id,
                url: address(at.file, at.base + index),
                path: None,
                author: message.author.map(|author| fitting(&author)),
                at: past(message.at, at.now),
                is_public: Some(false),
            },
            bytes,
        }
    }
}

/// The texts in a value, a line each, but those of fields that say nothing. Goes no
/// deeper than what was parsed, which the parser bounds at 128.
fn strings(value: &Value, skipped: &[&str], words: &mut String) {
    match value {
        Value::String(text) if !text.is_empty() => {
            words.push_str(text);
            words.push('\n');
        }
        Value::Array(values) => values.iter().for_each(|one| strings(one, skipped, words)),
        Value::Object(fields) => {
            for (name, one) in fields {
                if !skipped.contains(&name.as_str()) {
                    strings(one, skipped, words);
                }
            }
        }
        _ => {}
    }
}
