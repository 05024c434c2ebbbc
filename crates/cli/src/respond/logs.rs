//! Logs of the user's own gateways and proxies, read before a response begins:
//! what they show of the value's use, in lines for its audit.

use std::collections::BTreeMap;

use jiff::Timestamp;
use leeward_dossier::Dossier;
use leeward_model::{Case, SafeText, Secret};
use leeward_respond::{
    OwnLog,
    logs::{self, LogReport, Network, Query, Strength},
};
use leeward_source::Progress;

use crate::{args, failure::Failure};

/// Addresses and the like that are named at most.
const MOST: usize = 50;

/// Reads the logs that were named.
pub(super) fn read(
    how: &args::Response,
    dossier: &Dossier,
    case: &Case,
    secret: Option<&Secret>,
) -> Result<Vec<OwnLog>, Failure> {
    let known: Vec<Network> = how
        .known
        .iter()
        .map(|text| text.parse().map_err(|error| Failure::Store(format!("`--known`: {error}"))))
        .collect::<Result<_, _>>()?;
    let mut read = Vec::new();
    for path in &how.logs {
        if let Err(error) = std::fs::metadata(path) {
            return Err(Failure::File("read the log", path.clone(), error));
        }
        let query = Query {
            fingerprint: case.fingerprint,
            secret,
            sha256: None,
            hint: Some(&case.hint),
            aliases: &[],
            dossier,
            known: &known,
            since: None,
        };
        let report = logs::read(std::slice::from_ref(path), &query, &Progress::default());
        let name = SafeText::new(path.as_os_str().as_encoded_bytes()).to_string();
        read.push(told(name, &report));
    }
    Ok(read)
}

fn told(name: String, report: &LogReport) -> OwnLog {
    let mut text = format!("`{name}` has {} requests with the value", report.requests);
    if let (Some(first), Some(last)) = (report.first, report.last) {
        text = format!("{text}, from {} to {}", time(first), time(last));
    }
    let unknown = report.by_address.iter().filter(|it| !it.known);
    let (count, requests) =
        unknown.fold((0, 0), |(count, requests), it| (count + 1, requests + it.requests));
    if count > 0 {
        text = format!(
            "{text}, {requests} of them from {count} addresses that are not known as yours"
        );
    }
    if !report.bursts.is_empty() {
        text = format!("{text}, {} bursts", report.bursts.len());
    }
    match report.strength {
        Strength::None | Strength::Strong => {}
        Strength::Mixed => text.push_str(
            "; some are told by the few characters that gateways show, which another key may share",
        ),
        Strength::Weak => text.push_str(
            "; all are told only by the few characters that gateways show, which another key may share",
        ),
    }
    if report.exposed > 0 {
        text = format!(
            "{text}; the value itself stands in it {} times: an exposure of its own",
            report.exposed
        );
    }
    if report.lines_not_understood > 0 {
        text = format!(
            "{text}; {} of {} lines are of no known form",
            report.lines_not_understood, report.lines
        );
    }
    let left_out = report.coverage.not_scanned.len();
    if left_out > 0 {
        text = format!("{text}; {left_out} files could not be read to the end");
    }
    let is_read = report.requests > 0 || report.lines > report.lines_not_understood;
    OwnLog { name, text, is_read, facts: facts(report) }
}

fn facts(report: &LogReport) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::new();
    for (index, it) in report.by_address.iter().take(MOST).enumerate() {
        let whose = if it.known { "known" } else { "not known" };
        let span = match (it.first, it.last) {
            (Some(first), Some(last)) => format!(", {} to {}", time(first), time(last)),
            _ => String::new(),
        };
        let fact = format!("{}: {} requests, {whose}{span}", it.address, it.requests);
        facts.insert(format!("address-{:03}", index + 1), fact);
    }
    for (index, it) in report.bursts.iter().take(MOST).enumerate() {
        let fact = format!(
            "{} to {}: {} requests, {} in a minute",
            time(it.start),
            time(it.end),
            it.requests,
            it.peak
        );
        facts.insert(format!("burst-{:03}", index + 1), fact);
    }
    for (index, it) in report.by_model.iter().take(MOST).enumerate() {
        facts.insert(format!("model-{:03}", index + 1), format!("{}: {}", it.what, it.requests));
    }
    for (how, count) in &report.by_evidence {
        facts.insert(format!("told-by {}", how.words()), count.to_string());
    }
    facts
}

fn time(seconds: i64) -> String {
    let at = Timestamp::from_second(seconds).unwrap_or_default();
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
