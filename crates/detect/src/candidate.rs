//! Tokens that have the shape of a prefix-less credential: the right length of
//! the right characters with a boundary on both sides, plainly, as joined
//! string literals, or under an encoding of their own.
//!
//! Whether such a token is anybody's credential is not asked here.

use std::ops::Range;

use leeward_model::Encoding;

use crate::{binding::escape_ending_at, decode};

/// A token of the right shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Where it lies, encoded form included.
    pub(crate) span: Range<usize>,
    /// Its value, decoded.
    pub(crate) value: Vec<u8>,
    /// What had to be undone, outermost first.
    pub(crate) decoded: Vec<Encoding>,
    /// It stands before `:` or `=`, as a name does.
    pub(crate) names_something: bool,
    /// It is a segment of a path or a piece of a longer base64 text.
    pub(crate) in_path: bool,
}

/// Shortest part of a value split over string literals.
const SHORTEST_PART: usize = 4;
/// Longest encoded token that is decoded on suspicion.
const LONGEST_TOKEN: usize = 512;
/// Encodings nested within a token.
const DEPTH: usize = 3;

/// Plain tokens of exactly `length` letters and digits within `region`.
pub(crate) fn plain(text: &[u8], region: Range<usize>, length: usize, found: &mut Vec<Candidate>) {
    let mut at = region.start + length - 1;
    // Every run of at least `length` covers one of the positions stepped on.
    while at < region.end {
        if !text[at].is_ascii_alphanumeric() {
            at += length;
            continue;
        }
        let start =
            text[..at].iter().rposition(|b| !b.is_ascii_alphanumeric()).map_or(0, |i| i + 1);
        let end = text[at..]
            .iter()
            .position(|b| !b.is_ascii_alphanumeric())
            .map_or(text.len(), |i| at + i);
        if (length..length + 8).contains(&(end - start)) {
            let start = after_escape(text, start, end);
            if end - start == length {
                found.extend(bounded(text, start..end));
            }
        }
        at = end + length;
    }
}

/// Skips the letters at the start of a run that belong to an escape before it:
/// `\nK`, `\u0022K`, `%3DK`, or a terminal colour `ESC[32mK`.
fn after_escape(text: &[u8], start: usize, end: usize) -> usize {
    let Some(before) = start.checked_sub(1).map(|at| text[at]) else { return start };
    let hex = |digits: usize| {
        text[start..end].get(..digits).is_some_and(|s| s.iter().all(u8::is_ascii_hexdigit))
    };
    match (before, text[start]) {
        (b'%', _) if hex(2) => start + 2,
        (b'\\', b'n' | b't' | b'r' | b'b' | b'f' | b'v') => start + 1,
        (b'\\', b'u') if text[start + 1..end].get(..4).is_some() => start + 5,
        (b'\\', b'x') => start + 3,
        (b'[', b'0'..=b'9') | (b';', b'0'..=b'9') => {
            let digits = text[start..end].iter().take_while(|b| b.is_ascii_digit()).count();
            if text[start + digits] == b'm' { start + digits + 1 } else { start }
        }
        _ => start,
    }
}

/// A candidate, unless what adjoins it makes it part of something larger.
fn bounded(text: &[u8], span: Range<usize>) -> Option<Candidate> {
    let at =
        |index: Option<usize>| index.and_then(|index| text.get(index)).copied().unwrap_or(b' ');
    let before = at(span.start.checked_sub(1));
    let before2 = at(span.start.checked_sub(2));
    let (after, after2) = (at(Some(span.end)), at(Some(span.end + 1)));
    let escaped = escape_ending_at(text, span.start).is_some();
    let line_start = before2 == b'\n' || span.start == 1;
    let part_of_larger = match before {
        b'_' | b'$' => true,
        b'-' => {
            !line_start && (before2.is_ascii_alphanumeric() || before2 == b'_' || before2 == b'-')
        }
        b'+' => !line_start && before2.is_ascii_alphanumeric(),
        b'.' => before2.is_ascii_alphanumeric(),
        _ => false,
    };
    let goes_on = match after {
        b'_' | b'(' => true,
        b'-' | b'+' | b'.' => after2.is_ascii_alphanumeric(),
        _ => false,
    };
    if part_of_larger && !escaped || goes_on || is_in_base64(text, &span) {
        return None;
    }
    Some(Candidate {
        value: text[span.clone()].to_vec(),
        decoded: Vec::new(),
        names_something: names_something(text, span.end),
        in_path: (before == b'/' && before2 != b'/' && before2 != b'>')
            || after == b'/' && after2 != b'/' && after2 != b'>',
        span,
    })
}

