//! The line a match lies on, for people: cut around the match, with the match
//! and everything else that could be a secret masked.

use std::ops::Range;

use leeward_model::{Excerpt, Hint};

use crate::{lines, value};

/// Bytes kept before and after the match.
const BEFORE: usize = 90;
const AFTER: usize = 60;
/// Shortest run that could be somebody's secret.
const SUSPICIOUS: usize = 16;

/// The excerpt of `text` around `span`, which is shown as `hint`: one line, cut,
/// with every other run that could be a secret masked.
pub fn around(text: &[u8], span: &Range<usize>, hint: &Hint) -> Excerpt {
    let line_start = physical_start(text, span.start);
    let mut from = line_start.max(span.start.saturating_sub(BEFORE));
    // Never cut into a run: its visible rest could be a secret's.
    if from > line_start {
        from +=
            text[from..span.start].iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
    }
    let line_end = text[span.end..]
        .iter()
        .take(AFTER * 4)
        .position(|byte| matches!(byte, b'\n' | b'\r'))
        .map_or(text.len().min(span.end + AFTER * 4), |at| span.end + at);
    let mut to = line_end.min(span.end + AFTER);
    if to < line_end {
        to -=
            text[span.end..to].iter().rev().take_while(|byte| !byte.is_ascii_whitespace()).count();
    }
    let mut shown = String::new();
    if from > line_start {
        shown.push('…');
    }
    shown.push_str(&mask(&text[from..span.start]));
    let start = shown.len();
    shown.push_str(hint.as_str());
    let mark = start..shown.len();
    shown.push_str(&mask(&text[span.end..to]));
    if to < line_end {
        shown.push('…');
    }
    Excerpt { text: shown, mark }
}

fn physical_start(text: &[u8], at: usize) -> usize {
    let floor = at.saturating_sub(4096);
    text[floor..at].iter().rposition(|byte| *byte == b'\n').map_or(floor, |i| floor + i + 1)
}

/// Text with every run that could be a secret cut to its first four
/// characters. NUL bytes, as UTF-16 has them, are dropped.
pub(crate) fn mask(text: &[u8]) -> String {
    let text: Vec<u8> = text.iter().copied().filter(|byte| *byte != 0).collect();
    let mut shown = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let run = text[at..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'_' | b'-'))
            .count();
        let bytes = &text[at..at + run];
        if run >= SUSPICIOUS && value::wordiness(bytes) < 0.0 {
            shown.extend_from_slice(&bytes[..4]);
            shown.extend_from_slice("…".as_bytes());
        } else {
            shown.extend_from_slice(bytes);
        }
        at += run;
        if let Some(byte) = text.get(at) {
            shown.push(*byte);
            at += 1;
        }
    }
    String::from_utf8_lossy(&shown).into_owned()
}

/// Whether an inline comment says that a match here is to be left alone: on
/// its line, or alone on the line above.
pub(crate) fn is_ignored(text: &[u8], span: &Range<usize>) -> bool {
    const MARK: &[u8] = b"leeward:ignore";
    let start = physical_start(text, span.start);
    let end = lines::end(text, span.end);
    if memchr::memmem::find(&text[start..end], MARK).is_some() {
        return true;
    }
    let Some(above_end) = start.checked_sub(1) else { return false };
    let above = text[physical_start(text, above_end)..above_end].trim_ascii();
    let comment = [&b"#"[..], b"//", b"--", b";", b"<!--", b"/*", b"*", b"%", b"\"", b"rem "];
    comment.iter().any(|opening| above.to_ascii_lowercase().starts_with(opening))
        && memchr::memmem::find(above, MARK).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_model::Secret;

    const K: &str = "Ab3dEf6hIj9lMn2pQr5tUv8xYz1BcD4f";

    fn shown(text: &str) -> String {
        let at = text.find(K).expect("the text holds the value");
        around(text.as_bytes(), &(at..at + K.len()), &Secret::new(K.as_bytes()).hint()).text
    }

    #[test]
    fn the_value_and_its_neighbours_are_masked() {
        assert_eq!(shown(&format!("a\nKEY={K} # x\nb")), "KEY=Ab3d…cD4f # x");
        assert_eq!(shown(&format!("A=zY8xW7vU6tS5rQ4pO3n KEY={K}")), "A=zY8x… KEY=Ab3d…cD4f");
    }

    #[test]
    fn a_long_line_is_cut_at_spaces() {
        let text = format!("{}key = {K}{}", "word ".repeat(100), " word".repeat(100));
        let shown = shown(&text);
        assert!(shown.len() < 180 && shown.starts_with('…') && shown.ends_with('…'), "{shown}");
    }

    #[test]
    fn comments_ignore_their_line_and_the_next() {
        let ignored = |text: &str| {
            let at = text.find(K).expect("the text holds the value");
            is_ignored(text.as_bytes(), &(at..at + K.len()))
        };
        assert!(ignored(&format!("k={K} # leeward:ignore example\n")));
        assert!(ignored(&format!("# leeward:ignore\nk={K}\n")));
        assert!(!ignored(&format!("x=1 # leeward:ignore\nk={K}\n")));
        assert!(!ignored(&format!("k={K}\n# leeward:ignore\n")));
    }
}
