//! A page in Jira's two formats. A document's text nodes are only text; wiki
//! markup is escaped.

use serde_json::{Value, json};

use crate::notify::{
    escape::{inert, wiki},
    page::{Fact, Page, Piece},
};

/// An Atlassian document.
pub(super) fn document(title: Option<&str>, page: &Page, delivery: &str) -> Value {
    let mut content = Vec::new();
    content.extend(title.map(|title| paragraph(vec![marked(title, "strong")])));
    match &page.own {
        Some(lines) => content.extend(lines.iter().map(|line| paragraph(nodes(line)))),
        None => {
            content.push(paragraph(nodes(&page.lead)));
            let lists = [&page.todo, &page.facts].into_iter().filter(|facts| !facts.is_empty());
            content.extend(lists.map(|facts| {
                json!({"type": "bulletList", "content": facts.iter().map(item).collect::<Vec<_>>()})
            }));
        }
    }
    content.push(paragraph(vec![marked(&format!("leeward {delivery}"), "em")]));
    json!({"type": "doc", "version": 1, "content": content})
}

fn item((name, value): &Fact) -> Value {
    let nodes = [vec![marked(&format!("{name}: "), "strong")], nodes(value)].concat();
    json!({"type": "listItem", "content": [paragraph(nodes)]})
}

fn paragraph(nodes: Vec<Value>) -> Value {
    json!({"type": "paragraph", "content": nodes})
}

fn marked(text: &str, mark: &str) -> Value {
    json!({"type": "text", "text": text, "marks": [{"type": mark}]})
}

fn nodes(pieces: &[Piece]) -> Vec<Value> {
    let node = |piece: &Piece| match piece {
        Piece::Text(text) | Piece::Raw(text) => {
            json!({"type": "text", "text": inert(text)})
        }
        Piece::Code(text) => marked(&inert(text), "code"),
        Piece::Link { words, to } => json!({
            "type": "text",
            "text": words,
            "marks": [{"type": "link", "attrs": {"href": to}}],
        }),
    };
    // A text node without text makes the document invalid.
    let is_empty = |piece: &&Piece| matches!(piece, Piece::Text(t) | Piece::Raw(t) | Piece::Code(t) if t.is_empty());
    pieces.iter().filter(|piece| !is_empty(piece)).map(node).collect()
}

/// Wiki markup.
pub(super) fn markup(title: Option<&str>, page: &Page, delivery: &str) -> String {
    let mut lines = Vec::new();
    if let Some(title) = title {
        lines.extend([format!("*{}*", wiki(title)), String::new()]);
    }
    match &page.own {
        Some(own) => lines.extend(own.iter().map(|line| run(line))),
        None => {
            lines.push(run(&page.lead));
            for part in [&page.todo, &page.facts] {
                lines.push(String::new());
                lines
                    .extend(part.iter().map(|(name, value)| format!("* *{name}:* {}", run(value))));
            }
        }
    }
    lines.extend([String::new(), format!("_leeward {delivery}_")]);
    lines.join("\n")
}

fn run(pieces: &[Piece]) -> String {
    let show = |piece: &Piece| match piece {
        Piece::Text(text) => wiki(text),
        Piece::Code(text) => format!("{{{{{}}}}}", wiki(text)),
        Piece::Link { words, to } => format!("[{words}|{to}]"),
        Piece::Raw(text) => text.clone(),
    };
    pieces.iter().map(show).collect()
}
