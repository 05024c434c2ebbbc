//! What many incidents come to: how many of each kind, and how that went over time.
//! Which of them are listed is `leaf`'s; how it is drawn is others' business.

use std::fmt::Write as _;

use leeward_model::{Severity, State, Validity};

use crate::{
    db::{Db, Row, Value},
    line,
    store::Store,
    trouble::Trouble,
    wire,
};

/// A day and a week, in seconds.
const DAY: i64 = 86_400;
const WEEK: i64 = 7 * DAY;
/// The first Monday after 1970-01-01.
const MONDAY: i64 = 4 * DAY;

/// How long it has been open: younger than so many seconds, but not than the one before.
pub const AGES: [(i64, &str); 5] = [
    (DAY, "under a day"),
    (WEEK, "1 to 7 days"),
    (30 * DAY, "7 to 30 days"),
    (90 * DAY, "30 to 90 days"),
    (i64::MAX, "over 90 days"),
];

/// Incidents of one state, severity and validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// How far they are.
    pub state: State,
    /// How bad.
    pub severity: Severity,
    /// Whether they are live.
    pub validity: Validity,
    /// How many.
    pub count: u64,
    /// Of these, whom nobody takes care of.
    pub unowned: u64,
    /// Of these, due before now.
    pub late: u64,
    /// Of these, how many of each age, as in [`AGES`].
    pub ages: [u64; AGES.len()],
}

/// All incidents, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(pub Vec<Cell>);

impl Counts {
    /// A sum over the cells of what is not closed.
    pub fn open(&self, of: impl Fn(&Cell) -> u64) -> u64 {
        self.0.iter().filter(|cell| cell.state != State::Closed).map(of).sum()
    }

    /// All there are.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|cell| cell.count).sum()
    }
}

/// How long a stretch of a trend is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// From midnight to midnight, UTC.
    Day,
    /// From Monday to Monday, UTC.
    Week,
}

impl Stretch {
    fn seconds(self) -> i64 {
        match self {
            Self::Day => DAY,
            Self::Week => WEEK,
        }
    }

    /// The number of the stretch a time is in.
    fn of(self, at: i64) -> i64 {
        (at - MONDAY).div_euclid(self.seconds())
    }

    fn begin(self, number: i64) -> i64 {
        number * self.seconds() + MONDAY
    }
}

/// How times are spread, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// Of how many.
    pub count: u64,
    /// Half took no longer.
    pub median: i64,
    /// Nine of ten took no longer.
    pub ninetieth: i64,
}

/// What became of incidents within a stretch of time. One that was reopened counts as
/// open since it was first opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trend {
    /// When it begins: seconds since 1970-01-01 UTC.
    pub from: i64,
    /// When it ends; it may not be over yet.
    pub until: i64,
    /// How many were opened.
    pub opened: u64,
    /// How many were closed.
    pub closed: u64,
    /// How many were open at the end.
    pub open: u64,
    /// From opening to closing, of those that were closed in it.
    pub to_close: Option<Spread>,
    /// How long secrets lay open that were proven dead in it.
    pub exposure: Option<Spread>,
}

/// Names of owners or kinds that are told at most: a choice in a form is of no use
/// with more.
const MOST_NAMES: i64 = 200;

impl Store {
    /// All incidents, counted in one go.
    pub fn counts(&mut self, now: i64) -> Result<Counts, Trouble> {
        let mut bound: Vec<Value<'_>> = vec![now.into()];
        let mut columns = String::new();
        let mut last = i64::MAX;
        for (age, _) in AGES {
            let since = now.saturating_sub(age);
            bound.extend([since.into(), last.into()]);
            let n = bound.len();
            // Writing into a text cannot fail.
            let _ = write!(
                columns,
                ", count(CASE WHEN opened_at > ?{} AND opened_at <= ?{n} THEN 1 END)",
                n - 1
            );
            last = since;
        }
        let sql = format!(
            "SELECT state, severity, validity, count(*), \
             count(CASE WHEN owner IS NULL THEN 1 END), count(CASE WHEN due < ?1 THEN 1 END)\
             {columns} FROM incidents GROUP BY state, severity, validity"
        );
        let cells = self.db.query(&sql, &bound, |row| {
            let number = |column| Ok::<u64, Trouble>(u64::try_from(row.int(column)?).unwrap_or(0));
            let mut ages = [0; AGES.len()];
            for (at, age) in ages.iter_mut().enumerate() {
                *age = number(6 + at)?;
            }
            Ok(Cell {
                state: line::state(row.text(0)?)?,
                severity: line::ranked(row.int(1)?)?,
                validity: wire::read_validity(row.text(2)?)?,
                count: number(3)?,
                unowned: number(4)?,
                late: number(5)?,
                ages,
            })
        });
        Ok(Counts(cells?))
    }

    /// Who takes care of incidents that are not closed, busiest first; without those
    /// whom nobody takes care of.
    pub fn owners(&mut self) -> Result<Vec<(String, u64)>, Trouble> {
        self.names("owner", "closed = 0 AND owner IS NOT NULL")
    }

