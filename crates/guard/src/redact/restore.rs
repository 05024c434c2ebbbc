//! The way back: sealed tokens replaced by what they hold.
//!
//! Whatever is no token, or does not open with the key, stays as it is. This
//! writes secrets; that somebody wanted it is the caller's to know.

use std::io::{self, Read, Write};

use super::{
    seal::Key,
    stream::Trouble,
    token::{self, Width},
};

/// Bytes read at once.
const READ: usize = 256 << 10;
const WIDTHS: [Width; 3] = [Width::Narrow, Width::Little, Width::Big];

/// What became of the tokens of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Tokens that were replaced.
    pub opened: u64,
    /// Tokens that were left: sealed with another key, or altered.
    pub left: u64,
}

/// Copies a stream with the tokens in it replaced. Bytes leave as they come,
/// but for a token that is not complete.
///
/// # Errors
/// It cannot be read or written.
pub fn restore(
    key: &Key,
    mut input: impl Read,
    output: &mut impl Write,
) -> (Restored, Result<(), Trouble>) {
    let mut restorer = Restorer { key, done: Restored::default(), text: Vec::new() };
    let mut buffer = vec![0; READ];
    let result = loop {
        match input.read(&mut buffer) {
            Ok(0) => break restorer.advance(true, output),
            Ok(length) => {
                restorer.text.extend_from_slice(&buffer[..length]);
                let done = restorer.advance(false, output);
                if done.is_err() {
                    break done;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                let done = restorer.advance(true, output);
                break done.and(Err(Trouble::Read(error)));
            }
        }
    };
    (restorer.done, result)
}

struct Restorer<'k> {
    key: &'k Key,
    done: Restored,
    /// What has not left.
    text: Vec<u8>,
}

/// What a text begins with.
enum Beginning {
    /// Kind, sealed text, and bytes that it takes.
    Token(Vec<u8>, Vec<u8>, usize),
    /// What may become a token.
    Unfinished,
    Other,
}

impl Restorer<'_> {
    /// Lets everything leave but an unfinished token, and that too at the end.
    fn advance(&mut self, is_end: bool, output: &mut impl Write) -> Result<(), Trouble> {
        let mut at = 0;
        let mut from = 0;
        let text = std::mem::take(&mut self.text);
        let mut put = |bytes: &[u8]| output.write_all(bytes).map_err(Trouble::Write);
        while let Some(step) = memchr::memchr(b'[', &text[from..]) {
            // In UTF-16 a character may begin one byte earlier.
            let bracket = from + step;
            from = bracket + 1;
            for width in WIDTHS {
                let Some(start) = bracket.checked_sub(usize::from(width == Width::Big)) else {
                    continue;
                };
                match beginning(&text[start..], width) {
                    Beginning::Token(kind, sealed, length) if start >= at => {
                        let Some(value) = self.key.open(&kind, &sealed) else {
                            self.done.left += 1;
                            break;
                        };
                        put(&text[at..start])?;
                        put(&value)?;
                        self.done.opened += 1;
                        at = start + length;
                        from = at;
                        break;
                    }
                    Beginning::Unfinished if !is_end => {
                        put(&text[at..start])?;
                        self.text = text[start..].to_vec();
                        return output.flush().map_err(Trouble::Write);
                    }
                    _ => {}
                }
            }
        }
        // The first half of a character that may be a bracket.
        let end = if !is_end && text.last() == Some(&0) { text.len() - 1 } else { text.len() };
        put(&text[at..end.max(at)])?;
        self.text = text[end.max(at)..].to_vec();
        output.flush().map_err(Trouble::Write)
    }
}

/// Reads a token at the beginning of a text.
fn beginning(text: &[u8], width: Width) -> Beginning {
    let mut parts = [Vec::new(), Vec::new()];
    let mut part = 0;
    let head = token::SEALED.as_bytes();
    for (index, unit) in text.chunks(width.bytes()).take(token::LONGEST).enumerate() {
        if unit.len() < width.bytes() {
            return Beginning::Unfinished;
        }
        let Some(byte) = width.first(unit) else { return Beginning::Other };
        match byte {
            _ if index < head.len() => {
                if byte != head[index] {
                    return Beginning::Other;
                }
            }
            b':' if part == 0 && !parts[0].is_empty() => part = 1,
            b']' if part == 1 => {
                let [kind, sealed] = parts;
                return Beginning::Token(kind, sealed, (index + 1) * width.bytes());
            }
            b'a'..=b'z' | b'0'..=b'9' | b'-' => parts[part].push(byte),
            b'A'..=b'Z' | b'_' if part == 1 => parts[part].push(byte),
            _ => return Beginning::Other,
        }
    }
    if text.len() / width.bytes() < token::LONGEST {
        Beginning::Unfinished
    } else {
        Beginning::Other
    }
}
