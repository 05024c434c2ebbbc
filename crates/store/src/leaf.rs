//! Incidents leaf by leaf: a few at a time, in an order and with filters of the
//! reader's choice, however many there are. A leaf begins where the one before ended
//! and not at a number of lines, so that the hundredth is found as fast as the first,
//! and nothing is shown twice when something is opened in between.

use std::{fmt, str::FromStr};

use leeward_model::{Incident, IncidentId, Severity, State, Validity};

use crate::{
    db::{Db, Value},
    line::{self, Reader},
    spot,
    store::Store,
    trouble::Trouble,
};

/// Which incidents are wanted. What is empty asks for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// In one of these states; if empty, all that are not closed.
    pub states: Vec<State>,
    /// Closed ones too, where no state is named.
    pub all: bool,
    /// One of these severities.
    pub severities: Vec<Severity>,
    /// One of these validities.
    pub validities: Vec<Validity>,
    /// Whose.
    pub owner: Option<Whose>,
    /// Of this kind.
    pub dossier: Option<String>,
    /// Seen in this source of others.
    pub source: Option<String>,
    /// A part of the place, of the secret's first and last characters, of the fingerprint
    /// or of the owner; upper and lower case are the same, and no character means another.
    pub text: Option<String>,
    /// Opened at this time or later: seconds since 1970-01-01 UTC.
    pub opened_from: Option<i64>,
    /// Opened before this time: seconds since 1970-01-01 UTC.
    pub opened_until: Option<i64>,
    /// Not closed, and due before this time: seconds since 1970-01-01 UTC.
    pub overdue_at: Option<i64>,
    /// Which comes first.
    pub sort: Sort,
}

/// Who takes care of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Nobody.
    Nobodys,
    /// Whoever has this name.
    Of(String),
}

/// Which incident comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// What is not closed, then the worst, then what is due first, then the oldest.
    #[default]
    Urgency,
    /// What was opened last.
    Newest,
    /// What was opened first.
    Oldest,
    /// What anything happened to last.
    Changed,
}

impl Sort {
    /// All, the usual one first.
    pub const ALL: [Self; 4] = [Self::Urgency, Self::Newest, Self::Oldest, Self::Changed];

    /// A stable name, such as `urgency`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Urgency => "urgency",
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Changed => "changed",
        }
    }

    /// The columns it goes by, and whether the largest comes first.
    fn columns(self) -> (&'static [&'static str], bool) {
        match self {
            Self::Urgency => (&["closed", "severity", "due", "id"], false),
            Self::Newest => (&["opened_at", "id"], true),
            Self::Oldest => (&["opened_at", "id"], false),
            Self::Changed => (&["updated_at", "id"], true),
        }
    }

    /// Where an incident stands in it.
    fn spot(self, line: &Incident) -> Vec<i64> {
        match self {
            Self::Urgency => vec![
                i64::from(line.state == State::Closed),
                line::rank(line.severity),
                line.due.unwrap_or(i64::MAX),
                line.id.0,
            ],
            Self::Newest | Self::Oldest => vec![line.opened_at, line.id.0],
            Self::Changed => vec![line.updated_at, line.id.0],
        }
    }
}

impl FromStr for Sort {
    type Err = NotAMark;

    fn from_str(text: &str) -> Result<Self, NotAMark> {
        Self::ALL.into_iter().find(|sort| sort.name() == text).ok_or(NotAMark)
    }
}

/// Where a leaf begins or ends. As text, numbers with a dot between them: whoever reads
/// leaf by leaf keeps it and sends it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What comes before it, not after.
    pub backwards: bool,
    spot: Vec<i64>,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.backwards { "b" } else { "a" })?;
        self.spot.iter().try_for_each(|number| write!(f, ".{number}"))
    }
}

/// It is no mark, or not one of this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAMark;

impl fmt::Display for NotAMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is no place in the list: begin at its first page")
    }
}

impl std::error::Error for NotAMark {}

impl FromStr for Mark {
    type Err = NotAMark;

