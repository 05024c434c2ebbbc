//! Foreign text in Markdown, as GitHub, GitLab and their like render it: no
//! markup, no HTML, no link, no mention, no reference, no logging command.

use crate::foreign::inert;

/// Foreign text as code, in which nothing is interpreted.
pub(crate) fn code(text: &[u8]) -> String {
    in_backticks(&inert(text))
}

/// The same within a table, where a `|` would end the cell even in code.
pub(crate) fn cell_code(text: &[u8]) -> String {
    in_backticks(&inert(text).replace('|', "\\u{7c}"))
}

fn in_backticks(text: &str) -> String {
    if text.trim().is_empty() {
        return "`\u{a0}`".to_owned();
    }
    let fence = "`".repeat(longest_run(text) + 1);
    // A space at both ends is taken off again by the reader.
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Lines, inert already, as a block of their own.
pub(crate) fn fenced(lines: &str) -> String {
    let fence = "`".repeat(longest_run(lines).max(2) + 1);
    format!("{fence}text\n{lines}\n{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Foreign text in a sentence; what stands between two backticks is code. An
/// entity after `@`, `#` and `!` stops services
/// that look for mentions and references in what was rendered.
pub(crate) fn prose(text: &str) -> String {
    let text = inert(text);
    let parts: Vec<&str> = text.split('`').collect();
    let inner = parts.get(1..parts.len() - 1).unwrap_or_default();
    if parts.len().is_multiple_of(2) || inner.iter().any(|part| part.is_empty()) {
        return sentence(&text);
    }
    let show = |(i, part): (usize, &&str)| {
        if i % 2 == 0 { sentence(part) } else { in_backticks(part) }
    };
    parts.iter().enumerate().map(show).collect()
}

fn sentence(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut previous = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let inside_word =
            previous.is_alphanumeric() && rest.peek().is_some_and(|next| next.is_alphanumeric());
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '@' => escaped.push_str("@&#8203;"),
            '#' => escaped.push_str("\\#&#8203;"),
            '!' => escaped.push_str("\\!&#8203;"),
            '_' if inside_word => escaped.push('_'),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '|' | '~' | '$' | '^' => {
                escaped.push('\\');
                escaped.push(c);
            }
            // `https://…` and `www.…` become links by themselves.
            ':' if rest.peek() == Some(&'/') => escaped.push_str("\\:"),
            '.' if previous.eq_ignore_ascii_case(&'w') => escaped.push_str("\\."),
            c => escaped.push(c),
        }
        previous = c;
    }
    escaped
}

/// A link of a dossier's, after a space; a dossier may be a user's own, so
/// only what is plainly a web address becomes a link.
pub(crate) fn link(url: &str) -> String {
    let plain = url.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"`\\|()[]".contains(&b));
    if plain && url.starts_with("https://") {
        format!(" <{url}>")
    } else {
        format!(" {}", code(url.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_cannot_be_left() {
        assert_eq!(code(b"a.py"), "`a.py`");
        assert_eq!(code(b"a`b``c"), "```a`b``c```");
        assert_eq!(code(b"`"), "`` ` ``");
        assert_eq!(cell_code(b"a|b\\|c"), "`a\\u{7c}b\\\\u{7c}c`");
        assert_eq!(code(b" "), "`\u{a0}`");
        assert_eq!(fenced("a ```"), "````text\na ```\n````");
    }

    #[test]
    fn prose_has_no_markup() {
        assert_eq!(prose("bound to MISTRAL_API_KEY"), "bound to MISTRAL_API_KEY");
        assert_eq!(prose("run `git add` now"), "run `git add` now");
        assert_eq!(prose("run `git add`"), "run `git add`");
        assert_eq!(prose("`a`"), "`a`");
        assert_eq!(prose("``"), "\\`\\`");
        assert_eq!(prose("a ``b` c"), "a \\`\\`b\\` c");
        assert_eq!(prose("<b> [x](y) _a_ c`"), "&lt;b&gt; \\[x\\](y) \\_a\\_ c\\`");
        assert_eq!(prose("@all #1 https://x www.y"), "@&#8203;all \\#&#8203;1 https\\://x www\\.y");
    }

    #[test]
    fn only_web_addresses_are_links() {
        assert_eq!(link("https://a.example/b"), " <https://a.example/b>");
        assert_eq!(link("javascript:alert(1)"), " `javascript:alert(1)`");
    }
}
