//! Dotenv files as text: where the value of a variable lies, and how a value
//! is written so that loaders of all languages read the same. Everything
//! around a value is kept byte for byte.

use std::ops::Range;

use leeward_model::Secret;
use zeroize::Zeroizing;

/// A variable's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The value as written, quotes included.
    pub(super) value: Range<usize>,
    /// The quote it is in, if it is.
    pub(super) quote: Option<u8>,
    /// The number of its first line, from 1.
    pub(super) line: usize,
}

/// The names of the variables that a dotenv file's text sets to a value that is
/// meant, in order.
pub fn names(text: &[u8], mut is_meant: impl FnMut(&Secret) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    each(text, |name, entry| {
        if is_meant(&value(text, &entry)) {
            found.push(String::from_utf8_lossy(name).into_owned());
        }
    });
    found
}

/// The lines that set a variable.
pub(super) fn entries(text: &[u8], name: &str) -> Vec<Entry> {
    let mut found = Vec::new();
    each(text, |known, entry| {
        if known == name.as_bytes() {
            found.push(entry);
        }
    });
    found
}

/// Goes over all lines that set anything.
fn each<'t>(text: &'t [u8], mut found: impl FnMut(&'t [u8], Entry)) {
    let (mut at, mut line) = (0, 1);
    while at < text.len() {
        let start = at;
        let assigned = assignment(text, at);
        let end = assigned.as_ref().map_or(at, |(_, entry)| entry.value.end);
        if let Some((name, entry)) = assigned {
            found(name, Entry { line, ..entry });
        }
        at = text[end..].iter().position(|&b| b == b'\n').map_or(text.len(), |n| end + n + 1);
        line += text[start..at].iter().filter(|&&b| b == b'\n').count();
    }
}

/// Name and value, if the line that begins here assigns.
fn assignment(text: &[u8], start: usize) -> Option<(&[u8], Entry)> {
    let blanks = |mut at: usize| {
        while matches!(text.get(at), Some(b' ' | b'\t')) {
            at += 1;
        }
        at
    };
    let mut at = blanks(if text[start..].starts_with(b"\xef\xbb\xbf") { start + 3 } else { start });
    if text[at..].starts_with(b"export") && matches!(text.get(at + 6), Some(b' ' | b'\t')) {
        at = blanks(at + 6);
    }
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"_.-".contains(b);
    let length = text[at..].iter().take_while(|b| is_name(b)).count();
    let name = &text[at..at + length];
    at = blanks(at + length);
    if length == 0 || text.get(at) != Some(&b'=') {
        return None;
    }
    let at = blanks(at + 1);
    let quote = text.get(at).copied().filter(|b| b"'\"`".contains(b));
    let closed = quote.and_then(|quote| closing(text, at + 1, quote));
    let (quote, end) = match closed {
        Some(end) => (quote, end + 1),
        None => {
            let rest = &text[at..];
            let rest = &rest[..rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len())];
            let comment = rest.windows(2).position(|two| matches!(two, b" #" | b"\t#"));
            let rest = if rest.first() == Some(&b'#') { &rest[..0] } else { rest };
            (
                None,
                at + rest[..comment.unwrap_or(rest.len()).min(rest.len())].trim_ascii_end().len(),
            )
        }
    };
    Some((name, Entry { value: at..end, quote, line: 0 }))
}

/// Where a quoted value ends, which may be lines further down.
fn closing(text: &[u8], start: usize, quote: u8) -> Option<usize> {
    let mut at = start;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' if quote == b'"' => at += 1,
            _ if byte == quote => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// What a loader makes of a value.
pub(super) fn value(text: &[u8], entry: &Entry) -> Secret {
    let written = &text[entry.value.clone()];
    let Some(quote) = entry.quote else { return Secret::new(written) };
    let inner = &written[1..written.len() - 1];
    if quote != b'"' {
        return Secret::new(inner);
    }
    let mut plain = Zeroizing::new(Vec::with_capacity(inner.len()));
    let mut bytes = inner.iter().copied();
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'\\' => match bytes.next() {
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(b't') => b'\t',
                Some(other) => other,
                None => b'\\',
            },
            _ => byte,
        });
    }
    Secret::new(plain.as_slice())
}

/// A value as it is written, in the quotes that were there if they serve.
/// `None` if a dotenv file cannot hold it.
pub(super) fn written(value: &Secret, quote: Option<u8>) -> Option<Zeroizing<Vec<u8>>> {
    #[expect(clippy::disallowed_methods, reason = "it is written where the user named")]
    let value = value.expose();
    if std::str::from_utf8(value).is_err() || value.contains(&0) {
        return None;
    }
    // Nothing in these means anything to any loader or shell.
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(b);
    let all_plain = !value.is_empty() && value.iter().all(is_plain);
    let one_line = !value.iter().any(|b| matches!(b, b'\n' | b'\r'));
    let quote = match quote {
        Some(quote) if all_plain => Some(quote),
        None if all_plain => None,
        _ if one_line && !value.contains(&b'\'') => Some(b'\''),
        _ => Some(b'"'),
    };
    let mut text = Zeroizing::new(Vec::with_capacity(2 * value.len() + 2));
    text.extend(quote);
    for &byte in value {
        match byte {
            b'\n' => text.extend_from_slice(b"\\n"),
            b'\r' => text.extend_from_slice(b"\\r"),
            b'"' | b'\\' | b'$' | b'`' if quote == Some(b'"') => text.extend([b'\\', byte]),
            _ => text.push(byte),
        }
    }
    text.extend(quote);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, name: &str) -> Vec<(String, usize)> {
        let shown = |entry: &Entry| {
            let value = value(text.as_bytes(), entry);
            #[expect(clippy::disallowed_methods, reason = "a test looks")]
            let value = String::from_utf8(value.expose().to_vec()).expect("UTF-8");
            (value, entry.line)
        };
        entries(text.as_bytes(), name).iter().map(shown).collect()
    }

    #[test]
    fn values_are_found_as_loaders_find_them() {
        let text = "# A=0\nA=1 # one\r\nexport A = '2 # two'\nB=\"x\nA=not\ny\"\n\tA=\"3\\n\\\"\" # c\nA=\nA=a#b\nA='x\nA#=1\nAB=1";
        let expected = [("1", 2), ("2 # two", 3), ("3\n\"", 7), ("", 8), ("a#b", 9), ("'x", 10)];
        let expected: Vec<_> =
            expected.iter().map(|&(value, line)| (value.to_owned(), line)).collect();
        assert_eq!(found(text, "A"), expected);
        assert_eq!(found("A=1", "A"), [("1".to_owned(), 1)]);
        assert_eq!(found("A=  # c\nB", "A"), [(String::new(), 1)]);
        assert_eq!(found("", "A"), []);
    }

    #[test]
    fn what_is_written_is_read_back() {
        for value in ["plain-1", "with blank", "it's", "a\"b$c`d\\e'f", "two\nlines", "", "é#"] {
            for quote in [None, Some(b'\''), Some(b'"')] {
                let text = written(&Secret::new(value.as_bytes()), quote).expect("can be held");
                let text = format!("K={}\nL=1", String::from_utf8(text.to_vec()).expect("UTF-8"));
                assert_eq!(found(&text, "K"), [(value.to_owned(), 1)], "{text}");
                assert_eq!(found(&text, "L").len(), 1, "{text}");
            }
        }
        assert!(written(&Secret::new(*b"\xff"), None).is_none());
    }
}
