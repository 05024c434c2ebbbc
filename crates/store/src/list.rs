//! Which incidents there are, in the order of the work, and which one is meant.

use std::cmp::Reverse;

use leeward_model::{Incident, IncidentId, Severity, State};

use crate::{
    db::{Db, Value},
    line::{self, Reader},
    store::Store,
    trouble::Trouble,
};

/// Which incidents are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In these states; if empty, all that are not closed.
    pub states: Vec<State>,
    /// Closed ones too.
    pub all: bool,
    /// At least as bad.
    pub severity: Option<Severity>,
    /// With this owner.
    pub owner: Option<String>,
    /// Of this kind.
    pub dossier: Option<String>,
    /// Not closed, and due before this time: seconds since 1970-01-01 UTC.
    pub overdue_at: Option<i64>,
    /// The first of them only.
    pub limit: Option<u64>,
}

/// The least digits of a fingerprint that name an incident.
const LEAST_DIGITS: usize = 6;

/// How many are named when several match.
const MOST_NAMED: usize = 5;

impl Store {
    /// The incidents that are wanted: what is not closed first, then the worst, then
    /// what is due first, then the oldest.
    pub fn incidents(&mut self, filter: &Filter) -> Result<Vec<Incident>, Trouble> {
        let mut bound: Vec<Value<'_>> = Vec::new();
        let mut wanted: Vec<String> = Vec::new();
        let mut place = |value: Value<'static>| {
            bound.push(value);
            format!("?{}", bound.len())
        };
        if !filter.states.is_empty() {
            let states = filter.states.iter().map(|state| place(state.name().into()));
            let states = states.collect::<Vec<_>>().join(", ");
            let all = if filter.all { " OR closed = 1" } else { "" };
            wanted.push(format!("(state IN ({states}){all})"));
        } else if !filter.all {
            // The plus keeps SQLite from going through the index, row by row.
            let plus = if filter.limit.is_none() { "+" } else { "" };
            wanted.push(format!("{plus}closed = 0"));
        }
        if let Some(severity) = filter.severity {
            wanted.push(format!("severity <= {}", place(line::rank(severity).into())));
        }
        if let Some(owner) = &filter.owner {
            wanted.push(format!("owner = {}", place(owner.clone().into())));
        }
        if let Some(dossier) = &filter.dossier {
            wanted.push(format!("dossier = {}", place(dossier.clone().into())));
        }
        if let Some(at) = filter.overdue_at {
            wanted.push(format!("closed = 0 AND due < {}", place(at.into())));
        }
        let mut sql = format!("SELECT {} FROM incidents", line::COLUMNS);
        if !wanted.is_empty() {
            sql.push_str(" WHERE ");
            sql.push_str(&wanted.join(" AND "));
        }
        // The first few come from the index. All of them are read faster as they lie, and
        // sorted here.
        if let Some(limit) = filter.limit {
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            sql.push_str(" ORDER BY closed, severity, due, id LIMIT ");
            sql.push_str(&place(limit.into()));
        }
        let mut reader = Reader::default();
        let mut lines = self.db.query(&sql, &bound, |row| reader.line(row))?;
        lines.sort_by_cached_key(|line| {
            let is_closed = line.state == State::Closed;
            (is_closed, Reverse(line.severity), line.due.unwrap_or(i64::MAX), line.id)
        });
        Ok(lines)
    }

    /// An incident by its number.
    pub fn incident(&mut self, id: IncidentId) -> Result<Option<Incident>, Trouble> {
        by_number(&mut self.db, id.0)
    }

    /// The incident that is meant: by its number, `12` or `#12`, or by its fingerprint or
    /// how that begins, with or without `lw1_`, at least 6 digits. If a number could be
    /// both, it must be written out.
    pub fn find(&mut self, handle: &str) -> Result<Incident, Trouble> {
        let text = handle.trim();
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let mut matches = Vec::new();
        let number = text.strip_prefix('#');
        let digits = number.unwrap_or(text);
        if is_number(digits)
            && let Ok(id) = digits.parse()
        {
            matches.extend(by_number(&mut self.db, id)?);
        }
        let begin = text.strip_prefix("lw1_").unwrap_or(text).to_ascii_lowercase();
        let is_hex = begin.bytes().all(|byte| byte.is_ascii_hexdigit());
        if number.is_none() && is_hex && (LEAST_DIGITS..=32).contains(&begin.len()) {
            // `g` comes after every digit.
            let sql = format!(
                "SELECT {} FROM incidents WHERE fingerprint >= ?1 AND fingerprint < ?2 \
                 ORDER BY id LIMIT {}",
                line::COLUMNS,
                MOST_NAMED
            );
            let bound = [format!("lw1_{begin}").into(), format!("lw1_{begin}g").into()];
            let mut reader = Reader::default();
            let found = self.db.query(&sql, &bound, |row| reader.line(row))?;
            matches.extend(found);
        }
        matches.dedup_by_key(|line: &mut Incident| line.id);
        if matches.len() > 1 {
            let matches = matches.iter().map(|line| (line.id, line.fingerprint)).collect();
            return Err(Trouble::Several { handle: shown(handle), matches });
        }
        matches.pop().ok_or_else(|| Trouble::NoIncident(shown(handle)))
    }
}

fn by_number(db: &mut Db, id: i64) -> Result<Option<Incident>, Trouble> {
    let sql = format!("SELECT {} FROM incidents WHERE id = ?1", line::COLUMNS);
    let mut reader = Reader::default();
    db.one(&sql, &[id.into()], |row| reader.line(row))
}

/// What was typed, for a message.
fn shown(handle: &str) -> String {
    let short: String = handle.chars().take(60).collect();
    leeward_model::SafeText::new(&short).to_string()
}
