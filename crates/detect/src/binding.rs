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
    neighbours,
};

/// What a value is bound to, read as far as it can be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Binding {
    /// The name, in the text.
    pub(crate) name: Option<Range<usize>>,
    /// Its words.
    pub(crate) words: Vec<String>,
    /// The words of the phrase before it (`my mistral` key is).
    pub(crate) phrase: Vec<String>,
    /// Whether an authorisation scheme such as `Bearer` stands before the value.
    pub(crate) scheme: bool,
    /// Whether the name is the function the value is handed to.
    pub(crate) call: bool,
    /// Whether the name is that of what encloses the value, or stands beside
    /// it as the value of `name:`.
    pub(crate) indirect: bool,
    /// The value is the password of an address on this host.
    pub(crate) userinfo_of: Option<Range<usize>>,
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
    let mut phrase: Option<&[u8]> = None;
    let mut held = false;
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
        if is_transparent(text, &run, &words, separator, lexicon) {
            held = true;
            continue;
        }
        if let Some(kind) = phrase {
            if !separator.iter().all(|byte| kind.contains(byte)) {
                break;
            }
            binding.phrase.splice(0..0, words);
            continue;
        }
        let flag = text[run.clone()].starts_with(b"--");
        if held && describes(&words) {
            continue;
        }
        if held && (says_nothing(&words, lexicon) || flag && !says_who(&words, lexicon)) {
            continue;
        }
        binding.call = separator.first() == Some(&b'(');
        phrase = (words.len() == 1 && !text[run.clone()].starts_with(b"-"))
            .then(|| phrase_separators(separator))
            .flatten();
        binding.words = words;
        binding.name = Some(run);
        if phrase.is_none() {
            break;
        }
    }
    binding.userinfo_of = userinfo_host(text, span, binding.name.as_ref());
    if binding.name.is_none()
        && let Some(name) = neighbours::beside(text, span)
            .or_else(|| neighbours::enclosing(text, span))
            .or_else(|| neighbours::indented_under(text, span))
    {
        binding.words = names::words(&text[name.clone()]);
        binding.name = Some(name);
        binding.indirect = true;
    }
    binding
}

/// Host of the address whose password a value is: `scheme://user:VALUE@host`.
fn userinfo_host(
    text: &[u8],
    span: &Range<usize>,
    name: Option<&Range<usize>>,
) -> Option<Range<usize>> {
    if text.get(span.end) != Some(&b'@') || text.get(span.start.checked_sub(1)?) != Some(&b':') {
        return None;
    }
    if !text[name?.clone()].starts_with(b"//") {
        return None;
    }
    let start = span.end + 1;
    let is_host = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let length = text[start..].iter().take(120).take_while(is_host).count();
    Some(start..start + length)
}

