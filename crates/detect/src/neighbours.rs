//! Names that do not stand beside their value on its line: the `name:` of a
//! `value:`, the head of the structure around it, and the places where a
//! variable is used.
//!
//! Companion of `binding`, which reads what stands directly to the left.

use std::ops::Range;

use crate::{
    lines,
    names::{self, Role},
};

/// How far up and down the `name:` of a `value:` may stand.
const PAIR_LINES: usize = 3;
/// How far back the head of an enclosing structure may stand, in bytes.
const HEAD: usize = 600;
/// Most uses of a variable that are looked at.
const USES: usize = 4;

/// The name that stands beside a value in a structure of `name:` and `value:`.
pub(crate) fn beside(text: &[u8], span: &Range<usize>) -> Option<Range<usize>> {
    above(text, span).or_else(|| below(text, span))
}

fn above(text: &[u8], span: &Range<usize>) -> Option<Range<usize>> {
    let mut start = lines::start(text, span.start);
    for _ in 0..PAIR_LINES {
        let end = start.checked_sub(1)?;
        start = lines::start(text, end);
        let line = start..lines::end(text, start).min(end);
        if closes(text, &line) {
            return None;
        }
        if let Some(name) = pair_name(text, line) {
            return Some(name);
        }
    }
    None
}

fn below(text: &[u8], span: &Range<usize>) -> Option<Range<usize>> {
    let mut end = lines::end(text, span.end);
    for _ in 0..PAIR_LINES {
        let start = end + text[end..].iter().take(3).position(|byte| *byte == b'\n')? + 1;
        end = lines::end(text, start);
        let line = start..end;
        if closes(text, &line) || text[line.clone()].trim_ascii_start().starts_with(b"- ") {
            return None;
        }
        if let Some(name) = pair_name(text, line) {
            return Some(name);
        }
    }
    None
}

/// Whether a line opens or closes a structure, so that what lies beyond is no
/// neighbour.
fn closes(text: &[u8], line: &Range<usize>) -> bool {
    let body = text[line.clone()].trim_ascii();
    let Some(first) = body.first() else { return true };
    matches!(first, b'}' | b']' | b')') || matches!(body.last(), Some(b'{' | b'['))
}

/// `name: X`, `"key": "X"` on a line of its own.
fn pair_name(text: &[u8], line: Range<usize>) -> Option<Range<usize>> {
    const NAMES: [&str; 7] = ["name", "key", "variable", "header", "field", "setting", "id"];
    let mut runs = name_runs(text, line);
    let (name, value) = (runs.next()?, runs.next()?);
    let words = names::words(&text[name]);
    let last = words.last()?;
    let is_pair = words.len() <= 2 && NAMES.contains(&last.as_str());
    // Nothing may follow but a closing tag.
    let alone = runs.next().is_none_or(|run| text[run].starts_with(b"/"));
    (is_pair && alone).then_some(value)
}

pub(crate) fn name_runs(
    text: &[u8],
    line: Range<usize>,
) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = line.start;
    std::iter::from_fn(move || {
        // A list's dash is no name.
        let skip = |at: usize| {
            !names::is_name_byte(text[at]) || text[at] == b'-' && text.get(at + 1) == Some(&b' ')
        };
        while at < line.end && skip(at) {
            at += 1;
        }
        let start = at;
        while at < line.end && names::is_name_byte(text[at]) {
            at += 1;
        }
        (start < at).then_some(start..at)
    })
}

/// The name of the structure that encloses a value without a name of its own:
/// `variable "x" { default = "v" }`, `KEYS = [ "v" ]`.
pub(crate) fn enclosing(text: &[u8], span: &Range<usize>) -> Option<Range<usize>> {
    let floor = span.start.saturating_sub(HEAD);
    let mut depth = 0_usize;
    for at in (floor..span.start).rev() {
        match text[at] {
            b')' | b']' | b'}' => depth += 1,
            b'(' | b'[' | b'{' if depth > 0 => depth -= 1,
            b'(' | b'[' | b'{' => return head(text, lines::start(text, at).max(floor)..at),
            _ => {}
        }
    }
    None
}

