//! The blast radius, drawn: cards and lines between them, as SVG that scales
//! with the page. There are two drawings: in columns, from the key to what
//! follows, and one below the other for a phone; the style shows one of them.
//!
//! No label leaves its card, whatever the browser's font is: text is measured
//! generously, and each card cuts off what would still stick out. Long text
//! ends in an ellipsis and is whole in a tooltip. Solid, dashed and dotted
//! lines and a word say how sure something is; colour only helps.

use leeward_model::Standing;
use maud::{Markup, html};

use crate::foreign::inert;

use super::{
    label::wrap,
    radius::{Card, Radius},
};

/// The left edge and the width of each column.
const COLUMNS: [(f32, f32); 4] = [(2.0, 150.0), (192.0, 200.0), (432.0, 300.0), (772.0, 226.0)];
const WIDTH: f32 = 1000.0;
/// What stands above each column.
const HEADS: [&str; 4] = ["The key", "Belongs to", "What can be done", "What follows"];
const HEAD: f32 = 26.0;
/// The one column of a phone.
const STACKED: (f32, f32) = (24.0, 314.0);
const STACKED_WIDTH: f32 = 340.0;
/// Between cards of one column.
const GAP: f32 = 14.0;
const PADDING: f32 = 11.0;
/// Sizes of letters, and what a line of them takes.
const CAPTION: Letters = Letters { size: 11.0, line: 16.0 };
const TITLE: Letters = Letters { size: 14.0, line: 19.0 };
const TEXT: Letters = Letters { size: 12.5, line: 17.0 };
/// Lines that a title, and a line of text, may take.
const TITLE_LINES: usize = 3;
const TEXT_LINES: usize = 2;

struct Letters {
    size: f32,
    line: f32,
}

/// A card with its text broken into lines, and where it stands.
struct Placed<'a> {
    card: &'a Card,
    lines: Vec<Line>,
    /// Whether some of its text is only in the tooltip.
    cut: bool,
    left: f32,
    top: f32,
    width: f32,
    height: f32,
}

struct Line {
    class: &'static str,
    text: String,
    /// Of the letters' foot, from the top of the card.
    y: f32,
}

pub(super) fn show(radius: &Radius, name: &str) -> Markup {
    html! {
        figure .radius {
            div .scroll tabindex="0" role="region" aria-label="Picture of what it reaches" {
                (columns(radius, &format!("{name}-wide")))
                (stacked(radius, &format!("{name}-narrow")))
            }
            figcaption .legend {
                span .proven { "● proven: a read-only request was answered" }
                span .inferred { "◐ inferred: documented, not tried" }
                span .unknown { "? unknown: not asked or not answered" }
                span { "✕ " s { "refused" } ": not with this key" }
            }
        }
    }
}

/// The frame of a drawing, with its words for who does not see it.
fn svg(radius: &Radius, class: &str, name: &str, size: (f32, f32), inner: &Markup) -> Markup {
    let (title, told) = (format!("{name}-title"), format!("{name}-told"));
    let view_box = format!("0 0 {} {:.0}", size.0, size.1);
    html! {
        svg class=(class) viewBox=(view_box) role="img" aria-labelledby={ (title) " " (told) } {
            title id=(title) { "Blast radius of " (radius.key.title) }
            desc id=(told) { (radius.told) }
            (inner)
        }
    }
}

/// Four columns, from left to right.
fn columns(radius: &Radius, name: &str) -> Markup {
    let mut key = vec![measured(&radius.key, COLUMNS[0])];
    let mut owner = vec![measured(&radius.owner, COLUMNS[1])];
    let mut actions: Vec<_> =
        radius.actions.iter().map(|card| measured(card, COLUMNS[2])).collect();
    let mut impacts: Vec<_> =
        radius.impacts.iter().map(|card| measured(card, COLUMNS[3])).collect();
    let longest =
        [&key, &owner, &actions, &impacts].into_iter().map(|one| stack(one)).fold(0.0, f32::max);
    for cards in [&mut key, &mut owner, &mut actions, &mut impacts] {
        spread(cards, longest);
    }
    let height = HEAD + longest + 4.0;
    let inner = html! {
        @for ((left, _), head) in COLUMNS.iter().zip(HEADS) {
            text .head x=(left) y="13" { (head) }
        }
        @for to in &owner { (edge(&key[0], to, to.card.standing)) }
        @for to in &actions { (edge(&owner[0], to, to.card.standing)) }
        @for (from, to, standing) in &radius.edges {
            @if let (Some(from), Some(to)) = (actions.get(*from), impacts.get(*to)) {
                (edge(from, to, *standing))
            }
        }
        @for (kind, cards) in [("key", &key), ("owner", &owner), ("", &actions), ("", &impacts)] {
            @for card in cards { (draw(card, kind)) }
        }
    };
    svg(radius, "columns", name, (WIDTH, height), &inner)
}

