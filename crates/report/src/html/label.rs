//! How wide a text is, without a browser to ask: measured with the widths of a
//! wide font, so that a label that fits here fits with any other.

use unicode_width::UnicodeWidthChar as _;

/// At most so many lines of at most so many ems; whether something was cut.
pub(crate) fn wrap(text: &str, room: f32, most: usize) -> (Vec<String>, bool) {
    let mut lines = vec![String::new()];
    let mut used = 0.0;
    for word in text.split_inclusive(' ') {
        let fits = used + ems(word.trim_end()) <= room;
        if !fits && used > 0.0 {
            lines.push(String::new());
            used = 0.0;
        }
        for c in word.chars() {
            if used + em(c) > room && c != ' ' {
                lines.push(String::new());
                used = 0.0;
            }
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
            used += em(c);
        }
        if lines.len() > most {
            break;
        }
    }
    let cut = lines.len() > most;
    lines.truncate(most);
    if cut && let Some(last) = lines.last_mut() {
        while ems(last) + em('…') > room && last.pop().is_some() {}
        *last = format!("{}…", last.trim_end());
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    (lines, cut)
}

pub(crate) fn ems(text: &str) -> f32 {
    text.chars().map(em).sum()
}

/// How wide a letter is, in the widest of the fonts that browsers fall back
/// to, as a part of its height.
fn em(c: char) -> f32 {
    match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.38,
        ' ' | 'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '/' | '\\' | '-' => 0.45,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' | '—' => 1.0,
        'A'..='Z' | '+' | '=' | '<' | '>' | '&' | '#' | '~' => 0.84,
        ' '..='~' => 0.66,
        c => match c.width() {
            None | Some(0) => 0.0,
            Some(1) => 0.95,
            Some(_) => 1.2,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_and_never_wider_than_its_room() {
        assert_eq!(wrap("one two", 20.0, 2), (vec!["one two".to_owned()], false));
        assert_eq!(wrap("one two", 3.0, 2), (vec!["one".to_owned(), "two".to_owned()], false));
        let (lines, cut) = wrap("one two three four", 3.0, 2);
        assert!(cut && lines[1].ends_with('…'), "{lines:?}");
        for text in ["WWWWWWWWWWWWWWWWWWW", "日本語日本語日本語", "a b c d e f g h i j k", "", "…"]
        {
            for room in [2.0, 5.0, 9.0] {
                let (lines, _) = wrap(text, room, 3);
                assert!(lines.len() <= 3);
                assert!(lines.iter().all(|line| ems(line) <= room + 0.01), "{lines:?} in {room}");
            }
        }
    }
}
