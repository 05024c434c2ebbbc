//! Reading HTML that somebody wrote to keep its reader busy: elements that are opened
//! and never closed make the rules of HTML go through all of them again for each
//! further one, and copy them. So a page is read in small pieces, until it is at its
//! end, has too many nodes or has taken too long.

use std::time::{Duration, Instant};

use html5ever::{
    driver::{ParseOpts, parse_document},
    tendril::{StrTendril, TendrilSink as _},
};
use scraper::{ElementRef, Html, HtmlTreeSink};

/// The most nodes of a page: ten times those of a long thread of a forum.
const MOST_NODES: usize = 200_000;

/// How long reading one page may take.
const LONGEST: Duration = Duration::from_secs(5);

/// Bytes between two looks at the limits: the few tags in them copy every open
/// element at most once each.
const PIECE: usize = 32;

/// A page, and whether it was left before its end.
pub(crate) fn document(text: &str) -> (Html, bool) {
    let began = Instant::now();
    let sink = HtmlTreeSink::new(Html::new_document());
    let mut parser = parse_document(sink, ParseOpts::default());
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
        parser.process(StrTendril::from(piece));
        rest = after;
        let nodes = parser.tokenizer.sink.sink.0.borrow().tree.values().len();
        if nodes > MOST_NODES || began.elapsed() > LONGEST {
            break;
        }
    }
    (parser.finish(), !rest.is_empty())
}

/// The text of an element, up to so many bytes.
pub(crate) fn text_of(element: ElementRef<'_>, most: usize) -> String {
    let mut text = String::new();
    for piece in element.text() {
        if text.len() + piece.len() > most {
            text.push_str(&piece[..piece.floor_char_boundary(most - text.len())]);
            break;
        }
        text.push_str(piece);
    }
    text
}
