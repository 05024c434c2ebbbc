//! A message as RFC 5322 has it, as texts: its bodies, and its attachments whatever is in
//! them. Messages in messages are read three deep, which is as far as the parser goes.
//! What is inside an archive is not seen here: whoever looks through the texts opens it.

use leeward_model::RemotePlace;
use mail_parser::{HeaderName, Message, MessageParser, MimeHeaders as _, PartType};

use crate::{
    item::{Gap, ItemKey, Text},
    known::print_of,
    moment::past,
    words::fitting,
};

/// The largest message that is read; mail servers take no larger ones.
pub(crate) const LARGEST: usize = 64 << 20;

/// The most parts, and lines that could be headers: each costs memory many times its
/// length, and no program writes so many.
const MOST_PARTS: usize = 5_000;
const MOST_HEADERS: usize = 200_000;

/// The most bytes that the parts of a message become.
const LARGEST_PARTS: usize = 64 << 20;

/// Where a message was found.
pub(crate) struct Found<'a> {
    pub(crate) source: &'a str,
    pub(crate) service: &'a str,
    pub(crate) url: &'a str,
    pub(crate) now: i64,
}

/// The texts of a message; `None` if it is none.
pub(crate) fn texts(raw: &[u8], found: &Found<'_>, gaps: &mut Vec<Gap>) -> Option<Vec<Text>> {
    let version = format!("{:016x}", print_of(&[raw]));
    if is_bomb(raw) {
        let why = "a message with too many parts or headers is read as it is, undecoded";
        gaps.push(Gap { what: fitting(found.url), why: why.to_owned() });
        return Some(vec![as_it_is(raw, found)]);
    }
    let message = MessageParser::default().parse(raw)?;
    // Anything with a colon in its first line has a header; a message has one of these.
    let known = [HeaderName::From, HeaderName::Date, HeaderName::Subject, HeaderName::MessageId];
    if known.into_iter().all(|name| message.header(name).is_none()) {
        return None;
    }
    let id = message.message_id().map_or_else(|| format!("message {version}"), fitting);
    let author =
        message.from().and_then(|from| from.first()).and_then(|one| one.address()).map(fitting);
    let at = past(message.date().map(mail_parser::DateTime::to_timestamp), found.now);
    let mut reading = Parts::default();
    let subject = message.subject().unwrap_or_default();
    reading.add(None, subject.as_bytes());
    walk(&message, &mut reading);
    if reading.left_out > 0 {
        let why = format!("{} parts beyond {LARGEST_PARTS} bytes were left out", reading.left_out);
        gaps.push(Gap { what: id.clone(), why });
    }
    let texts =
        reading.texts.into_iter().chain(reading.files).enumerate().map(|(index, (name, bytes))| {
            // The subject and the first body are the message; the rest are its parts. What
            // is text is counted first, as it was when nothing else was read.
            let id = if index == 0 { id.clone() } else { format!("{id} part {index}") };
            let place = place(found, &id, name, author.clone(), at);
            Text { key: ItemKey { id, version: version.clone() }, place, bytes }
        });
    Some(texts.collect())
}

/// All of what is no message that can be read, as one text.
pub(crate) fn as_it_is(raw: &[u8], found: &Found<'_>) -> Text {
    let version = format!("{:016x}", print_of(&[raw]));
    let id = format!("message {version}");
    let place = place(found, &id, None, None, None);
    Text { key: ItemKey { id, version }, place, bytes: raw.to_vec() }
}

#[derive(Default)]
struct Parts {
    texts: Vec<(Option<String>, Vec<u8>)>,
    /// Attachments that look like no text.
    files: Vec<(Option<String>, Vec<u8>)>,
    bytes: usize,
    left_out: usize,
}

impl Parts {
    fn add(&mut self, name: Option<String>, bytes: &[u8]) {
        if self.has_room(bytes) {
            self.texts.push((name, bytes.to_vec()));
        }
    }

    fn add_file(&mut self, name: Option<String>, bytes: &[u8]) {
        if is_text(bytes) {
            self.add(name, bytes);
        } else if self.has_room(bytes) {
            self.files.push((name, bytes.to_vec()));
        }
    }

    /// Whether there is something, and room for it, which is taken then.
    fn has_room(&mut self, bytes: &[u8]) -> bool {
        let all = self.bytes + bytes.len();
        let is_room = all <= LARGEST_PARTS;
        if is_room {
            self.bytes = all;
        } else {
            self.left_out += 1;
        }
        is_room && !bytes.is_empty()
    }
}

/// As deep as the parser went.
fn walk(message: &Message<'_>, reading: &mut Parts) {
    for part in &message.parts {
        let name = part.attachment_name().map(fitting);
        match &part.body {
            PartType::Text(text) | PartType::Html(text) => reading.add(name, text.as_bytes()),
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
                reading.add_file(name, bytes);
            }
            PartType::Message(inner) => {
                reading.add(None, inner.subject().unwrap_or_default().as_bytes());
                walk(inner, reading);
            }
            PartType::Multipart(_) => {}
        }
    }
}

/// Whether the beginning looks like text, of one byte or two a character.
fn is_text(bytes: &[u8]) -> bool {
    const LOOK: usize = 4096;
    let head = &bytes[..bytes.len().min(LOOK)];
    head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") || !head.contains(&0)
}

fn is_bomb(raw: &[u8]) -> bool {
    let (mut parts, mut headers) = (0, 0);
    for line in raw.split(|byte| *byte == b'\n') {
        if line.starts_with(b"--") {
            parts += 1;
        } else if line.contains(&b':') {
            headers += 1;
        }
    }
    parts > MOST_PARTS || headers > MOST_HEADERS
}

fn place(
    found: &Found<'_>,
    id: &str,
    name: Option<String>,
    author: Option<String>,
    at: Option<i64>,
) -> RemotePlace {
    RemotePlace {
        source: found.source.to_owned(),
        service: found.service.to_owned(),
        item: id.to_owned(),
        url: found.url.to_owned(),
        path: name.map(String::into_bytes),
        author,
        at,
        is_public: Some(false),
    }
}