/// The nearest named structure around a value that looks like a constructor or
/// a named block, and how many brackets out it is.
pub(crate) fn holder(text: &[u8], span: &Range<usize>) -> Option<(Range<usize>, u32)> {
    const LEVELS: u32 = 3;
    let floor = span.start.saturating_sub(HEAD);
    let (mut depth, mut level) = (0_usize, 0);
    for at in (floor..span.start).rev() {
        match text[at] {
            b')' | b']' | b'}' => depth += 1,
            b'(' | b'[' | b'{' if depth > 0 => depth -= 1,
            open @ (b'(' | b'[' | b'{') => {
                level += 1;
                let name = head(text, lines::start(text, at).max(floor)..at);
                let line = lines::start(text, at).max(floor)..at;
                // `.addInterceptor {` hands over a function.
                let lambda =
                    name.as_ref().is_some_and(|name| text[line.start..name.end].contains(&b'.'));
                let holds = |name: &Range<usize>| match open {
                    b'{' => !lambda && !defines(text, line),
                    b'(' => is_constructor(&text[name.clone()]),
                    _ => false,
                };
                if let Some(name) = name.filter(holds) {
                    return Some((name, level));
                }
                if level == LEVELS {
                    return None;
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether a function's name is written as a type's: `AcmeClient`, `acme.Client`.
fn is_constructor(name: &[u8]) -> bool {
    let last = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    last.first().is_some_and(u8::is_ascii_uppercase)
}

/// Whether a line begins the definition of a type or a function, which holds
/// whatever its author put there.
fn defines(text: &[u8], line: Range<usize>) -> bool {
    const KEYWORDS: [&str; 14] = [
        "class",
        "interface",
        "struct",
        "impl",
        "trait",
        "enum",
        "object",
        "namespace",
        "module",
        "fun",
        "func",
        "fn",
        "function",
        "def",
    ];
    name_runs(text, line)
        .any(|run| KEYWORDS.iter().any(|keyword| text[run.clone()] == *keyword.as_bytes()))
}

/// The name of the less indented line above that a value without a name of its
/// own belongs to: `x_password:` above `default: v`.
pub(crate) fn indented_under(text: &[u8], span: &Range<usize>) -> Option<Range<usize>> {
    const LINES: usize = 6;
    let indent_of = |start: usize, end: usize| {
        text[start..end].iter().take_while(|byte| matches!(byte, b' ' | b'+')).count()
    };
    let mut start = lines::start(text, span.start);
    let indent = indent_of(start, span.start);
    for _ in 0..LINES {
        let end = start.checked_sub(1)?;
        start = lines::start(text, end);
        let line = start..lines::end(text, start).min(end);
        let body = text[line.clone()].trim_ascii();
        if body.is_empty() || body == b"+" || indent_of(line.start, line.end) >= indent {
            continue;
        }
        return body.ends_with(b":").then(|| name_runs(text, line).last()).flatten();
    }
    None
}

/// The last telling name before an opening bracket.
fn head(text: &[u8], line: Range<usize>) -> Option<Range<usize>> {
    let stop = text[line.clone()]
        .iter()
        .rposition(|byte| matches!(byte, b',' | b';' | b'{' | b'('))
        .map_or(line.start, |at| line.start + at + 1);
    name_runs(text, stop..line.end)
        .filter(|run| {
            names::words(&text[run.clone()])
                .iter()
                .any(|word| !matches!(names::role(word), Some(Role::Grammar | Role::Holder)))
        })
        .last()
}

/// Places where the variable of this name is used, if it is one that is
/// assigned: what stands beside a use says whose the value is.
pub(crate) fn uses(text: &[u8], name: &Range<usize>, reach: usize) -> Vec<Range<usize>> {
    let identifier = &text[name.clone()];
    let plain =
        identifier.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'));
    let after = text[name.end..text.len().min(name.end + 40)].trim_ascii_start();
    let after = after.strip_prefix(b"'").or(after.strip_prefix(b"\"")).unwrap_or(after);
    let after = after.trim_ascii_start();
    let assigned = after.starts_with(b"=")
        || after.starts_with(b"<-")
        || after.starts_with(b":") && after.contains(&b'=');
    // An argument's name is no variable.
    let argument = matches!(text[..name.start].trim_ascii_end().last(), Some(b'(' | b','));
    if identifier.len() < 3 || !plain || !assigned || argument {
        return Vec::new();
    }
    let from = name.start.saturating_sub(reach / 8);
    let to = text.len().min(name.end + reach);
    memchr::memmem::find_iter(&text[from..to], identifier)
        .map(|at| from + at..from + at + identifier.len())
        .filter(|found| found != name && is_use(text, found, name.start))
        .take(USES)
        .collect()
}

/// Whether a name found again is the same name, and not assigned anew after
/// `defined`.
fn is_use(text: &[u8], found: &Range<usize>, defined: usize) -> bool {
    let goes_on = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    let next = text[found.end..text.len().min(found.end + 12)].trim_ascii_start();
    let unquoted = next.strip_prefix(b"'").or(next.strip_prefix(b"\""));
    let next = unquoted.unwrap_or(next).trim_ascii_start();
    let assigned = (found.start > defined || unquoted.is_some())
        && next.starts_with(b"=")
        && !next.starts_with(b"==");
    !goes_on(found.start.checked_sub(1).and_then(|at| text.get(at)))
        && !goes_on(text.get(found.end))
        && !assigned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_used_where_its_name_stands_again() {
        let text = "key = 'v'\nother = 1\ncall(key)\nkey = 2\nkeys(1)\n";
        let found = uses(text.as_bytes(), &(0..3), 1000);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0], 25..28);
        // The name of an argument is no variable.
        assert!(uses(b"f(key='v'); g(key)", &(2..5), 1000).is_empty());
    }

    #[test]
    fn holders_are_constructors_and_named_blocks() {
        let holder_of = |text: &str| {
            let at = text.find("VALUE").expect("the text has a value");
            holder(text.as_bytes(), &(at..at + 5))
                .map(|(name, level)| (text[name].to_owned(), level))
        };
        assert_eq!(holder_of("AcmeClient(key=VALUE)"), Some(("AcmeClient".into(), 1)));
        assert_eq!(holder_of("new Acme({ key: VALUE })"), Some(("Acme".into(), 2)));
        assert_eq!(holder_of("\"acme\": { \"key\": \"VALUE\" }"), Some(("acme".into(), 1)));
        assert_eq!(holder_of("print(VALUE)"), None);
        assert_eq!(holder_of("class Foo {\n  key = VALUE\n}"), None);
    }
}