/// Whether a run is a piece of a base64 text: `+` belongs to nothing else that
/// adjoins a value, but for the mark of an added line.
fn is_in_base64(text: &[u8], span: &Range<usize>) -> bool {
    const REACH: usize = 100;
    let belongs = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let before = text[..span.start].iter().rev().take(REACH).take_while(belongs).count();
    let after = text[span.end..].iter().take(REACH).take_while(belongs).count();
    let start = span.start - before;
    let added = text.get(start) == Some(&b'+') && (start == 0 || text[start - 1] == b'\n');
    let around = [&text[start + usize::from(added)..span.start], &text[span.end..span.end + after]];
    around.iter().any(|part| part.contains(&b'+'))
}

fn names_something(text: &[u8], end: usize) -> bool {
    let rest = &text[end..text.len().min(end + 8)];
    let quoted = rest.iter().take_while(|b| matches!(b, b'"' | b'\'' | b'\\')).count();
    match (rest.get(quoted), rest.get(quoted + 1)) {
        (Some(b':'), next) => !matches!(next, Some(b'@' | b'/')),
        (Some(b'='), next) => quoted == 0 && !matches!(next, Some(b'=')),
        _ => false,
    }
}

/// Values split by a backslash at a line's end, as shells allow.
pub(crate) fn continued(
    text: &[u8],
    region: Range<usize>,
    length: usize,
    found: &mut Vec<Candidate>,
) {
    for at in memchr::memchr_iter(b'\\', &text[region.clone()]).map(|at| region.start + at) {
        let line_end = at + 1 + usize::from(text.get(at + 1) == Some(&b'\r'));
        if text.get(line_end) != Some(&b'\n') {
            continue;
        }
        let indented = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'+');
        let next = line_end + 1 + text[line_end + 1..].iter().take(40).take_while(indented).count();
        let letters = |byte: &&u8| byte.is_ascii_alphanumeric();
        let head = text[..at].iter().rev().take(length).take_while(letters).count();
        let tail = text[next..].iter().take(length).take_while(letters).count();
        if head >= SHORTEST_PART && tail >= SHORTEST_PART && head + tail == length {
            found.push(Candidate {
                span: at - head..next + tail,
                value: [&text[at - head..at], &text[next..next + tail]].concat(),
                decoded: vec![Encoding::Concatenation],
                names_something: false,
                in_path: false,
            });
        }
    }
}

/// Values split over string literals that are joined by an operator or by
/// standing side by side.
pub(crate) fn joined(text: &[u8], region: Range<usize>, length: usize, found: &mut Vec<Candidate>) {
    let mut at = region.start;
    while let Some(step) = text[at..region.end].iter().position(|b| is_quote(*b)) {
        let start = at + step + 1;
        at = start;
        if let Some((value, end)) = join_from(text, start, length) {
            at = end;
            found.push(Candidate {
                span: start..end,
                value,
                decoded: vec![Encoding::Concatenation],
                names_something: false,
                in_path: false,
            });
        }
    }
}

fn join_from(text: &[u8], start: usize, length: usize) -> Option<(Vec<u8>, usize)> {
    let mut value = Vec::new();
    let mut at = start;
    loop {
        let run =
            text[at..].iter().take(length + 1).take_while(|b| b.is_ascii_alphanumeric()).count();
        value.extend_from_slice(&text[at..at + run]);
        at += run;
        if run < SHORTEST_PART || value.len() > length {
            return None;
        }
        let (quote, after) = closing_quote(text, at)?;
        if value.len() == length {
            return (value.len() > run && quote).then_some((value, at));
        }
        at = next_literal(text, after)?;
    }
}

