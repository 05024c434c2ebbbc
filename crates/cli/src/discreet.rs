//! Complaints quote what was typed and what lies in files, and either may hold
//! a value by mistake: an argument, the name of a file, a line of an `.env`
//! file that was named as a dossier. What looks like a value is shown by its
//! hint.

use leeward_model::Secret;

/// A shorter word is no value of the kinds that are looked for.
const SHORTEST: usize = 20;

/// The text with everything that looks like a value replaced by its hint.
pub(crate) fn discreet(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (plain, word) = match rest.find(|c: char| !c.is_ascii_alphanumeric()) {
            // The letters of a colour belong to no word.
            Some(0) if rest.starts_with('\u{1b}') => (rest.find('m').map_or(1, |end| end + 1), ""),
            Some(0) => (rest.chars().next().map_or(1, char::len_utf8), ""),
            Some(end) => (0, &rest[..end]),
            None => (0, rest),
        };
        if is_like_a_value(word) {
            shown.push_str(Secret::new(word.as_bytes()).hint().as_str());
        } else {
            shown.push_str(&rest[..plain + word.len()]);
        }
        rest = &rest[plain + word.len()..];
    }
    shown
}

/// Whether a word is long and has digits among its letters, and is no name of
/// a Git object.
fn is_like_a_value(word: &str) -> bool {
    let is_lower_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_object = matches!(word.len(), 40 | 64) && word.bytes().all(is_lower_hex);
    word.len() >= SHORTEST
        && !is_object
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cut_out_and_nothing_else_is() {
        let value = "k9".repeat(16);
        assert_eq!(discreet(&format!("no `./{value}`: é")), "no `./k9k9…k9k9`: é");
        assert_eq!(
            discreet(&format!("\u{1b}[33m{value}\u{1b}[0m!")),
            "\u{1b}[33mk9k9…k9k9\u{1b}[0m!"
        );
        let object = "0a".repeat(20);
        for text in
            ["cannot read `a/b-2024.json`: No such file (os error 2)", "", "\u{1b}", &object]
        {
            assert_eq!(discreet(text), text);
        }
    }
}
