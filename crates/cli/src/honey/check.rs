//! Evidence that somebody uses a honey key: in the user's own logs. A provider
//! does not know the value and logs no failed sign-in, so it has nothing to
//! tell.

use std::{
    cell::RefCell,
    io::{self, Write as _},
    path::Path,
};

use jiff::Timestamp;
use leeward_dossier::Library;
use leeward_model::{Rating, SafeText, Severity};
use leeward_respond::logs::{self, LogReport, Query, Strength};
use leeward_source::Progress;
use leeward_store::{Honey, HoneyUse, Store};

use leeward_watch::discreet::discreet;

use crate::{
    alerts, args, asking,
    config::Config,
    failure::{Exit, Failure},
    kept, library, terminal,
};

/// Addresses that are kept at most.
const ADDRESSES: usize = 50;

pub(super) fn run(args: &args::HoneyCheck) -> Result<Exit, Failure> {
    let config = Config::load(args.kept.config.as_deref())?;
    let store = RefCell::new(kept::open_existing(&args.kept, &config)?);
    let library = library::load(&args.dossiers)?;
    let settings = asking::settings(&args.asking, &library)?;
    for log in &args.logs {
        if let Err(error) = log.metadata() {
            return Err(Failure::File("read the log", log.clone(), error));
        }
    }
    let mut honeys = store.borrow_mut().honey()?;
    honeys.retain(|honey| honey.retired_at.is_none());
    if honeys.is_empty() {
        return Err(Failure::Store(
            "no honey key is watched for: `leeward honey create` makes one".to_owned(),
        ));
    }
    let check = Check { args, config: &config, library: &library, store: &store };
    let since = store.borrow_mut().head()?.sequence;
    let (mut used, mut gaps) = (0, false);
    for honey in &honeys {
        for log in &args.logs {
            let report = check.read(honey, log)?;
            gaps |= !report.coverage.is_complete();
            used += u64::from(check.take(honey, log, &report)?);
        }
    }
    let network = (!args.asking.offline).then_some(&settings.network);
    alerts::tell(&config, &library, &store, since, network, false)?;
    Ok(match (used, gaps) {
        (0, false) => {
            writeln!(io::stdout(), "none of {} honey keys is in these logs", honeys.len())?;
            Exit::Clean
        }
        (0, true) => {
            terminal::notice(
                "a log could not be read to its end, so that no use was seen means little",
            );
            Exit::Incomplete
        }
        _ => Exit::Found,
    })
}

struct Check<'a> {
    args: &'a args::HoneyCheck,
    config: &'a Config,
    library: &'a Library,
    store: &'a RefCell<Store>,
}

impl Check<'_> {
    fn read(&self, honey: &Honey, log: &Path) -> Result<LogReport, Failure> {
        let query = Query {
            fingerprint: honey.fingerprint,
            secret: None,
            sha256: Some(&honey.sha256),
            hint: Some(&honey.hint),
            aliases: &[],
            dossier: library::find(self.library, honey.dossier.as_str())?,
            known: &[],
            since: None,
        };
        Ok(logs::read(&[log.to_owned()], &query, &Progress::default()))
    }

    /// Takes in what a log says of one; whether it was used.
    fn take(&self, honey: &Honey, log: &Path, report: &LogReport) -> Result<bool, Failure> {
        let mut out = io::stdout().lock();
        let name = SafeText::new(log.as_os_str().as_encoded_bytes()).to_string();
        let (id, hint) = (honey.id, &honey.hint);
        match report.strength {
            Strength::None if report.exposed == 0 => return Ok(false),
            Strength::Weak => {
                writeln!(
                    out,
                    "`{name}` has {} requests with a key that ends as honey key {id} ({hint}) does; another \
                     may, so that no incident begins",
                    report.requests
                )?;
                return Ok(false);
            }
            _ => {}
        }
        let text = discreet(&said(honey, &name, report));
        let rating = rating(honey);
        let used = HoneyUse {
            at: kept::now(),
            actor: &kept::actor(&self.args.kept),
            text: &text,
            facts: &facts(report),
            locations: &report.exposures,
            rating: &rating,
            due: self.config.policy()?.due_in(rating.level).map(|seconds| kept::now() + seconds),
        };
        let incident = self.store.borrow_mut().honey_used(honey, &used)?;
        match incident {
            Some(incident) => {
                writeln!(out, "{text}: incident {incident}; next: leeward respond {incident}")?;
            }
            None => writeln!(out, "{text}: known already")?,
        }
        Ok(true)
    }
}

fn said(honey: &Honey, name: &str, report: &LogReport) -> String {
    let mut text = format!(
        "honey key {} ({}) was used: `{name}` has {} requests with it",
        honey.id, honey.hint, report.requests
    );
    if let (Some(first), Some(last)) = (report.first, report.last) {
        text = format!("{text}, from {} to {}", time(first), time(last));
    }
    let addresses: Vec<&str> =
        report.by_address.iter().take(3).map(|it| it.address.as_str()).collect();
    if !addresses.is_empty() {
        let more = report.by_address.len() - addresses.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        text = format!("{text}, by {}{more}", addresses.join(", "));
    }
    if report.exposed > 0 {
        text = format!("{text}; the value itself stands there {} times", report.exposed);
    }
    text
}

fn facts(report: &LogReport) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    for (index, it) in report.by_address.iter().take(ADDRESSES).enumerate() {
        let text = format!("{}: {} requests", it.address, it.requests);
        facts.push((format!("address-{:03}", index + 1), discreet(&text)));
    }
    for (how, count) in &report.by_evidence {
        facts.push((format!("told-by {}", how.words()), count.to_string()));
    }
    for (index, it) in report.by_user_agent.iter().take(ADDRESSES).enumerate() {
        let text = format!("{}: {}", it.what, it.requests);
        facts.push((format!("user-agent-{:03}", index + 1), discreet(&text)));
    }
    facts
}

fn rating(honey: &Honey) -> Rating {
    let place = SafeText::new(&honey.place);
    let why = vec![
        "a honey key was used: nobody uses this value but who took it".to_owned(),
        format!("whoever did read {place}"),
        "it opens nothing itself; the real keys beside it count as taken".to_owned(),
    ];
    Rating { level: Severity::Critical, why }
}

fn time(seconds: i64) -> String {
    let at = Timestamp::from_second(seconds).unwrap_or_default();
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
