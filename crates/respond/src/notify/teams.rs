//! Microsoft Teams: an Adaptive Card to a workflow that posts what it is sent.
//! Text runs are only text, so that nothing foreign needs escaping there.

use serde_json::{Value, json};

use super::{
    Receipt, Reference, Undelivered, answer,
    escape::{card, card_markdown},
    page::{Fact, Page, Piece},
    request::{Carrier, Place, Request},
};

#[derive(Clone, Debug)]
pub(super) struct Teams {
    pub(super) url: Reference,
}

impl Teams {
    fn request(&self, page: &Page) -> Request {
        Request::new("POST", Place::Kept(self.url.clone())).json(message(page).to_string())
    }

    pub(super) fn deliver(
        &self,
        carrier: &Carrier<'_>,
        page: &Page,
    ) -> Result<Receipt, Undelivered> {
        let (host, answer) = carrier.send(self.request(page))?;
        let hint = match answer.status {
            401 | 403 => {
                "the workflow does not take it: let anyone call it, or copy its address anew"
            }
            404 | 410 => "the workflow is gone: make another and keep its address",
            413 => "the card is too large: shorten the template",
            _ => "",
        };
        match answer.status {
            200 | 202 if !says_failed(&answer.body) => {
                Ok(Receipt::new(format!("`{host}` took it with {}", answer.status)))
            }
            200 | 202 => Err(Undelivered::soon(format!(
                "`{host}` took it and says that the message was not posted"
            ))),
            _ => Err(answer::refused(&host, &answer, hint)),
        }
    }

    pub(super) fn preview(&self, page: &Page) -> String {
        self.request(page).shown()
    }
}

/// Older connectors answer 200 when they failed.
fn says_failed(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).to_ascii_lowercase().contains("delivery failed")
}

fn message(page: &Page) -> Value {
    let title = json!({
        "type": "RichTextBlock",
        "inlines": [{"type": "TextRun", "text": card(&page.title), "weight": "Bolder", "size": "Large"}],
    });
    let mut body = vec![title];
    match &page.own {
        Some(lines) => body.extend(
            lines
                .iter()
                .map(|line| json!({"type": "TextBlock", "text": markdown(line), "wrap": true})),
        ),
        None => {
            body.push(json!({"type": "RichTextBlock", "inlines": runs(&page.lead)}));
            for (index, fact) in page.todo.iter().chain(&page.facts).enumerate() {
                let apart = index == 0 || index == page.todo.len();
                body.push(json!({
                    "type": "RichTextBlock",
                    "inlines": line(fact),
                    "spacing": if apart { "Medium" } else { "Small" },
                }));
            }
        }
    }
    let pieces = page.todo.iter().chain(&page.facts).flat_map(|(_, pieces)| pieces);
    let actions: Vec<Value> = pieces
        .filter_map(|piece| match piece {
            Piece::Link { words, to } => {
                Some(json!({"type": "Action.OpenUrl", "title": button(words), "url": to}))
            }
            _ => None,
        })
        .collect();
    json!({
        "type": "message",
        "summary": card(&page.title),
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "msteams": {"width": "Full"},
                "body": body,
                "actions": actions,
            },
        }],
    })
}

fn button(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

fn line((name, value): &Fact) -> Vec<Value> {
    let name = json!({"type": "TextRun", "text": format!("{name}: "), "weight": "Bolder"});
    [vec![name], runs(value)].concat()
}

fn runs(pieces: &[Piece]) -> Vec<Value> {
    let run = |piece: &Piece| match piece {
        Piece::Text(text) | Piece::Raw(text) => json!({"type": "TextRun", "text": card(text)}),
        Piece::Code(text) => {
            json!({"type": "TextRun", "text": card(text), "fontType": "Monospace"})
        }
        Piece::Link { words, to } => json!({
            "type": "TextRun",
            "text": words,
            "selectAction": {"type": "Action.OpenUrl", "url": to},
        }),
    };
    pieces.iter().map(run).collect()
}

fn markdown(pieces: &[Piece]) -> String {
    let show = |piece: &Piece| match piece {
        Piece::Text(text) | Piece::Code(text) => card_markdown(text),
        Piece::Link { words, to } => format!("[{words}]({to})"),
        Piece::Raw(text) => text.clone(),
    };
    pieces.iter().map(show).collect()
}
