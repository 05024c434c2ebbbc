//! The name a value is bound to: what stands to its left on the same line, or
//! on the line before when its own line holds nothing else.
//!
//! No language is parsed. A name is the nearest run of name characters that is
//! not grammar, a type, an authorisation scheme or a mere holder such as
//! `value=`; that reads `NAME=v`, `"name": "v"`, `f(name="v")`, `env["NAME"] =
//! "v"`, `${NAME:-v}`, `--flag v`, `<add key= value=>` and prose alike.

use std::ops::Range;

use crate::{
    lexicon::{Lexicon, Owner},
    lines,
    names::{self, Role},
};

/// What a value is bound to, read as far as it can be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Binding {
    /// The name, in the text.
    pub(crate) name: Option<Range<usize>>,
    /// Its words, with those of a phrase around it (`my mistral key is`).
    pub(crate) words: Vec<String>,
    /// Whether an authorisation scheme such as `Bearer` stands before the value.
    pub(crate) scheme: bool,
    /// Whether the name is the function the value is handed to.
    pub(crate) call: bool,
}

/// What a name says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Vendors named, in order.
    pub(crate) owners: Vec<Owner>,
    /// It names a credential: its last telling word does.
    pub(crate) credential: bool,
    /// It names something else: an id, a hash, an address.
    pub(crate) not_secret: bool,
    /// Words that are neither known nor a vendor's.
    pub(crate) unknown: Vec<String>,
}

/// How many names to the left are tried.
const RUNS: usize = 8;
/// How far to the left a name may stand.
const REACH: usize = 240;

/// Reads the binding of the value at `span`.
pub(crate) fn read(text: &[u8], span: &Range<usize>, lexicon: &Lexicon) -> Binding {
    let floor = lines::start(text, span.start).max(span.start.saturating_sub(REACH));
    let mut walker = Walker { text, floor, at: span.start };
    let mut binding = Binding::default();
    let nothing_before =
        text[floor..span.start].iter().all(|byte| b" \t\"'`\\+-*>|(@$fru".contains(byte));
    if nothing_before {
        let Some(above) = line_that_continues(text, floor) else { return binding };
        walker.floor = above.start.max(span.start.saturating_sub(REACH));
        walker.at = above.end;
    }
    let mut phrase = false;
    for turn in 0..RUNS {
        let Some((run, separator)) = walker.next() else { break };
        if separator.iter().any(|byte| matches!(byte, b';' | b'}')) && !is_entity(separator) {
            break;
        }
        let words = names::words(&text[run.clone()]);
        if turn == 0 && is_scheme(&words, separator) {
            binding.scheme = true;
            continue;
        }
        if is_transparent(text, &run, &words, lexicon) {
            continue;
        }
        if phrase {
            if !separator.iter().all(|byte| {
                matches!(byte, b' ' | b'\t' | b'|' | b',' | b'\'' | b'*' | b'`' | b':' | b'"')
            }) {
                break;
            }
            binding.words.splice(0..0, words);
            continue;
        }
        binding.call = separator.first() == Some(&b'(');
        phrase = words.len() == 1 && !text[run.clone()].starts_with(b"-") && is_loose(separator);
        binding.words = words;
        binding.name = Some(run);
        if !phrase {
            break;
        }
    }
    binding
}

/// Reads what a list of words says of the value it names.
pub(crate) fn reading(words: &[String], lexicon: &Lexicon) -> Reading {
    let mut reading = Reading::default();
    let mut head = None;
    for (at, word) in words.iter().enumerate() {
        let role = names::role(word);
        match (lexicon.word(word), role) {
            (Some(owner), None) => {
                if reading.owners.last() != Some(&owner) {
                    reading.owners.push(owner);
                }
                if let Some(role) = joined_role(word, lexicon) {
                    head = Some(role);
                }
            }
            (_, Some(Role::Credential)) => {
                let spoilt = matches!(word.as_str(), "key" | "keys")
                    && at > 0
                    && names::spoils_key(&words[at - 1]);
                head = Some(if spoilt { Role::NotSecret } else { Role::Credential });
            }
            (_, Some(Role::NotSecret)) => head = Some(Role::NotSecret),
            (_, Some(_)) => {}
            (None, None) => {
                if !word.bytes().all(|byte| byte.is_ascii_digit()) && word.len() > 2 {
                    reading.unknown.push(word.clone());
                }
            }
        }
    }
    reading.credential = head == Some(Role::Credential);
    reading.not_secret = head == Some(Role::NotSecret);
    reading
}

/// The role of what follows a vendor's word inside one word: `mistralapikey`.
fn joined_role(word: &str, lexicon: &Lexicon) -> Option<Role> {
    (4..word.len()).rev().find_map(|cut| {
        let (head, tail) = (word.get(..cut)?, word.get(cut..)?);
        let role = names::role(tail)?;
        (tail.len() > 2 && lexicon.word(head).is_some()).then_some(role)
    })
}

fn is_scheme(words: &[String], separator: &[u8]) -> bool {
    let [word] = words else { return false };
    let spaced = !separator.is_empty()
        && separator.iter().all(|byte| {
            matches!(
                byte,
                b' ' | b'+' | b'%' | b'2' | b'0' | b'"' | b'\'' | b'`' | b'$' | b'{' | b'<'
            )
        });
    spaced && matches!(word.as_str(), "bearer" | "basic" | "apikey" | "token")
}

