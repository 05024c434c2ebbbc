//! The exposure window as SVG that scales with the page: a line with marks on a
//! shaded band that is as long as the secret lay open. Distances are those of
//! [`super::super::line`]: not to scale, longer where it lasted longer.
//!
//! A mark's name and time stand below or above it, in the nearest of several
//! rows where they touch nothing. For a phone there is a second drawing, from
//! top to bottom; the style shows one of them.

use maud::{Markup, html};

use crate::{
    html::label::ems,
    incident::{
        line::{Line, Mark},
        tell,
    },
};

const WIDTH: f32 = 1000.0;
const LEFT: f32 = 22.0;
const RIGHT: f32 = 978.0;
/// Between two marks at least.
const LEAST: f32 = 66.0;
/// What a name and its time take.
const ROW: f32 = 62.0;
const ROWS: usize = 8;
/// Half of the band's height, and from the band to the first row.
const BAND: f32 = 27.0;
const APART: f32 = 12.0;
const NAME: f32 = 13.5;
const TIME: f32 = 12.0;
/// The drawing for a phone.
const NARROW: f32 = 340.0;
const SPINE: f32 = 18.0;
const STEP: f32 = 76.0;

pub(super) fn show(line: &Line, told: &str) -> Markup {
    html! {
        figure .window {
            div .scroll tabindex="0" role="region" aria-label="Picture of how long it lay open" {
                (wide(line, told))
                (narrow(line, told))
            }
            figcaption .legend {
                span .open { "━ lay open" }
                span .over { "━ proven dead" }
                span { "Not to scale: a stretch that lasted longer is longer." }
            }
        }
    }
}

fn frame(class: &str, size: (f32, f32), told: &str, inner: &Markup) -> Markup {
    let (title, desc) = (format!("window-{class}-title"), format!("window-{class}-told"));
    let view_box = format!("0 0 {} {:.0}", size.0, size.1);
    html! {
        svg class=(class) viewBox=(view_box) role="img" aria-labelledby={ (title) " " (desc) } {
            title id=(title) { "How long it lay open" }
            desc id=(desc) { (told) }
            (inner)
        }
    }
}

/// Where a mark's name and time stand.
struct Label {
    below: bool,
    row: usize,
    left: f32,
    width: f32,
    /// Of the mark.
    x: f32,
}

fn wide(line: &Line, told: &str) -> Markup {
    let positions = line.positions(f64::from(RIGHT - LEFT), f64::from(LEAST));
    let xs: Vec<f32> = positions.into_iter().map(|at| LEFT + at as f32).collect();
    let labels = labels(line, &xs);
    let rows = |below: bool| {
        let of = labels.iter().filter(|label| label.below == below);
        of.map(|label| label.row + 1).max().unwrap_or(0) as f32
    };
    let axis = rows(false) * ROW + APART + BAND;
    let height = axis + BAND + APART + rows(true) * ROW;
    let inner = html! {
        (band(line, &xs, axis))
        @for label in &labels { (leader(label, axis)) }
        @for (stretch, ends) in line.stretches.iter().zip(xs.windows(2)) {
            (piece(stretch.open, &format!("M{:.1} {axis:.1}H{:.1}", ends[0], ends[1])))
            @if ems(&stretch.length) * TIME + 22.0 <= ends[1] - ends[0] {
                text .length.middle x=(one((ends[0] + ends[1]) / 2.0)) y=(one(axis - 10.0)) {
                    (stretch.length)
                }
            }
        }
        @for ((mark, x), label) in line.marks.iter().zip(&xs).zip(&labels) {
            (dot(mark, *x, axis))
            (name(mark, label, axis))
        }
    };
    frame("columns", (WIDTH, height), told, &inner)
}

/// A number as short as it can be.
fn one(number: f32) -> String {
    format!("{number:.1}")
}

/// The shade behind all that is open.
fn band(line: &Line, xs: &[f32], axis: f32) -> Markup {
    let open: Vec<usize> = (0..line.stretches.len()).filter(|&i| line.stretches[i].open).collect();
    html! {
        @if let (Some(first), Some(last)) = (open.first(), open.last()) {
            @let (from, until) = (xs[*first], xs[last + 1]);
            rect .shade x=(one(from - 10.0)) y=(one(axis - BAND)) width=(one(until - from + 20.0))
                height=(one(2.0 * BAND)) rx="9" {}
        }
    }
}

fn piece(open: bool, path: &str) -> Markup {
    html! { path class={ "stretch " (if open { "open" } else { "over" }) } d=(path) {} }
}

fn dot(mark: &Mark, x: f32, y: f32) -> Markup {
    let now = if mark.names == ["now"] { " now" } else { "" };
    html! {
        rect class={ "dot " (mark.tone.name()) (now) } x=(one(x - 7.5)) y=(one(y - 7.5)) width="15"
            height="15" rx="7.5" {}
    }
}

fn leader(label: &Label, axis: f32) -> Markup {
    let far = APART + label.row as f32 * ROW;
    let end = if label.below { axis + BAND + far } else { axis - BAND - far };
    html! { path .leader d=(format!("M{:.1} {axis:.1}V{end:.1}", label.x)) {} }
}

fn name(mark: &Mark, label: &Label, axis: f32) -> Markup {
    let far = APART + label.row as f32 * ROW;
    let top = if label.below { axis + BAND + far } else { axis - BAND - far - ROW + 4.0 };
    let middle = one(label.left + label.width / 2.0);
    let lines = lines(mark);
    html! {
        @for (i, text) in lines.iter().enumerate() {
            @let class = if i == 0 { "name middle" } else { "time middle" };
            text class=(class) x=(middle) y=(one(top + 15.0 + i as f32 * 17.0)) { (text) }
        }
    }
}

