//! Filters of the list of incidents as they stand in an address, so that a list can be
//! kept, sent and come back to. What cannot be read asks for nothing.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use leeward_model::{Severity, State, Validity};
use leeward_store::{Mark, Query, Sort, Whose};
use url::form_urlencoded::Serializer;

/// All severities, worst first.
pub(super) const SEVERITIES: [Severity; 4] =
    [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
/// All validities.
pub(super) const VALIDITIES: [Validity; 5] = [
    Validity::Active,
    Validity::Restricted,
    Validity::Unknown,
    Validity::Unchecked,
    Validity::Inactive,
];
/// Who takes care of what nobody takes care of, in an address.
pub(super) const NOBODY: &str = "-";
/// Parts of an address that are read; more is no filter of a person.
const MOST: usize = 64;
/// Characters of a part that are read.
const LONGEST: usize = 200;

/// The parts of an address, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked(Vec<(String, String)>);

impl Asked {
    /// Of what stands after the question mark. Parts that are empty are left out, as a
    /// form sends those that nobody filled in.
    pub(super) fn of(query: Option<&str>) -> Self {
        let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let pairs = pairs.take(MOST).filter_map(|(name, value)| {
            let value: String = value.trim().chars().take(LONGEST).collect();
            (!value.is_empty()).then(|| (name.into_owned(), value))
        });
        Self(pairs.collect())
    }

    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn has(&self, name: &str, value: &str) -> bool {
        self.all(name).any(|known| known == value)
    }

    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The same without a part, or without all parts of a name.
    pub(super) fn without(&self, name: &str, value: Option<&str>) -> Self {
        let keep = |(known, is): &&(String, String)| {
            known != name || value.is_some_and(|value| value != is)
        };
        Self(self.0.iter().filter(keep).cloned().collect())
    }

    /// The same with a part that stands instead of all of its name.
    pub(super) fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.without(name, None);
        other.0.push((name.to_owned(), value.to_owned()));
        other
    }

    /// As a path has it: `/incidents?state=open`.
    pub(super) fn link(&self, path: &str) -> String {
        if self.0.is_empty() {
            return path.to_owned();
        }
        let mut text = Serializer::new(String::new());
        text.extend_pairs(self.pairs());
        format!("{path}?{}", text.finish())
    }
}

/// Midnight at the beginning of a day, UTC; seconds since 1970-01-01.
pub(super) fn day(text: &str) -> Option<i64> {
    let date: Date = text.parse().ok()?;
    Some(TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?.as_second())
}

/// Which incidents an address asks for.
pub(super) fn query(asked: &Asked, now: i64) -> Query {
    const DAY: i64 = 86_400;
    let some = |name| Some(asked.get(name).to_owned()).filter(|text| !text.is_empty());
    let named = |name: &str| SEVERITIES.into_iter().find(|severity| severity.name() == name);
    let valid = |name: &str| VALIDITIES.into_iter().find(|validity| validity.name() == name);
    let days_ago = |name| {
        let days = asked.get(name).parse::<i64>().ok().filter(|days| (1..=36_500).contains(days));
        days.map(|days| now - days * DAY)
    };
    let before = days_ago("older");
    // The last day is part of it.
    let until = day(asked.get("until")).map(|at| at + DAY);
    Query {
        all: asked.has("state", "any"),
        states: asked.all("state").filter_map(|name| name.parse::<State>().ok()).collect(),
        severities: asked.all("severity").filter_map(named).collect(),
        validities: asked.all("validity").filter_map(valid).collect(),
        owner: some("owner").map(|owner| match owner.as_str() {
            NOBODY => Whose::Nobodys,
            _ => Whose::Of(owner),
        }),
        dossier: some("dossier"),
        source: some("source"),
        text: some("q"),
        opened_from: [day(asked.get("from")), days_ago("younger")].into_iter().flatten().max(),
        opened_until: [before, until].into_iter().flatten().min(),
        overdue_at: asked.has("overdue", "1").then_some(now),
        sort: asked.get("sort").parse().unwrap_or(Sort::Urgency),
    }
}

/// Where in the list an address is.
pub(super) fn mark(asked: &Asked) -> Option<Mark> {
    asked.get("at").parse().ok()
}

/// A day as a person writes it, or a number of days from now such as `3d`: its end, in
/// seconds since 1970-01-01 UTC.
///
/// # Errors
/// What to write instead.
pub(super) fn until(text: &str, now: i64) -> Result<i64, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse::<i64>().ok());
    if let Some(days) = days.filter(|days| (0..=36_500).contains(days)) {
        return Ok(now + days * 86_400);
    }
    let bad = || "that is no day: write it as `2026-12-01`, or as `3d` from now".to_owned();
    let date: Date = text.parse().map_err(|_| bad())?;
    let end: Timestamp = TimeZone::UTC.to_timestamp(date.at(23, 59, 59, 0)).map_err(|_| bad())?;
    Ok(end.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_a_query_and_back() {
        let text =
            "q=a%26b&state=open&state=reopened&severity=high&owner=-&older=7&overdue=1&sort=newest";
        let asked = Asked::of(Some(text));
        assert_eq!(asked.link("/x"), format!("/x?{text}"));
        let query = query(&asked, 1_000_000_000);
        assert_eq!(query.text.as_deref(), Some("a&b"));
        assert_eq!(query.states, [State::Open, State::Reopened]);
        assert_eq!(query.owner, Some(Whose::Nobodys));
        assert_eq!(query.opened_until, Some(1_000_000_000 - 7 * 86_400));
        assert_eq!((query.overdue_at, query.sort), (Some(1_000_000_000), Sort::Newest));
        let less = asked.without("state", Some("open")).without("q", None);
        assert!(less.link("/x").starts_with("/x?state=reopened&severity=high"));
    }

    #[test]
    fn what_cannot_be_read_asks_for_nothing() {
        let nonsense = "state=shut&severity=&older=-1&from=yesterday&sort=best&at=x&severity=%ff";
        let asked = Asked::of(Some(nonsense));
        assert_eq!(query(&asked, 1), Query::default());
        assert_eq!(mark(&asked), None);
    }
}
