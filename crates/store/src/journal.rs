//! The log, a few entries at a time: from its end and with filters, for people who
//! want to know who did what, or on from a place, for programs. Reading all of it is `store`'s.

use leeward_model::{Event, EventKind, IncidentId};

use crate::{
    leaf::{Wanted, containing},
    log,
    store::Store,
    trouble::Trouble,
};

/// Which entries of the log are wanted. What is empty asks for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Of this kind.
    pub kind: Option<EventKind>,
    /// Whoever has this name did it.
    pub actor: Option<String>,
    /// Of this incident.
    pub incident: Option<IncidentId>,
    /// A part of what it says; upper and lower case are the same.
    pub text: Option<String>,
    /// At this time or later: seconds since 1970-01-01 UTC.
    pub from: Option<i64>,
    /// Before this time: seconds since 1970-01-01 UTC.
    pub until: Option<i64>,
}

impl Store {
    /// A page of the log, of an incident or of all: what came after a place in it, oldest
    /// first; at most so many.
    pub fn event_page(
        &mut self,
        of: Option<IncidentId>,
        after: i64,
        most: usize,
    ) -> Result<Vec<Event>, Trouble> {
        let mut wanted = Wanted::default();
        let place = wanted.place(after);
        wanted.parts.push(format!("sequence > {place}"));
        if let Some(id) = of {
            let place = wanted.place(id.0);
            wanted.parts.push(format!("incident = {place}"));
        }
        let limit = wanted.place(i64::try_from(most).unwrap_or(i64::MAX));
        let sql = format!(
            "SELECT {} FROM events{} ORDER BY sequence LIMIT {limit}",
            log::COLUMNS,
            wanted.clause()
        );
        self.db.query(&sql, &wanted.bound, log::read)
    }

    /// Entries of the log, newest first, of those that come before a sequence number, or
    /// from the end; at most so many.
    pub fn log_before(
        &mut self,
        query: &LogQuery,
        before: Option<i64>,
        most: u32,
    ) -> Result<Vec<Event>, Trouble> {
        let mut wanted = Wanted::default();
        let mut and = |column: &str, value: Option<crate::db::Value<'static>>| {
            if let Some(value) = value {
                let place = wanted.place(value);
                wanted.parts.push(format!("{column} {place}"));
            }
        };
        and("sequence <", before.map(Into::into));
        and("kind =", query.kind.map(|kind| kind.name().into()));
        and("actor =", query.actor.clone().map(Into::into));
        and("incident =", query.incident.map(|id| id.0.into()));
        and("at >=", query.from.map(Into::into));
        and("at <", query.until.map(Into::into));
        if let Some(text) = query.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            let place = wanted.place(containing(text));
            wanted.parts.push(format!("lower(text) LIKE lower({place}) ESCAPE '\\'"));
        }
        let limit = wanted.place(i64::from(most));
        let sql = format!(
            "SELECT {} FROM events{} ORDER BY sequence DESC LIMIT {limit}",
            log::COLUMNS,
            wanted.clause()
        );
        self.db.query(&sql, &wanted.bound, log::read)
    }
}
