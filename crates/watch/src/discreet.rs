//! Complaints quote what was typed and what lies in files, and either may hold
//! a value by mistake: an argument, the name of a file, a line of an `.env`
//! file that was named as a dossier. What looks like a value is shown by its
//! hint.

use leeward_model::Secret;

/// A shorter word is no value of the kinds that are looked for.
const SHORTEST: usize = 20;

/// The text with everything that looks like a value replaced by its hint.
pub fn discreet(text: &str) -> String {
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

/// What a person writes down, with every word that may be a value replaced by
/// its hint: in a note a word that is hidden for nothing does less harm than one
/// that is kept. Addresses and paths stay.
pub fn cautious(text: &str) -> String {
    /// Shorter than any value with separators in it.
    const SHORTEST_WORD: usize = 24;
    let is_value = |word: &str| {
        let is_place = word.contains("://") || word.starts_with(['/', '.', '~']);
        let any = |is: fn(&u8) -> bool| word.as_bytes().iter().any(is);
        word.len() >= SHORTEST_WORD
            && !is_place
            && any(u8::is_ascii_digit)
            && any(u8::is_ascii_uppercase)
            && any(u8::is_ascii_lowercase)
    };
    let is_around = |c: char| "\"'`()[]{}<>,;:.!?=".contains(c);
    let mut shown = String::with_capacity(text.len());
    for piece in text.split_inclusive(|c: char| c.is_whitespace() || is_around(c)) {
        let word = piece.trim_end_matches(|c: char| c.is_whitespace() || is_around(c));
        if is_value(word) {
            shown.push_str(Secret::new(word.as_bytes()).hint().as_str());
            shown.push_str(&piece[word.len()..]);
        } else {
            shown.push_str(piece);
        }
    }
    discreet(&shown)
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
    fn what_is_written_down_holds_no_value_with_separators() {
        for value in ["sk-proj-Ab_cd-Ef12_gh-Ij34_kl", "wJalr/K7MDENG/bPxRfi0CY+x"] {
            let said = cautious(&format!("it was ({value}), see docs"));
            assert!(!said.contains(value) && said.ends_with("), see docs"), "{said}");
        }
        let place = "see /srv/App2/Some-Long-Name-of-2026.txt and https://x.example/A1b2/c3";
        assert_eq!(cautious(place), place);
    }

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
