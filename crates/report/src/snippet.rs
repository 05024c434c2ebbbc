//! The line a secret lies on, in three inert parts, cut around the secret to
//! fit into a given room.

use leeward_model::Excerpt;
use unicode_width::UnicodeWidthChar as _;

use crate::foreign::{inert, without_commands};

/// A line: what stands before the masked secret, the secret, what comes after.
pub(crate) struct Snippet {
    pub(crate) before: String,
    pub(crate) mark: String,
    pub(crate) after: String,
}

impl Snippet {
    /// Fits `excerpt` into `room` columns; `ellipsis` stands for what is cut.
    pub(crate) fn cut(excerpt: &Excerpt, room: usize, ellipsis: &str) -> Self {
        let text = excerpt.text.as_str();
        let shown = |range: std::ops::Range<usize>| {
            inert(&text.get(range).unwrap_or_default().replace('\t', "    "))
        };
        let before = shown(0..excerpt.mark.start);
        let mark = shown(excerpt.mark.clone());
        let after = shown(excerpt.mark.end..text.len());

        let mark = cut_end(&mark, room, ellipsis);
        let (before, after) = (before.trim_start(), after.trim_end());
        let spare = room.saturating_sub(width(&mark));
        // Each side may have half, and what the other does not need.
        let for_before = (spare / 2).max(spare.saturating_sub(width(after)));
        let before = if width(before) > for_before {
            let kept = tail(before, for_before.saturating_sub(width(ellipsis)));
            format!("{ellipsis}{kept}")
        } else {
            before.to_owned()
        };
        let after = cut_end(after, spare.saturating_sub(width(&before)), ellipsis);
        // A logging command may lie across the parts.
        let joined = format!("{before}{mark}{after}");
        if without_commands(joined.clone()) == joined {
            return Self { before, mark, after };
        }
        let [before, mark, after] = [before, mark, after].map(|part| part.replace('#', "\\u{23}"));
        Self { before, mark, after }
    }

    /// A line of `with` below the masked secret, as long as it.
    pub(crate) fn underline(&self, with: &str) -> String {
        if self.mark.is_empty() {
            return String::new();
        }
        let line = with.repeat(width(&self.mark).max(1));
        format!("{:1$}{line}", "", width(&self.before))
    }
}

fn cut_end(text: &str, room: usize, ellipsis: &str) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    format!("{}{ellipsis}", head(text, room.saturating_sub(width(ellipsis))))
}

/// Columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// Longest prefix of `text` that fits into `room` columns.
pub(crate) fn head(text: &str, room: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, c)| {
        used += c.width().unwrap_or(0);
        used > room
    });
    end.map_or(text, |(end, _)| &text[..end])
}

/// Longest suffix of `text` that fits into `room` columns.
pub(crate) fn tail(text: &str, room: usize) -> &str {
    let mut used = 0;
    let start = text.char_indices().rev().find(|(_, c)| {
        used += c.width().unwrap_or(0);
        used > room
    });
    start.map_or(text, |(start, c)| &text[start + c.len_utf8()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str, mark: std::ops::Range<usize>, room: usize) -> String {
        let excerpt = Excerpt { text: text.into(), mark };
        let Snippet { before, mark, after } = Snippet::cut(&excerpt, room, "...");
        format!("{before}[{mark}]{after}")
    }

    #[test]
    fn long_lines_are_cut_around_the_mark() {
        assert_eq!(parts("  key = AAAA;", 8..12, 40), "key = [AAAA];");
        assert_eq!(parts("0123456789AAAA0123456789", 10..14, 14), "...89[AAAA]01...");
        assert_eq!(parts("0123456789AAAA", 10..14, 12), "...56789[AAAA]");
        assert_eq!(parts("AAAA0123456789", 0..4, 12), "[AAAA]01234...");
        assert_eq!(parts("AAAABBBB", 0..8, 6), "[AAA...]");
    }

    #[test]
    fn a_mark_that_does_not_fit_the_text_is_no_mark() {
        assert_eq!(parts("clé", 3..99, 40), "[]");
    }

    #[test]
    fn a_command_across_the_parts_is_broken() {
        assert_eq!(parts("##vso[x]", 2..5, 40), "\\u{23}\\u{23}[vso][x]");
    }

    #[test]
    fn cuts_count_columns() {
        assert_eq!(head("日本語", 5), "日本");
        assert_eq!(tail("日本語", 5), "本語");
        assert_eq!(head("abc", 9), "abc");
    }
}