impl Binding {
    /// Reads what the name says; its phrase adds owners, and what it is if the
    /// name does not say.
    pub(crate) fn reading(&self, lexicon: &Lexicon) -> Reading {
        let mut reading = reading(&self.words, lexicon);
        if !self.phrase.is_empty() {
            let phrase = self::reading(&self.phrase, lexicon);
            reading.owners.extend(phrase.owners);
            reading.credential |= phrase.credential && !reading.not_secret;
        }
        reading
    }
}

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
                let before = at.checked_sub(1).map_or("", |at| words[at].as_str());
                let spoilt = match word.as_str() {
                    "key" | "keys" => names::spoils_key(before),
                    "secret" => names::spoils_secret(before),
                    _ => false,
                };
                head = Some(if spoilt { Role::NotSecret } else { Role::Credential });
            }
            (_, Some(Role::NotSecret)) => head = Some(Role::NotSecret),
            (_, Some(_)) => {}
            (None, None) if lexicon.plain_word(word).is_some() => {
                reading.owners.extend(lexicon.plain_word(word));
            }
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
fn is_transparent(
    text: &[u8],
    run: &Range<usize>,
    words: &[String],
    separator: &[u8],
    lexicon: &Lexicon,
) -> bool {
    let bytes = &text[run.clone()];
    if words.is_empty() || looks_like_a_value(bytes) {
        return true;
    }
    // The letters before a literal: `b"…"`, `Rb'…'`.
    let prefix = bytes.len() <= 2 && matches!(separator.first(), Some(b'"' | b'\''));
    if prefix && bytes.iter().all(|byte| b"bBrRfFuUL".contains(byte)) {
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

/// Whether a name is of an argument that describes another: `type=str`.
fn describes(words: &[String]) -> bool {
    const WORDS: [&str; 7] = ["type", "kind", "help", "description", "label", "title", "required"];
    matches!(words, [word] if WORDS.contains(&word.as_str()))
}

/// Whether a name says whose or that it is a credential.
fn says_who(words: &[String], lexicon: &Lexicon) -> bool {
    words
        .iter()
        .any(|word| lexicon.word(word).is_some() || names::role(word) == Some(Role::Credential))
}

/// Whether a name is made of words that say neither what nor whose.
fn says_nothing(words: &[String], lexicon: &Lexicon) -> bool {
    words.iter().all(|word| {
        lexicon.word(word).is_none()
            && matches!(names::role(word), Some(Role::Qualifier | Role::Holder | Role::Grammar))
    })
}

/// A lone word in prose, a table or a list needs its neighbours; what may stand
/// between them, by what stands behind it.
fn phrase_separators(separator: &[u8]) -> Option<&'static [u8]> {
    let has = |bytes: &[u8]| separator.iter().any(|byte| bytes.contains(byte));
    let only = |bytes: &[u8]| separator.iter().all(|byte| bytes.contains(byte));
    if only(b" \t|,`*\"'") && has(b" \t|,") {
        Some(b" \t|,`*\"':")
    } else if only(b" \t:`*\"'=-") && has(b" ") {
        Some(b" \t")
    } else {
        None
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_dossier::Library;

    const K: &str = "Ab3dEf6hIj9lMn2pQr5tUv8xYz1BcD4f";

    /// The name that the value in `text` (written `K`) is bound to.
    fn name(text: &str) -> String {
        let text = text.replace('K', K);
        let at = text.find(K).expect("the text has a value");
        let lexicon = Lexicon::new(&Library::builtin());
        let binding = read(text.as_bytes(), &(at..at + K.len()), &lexicon);
        binding.name.map(|name| text[name].to_owned()).unwrap_or_default()
    }

    #[test]
    fn names_in_many_syntaxes() {
        for (text, wanted) in [
            ("MY_NAME=K", "MY_NAME"),
            ("export MY_NAME=\"K\"", "MY_NAME"),
            ("const apiToken: string = \"K\";", "apiToken"),
            ("{\"apiToken\": \"K\"}", "apiToken"),
            ("f(api_token='K')", "api_token"),
            ("os.environ[\"MY_NAME\"] = \"K\"", "MY_NAME"),
            ("${MY_NAME:-K}", "MY_NAME"),
            ("ENV MY_NAME K", "MY_NAME"),
            ("tool --api-token K run", "--api-token"),
            ("<add key=\"MyName\" value=\"K\" />", "MyName"),
            ("<apiToken>K</apiToken>", "apiToken"),
            ("'a' => ['token' => 'K']", "token"),
            ("headers = {\"Authorization\": \"Bearer K\"}", "Authorization"),
            ("my_token%3DK%26", "my_token"),
            ("\\\"MY_NAME\\\"] = \\\"K\\\"\\n", "MY_NAME"),
        ] {
            assert_eq!(name(text), wanted, "{text}");
        }
    }

    #[test]
    fn names_on_other_lines() {
        assert_eq!(name("- name: MY_NAME\n  value: K\n"), "MY_NAME");
        assert_eq!(name("variable \"my_name\" {\n  default = \"K\"\n}"), "my_name");
        assert_eq!(name("<key>MY_NAME</key>\n<string>K</string>"), "MY_NAME");
        assert_eq!(name("getenv(\n  \"MY_NAME\",\n  \"K\",\n)"), "MY_NAME");
        assert_eq!(name("my_name:\n  default: K\n"), "my_name");
    }

    #[test]
    fn the_head_of_a_name_decides_what_it_names() {
        let lexicon = Lexicon::new(&Library::builtin());
        let says = |name: &str| reading(&names::words(name.as_bytes()), &lexicon);
        assert!(says("MISTRAL_API_KEY").credential && says("mistralapikey").credential);
        assert!(says("MISTRAL_KEY_ID").not_secret && says("mistral_cache_key").not_secret);
        assert_eq!(says("ACME_API_KEY").unknown, ["acme"]);
        assert!(says("MY_API_KEY_2").unknown.is_empty());
    }

    #[test]
    fn passwords_of_addresses_name_their_host() {
        let text = format!("postgres://user:{K}@db.example/x");
        let at = text.find(K).expect("the text has a value");
        let lexicon = Lexicon::new(&Library::builtin());
        let binding = read(text.as_bytes(), &(at..at + K.len()), &lexicon);
        assert_eq!(binding.userinfo_of.map(|host| &text[host]), Some("db.example"));
    }
}
