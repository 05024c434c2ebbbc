//! The import that a replacement needs, and where it goes.

use super::{Language, Piece, literal::line_end};

/// The missing import: where it is put, and its text.
pub(super) fn missing(text: &[u8], language: Language) -> Option<(Piece, String)> {
    let text_end = line_end(text);
    let text = std::str::from_utf8(text).ok()?;
    match language {
        Language::Python => python(text, text_end),
        Language::Go => go(text, text_end),
        _ => None,
    }
}

/// Lines with where they begin.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        at += line.len();
        (at - line.len(), line.trim_end())
    })
}

fn python(text: &str, end: &str) -> Option<(Piece, String)> {
    // A byte order mark stays where it is: at the beginning.
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let text = &text[mark..];
    let imports_os = |line: &str| {
        let names = line.strip_prefix("import ").unwrap_or_default();
        names.split(',').any(|name| name.split('#').next().unwrap_or_default().trim() == "os")
    };
    if lines(text).any(|(_, line)| imports_os(line)) {
        return None;
    }
    // After what must come first: comments, the docstring, the future.
    let mut until: Option<&str> = None;
    let mut seen_docstring = false;
    let mut place = text.len();
    for (at, line) in lines(text) {
        if let Some(mark) = until {
            if line.contains(mark) {
                until = None;
            }
            continue;
        }
        let quotes = ["\"\"\"", "'''"].into_iter().find(|quotes| line.starts_with(quotes));
        if let Some(quotes) = quotes.filter(|_| !seen_docstring) {
            seen_docstring = true;
            until = (!line[3..].contains(quotes)).then_some(quotes);
        } else if line.starts_with("from __future__") {
            until = (line.contains('(') && !line.contains(')')).then_some(")");
        } else if !line.is_empty() && !line.starts_with('#') {
            place = at;
            break;
        }
    }
    let follows_import = text[place..].starts_with("import ") || text[place..].starts_with("from ");
    let gap = if follows_import { "" } else { end };
    let at = mark + place;
    Some((Piece::new(at..at, format!("import os{end}{gap}")), "import os".to_owned()))
}

fn go(text: &str, end: &str) -> Option<(Piece, String)> {
    let is_os = |line: &str| {
        let line = line.strip_prefix("import").unwrap_or(line).trim();
        line == "\"os\"" || line.starts_with("\"os\" ")
    };
    if lines(text).any(|(_, line)| is_os(line.trim())) {
        return None;
    }
    let named = "import \"os\"".to_owned();
    let after = |at: usize| at + text[at..].find('\n').map_or(text.len() - at, |n| n + 1);
    if let Some((at, _)) = lines(text).find(|(_, line)| line.starts_with("import (")) {
        // Among the others, in the order of the alphabet, as `gofmt` has them.
        let first = after(at);
        let place = lines(&text[first..])
            .take_while(|(_, line)| line.trim().starts_with('"'))
            .filter(|(_, line)| line.trim() < "\"os\"")
            .last()
            .map_or(first, |(at, _)| after(first + at));
        return Some((Piece::new(place..place, format!("\t\"os\"{end}")), named));
    }
    if let Some((at, _)) = lines(text).find(|(_, line)| line.starts_with("import ")) {
        let place = after(at);
        return Some((Piece::new(place..place, format!("import \"os\"{end}")), named));
    }
    let (at, _) = lines(text).find(|(_, line)| line.starts_with("package "))?;
    let place = after(at);
    Some((Piece::new(place..place, format!("{end}import \"os\"{end}")), named))
}
