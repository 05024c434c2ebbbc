//! Counts: by address, path, model, user agent and minute, each bounded, and
//! what stands out among the minutes.

use std::{collections::HashMap, net::IpAddr};

use super::{Attribution, LogReport, Network, Strength, clean::Request};

/// The most different texts counted in one table; the rest is counted together.
const MOST: usize = 20_000;
/// The most minutes that are told apart: more than three years of them.
const MOST_MINUTES: usize = 2_000_000;
/// What the rest is called.
const OTHERS: &str = "(others)";
/// What is not said is called so.
const UNSAID: &str = "(not in the log)";

/// A minute stands out that has at least this many requests …
pub const BURST_LEAST: u64 = 30;
/// … and at least this many times the median of the minutes with any.
pub const BURST_TIMES: u64 = 10;

/// How often something was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// What; foreign text made harmless, without tokens.
    pub what: String,
    /// How often.
    pub requests: u64,
}

/// The requests of one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressUse {
    /// The address, or what the log has in its place; harmless to show.
    pub address: String,
    /// How many requests.
    pub requests: u64,
    /// How many of them are attributed by weak evidence.
    pub weak: u64,
    /// When the first was, in seconds since 1970.
    pub first: Option<i64>,
    /// When the last was.
    pub last: Option<i64>,
    /// Whether it is in a network that the user calls known.
    pub known: bool,
}

/// Minutes next to one another that stand out: each has at least 30 requests,
/// and at least ten times the median of all minutes in which the key was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burst {
    /// Beginning of the first minute, in seconds since 1970.
    pub start: i64,
    /// End of the last minute.
    pub end: i64,
    /// How many requests.
    pub requests: u64,
    /// The most in one minute.
    pub peak: u64,
}

#[derive(Default)]
struct Table(HashMap<String, u64>);

impl Table {
    fn add(&mut self, what: Option<&String>) {
        let Some(what) = what else { return };
        if let Some(count) = self.0.get_mut(what) {
            *count += 1;
        } else {
            let what = if self.0.len() < MOST { what.as_str() } else { OTHERS };
            *self.0.entry(what.to_owned()).or_default() += 1;
        }
    }

    fn sorted(self) -> Vec<Tally> {
        let tally = |(what, requests)| Tally { what, requests };
        let mut all: Vec<Tally> = self.0.into_iter().map(tally).collect();
        all.sort_by(|a, b| b.requests.cmp(&a.requests).then_with(|| a.what.cmp(&b.what)));
        all
    }
}

/// Counts the requests of one run.
pub(super) struct Counter<'q> {
    known: &'q [Network],
    evidence: HashMap<Attribution, u64>,
    addresses: HashMap<String, AddressUse>,
    paths: Table,
    models: Table,
    agents: Table,
    minutes: HashMap<i64, u64>,
    requests: u64,
    undated: u64,
    first: Option<i64>,
    last: Option<i64>,
}

impl<'q> Counter<'q> {
    pub(super) fn new(known: &'q [Network]) -> Self {
        Self {
            known,
            evidence: HashMap::new(),
            addresses: HashMap::new(),
            paths: Table::default(),
            models: Table::default(),
            agents: Table::default(),
            minutes: HashMap::new(),
            requests: 0,
            undated: 0,
            first: None,
            last: None,
        }
    }

    /// Counts a request of which nothing else is known.
    pub(super) fn bare(&mut self, how: Attribution) {
        self.requests += 1;
        self.undated += 1;
        *self.evidence.entry(how).or_default() += 1;
    }

    /// Counts a request.
    pub(super) fn add(&mut self, request: &Request, how: Attribution) {
        self.requests += 1;
        *self.evidence.entry(how).or_default() += 1;
        self.address(request, how);
        self.paths.add(request.path.as_ref());
        self.models.add(request.model.as_ref());
        self.agents.add(request.user_agent.as_ref());
        let Some(at) = request.at else {
            self.undated += 1;
            return;
        };
        widen(&mut self.first, &mut self.last, at);
        let minute = at.div_euclid(60);
        if self.minutes.len() < MOST_MINUTES || self.minutes.contains_key(&minute) {
            *self.minutes.entry(minute).or_default() += 1;
        }
    }

