//! Foreign text in formats that people read as plain text: nothing in it may
//! act on a terminal, nor on a build service that reads commands from a log.
//!
//! Quoting for CSV, Markdown or JSON comes after this and is the formats' own.

use leeward_model::SafeText;

/// Foreign bytes as text that is only text.
///
/// Beyond what [`SafeText`] does, a second `#` that would open a logging
/// command (`##vso[`, `##[`, `##teamcity[`) is written `\u{23}`. Commands that
/// are only read at the start of a line (`::set-output`) are the line
/// breaker's to prevent.
pub(crate) fn inert(bytes: &(impl AsRef<[u8]> + ?Sized)) -> String {
    without_commands(SafeText::new(bytes).to_string())
}

/// Only the part of [`inert`] about logging commands, for lines that were put
/// together from several inert texts.
pub(crate) fn without_commands(text: String) -> String {
    if !text.contains("##") {
        return text;
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("##") {
        shown.push_str(&rest[..=at]);
        rest = &rest[at + 1..];
        if opens_command(rest) {
            shown.push_str("\\u{23}");
            rest = &rest[1..];
        }
    }
    shown.push_str(rest);
    shown
}

/// Whether `text`, which begins at the second `#`, goes on as a command.
pub(crate) fn opens_command(text: &str) -> bool {
    text[1..].trim_start_matches(|c: char| c.is_ascii_alphanumeric()).starts_with('[')
}

#[cfg(test)]
mod tests {
    use super::inert;

    #[test]
    fn logging_commands_are_broken_and_headings_are_not() {
        assert_eq!(inert("## A heading"), "## A heading");
        assert_eq!(inert("##vso[task.x]"), "#\\u{23}vso[task.x]");
        assert_eq!(inert("a ##[error]b"), "a #\\u{23}[error]b");
        assert_eq!(inert("###[x"), "##\\u{23}[x");
        assert_eq!(inert(b"\x1b##\xff"), "\\u{1b}##\\xff");
    }
}