/// Its name, its day, its time.
fn lines(mark: &Mark) -> Vec<String> {
    let at = tell::second(mark.at);
    let mut lines = vec![mark.name()];
    match at.split_once(' ').filter(|(day, _)| day.len() == 10) {
        Some((day, time)) => lines.extend([day.to_owned(), time.to_owned()]),
        None => lines.push("impossible time".to_owned()),
    }
    lines
}

/// Puts each label into the nearest row in which neither it nor the line that
/// leads to it touches another; below and above in turn.
fn labels(line: &Line, xs: &[f32]) -> Vec<Label> {
    let mut placed: Vec<Label> = Vec::new();
    for (i, (mark, &x)) in line.marks.iter().zip(xs).enumerate() {
        let sizes = [NAME, TIME, TIME];
        let widths = lines(mark).into_iter().zip(sizes).map(|(text, size)| ems(&text) * size);
        let width = widths.fold(0.0, f32::max);
        let left = (x - width / 2.0).clamp(2.0, WIDTH - 2.0 - width);
        let at = |below, row| Label { below, row, left, width, x };
        let sides = if i % 2 == 0 { [true, false] } else { [false, true] };
        let candidates = (0..ROWS).flat_map(|row| sides.map(|below| at(below, row)));
        let free = |one: &Label| placed.iter().all(|other| apart(one, other));
        // Where there is no such row, a line may cross a name, but no name another.
        let clear = |row: usize| {
            let same = |other: &&Label| other.below && other.row == row;
            placed.iter().filter(same).all(|other| !overlap(&at(true, row), other))
        };
        let least = || (0..).find(|row| clear(*row)).unwrap_or(0);
        let label = candidates.into_iter().find(free).unwrap_or_else(|| at(true, least()));
        placed.push(label);
    }
    placed
}

fn apart(a: &Label, b: &Label) -> bool {
    const AIR: f32 = 4.0;
    let covers = |label: &Label, x: f32| x > label.left - AIR && x < label.left + label.width + AIR;
    if a.below != b.below {
        return true;
    }
    match a.row.cmp(&b.row) {
        std::cmp::Ordering::Equal => !overlap(a, b),
        // The one that is farther out has a line past the nearer.
        std::cmp::Ordering::Greater => !covers(b, a.x),
        std::cmp::Ordering::Less => !covers(a, b.x),
    }
}

fn overlap(a: &Label, b: &Label) -> bool {
    const AIR: f32 = 9.0;
    a.left < b.left + b.width + AIR && b.left < a.left + a.width + AIR
}

fn narrow(line: &Line, told: &str) -> Markup {
    let y = |i: usize| 22.0 + i as f32 * STEP;
    let height = y(line.marks.len().saturating_sub(1)) + 34.0;
    let open: Vec<usize> = (0..line.stretches.len()).filter(|&i| line.stretches[i].open).collect();
    let inner = html! {
        @if let (Some(first), Some(last)) = (open.first(), open.last()) {
            rect .shade x="3" y=(one(y(*first) - 12.0)) width="30"
                height=(one(y(last + 1) - y(*first) + 24.0)) rx="9" {}
        }
        @for (i, stretch) in line.stretches.iter().enumerate() {
            (piece(stretch.open, &format!("M{SPINE} {:.1}V{:.1}", y(i), y(i + 1))))
            text .length x="46" y=(one(y(i) + STEP * 0.5 + 16.0)) { (stretch.length) }
        }
        @for (i, mark) in line.marks.iter().enumerate() {
            (dot(mark, SPINE, y(i)))
            text .name x="46" y=(one(y(i) + 1.0)) { (mark.name()) }
            text .time x="46" y=(one(y(i) + 18.0)) { (lines(mark)[1..].join(" ")) }
        }
    };
    frame("stacked", (NARROW, height), told, &inner)
}

#[cfg(test)]
mod tests {
    use leeward_model::{Moment, MomentKind, Timeline, Window};

    use super::*;

    #[test]
    fn names_never_touch() {
        let kinds = [
            MomentKind::Introduced,
            MomentKind::Public,
            MomentKind::Found,
            MomentKind::Revoked,
            MomentKind::Dead,
            MomentKind::Reopened,
            MomentKind::Closed,
        ];
        for step in [1, 60, 86_400, 40_000_000] {
            for odd in 0..kinds.len() {
                for merged in [false, true] {
                    let mut at = 1_700_000_000;
                    let moments: Vec<Moment> = kinds
                        .iter()
                        .enumerate()
                        .map(|(i, &kind)| {
                            at += if i == odd { i64::from(!merged) } else { step };
                            Moment { at, kind, text: String::new() }
                        })
                        .collect();
                    let window = Window {
                        from: moments[0].at,
                        until: Some(moments[4].at),
                        last_alive: Some(moments[3].at - 1),
                    };
                    let timeline = Timeline { moments, window: Some(window) };
                    let line = Line::of(&timeline, true, at + step).unwrap();
                    let positions = line.positions(f64::from(RIGHT - LEFT), f64::from(LEAST));
                    let xs: Vec<f32> = positions.into_iter().map(|at| LEFT + at as f32).collect();
                    let labels = labels(&line, &xs);
                    for (i, one) in labels.iter().enumerate() {
                        assert!(one.row < 4, "{step} {odd}: far out");
                        assert!(one.left >= 0.0 && one.left + one.width <= WIDTH);
                        assert!(labels[..i].iter().all(|other| apart(one, other)));
                    }
                }
            }
        }
    }
}