    /// The kinds of credentials there are incidents of, most of them first.
    pub fn kinds(&mut self) -> Result<Vec<(String, u64)>, Trouble> {
        self.names("dossier", "1 = 1")
    }

    /// Sources of others that hold secrets, and how many.
    pub fn sources_with_incidents(&mut self) -> Result<Vec<(String, u64)>, Trouble> {
        let sql = "SELECT path, count(DISTINCT incident) FROM locations WHERE kind = 'remote' \
                   GROUP BY path ORDER BY 2 DESC, 1 LIMIT ?1";
        self.db.query(sql, &[MOST_NAMES.into()], named)
    }

    fn names(&mut self, column: &str, which: &str) -> Result<Vec<(String, u64)>, Trouble> {
        let sql = format!(
            "SELECT {column}, count(*) FROM incidents WHERE {which} \
             GROUP BY {column} ORDER BY 2 DESC, 1 LIMIT ?1"
        );
        self.db.query(&sql, &[MOST_NAMES.into()], named)
    }

    /// What became of incidents, stretch by stretch, oldest first; the last is the one
    /// that `now` is in.
    pub fn trend(&mut self, by: Stretch, now: i64, many: u16) -> Result<Vec<Trend>, Trouble> {
        let last = by.of(now);
        let first = last - i64::from(many.max(1)) + 1;
        let begin = by.begin(first);
        let mut trend: Vec<Trend> = (first..=last)
            .map(|number| Trend {
                from: by.begin(number),
                until: by.begin(number + 1),
                opened: 0,
                closed: 0,
                open: 0,
                to_close: None,
                exposure: None,
            })
            .collect();
        self.db.read(|db| {
            let bound: [Value<'_>; 3] = [begin.into(), MONDAY.into(), by.seconds().into()];
            // A time in the future belongs to no stretch.
            let at = |row: &Row<'_>| Ok::<_, Trouble>(usize::try_from(row.int(0)? - first).ok());
            let sql = "SELECT (opened_at - ?2) / ?3, count(*) FROM incidents \
                       WHERE opened_at >= ?1 GROUP BY 1";
            db.each(sql, &bound, |row| {
                if let Some(one) = at(row)?.and_then(|at| trend.get_mut(at)) {
                    one.opened = u64::try_from(row.int(1)?).unwrap_or(0);
                }
                Ok(())
            })?;
            // Sorted here: a window over all of them takes a database ten times as long.
            let sql = "SELECT (closed_at - ?2) / ?3, closed_at - opened_at FROM incidents \
                       WHERE closed_at >= ?1";
            for (one, took) in trend.iter_mut().zip(took(db, sql, &bound, first, many)?) {
                one.closed = took.len() as u64;
                one.to_close = spread(took);
            }
            let sql = "SELECT (until_at - ?2) / ?3, until_at - from_at FROM exposures \
                       WHERE until_at >= ?1";
            for (one, took) in trend.iter_mut().zip(took(db, sql, &bound, first, many)?) {
                one.exposure = spread(took);
            }
            let before =
                |column: &str| format!("SELECT count(*) FROM incidents WHERE {column} < ?1");
            let opened = db.one(&before("opened_at"), &bound[..1], |row| row.int(0))?;
            let closed = db.one(&before("closed_at"), &bound[..1], |row| row.int(0))?;
            let mut open = opened.unwrap_or(0) - closed.unwrap_or(0);
            for one in &mut trend {
                let change = i128::from(one.opened) - i128::from(one.closed);
                open += i64::try_from(change).unwrap_or(0);
                one.open = u64::try_from(open).unwrap_or(0);
            }
            Ok(())
        })?;
        Ok(trend)
    }
}

/// How long each took, by the stretch it ended in: eight bytes each.
fn took(
    db: &mut Db,
    sql: &str,
    bound: &[Value<'_>],
    first: i64,
    many: u16,
) -> Result<Vec<Vec<i64>>, Trouble> {
    let mut all = vec![Vec::new(); usize::from(many.max(1))];
    db.each(sql, bound, |row| {
        let at = usize::try_from(row.int(0)? - first).ok();
        if let Some(one) = at.and_then(|at| all.get_mut(at)) {
            one.push(row.int(1)?.max(0));
        }
        Ok(())
    })?;
    Ok(all)
}

fn spread(mut took: Vec<i64>) -> Option<Spread> {
    took.sort_unstable();
    let many = took.len();
    Some(Spread {
        count: many as u64,
        median: *took.get(many.div_ceil(2).checked_sub(1)?)?,
        ninetieth: *took.get((many * 9).div_ceil(10).checked_sub(1)?)?,
    })
}

fn named(row: &Row<'_>) -> Result<(String, u64), Trouble> {
    Ok((row.text(0)?.to_owned(), u64::try_from(row.int(1)?).unwrap_or(0)))
}