    fn address(&mut self, request: &Request, how: Attribution) {
        let shown = request.address.as_deref().unwrap_or(UNSAID);
        let room = self.addresses.len() < MOST || self.addresses.contains_key(shown);
        let shown = if room { shown } else { OTHERS };
        let known = self.known;
        let entry = self.addresses.entry(shown.to_owned()).or_insert_with(|| {
            let address: Option<IpAddr> = shown.parse().ok();
            let is_in = |address| known.iter().any(|network| network.holds(address));
            AddressUse {
                address: shown.to_owned(),
                requests: 0,
                weak: 0,
                first: None,
                last: None,
                known: address.is_some_and(is_in),
            }
        });
        entry.requests += 1;
        entry.weak += u64::from(!how.is_strong());
        if let Some(at) = request.at {
            widen(&mut entry.first, &mut entry.last, at);
        }
    }

    /// Puts the counts into a report.
    pub(super) fn finish(self, report: &mut LogReport) {
        let mut by_evidence: Vec<(Attribution, u64)> = self.evidence.into_iter().collect();
        by_evidence.sort_unstable();
        let strong = by_evidence.iter().any(|(how, _)| how.is_strong());
        let weak = by_evidence.iter().any(|(how, _)| !how.is_strong());
        report.strength = match (strong, weak) {
            (false, false) => Strength::None,
            (true, false) => Strength::Strong,
            (true, true) => Strength::Mixed,
            (false, true) => Strength::Weak,
        };
        report.by_evidence = by_evidence;
        report.requests = self.requests;
        report.undated = self.undated;
        (report.first, report.last) = (self.first, self.last);
        report.bursts = bursts(&self.minutes);
        let mut addresses: Vec<AddressUse> = self.addresses.into_values().collect();
        addresses.sort_by(|a, b| {
            (a.known, std::cmp::Reverse(a.requests), &a.address).cmp(&(
                b.known,
                std::cmp::Reverse(b.requests),
                &b.address,
            ))
        });
        report.by_address = addresses;
        report.by_path = self.paths.sorted();
        report.by_model = self.models.sorted();
        report.by_user_agent = self.agents.sorted();
    }
}

fn widen(first: &mut Option<i64>, last: &mut Option<i64>, at: i64) {
    *first = Some(first.map_or(at, |first| first.min(at)));
    *last = Some(last.map_or(at, |last| last.max(at)));
}

fn bursts(minutes: &HashMap<i64, u64>) -> Vec<Burst> {
    let mut rates: Vec<u64> = minutes.values().copied().collect();
    rates.sort_unstable();
    let Some(&median) = rates.get(rates.len().saturating_sub(1) / 2) else { return Vec::new() };
    let stands_out = |rate: u64| rate >= BURST_LEAST && rate >= BURST_TIMES.saturating_mul(median);
    let mut some: Vec<(i64, u64)> = minutes
        .iter()
        .map(|(&minute, &rate)| (minute, rate))
        .filter(|it| stands_out(it.1))
        .collect();
    some.sort_unstable();
    let mut bursts: Vec<Burst> = Vec::new();
    for (minute, rate) in some {
        let start = minute * 60;
        match bursts.last_mut() {
            Some(burst) if burst.end == start => {
                burst.end += 60;
                burst.requests += rate;
                burst.peak = burst.peak.max(rate);
            }
            _ => bursts.push(Burst { start, end: start + 60, requests: rate, peak: rate }),
        }
    }
    bursts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_that_stand_out() {
        let minutes = |rates: &[u64]| (100..).zip(rates.iter().copied()).collect::<HashMap<_, _>>();
        assert!(bursts(&minutes(&[])).is_empty());
        assert!(bursts(&minutes(&[500, 500, 500])).is_empty(), "steady is no burst");
        assert!(bursts(&minutes(&[1, 1, 29])).is_empty(), "few are no burst");
        let found = bursts(&minutes(&[3, 2, 3, 40, 30, 3, 31]));
        assert_eq!(
            found,
            [
                Burst { start: 103 * 60, end: 105 * 60, requests: 70, peak: 40 },
                Burst { start: 106 * 60, end: 107 * 60, requests: 31, peak: 31 },
            ]
        );
    }
}
