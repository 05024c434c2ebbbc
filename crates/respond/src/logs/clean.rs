//! What is kept of a request, made harmless: no query, no token in a path, no
//! value anywhere, nothing that acts on a terminal.

use std::{ops::Range, path::Path, sync::Arc};

use leeward_model::{
    FilePlace, Hint, Location, Position, Provenance, SafeText, Span, Tracking, Way,
};

use super::{format, key::Recogniser, lines::Line, network};

/// The longest text that is kept.
const LONGEST: usize = 160;
/// From how many characters on a word of letters and digits may be a token.
const TOKEN: usize = 16;

/// A request, fit to be kept and shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    pub(super) at: Option<i64>,
    pub(super) address: Option<String>,
    pub(super) path: Option<String>,
    pub(super) model: Option<String>,
    pub(super) user_agent: Option<String>,
}

pub(super) fn request(found: &format::Request, recogniser: &Recogniser<'_>) -> Request {
    let clean = |text: &String| text_of(text, recogniser);
    let path = |path: &String| {
        let end = path.find(['?', '#', ';']).unwrap_or(path.len());
        text_of(&path[..end], recogniser)
    };
    Request {
        at: found.at,
        address: found.address.as_ref().map(|text| {
            network::address(text).map_or_else(|| clean(text), |address| address.to_string())
        }),
        path: found.path.as_ref().map(path),
        model: found.model.as_ref().map(clean),
        user_agent: found.user_agent.as_ref().map(clean),
    }
}

fn text_of(text: &str, recogniser: &Recogniser<'_>) -> String {
    // Cut first: foreign text may be long, and a cut value is masked as a token.
    let text: String = recogniser.without_value(text).chars().take(4 * LONGEST).collect();
    let masked = mask(&text);
    let shown = SafeText::new(&masked).to_string();
    match shown.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &shown[..at]),
        None => shown,
    }
}

/// A text in which every word that may be a token is `{…}`: long, of letters and
/// digits both, or hexadecimal.
fn mask(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut word = String::new();
    for letter in text.chars().chain(std::iter::once('\0')) {
        if letter.is_ascii_alphanumeric() || letter == '_' || letter == '%' {
            word.push(letter);
            continue;
        }
        shown.push_str(if may_be_token(&word) { "{…}" } else { &word });
        word.clear();
        if letter != '\0' {
            shown.push(letter);
        }
    }
    shown
}

fn may_be_token(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let upper = word.bytes().any(|byte| byte.is_ascii_uppercase());
    let lower = word.bytes().any(|byte| byte.is_ascii_lowercase());
    word.len() >= TOKEN && (digits >= 2 || digits > 0 && upper && lower)
        || word.len() >= 2 * TOKEN && !word.contains('_')
}

/// Where in a log the value stands.
pub(super) fn location(path: &Path, line: &Line<'_>, span: &Range<usize>, hint: &Hint) -> Location {
    let path = path.as_os_str().as_encoded_bytes().to_vec();
    let begin = Position { line: line.number, column: 1 + line.from as u64 };
    let start = Position::START.after(&line.text[..span.start]).offset_by(begin);
    let from = line.offset + line.from as u64;
    Location {
        inside: Way::default(),
        deleted_by: None,
        provenance: Arc::new(Provenance::File(FilePlace {
            path,
            tracking: Tracking::NoRepository,
        })),
        span: Span { start: from + span.start as u64, end: from + span.end as u64 },
        start,
        end: start.after(&line.text[span.clone()]),
        decoded: Vec::new(),
        excerpt: leeward_detect::excerpt(line.text, span, hint),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_masked_and_words_are_not() {
        for (text, wanted) in [
            ("/v1/chat/completions", "/v1/chat/completions"),
            ("/v1/files/0f8fad5bd9cb469fa16570867728950e/content", "/v1/files/{…}/content"),
            ("/u/eyJhbGciOiJIUzI1NiJ9abc", "/u/{…}"),
            ("python-requests/2.31.0", "python-requests/2.31.0"),
            ("some-small-latest", "some-small-latest"),
        ] {
            assert_eq!(mask(text), wanted);
        }
    }
}
