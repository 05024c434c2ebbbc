//! The exposure window on a terminal: a line with marks, thick while the secret
//! lay open, each stretch labelled with its length, and below it the names of
//! the marks, each on a line of its own, so that they never collide.

use anstyle::Style as Ansi;

use crate::{
    human::screen::{BAD, DIM, GOOD, NORMAL, Screen},
    incident::line::{Line, Mark, Tone},
    snippet::width,
};

/// Columns before the line.
const INDENT: usize = 2;
/// The line is drawn no longer than this.
const LONGEST: usize = 110;
/// Columns between two marks at least, those of the marks left out.
const LEAST: usize = 3;

pub(in crate::incident) fn show(line: &Line, screen: &mut Screen) {
    let places = places(line, screen.width() - INDENT);
    screen.line(&format!("{:INDENT$}{}", "", bar(line, &places, screen)));
    for (i, mark) in line.marks.iter().enumerate().rev() {
        let mut row = " ".repeat(INDENT);
        let mut used = 0;
        for place in &places[..i] {
            row.push_str(&" ".repeat(place - used));
            row.push_str(&screen.paint(DIM, screen.drawn("│", "|")));
            used = place + 1;
        }
        row.push_str(&" ".repeat(places[i] - used));
        row.push_str(&screen.paint(DIM, screen.drawn("╰╴", "`- ")));
        row.push_str(&screen.paint(of_tone(mark.tone), &mark.name()));
        screen.line(&row);
    }
}

fn of_tone(tone: Tone) -> Ansi {
    match tone {
        Tone::Plain => NORMAL,
        Tone::Good => GOOD,
        Tone::Bad => BAD,
    }
}

/// The columns of the marks: the longest line beside which the names find room.
fn places(line: &Line, room: usize) -> Vec<usize> {
    let longest_label =
        line.stretches.iter().map(|stretch| width(&stretch.length) + 4).max().unwrap_or(0);
    let least = (LEAST * line.stretches.len() + 1).min(room);
    let on = |columns: usize| -> Vec<usize> {
        let length = columns.saturating_sub(1).max(1) as f64;
        // Room for every length, if there is; else for none of the short ones.
        let fits = longest_label * line.stretches.len() <= columns * 9 / 10;
        let apart = if fits { longest_label + 1 } else { LEAST };
        let exact = line.positions(length, apart as f64);
        exact.into_iter().map(|at| at.round() as usize).collect()
    };
    let fits = |places: &[usize]| {
        let ends = places.iter().zip(&line.marks).map(|(at, mark)| at + 3 + width(&mark.name()));
        ends.max().unwrap_or(0) <= room
    };
    (least..=room.min(LONGEST))
        .rev()
        .map(on)
        .find(|places| fits(places))
        .unwrap_or_else(|| on(least))
}

fn bar(line: &Line, places: &[usize], screen: &Screen) -> String {
    let mut bar = String::new();
    for (i, stretch) in line.stretches.iter().enumerate() {
        bar.push_str(&mark(&line.marks[i], screen));
        let room = (places[i + 1] - places[i]).saturating_sub(1);
        let (stroke, color) = if stretch.open {
            (screen.drawn("━", "#"), BAD)
        } else {
            (screen.drawn("─", "-"), GOOD)
        };
        let label = format!(" {} ", stretch.length);
        let text = match room.checked_sub(width(&label)) {
            Some(spare @ 2..) => {
                let left = spare / 2;
                let (left, right) = (stroke.repeat(left), stroke.repeat(spare - left));
                format!("{}{label}{}", screen.paint(color, &left), screen.paint(color, &right))
            }
            _ => screen.paint(color, &stroke.repeat(room)),
        };
        bar.push_str(&text);
    }
    if let Some(last) = line.marks.last() {
        bar.push_str(&mark(last, screen));
    }
    bar
}

fn mark(mark: &Mark, screen: &Screen) -> String {
    let (unicode, plain) = match mark.names.as_slice() {
        ["now"] => ("▶", ">"),
        _ => ("●", "|"),
    };
    screen.paint(of_tone(mark.tone), screen.drawn(unicode, plain))
}