/// Whether a run is no name but stands between a name and its value.
fn is_transparent(text: &[u8], run: &Range<usize>, words: &[String], lexicon: &Lexicon) -> bool {
    let bytes = &text[run.clone()];
    if words.is_empty() || looks_like_a_value(bytes) {
        return true;
    }
    let tag = run.start > 0 && text[run.start - 1] == b'<';
    if tag && bytes.starts_with(b"/") {
        return true;
    }
    let named = |word: &String| lexicon.word(word).is_some();
    words.iter().all(|word| match names::role(word) {
        Some(Role::Grammar | Role::Holder) => true,
        Some(Role::Credential | Role::NotSecret) => false,
        _ => tag && !named(word),
    })
}

/// Another long random-looking value in a list of them.
fn looks_like_a_value(bytes: &[u8]) -> bool {
    bytes.len() >= 20
        && bytes.iter().any(u8::is_ascii_digit)
        && bytes.iter().filter(|byte| byte.is_ascii_alphanumeric()).count() * 10 > bytes.len() * 9
        && crate::value::wordiness(bytes) < 0.0
}

/// Separators of tables and prose, where a lone word needs its neighbours.
fn is_loose(separator: &[u8]) -> bool {
    separator
        .iter()
        .all(|byte| matches!(byte, b' ' | b'\t' | b'|' | b',' | b'`' | b'*' | b':' | b'"' | b'\''))
        && separator.iter().any(|byte| matches!(byte, b' ' | b'\t' | b'|' | b','))
}

fn is_entity(separator: &[u8]) -> bool {
    separator.contains(&b'&')
}

/// The line above, if it is unfinished and so names what follows it.
fn line_that_continues(text: &[u8], line_start: usize) -> Option<Range<usize>> {
    let mut end = line_start.checked_sub(1)?;
    while end > 0
        && matches!(text[end - 1], b'\r' | b' ' | b'\t' | b'\\' | b'n')
        && text[end - 1] != b'n'
    {
        end -= 1;
    }
    let start = lines::start(text, end);
    let line = text[start..end].trim_ascii();
    let open = [
        &b":"[..],
        b"=",
        b"(",
        b"|",
        b">",
        b">-",
        b"|-",
        b">+",
        b"|+",
        b"\\",
        b"=>",
        b":=",
        b"||",
        b"??",
    ];
    let unfinished = open.iter().any(|tail| line.ends_with(tail));
    // One quoted argument on a line of its own: `"MISTRAL_API_KEY",`.
    let argument = line.ends_with(b",")
        && line.len() < 80
        && matches!(line.first(), Some(b'"' | b'\''))
        && line.iter().filter(|byte| matches!(byte, b'"' | b'\'')).count() == 2;
    let element = line.ends_with(b"</key>") || line.ends_with(b"</name>");
    (unfinished || argument || element).then_some(start..end)
}

/// Walks left from name run to name run.
struct Walker<'a> {
    text: &'a [u8],
    floor: usize,
    at: usize,
}

impl<'a> Walker<'a> {
    /// The next run to the left, and what separates it from where we were.
    fn next(&mut self) -> Option<(Range<usize>, &'a [u8])> {
        let before = self.at;
        while self.at > self.floor {
            if let Some(start) = escape_ending_at(self.text, self.at) {
                self.at = start.max(self.floor);
            } else if !names::is_name_byte(self.text[self.at - 1]) || self.is_line_escape() {
                self.at -= 1;
            } else {
                break;
            }
        }
        let end = self.at;
        while self.at > self.floor
            && names::is_name_byte(self.text[self.at - 1])
            && !(self.at < end && escape_ending_at(self.text, self.at).is_some())
        {
            self.at -= 1;
        }
        let mut start = self.at;
        if start > 0
            && self.text[start - 1] == b'\\'
            && start < end
            && matches!(self.text[start], b'n' | b't' | b'r')
        {
            start += 1;
        }
        (start < end).then(|| (start..end, &self.text[end..before]))
    }

    /// A lone `n` of `\n` right before a quote is no name.
    fn is_line_escape(&self) -> bool {
        self.at >= 2
            && self.text[self.at - 2] == b'\\'
            && matches!(self.text[self.at - 1], b'n' | b't' | b'r')
    }
}

/// Start of an escape of one character that ends at `end`: `%3D`, `\u003d`,
/// `\x3d`, `&quot;`.
pub(crate) fn escape_ending_at(text: &[u8], end: usize) -> Option<usize> {
    let hex = |range: Range<usize>| text[range].iter().all(u8::is_ascii_hexdigit);
    if end >= 3 && text[end - 3] == b'%' && hex(end - 2..end) {
        return Some(end - 3);
    }
    if end >= 4 && text[end - 4..end - 2] == *b"\\x" && hex(end - 2..end) {
        return Some(end - 4);
    }
    if end >= 6 && text[end - 6..end - 4] == *b"\\u" && hex(end - 4..end) {
        return Some(end - 6);
    }
    if end >= 4 && text[end - 1] == b';' {
        let floor = end.saturating_sub(8);
        let start = (floor..end - 1).rev().find(|&at| text[at] == b'&')?;
        return text[start + 1..end - 1]
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'#')
            .then_some(start);
    }
    None
}
