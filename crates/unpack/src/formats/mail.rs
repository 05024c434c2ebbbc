//! One message of mail: its headers, and each part decoded, by the name of the file it
//! is or by its number. A message within is a part that is opened in its turn.

use std::{borrow::Cow, io::Read as _};

use leeward_model::{Content, Reason};
use mail_parser::{Message, MessageParser, MimeHeaders as _, PartType};

use crate::{Format, Limits, Members, Problem, Reads};

/// Parts of one message; they may lie in one another.
const PARTS: usize = 10_000;

/// What its headers are handed out as, which are no message of their own.
const HEADERS: &[u8] = b"headers";

pub(super) struct Mail;

impl Format for Mail {
    fn name(&self) -> &'static str {
        "mail"
    }

    fn is(&self, head: &[u8], name: Option<&[u8]>) -> bool {
        const KNOWN: &[&str] = &[
            "return-path",
            "received",
            "delivered-to",
            "from",
            "to",
            "subject",
            "date",
            "message-id",
            "mime-version",
            "content-type",
            "reply-to",
            "cc",
            "dkim-signature",
            "x-mailer",
            "authentication-results",
            "arc-seal",
            "x-received",
        ];
        if name == Some(HEADERS) {
            return false;
        }
        let is_named = name.is_some_and(|name| name.to_ascii_lowercase().ends_with(b".eml"));
        let (mut known, wanted) = (0_u32, if is_named { 1 } else { 3 });
        for (at, line) in head.split(|byte| *byte == b'\n').take(40).enumerate() {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            // Whatever has lines with colons is looked at a few lines deep.
            if line.is_empty() || at >= 12 && known == 0 {
                break;
            }
            if at > 0 && line.first().is_some_and(u8::is_ascii_whitespace) {
                continue;
            }
            let Some(colon) = memchr::memchr(b':', line) else { return false };
            let field = &line[..colon];
            let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            if field.is_empty() || !field.iter().all(is_letter) {
                return false;
            }
            let which = KNOWN.iter().position(|it| it.as_bytes().eq_ignore_ascii_case(field));
            known |= which.map_or(0, |which| 1 << which);
        }
        known.count_ones() >= wanted
    }

    fn reads(&self) -> Reads {
        Reads::Anywhere
    }

    fn is_apart(&self) -> bool {
        true
    }

    fn members(
        &self,
        mut content: Content<'_>,
        limits: &Limits,
        into: &mut dyn Members,
    ) -> Result<(), Problem> {
        // The message and its parts decoded are held.
        let most = limits.memory / 3;
        let mut bytes = Vec::new();
        let read = (&mut content).take(most + 1).read_to_end(&mut bytes);
        read.map_err(Problem::from)?;
        if bytes.len() as u64 > most {
            return Err(Problem::Because(Reason::Limit("size of a message".into())));
        }
        let Some(message) = MessageParser::default().parse(&bytes) else {
            return Err(Problem::corrupt("not what a message is"));
        };
        into.member(HEADERS, &mut headers(&message).as_bytes())?;
        let mut number = 0;
        for part in message.parts.iter().take(PARTS) {
            let bytes: Cow<'_, [u8]> = match &part.body {
                PartType::Text(text) | PartType::Html(text) => Cow::Borrowed(text.as_bytes()),
                PartType::Binary(bytes) | PartType::InlineBinary(bytes) => Cow::Borrowed(bytes),
                PartType::Message(within) => Cow::Borrowed(within.raw_message()),
                PartType::Multipart(_) => continue,
            };
            number += 1;
            let name = match part.attachment_name() {
                Some(name) if !name.is_empty() => name.to_owned(),
                _ => match &part.body {
                    PartType::Message(_) => format!("part {number}.eml"),
                    _ => format!("part {number}"),
                },
            };
            into.member(name.as_bytes(), &mut bytes.as_ref())?;
        }
        if message.parts.len() > PARTS {
            into.left_out(b"", Reason::Limit("parts of one message".into()), None);
        }
        Ok(())
    }
}

/// The headers as they are, and those that are written in words of their own decoded.
fn headers(message: &Message<'_>) -> String {
    let mut text = String::new();
    for (name, value) in message.headers_raw() {
        text.push_str(name);
        text.push(':');
        text.push_str(value.trim_end());
        text.push('\n');
    }
    if text.contains("=?") {
        if let Some(subject) = message.subject() {
            text.push_str("Subject: ");
            text.push_str(subject);
            text.push('\n');
        }
        if let Some(comments) = message.comments().as_text() {
            text.push_str("Comments: ");
            text.push_str(comments);
            text.push('\n');
        }
    }
    text
}
