//! The scan itself, without anything of Python, so that the interpreter is free while it
//! runs.

use std::{ops::Range, path::Path, thread};

use arrow_array::{Array as _, ArrayRef, cast::AsArray as _};
use arrow_schema::DataType;
use leeward_detect::{Detector, Scratch, Sighting};
use leeward_model::{Blob, Confidence, Level, Origin};

use crate::{findings::Found, rows::Rows};

/// Rows that are looked at together where they lie behind one another: one look says of
/// nearly all that there is nothing in them, and costs less than one at each.
const RUN: usize = 64 << 10;
/// Findings of one batch. Nobody has so many; a column that repeats one value has.
pub(crate) const MOST: usize = 1_000_000;

/// What texts are looked at with.
#[derive(Clone, Copy)]
pub(crate) struct Look<'a> {
    pub(crate) detector: &'a Detector,
    pub(crate) least: Level,
    pub(crate) names: Names<'a>,
    pub(crate) threads: usize,
}

/// What the files are called that texts are from: it speaks for what is in them.
#[derive(Clone, Copy)]
pub(crate) enum Names<'a> {
    None,
    /// One for all.
    One(&'a str),
    /// One for each.
    Each(&'a [String]),
}

impl<'a> Names<'a> {
    fn of(self, row: usize) -> Origin<'a> {
        match self {
            Self::None => Origin::Stdin,
            Self::One(name) => Origin::File(Path::new(name)),
            Self::Each(names) => {
                names.get(row).map_or(Origin::Stdin, |name| Origin::File(Path::new(name)))
            }
        }
    }
}

/// More findings than one batch may have.
pub(crate) struct TooMany;

/// Looks at a column; `first` is the number of its first row.
pub(crate) fn column(
    look: Look<'_>,
    array: &ArrayRef,
    first: usize,
    found: &mut Vec<Found>,
) -> Result<(), TooMany> {
    match array.data_type() {
        DataType::Utf8 => rows(look, array.as_string::<i32>(), first, found),
        DataType::LargeUtf8 => rows(look, array.as_string::<i64>(), first, found),
        DataType::Utf8View => rows(look, array.as_string_view(), first, found),
        DataType::Binary => rows(look, array.as_binary::<i32>(), first, found),
        DataType::LargeBinary => rows(look, array.as_binary::<i64>(), first, found),
        DataType::BinaryView => rows(look, array.as_binary_view(), first, found),
        DataType::Dictionary(..) => dictionary(look, array, first, found),
        // No other is handed in.
        _ => Ok(()),
    }
}

/// Looks at each value of a dictionary once, and tells of each row that has it.
fn dictionary(
    look: Look<'_>,
    array: &ArrayRef,
    first: usize,
    found: &mut Vec<Found>,
) -> Result<(), TooMany> {
    let array = array.as_any_dictionary();
    let mut in_values = Vec::new();
    column(Look { names: Names::None, ..look }, array.values(), 0, &mut in_values)?;
    if in_values.is_empty() {
        return Ok(());
    }
    let of = |value: usize| {
        let start = in_values.partition_point(|found| found.row < value as u64);
        in_values[start..].iter().take_while(move |found| found.row == value as u64)
    };
    for (row, value) in array.normalized_keys().into_iter().enumerate() {
        if array.is_null(row) {
            continue;
        }
        found.extend(of(value).map(|found| Found { row: (first + row) as u64, ..found.clone() }));
        if found.len() > MOST {
            return Err(TooMany);
        }
    }
    Ok(())
}

/// Looks at rows, in as many threads as are wanted.
pub(crate) fn rows(
    look: Look<'_>,
    rows: &(impl Rows + ?Sized),
    first: usize,
    found: &mut Vec<Found>,
) -> Result<(), TooMany> {
    let count = rows.count();
    let threads = look.threads.min(count).max(1);
    if threads == 1 {
        return part(look, rows, 0..count, first, found);
    }
    let share = count.div_ceil(threads);
    let parts = thread::scope(|scope| {
        let begin = |at: usize| {
            let range = at * share..count.min((at + 1) * share);
            scope.spawn(move || {
                let mut found = Vec::new();
                part(look, rows, range, first, &mut found).map(|()| found)
            })
        };
        let begun: Vec<_> = (0..threads).map(begin).collect();
        begun
            .into_iter()
            // A panic goes on where the caller waits.
            .map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect::<Vec<_>>()
    });
    for part in parts {
        found.extend(part?);
    }
    if found.len() > MOST { Err(TooMany) } else { Ok(()) }
}

/// Looks at some of the rows.
fn part(
    look: Look<'_>,
    rows: &(impl Rows + ?Sized),
    range: Range<usize>,
    first: usize,
    found: &mut Vec<Found>,
) -> Result<(), TooMany> {
    let mut scratch = Scratch::default();
    let mut at = range.start;
    while at < range.end {
        let (mut end, mut bytes) = (at, 0);
        while end < range.end && bytes < RUN {
            bytes += rows.row(end).len();
            end += 1;
        }
        let is_run = matches!(look.names, Names::None) && end - at > 1;
        let run = if is_run { rows.run(at..end) } else { None };
        if run.is_none_or(|run| look.detector.touches(run)) {
            for row in at..end {
                one(look, rows.row(row), row + first, &mut scratch, found);
            }
            if found.len() > MOST {
                return Err(TooMany);
            }
        }
        at = end;
    }
    Ok(())
}

/// Looks at one text.
fn one(look: Look<'_>, bytes: &[u8], row: usize, scratch: &mut Scratch, found: &mut Vec<Found>) {
    let blob = Blob::whole(bytes, look.names.of(row));
    look.detector.scan(&blob, scratch, |sighting: Sighting| {
        let confidence = Confidence::of(&sighting.signals);
        if confidence.level() >= look.least {
            found.push(Found {
                row: row as u64,
                start: sighting.span.start as u64,
                end: sighting.span.end as u64,
                line: sighting.start.line,
                column: sighting.start.column,
                dossier: sighting.dossier,
                confidence,
                fingerprint: sighting.fingerprint,
                hint: sighting.secret.hint(),
            });
        }
    });
}
