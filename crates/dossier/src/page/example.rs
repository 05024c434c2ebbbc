//! An example with its placeholders put into words, since the page shows where
//! a value lay and never one that could be taken for real.

use std::fmt::{self, Formatter};

use leeward_model::SafeText;

use super::{code, look, prose};
use crate::schema::{Detect, Example, Shape};

pub(super) fn shown(f: &mut Formatter<'_>, example: &Example, detect: &Detect) -> fmt::Result {
    write!(f, "- {}", prose(&example.name))?;
    if let Some(path) = &example.path {
        write!(f, ", in `{}`", code(path))?;
    }
    writeln!(f, "\n\n  ````text")?;
    for line in in_words(&example.text, detect).lines() {
        writeln!(f, "  {}", SafeText::new(&line.replace("````", "```")))?;
    }
    writeln!(f, "  ````\n")
}

/// The text with `{secret}` and its like replaced by what would stand there.
fn in_words(text: &str, detect: &Detect) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        shown.push_str(&rest[..open]);
        rest = &rest[open..];
        let placeholder =
            rest.find('}').and_then(|close| Some((close, word(&rest[1..close], detect)?)));
        match placeholder {
            Some((close, word)) => {
                shown.push('‹');
                shown.push_str(&word);
                shown.push('›');
                rest = &rest[close + 1..];
            }
            None => {
                shown.push('{');
                rest = &rest[1..];
            }
        }
    }
    shown.push_str(rest);
    shown
}

/// What a placeholder stands for, if the name is one of a placeholder.
fn word(name: &str, detect: &Detect) -> Option<String> {
    let digits = |kind: &str| name.strip_prefix(kind).filter(|rest| rest.parse::<u32>().is_ok());
    match name {
        "secret" => Some(match &detect.shape {
            Shape::Token(token) => format!("{} {}", token.length, look::characters(token.alphabet)),
            Shape::Pattern(_) => "the value".to_owned(),
        }),
        "secret_base64" => Some("base64 of the value".to_owned()),
        "companion" => detect.companion.as_ref().map(|companion| companion.role.clone()),
        _ => digits("secret_first")
            .map(|count| format!("its first {count} characters"))
            .or_else(|| digits("secret_last").map(|count| format!("its last {count} characters")))
            .or_else(|| digits("alnum").map(|count| format!("{count} letters and digits")))
            .or_else(|| digits("hex").map(|count| format!("{count} hexadecimal digits"))),
    }
}

#[cfg(test)]
mod tests {
    use crate::Library;

    use super::*;

    fn check(text: &str, expected: &str) {
        let library = Library::builtin();
        let detect = &library.get("mistral-api-key").expect("it is built in").detect;
        assert_eq!(in_words(text, detect), expected);
    }

    #[test]
    fn placeholders_become_words() {
        check("K={secret}", "K=‹32 letters and digits›");
        check(
            "{secret_first16}+{secret_last16}",
            "‹its first 16 characters›+‹its last 16 characters›",
        );
        check("{hex32}{hex8}", "‹32 hexadecimal digits›‹8 hexadecimal digits›");
    }

    #[test]
    fn other_braces_stay() {
        check("${K:-{secret}}", "${K:-‹32 letters and digits›}");
        check("{\"a\": {\"b\": \"{secret}\"}}", "{\"a\": {\"b\": \"‹32 letters and digits›\"}}");
        check("{x} {", "{x} {");
        check("{companion}", "{companion}");
    }
}