    fn from_str(text: &str) -> Result<Self, NotAMark> {
        /// No order goes by more columns.
        const MOST: usize = 4;
        let mut parts = text.split('.');
        let backwards = match parts.next() {
            Some("a") => false,
            Some("b") => true,
            _ => return Err(NotAMark),
        };
        let spot: Result<Vec<i64>, _> = parts.take(MOST + 1).map(str::parse).collect();
        match spot {
            Ok(spot) if (2..=MOST).contains(&spot.len()) => Ok(Self { backwards, spot }),
            _ => Err(NotAMark),
        }
    }
}

/// A few incidents, and where the others are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaf {
    /// In the order that was asked for.
    pub incidents: Vec<Incident>,
    /// Where the next leaf begins, if there is one.
    pub next: Option<Mark>,
    /// Where the one before ends, if there is one.
    pub previous: Option<Mark>,
}

/// Conditions, and what is bound in them.
#[derive(Default)]
pub(crate) struct Wanted {
    pub(crate) bound: Vec<Value<'static>>,
    pub(crate) parts: Vec<String>,
}

impl Wanted {
    pub(crate) fn place(&mut self, value: impl Into<Value<'static>>) -> String {
        self.bound.push(value.into());
        format!("?{}", self.bound.len())
    }

    pub(crate) fn one_of(&mut self, column: &str, names: impl Iterator<Item = Value<'static>>) {
        let places: Vec<String> = names.map(|name| self.place(name)).collect();
        if !places.is_empty() {
            self.parts.push(format!("{column} IN ({})", places.join(", ")));
        }
    }

    /// ` WHERE …`, or nothing.
    pub(crate) fn clause(&self) -> String {
        if self.parts.is_empty() {
            return String::new();
        }
        format!(" WHERE {}", self.parts.join(" AND "))
    }
}

/// A pattern in which every character stands for itself.
pub(crate) fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

impl Query {
    fn wanted(&self, is_lite: bool) -> Wanted {
        let mut wanted = Wanted::default();
        if self.states.is_empty() && !self.all {
            wanted.parts.push("closed = 0".to_owned());
        }
        wanted.one_of("state", self.states.iter().map(|state| state.name().into()));
        let ranks = self.severities.iter().map(|severity| line::rank(*severity).into());
        wanted.one_of("severity", ranks);
        wanted.one_of("validity", self.validities.iter().map(|validity| validity.name().into()));
        match &self.owner {
            None => {}
            Some(Whose::Nobodys) => wanted.parts.push("owner IS NULL".to_owned()),
            Some(Whose::Of(name)) => {
                let place = wanted.place(name.clone());
                wanted.parts.push(format!("owner = {place}"));
            }
        }
        if let Some(dossier) = &self.dossier {
            let place = wanted.place(dossier.clone());
            wanted.parts.push(format!("dossier = {place}"));
        }
        if let Some(source) = &self.source {
            let place = wanted.place(source.clone());
            wanted.parts.push(format!(
                "id IN (SELECT incident FROM locations WHERE kind = '{}' AND path = {place})",
                spot::REMOTE
            ));
        }
        if let Some(text) = self.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            let place = wanted.place(containing(text));
            let like = |column: &str| {
                if is_lite {
                    // Upper and lower case of ASCII are the same to it, as to its `lower`.
                    format!("{column} LIKE {place} ESCAPE '\\'")
                } else {
                    format!("lower({column}) LIKE lower({place}) ESCAPE '\\'")
                }
            };
            let mut columns = vec!["place", "hint", "owner"];
            // Most words cannot be part of a fingerprint.
            if text.bytes().all(|byte| byte.is_ascii_hexdigit() || b"lLwW_".contains(&byte)) {
                columns.push("fingerprint");
            }
            let any = columns.into_iter().map(like).collect::<Vec<_>>().join(" OR ");
            wanted.parts.push(format!("({any})"));
        }
        for (column, at) in [("opened_at >=", self.opened_from), ("opened_at <", self.opened_until)]
        {
            if let Some(at) = at {
                let place = wanted.place(at);
                wanted.parts.push(format!("{column} {place}"));
            }
        }
        if let Some(at) = self.overdue_at {
            let place = wanted.place(at);
            wanted.parts.push(format!("closed = 0 AND due < {place}"));
        }
        wanted
    }
}

