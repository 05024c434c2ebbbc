//! The exposure window before it is drawn: the few moments that matter, and
//! how far apart they stand.
//!
//! A secret lies in history for a year and is closed within minutes, so the
//! distances are not to scale: each stretch between two moments has a least
//! length, and the rest of the line is shared out by the logarithm of the time
//! that passed. A longer stretch is never shorter, none vanishes, and each says
//! how long it was. All other moments are in the list below the picture.

use leeward_model::{Moment, MomentKind, Timeline};

use super::tell::brief;

/// Marks in order of time, and the stretches between them.
pub(crate) struct Line {
    pub(crate) marks: Vec<Mark>,
    /// One fewer than marks.
    pub(crate) stretches: Vec<Stretch>,
}

/// A moment, or several of the same second.
pub(crate) struct Mark {
    pub(crate) at: i64,
    pub(crate) names: Vec<&'static str>,
    pub(crate) tone: Tone,
}

/// What a mark means for the owner: decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tone {
    /// Nothing by itself.
    Plain,
    /// It became better.
    Good,
    /// It became worse.
    Bad,
}

impl Tone {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Bad => "bad",
        }
    }
}

/// The time between two marks.
pub(crate) struct Stretch {
    pub(crate) seconds: i64,
    /// Whether the secret lay open.
    pub(crate) open: bool,
    /// `26 min`.
    pub(crate) length: String,
}

impl Line {
    /// `None` if no moment is known. `ongoing` sets a mark for the present.
    pub(crate) fn of(timeline: &Timeline, ongoing: bool, now: i64) -> Option<Self> {
        let window = timeline.window?;
        let moments = || timeline.moments.iter();
        let first = |kind| moments().find(|moment| moment.kind == kind).map(|moment| moment.at);
        let last = |kind| {
            moments().rev().find(|moment: &&Moment| moment.kind == kind).map(|moment| moment.at)
        };
        let present = (ongoing || window.until.is_none()).then_some(now);
        let wanted = [
            (first(MomentKind::Introduced), "introduced", Tone::Bad),
            (first(MomentKind::Public), "public", Tone::Bad),
            (first(MomentKind::Found), "found", Tone::Plain),
            (window.last_alive, "last seen alive", Tone::Bad),
            (last(MomentKind::Revoked), "revoked", Tone::Good),
            (window.until, "proven dead", Tone::Good),
            (last(MomentKind::Reopened), "reopened", Tone::Bad),
            (last(MomentKind::Closed), "closed", Tone::Good),
        ];
        let mut points: Vec<(i64, &'static str, Tone)> =
            wanted.into_iter().filter_map(|(at, name, tone)| Some((at?, name, tone))).collect();
        if points.iter().all(|(at, ..)| *at != window.from) {
            points.push((window.from, "first known", Tone::Plain));
        }
        let latest = points.iter().map(|(at, ..)| *at).max();
        points.extend(present.filter(|now| Some(*now) > latest).map(|at| (at, "now", Tone::Plain)));
        points.sort_by_key(|(at, ..)| *at);

        let mut marks: Vec<Mark> = Vec::new();
        for (at, name, tone) in points {
            match marks.last_mut().filter(|mark| mark.at == at) {
                Some(mark) => {
                    mark.names.push(name);
                    mark.tone = mark.tone.max(tone);
                }
                None => marks.push(Mark { at, names: vec![name], tone }),
            }
        }
        let stretches = marks.windows(2).map(|pair| {
            let seconds = pair[1].at.saturating_sub(pair[0].at);
            let open =
                pair[0].at >= window.from && window.until.is_none_or(|until| pair[1].at <= until);
            Stretch { seconds, open, length: brief(seconds) }
        });
        Some(Self { stretches: stretches.collect(), marks })
    }

    /// Where the marks stand on a line of this length, of which each stretch
    /// takes at least `least`.
    pub(crate) fn positions(&self, length: f64, least: f64) -> Vec<f64> {
        let count = self.stretches.len() as f64;
        let least = least.min(length / count.max(1.0));
        let weight = |stretch: &Stretch| (stretch.seconds as f64 / 60.0).max(0.0).ln_1p();
        let all: f64 = self.stretches.iter().map(weight).sum();
        let spare = length - least * count;
        let mut at = 0.0;
        let mut positions = vec![at];
        for stretch in &self.stretches {
            let share = if all > 0.0 { weight(stretch) / all } else { 1.0 / count };
            at += least + spare * share;
            positions.push(at);
        }
        positions
    }
}

impl Mark {
    /// `introduced, public`.
    pub(crate) fn name(&self) -> String {
        self.names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use leeward_model::Window;

    use super::*;

    const DAY: i64 = 86_400;

    fn line(moments: &[(i64, MomentKind)], until: Option<i64>, now: i64) -> Line {
        let moments: Vec<Moment> =
            moments.iter().map(|&(at, kind)| Moment { at, kind, text: String::new() }).collect();
        let window = Window { from: moments[0].at, until, last_alive: None };
        let timeline = Timeline { moments, window: Some(window) };
        Line::of(&timeline, until.is_none(), now).unwrap()
    }

    #[test]
    fn longer_stretches_are_longer_and_none_vanishes() {
        let kinds = [MomentKind::Introduced, MomentKind::Found, MomentKind::Revoked];
        let at = [0, 400 * DAY, 400 * DAY + 2];
        let moments: Vec<_> = at.into_iter().zip(kinds).collect();
        let line = line(&moments, Some(400 * DAY + 300), 500 * DAY);
        let positions = line.positions(100.0, 5.0);
        let widths: Vec<f64> = positions.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!((positions[3] - 100.0).abs() < 1e-9);
        assert!(widths.iter().all(|width| *width >= 5.0), "{widths:?}");
        assert!(widths[0] > widths[2] && widths[2] > widths[1], "{widths:?}");
        assert!(line.positions(6.0, 5.0).windows(2).all(|pair| pair[1] > pair[0]));
    }

    #[test]
    fn the_window_ends_where_it_is_proven_dead() {
        let moments =
            [(0, MomentKind::Introduced), (0, MomentKind::Public), (9, MomentKind::Found)];
        let shown = |line: Line| -> Vec<(String, bool)> {
            let open = line.stretches.iter().map(|stretch| stretch.open).chain([false]);
            line.marks.iter().map(Mark::name).zip(open).collect()
        };
        let expected = [("introduced, public", true), ("found", true), ("now", false)];
        let expected = expected.map(|(name, open)| (name.to_owned(), open));
        assert_eq!(shown(line(&moments, None, 60)), expected);
        let closed = [&moments[..], &[(40, MomentKind::Closed)]].concat();
        let names = shown(line(&closed, Some(30), 60));
        assert_eq!(names[2], ("proven dead".to_owned(), false));
        assert_eq!(names[3].0, "closed");
        assert_eq!(names.len(), 4, "what is closed does not go on");
    }

    #[test]
    fn times_that_cannot_be_do_no_harm() {
        let line = line(&[(i64::MIN, MomentKind::Found), (i64::MAX, MomentKind::Revoked)], None, 0);
        assert!(line.positions(60.0, 3.0).iter().all(|at| at.is_finite()));
    }
}
