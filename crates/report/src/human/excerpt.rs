//! The line a secret lies on, with the masked value underlined, in the manner
//! of a compiler. Long lines are cut around the value.

use leeward_model::Excerpt;

use crate::foreign::{inert, without_commands};

use super::screen::{self, DIM, FRAME, Screen, head, tail, width};

/// What is shown of one place.
pub(super) struct Snippet<'a> {
    /// `path:line:column` and what else there is to say of the place.
    pub(super) place: String,
    pub(super) line: u64,
    pub(super) excerpt: &'a Excerpt,
    /// Beside the underline.
    pub(super) remark: String,
    pub(super) color: anstyle::Style,
}

pub(super) fn show(snippet: &Snippet<'_>, screen: &mut Screen) {
    let number = snippet.line.to_string();
    let margin = " ".repeat(number.len());
    let frame = |text: &str| screen.paint(FRAME, text);
    let bar = frame(screen.drawn("│", "|"));
    let arrow = frame(screen.drawn(" ╭▸", "-->"));
    let number = frame(&number);

    let mut lines = vec![format!(" {margin}{arrow} {}", snippet.place)];
    if snippet.excerpt.text.trim().is_empty() {
        lines.push(String::new());
    } else {
        // Margin, bar and the spaces around them.
        let room = screen.width().saturating_sub(margin.len() + 4);
        let cut = cut(snippet.excerpt, room, screen.drawn("…", "..."));
        let Parts { before, mark, after } = &cut;
        let mark_shown = screen.paint(snippet.color, mark);
        lines.push(format!(" {margin} {bar}"));
        lines.push(format!(" {number} {bar} {before}{mark_shown}{after}"));
        if !mark.is_empty() {
            let line = screen.drawn("━", "^").repeat(width(mark).max(1));
            let underline = screen.paint(snippet.color, &format!("{line} {}", snippet.remark));
            lines.push(format!(" {margin} {bar} {:1$}{underline}", "", width(before)));
        }
        lines.push(format!(" {margin} {}", frame(screen.drawn("╰╴", "|"))));
    }
    for line in lines {
        screen.line(&line);
    }
}

/// A line in three parts, each inert.
struct Parts {
    before: String,
    mark: String,
    after: String,
}

fn cut(excerpt: &Excerpt, room: usize, ellipsis: &str) -> Parts {
    let text = excerpt.text.as_str();
    let shown = |range: std::ops::Range<usize>| {
        inert(&text.get(range).unwrap_or_default().replace('\t', "    "))
    };
    let before = shown(0..excerpt.mark.start);
    let mark = shown(excerpt.mark.clone());
    let after = shown(excerpt.mark.end..text.len());
    let (before, after) = (before.trim_start(), after.trim_end());

    let dots = width(ellipsis);
    let mark = if width(&mark) > room {
        format!("{}{ellipsis}", head(&mark, room.saturating_sub(dots)))
    } else {
        mark
    };
    let spare = room.saturating_sub(width(&mark));
    // Each side may have half, and what the other does not need.
    let for_before = (spare / 2).max(spare.saturating_sub(width(after)));
    let before = if width(before) > for_before {
        format!("{ellipsis}{}", tail(before, for_before.saturating_sub(dots)))
    } else {
        before.to_owned()
    };
    let for_after = spare.saturating_sub(width(&before));
    let after = if width(after) > for_after {
        format!("{}{ellipsis}", head(after, for_after.saturating_sub(dots)))
    } else {
        after.to_owned()
    };
    // A logging command may lie across the parts.
    let joined = format!("{before}{mark}{after}");
    if without_commands(joined.clone()) == joined {
        return Parts { before, mark, after };
    }
    let [before, mark, after] = [before, mark, after].map(|part| part.replace('#', "\\u{23}"));
    Parts { before, mark, after }
}

/// What to say of a place beyond its path: dim, in parentheses.
pub(super) fn notes(notes: &[String], screen: &Screen) -> String {
    if notes.is_empty() {
        return String::new();
    }
    format!(" {}", screen.paint(DIM, &format!("({})", notes.join(", "))))
}

/// A path in full unless it is absurd.
pub(super) fn path_text(path: &str) -> String {
    const LONGEST: usize = 1024;
    if path.len() <= LONGEST {
        return path.to_owned();
    }
    format!("{}…{}", screen::head(path, LONGEST / 2), screen::tail(path, LONGEST / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str, mark: std::ops::Range<usize>, room: usize) -> String {
        let excerpt = Excerpt { text: text.into(), mark };
        let Parts { before, mark, after } = cut(&excerpt, room, "...");
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
}