impl Store {
    /// A leaf of at most so many incidents, from a mark or from the beginning. A mark of
    /// another order begins at the beginning.
    pub fn leaf(&mut self, query: &Query, mark: Option<&Mark>, most: u32) -> Result<Leaf, Trouble> {
        let (columns, descends) = query.sort.columns();
        let mark = mark.filter(|mark| mark.spot.len() == columns.len());
        let backwards = mark.is_some_and(|mark| mark.backwards);
        let is_lite = matches!(self.db, Db::Lite(_));
        let mut wanted = query.wanted(is_lite);
        if let Some(mark) = mark {
            let places: Vec<String> = mark.spot.iter().map(|at| wanted.place(*at)).collect();
            let sign = if descends == backwards { '>' } else { '<' };
            wanted.parts.push(format!("({}) {sign} ({})", columns.join(", "), places.join(", ")));
        }
        let way = if descends == backwards { "" } else { " DESC" };
        let order: Vec<String> = columns.iter().map(|column| format!("{column}{way}")).collect();
        // One more tells whether there are more.
        let limit = wanted.place(i64::from(most) + 1);
        let sql = format!(
            "SELECT {} FROM incidents{} ORDER BY {} LIMIT {limit}",
            line::COLUMNS,
            wanted.clause(),
            order.join(", ")
        );
        let mut reader = Reader::default();
        let mut incidents = self.db.query(&sql, &wanted.bound, |row| reader.line(row))?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let has_more = incidents.len() > most;
        incidents.truncate(most);
        if backwards {
            incidents.reverse();
        }
        let mark_at = |line: Option<&Incident>, backwards, is_there: bool| {
            let line = line.filter(|_| is_there)?;
            Some(Mark { backwards, spot: query.sort.spot(line) })
        };
        let (more_before, more_after) =
            if backwards { (has_more, true) } else { (mark.is_some(), has_more) };
        Ok(Leaf {
            next: mark_at(incidents.last(), false, more_after),
            previous: mark_at(incidents.first(), true, more_before),
            incidents,
        })
    }

    /// How many incidents a query matches; counting ends at `most`.
    pub fn matching(&mut self, query: &Query, most: u32) -> Result<u64, Trouble> {
        let is_lite = matches!(self.db, Db::Lite(_));
        let mut wanted = query.wanted(is_lite);
        let limit = wanted.place(i64::from(most));
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM incidents{} LIMIT {limit}) AS matching",
            wanted.clause()
        );
        let count = self.db.one(&sql, &wanted.bound, |row| row.int(0))?;
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
    }

    /// Incidents by their numbers, in the order of the numbers; those that are not there
    /// are left out.
    pub fn numbered(&mut self, ids: &[IncidentId]) -> Result<Vec<Incident>, Trouble> {
        let wanted: Vec<Value<'_>> = ids.iter().map(|id| id.0.into()).collect();
        let sql = format!("SELECT {} FROM incidents WHERE id IN (…)", line::COLUMNS);
        let (mut reader, mut lines) = (Reader::default(), Vec::new());
        self.db.each_of(&sql, &wanted, |row| {
            lines.push(reader.line(row)?);
            Ok(())
        })?;
        lines.sort_by_key(|line: &Incident| line.id);
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_lead_back_and_others_are_refused() {
        for text in ["a.0.1.9223372036854775807.12", "b.-5.7"] {
            assert_eq!(text.parse::<Mark>().unwrap().to_string(), text);
        }
        for text in
            ["", "a", "c.1.2", "a.1", "a.1.2.3.4.5", "a.1.x", "a.1.2;", "a.99999999999999999999.1"]
        {
            assert_eq!(text.parse::<Mark>(), Err(NotAMark), "{text}");
        }
    }

    #[test]
    fn characters_of_patterns_stand_for_themselves() {
        assert_eq!(containing("100%_\\x"), "%100\\%\\_\\\\x%");
    }
}