/// Skips a closing quote, escaped or not.
fn closing_quote(text: &[u8], at: usize) -> Option<(bool, usize)> {
    let slashes = text[at..].iter().take(4).take_while(|b| **b == b'\\').count();
    let quote = *text.get(at + slashes)?;
    is_quote(quote).then_some((true, at + slashes + 1))
}

/// Start of the content of a literal that is joined to what ended at `at`.
fn next_literal(text: &[u8], mut at: usize) -> Option<usize> {
    let limit = text.len().min(at + 120);
    let mut operators = 0;
    while at < limit {
        match text[at] {
            b' ' | b'\t' | b'\r' | b'\n' | b'\\' => at += 1,
            b'n' | b'r' | b't' if text[at - 1] == b'\\' => at += 1,
            b'+' | b'.' | b'&' | b'~' | b'|' | b'<' | b'>' if operators < 3 => {
                operators += 1;
                at += 1;
            }
            // `["…", "…"].join("")` and its relatives.
            b',' if operators == 0
                && memchr::memmem::find(
                    &text[at.saturating_sub(160)..text.len().min(at + 200)],
                    b"join",
                )
                .is_some() =>
            {
                operators += 1;
                at += 1;
            }
            byte if is_quote(byte) => return Some(at + 1),
            // `"…".concat("…")`
            b'c' if text[at..limit].starts_with(b"concat(") => at += b"concat(".len(),
            // A prefix of the next literal: `b"…"`, `f"…"`, `@"…"`.
            b'b' | b'f' | b'r' | b'u' | b'@'
                if text.get(at + 1).is_some_and(|next| is_quote(*next)) =>
            {
                at += 1;
            }
            _ => return None,
        }
    }
    None
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// Tokens under an encoding of their own: base64, hexadecimal, percent or
/// backslash escapes.
pub(crate) fn encoded(
    text: &[u8],
    region: Range<usize>,
    length: usize,
    found: &mut Vec<Candidate>,
) {
    let mut at = region.start;
    while at < region.end {
        if !decode::is_base64_byte(text[at]) && text[at] != b'%' && text[at] != b'\\' {
            at += 1;
            continue;
        }
        let end = at
            + text[at..]
                .iter()
                .take(LONGEST_TOKEN + 1)
                .take_while(|b| decode::is_base64_byte(**b))
                .count();
        if end - at > length && end - at <= LONGEST_TOKEN {
            let end = end + text[end..].iter().take(2).take_while(|b| **b == b'=').count();
            let start = after_escape(text, at, end);
            decode_token(text, start..end, length, found);
        }
        if end == at {
            let end = at
                + text[at..]
                    .iter()
                    .take(LONGEST_TOKEN)
                    .take_while(|b| {
                        b.is_ascii_alphanumeric() || matches!(b, b'%' | b'\\' | b'{' | b'}')
                    })
                    .count();
            if end - at > length {
                unescape_token(text, at..end, length, found);
            }
        }
        at = end.max(at + 1);
    }
}

fn decode_token(text: &[u8], token: Range<usize>, length: usize, found: &mut Vec<Candidate>) {
    let bytes = &text[token.clone()];
    let Some((value, inner, decoded)) = inside(bytes, length, DEPTH) else { return };
    found.push(Candidate {
        span: token.start + inner.start..token.start + inner.end,
        value,
        decoded,
        names_something: names_something(text, token.end),
        in_path: false,
    });
}

/// The only candidate inside an encoded token: its value, its place in the
/// token, and the encodings undone.
fn inside(
    token: &[u8],
    length: usize,
    depth: usize,
) -> Option<(Vec<u8>, Range<usize>, Vec<Encoding>)> {
    if depth == 0 {
        return None;
    }
    for (encoding, layer) in
        [(Encoding::Hex, decode::hex(token)), (Encoding::Base64, decode::base64(token))]
    {
        let Some(layer) = layer else { continue };
        if !decode::is_text(&layer.bytes) {
            continue;
        }
        let mut found = Vec::new();
        plain(&layer.bytes, 0..layer.bytes.len(), length, &mut found);
        if let [candidate] = found.as_slice() {
            let alone = layer.bytes.trim_ascii().len() == length;
            let span = if alone { 0..token.len() } else { layer.original(candidate.span.clone()) };
            return Some((candidate.value.clone(), span, vec![encoding]));
        }
        if let Some((value, _, mut decoded)) = inside(layer.bytes.trim_ascii(), length, depth - 1) {
            decoded.insert(0, encoding);
            return Some((value, 0..token.len(), decoded));
        }
    }
    None
}

fn unescape_token(text: &[u8], token: Range<usize>, length: usize, found: &mut Vec<Candidate>) {
    let bytes = &text[token.clone()];
    for (encoding, layer) in
        [(Encoding::Percent, decode::percent(bytes)), (Encoding::Escape, decode::escapes(bytes))]
    {
        let Some(layer) = layer else { continue };
        let mut inner = Vec::new();
        plain(&layer.bytes, 0..layer.bytes.len(), length, &mut inner);
        for candidate in inner {
            let span = layer.original(candidate.span.clone());
            // Only what really was under the encoding; the rest is found plain.
            if span.len() > length {
                found.push(Candidate {
                    span: token.start + span.start..token.start + span.end,
                    decoded: vec![encoding],
                    ..candidate
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const K: &str = "Ab3dEf6hIj9lMn2pQr5tUv8xYz1BcD4f";

    fn check(
        find: fn(&[u8], Range<usize>, usize, &mut Vec<Candidate>),
        text: &str,
    ) -> Vec<(String, String)> {
        let mut found = Vec::new();
        find(text.as_bytes(), 0..text.len(), 32, &mut found);
        found
            .into_iter()
            .map(|c| (text[c.span].to_owned(), String::from_utf8_lossy(&c.value).into_owned()))
            .collect()
    }

    #[test]
    fn boundaries_decide() {
        let plainly = |text: String| check(plain, &text).len();
        assert_eq!(plainly(format!("k={K}")), 1);
        assert_eq!(plainly(format!("k={K}a")), 0);
        assert_eq!(plainly(format!("ag_{K}")), 0);
        assert_eq!(plainly(format!("sk-{K}")), 0);
        assert_eq!(plainly(format!("x%3D{K}%26")), 1);
        assert_eq!(plainly(format!("a\\n{K}\\n")), 1);
        assert_eq!(plainly(format!("{K}.js")), 0);
        assert_eq!(plainly(format!("ab/+{K}/cd")), 0);
        assert_eq!(plainly(format!("x\n+{K}\n")), 1);
        assert_eq!(plainly(format!("is {K}.")), 1);
    }

    #[test]
    fn literals_are_joined() {
        let (a, b) = K.split_at(16);
        for text in [
            format!("\"{a}\" + \"{b}\""),
            format!("'{a}' . '{b}'"),
            format!("\"{a}\"\n    \"{b}\""),
            format!("(\\\"{a}\\\" + \\\"{b}\\\")"),
        ] {
            let found = check(joined, &text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].1, K);
            assert!(found[0].0.starts_with(a) && found[0].0.ends_with(b));
        }
        assert!(check(joined, &format!("\"{a}\", \"{b}\"")).is_empty());
    }

    #[test]
    fn encodings_are_undone() {
        let hex: String = K.bytes().map(|b| format!("{b:02x}")).collect();
        let found = check(encoded, &format!("x: {hex}\n"));
        assert_eq!(found, [(hex, K.to_owned())]);
        let base64 = "QWIzZEVmNmhJajlsTW4ycFFyNXRVdjh4WXoxQmNENGY=";
        assert_eq!(check(encoded, &format!("x: {base64}")), [(base64.to_owned(), K.to_owned())]);
        let percent: String = K.bytes().map(|b| format!("%{b:02X}")).collect();
        assert_eq!(check(encoded, &format!("x={percent}&y")), [(percent, K.to_owned())]);
    }
}