/// One below the other, along a line.
fn stacked(radius: &Radius, name: &str) -> Markup {
    let groups = [
        ("key", std::slice::from_ref(&radius.key)),
        ("owner", std::slice::from_ref(&radius.owner)),
        ("", radius.actions.as_slice()),
        ("", radius.impacts.as_slice()),
    ];
    let mut top = 0.0;
    let (mut inner, mut last) = (Vec::new(), 0.0);
    for ((kind, cards), head) in groups.into_iter().zip(HEADS) {
        if cards.is_empty() {
            continue;
        }
        inner.push(
            html! { text .head x=(STACKED.0) y={ (format!("{:.1}", top + 15.0)) } { (head) } },
        );
        top += HEAD;
        for card in cards {
            let mut card = measured(card, STACKED);
            card.top = top;
            last = card.middle();
            let path = format!("M8 {last:.1}H{}", STACKED.0);
            inner.push(html! {
                path class={ "edge " (card.card.standing.name()) } d=(path) {}
                (draw(&card, kind))
            });
            top += card.height + GAP;
        }
    }
    let spine = format!("M8 {:.1}V{last:.1}", HEAD + 12.0);
    let inner = html! {
        path .edge d=(spine) {}
        @for part in inner { (part) }
    };
    svg(radius, "stacked", name, (STACKED_WIDTH, top), &inner)
}

/// What a column's cards take, one below the other.
fn stack(cards: &[Placed<'_>]) -> f32 {
    let gaps = cards.len().saturating_sub(1) as f32 * GAP;
    cards.iter().map(|one| one.height).sum::<f32>() + gaps
}

/// Puts the cards of a column in its middle and a little apart; where the
/// picture is long, near its top, so that they are seen with it.
fn spread(cards: &mut [Placed<'_>], height: f32) {
    let gaps = cards.len().saturating_sub(1) as f32;
    let taken = stack(cards);
    let extra = ((height - taken) / (gaps + 1.0)).clamp(0.0, 30.0);
    let mut top = HEAD + ((height - taken - extra * gaps) / 2.0).clamp(0.0, 160.0);
    for card in cards {
        card.top = top;
        top += card.height + GAP + extra;
    }
}

/// A line from a card to one in the next column.
fn edge(from: &Placed<'_>, to: &Placed<'_>, standing: Standing) -> Markup {
    let (left, right) = (from.left + from.width, to.left);
    let middle = (left + right) / 2.0;
    let (a, b) = (from.middle(), to.middle());
    let path = format!("M{left} {a:.1}C{middle} {a:.1} {middle} {b:.1} {right} {b:.1}");
    html! { path class={ "edge " (standing.name()) } d=(path) {} }
}

fn draw(one: &Placed<'_>, kind: &str) -> Markup {
    let class = format!("card {} {kind}", one.card.standing.name());
    let top = format!("{:.1}", one.top);
    html! {
        // An inner drawing cuts off what leaves it.
        svg x=(one.left) y=(top) width=(one.width) height=(one.height) class=(class.trim_end()) {
            @if one.cut { title { (whole(one.card)) } }
            rect x="1" y="1" width=(one.width - 2.0) height=(one.height - 2.0) rx="7" {}
            @for line in &one.lines {
                text class=(line.class) x=(PADDING) y={ (format!("{:.1}", line.y)) } { (line.text) }
            }
        }
    }
}

/// All that a card says.
fn whole(card: &Card) -> String {
    let lines = card.lines.iter().map(|(label, text)| format!("{label} {text}").trim().to_owned());
    let parts = [card.title.clone()].into_iter().chain(lines).filter(|part| !part.is_empty());
    inert(&parts.collect::<Vec<_>>().join("; "))
}

/// A card's text in lines that fit.
fn measured(card: &Card, (left, width): (f32, f32)) -> Placed<'_> {
    let room = width - 2.0 * PADDING;
    let height = PADDING - 4.0;
    let mut one = Placed { card, lines: Vec::new(), cut: false, left, top: 0.0, width, height };
    one.add("caption", &card.caption, &CAPTION, 1, room);
    one.add("title", &card.title, &TITLE, TITLE_LINES, room);
    for (label, text) in &card.lines {
        one.add("caption", label, &CAPTION, 1, room);
        one.add("text", text, &TEXT, TEXT_LINES, room);
    }
    one.height = (one.height + PADDING - 2.0).round();
    one
}

impl Placed<'_> {
    fn middle(&self) -> f32 {
        self.top + self.height / 2.0
    }

    fn add(&mut self, class: &'static str, text: &str, letters: &Letters, most: usize, room: f32) {
        if text.is_empty() {
            return;
        }
        let (lines, cut) = wrap(&inert(text), room / letters.size, most);
        self.cut |= cut;
        for text in lines {
            self.height += letters.line;
            self.lines.push(Line { class, text, y: self.height - letters.line * 0.26 });
        }
    }
}
