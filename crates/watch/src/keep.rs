//! Findings that are ours on their way into the store: providers are asked about them
//! if the operator wants that, what they say is masked, and people are told.

use leeward_model::{Finding, Secret, Validity};
use leeward_pipeline::{Keep, Scope, Target, inquire, rate_finding};
use leeward_probe::{Desk, Work};
use leeward_store::{Recorded, Store, Trouble};

use crate::{
    bait,
    ground::{Ground, Occasion},
    record::{Scanned, record},
};

/// For how long, in seconds, an answer stands before a provider is asked again about a
/// value that was met again: the same key is often written in many places at once.
const STANDS: i64 = 600;

/// What is recorded, and where it was met.
pub(crate) struct Met<'a> {
    /// Ours.
    pub(crate) findings: Vec<Finding>,
    /// Other values that were met there, which nothing that is kept may hold.
    pub(crate) hidden: &'a [&'a Secret],
    /// What was looked at, as it is called.
    pub(crate) targets: &'a [String],
    /// Targets on this machine that were looked at completely.
    pub(crate) covered: &'a [Target],
}

/// Asks, records and tells.
pub(crate) fn keep(ground: &Ground, store: &mut Store, met: Met<'_>) -> Result<Recorded, Trouble> {
    let Met { mut findings, hidden, targets, covered } = met;
    if findings.is_empty() && covered.is_empty() {
        return Ok(Recorded::default());
    }
    ask(ground, store, &mut findings)?;
    for finding in &findings {
        ground.vault.put(finding.fingerprint, &finding.secret);
    }
    let scanned = Scanned {
        at: ground.now(),
        actor: &ground.actor,
        targets,
        meant: covered,
        scope: &Scope::Everything,
        is_complete: !covered.is_empty(),
    };
    let recorded = record(store, &ground.policy, &scanned, &mut findings, hidden)?;
    metrics::counter!("leeward_incidents_opened_total").increment(recorded.opened.len() as u64);
    metrics::counter!("leeward_incidents_reopened_total").increment(recorded.reopened.len() as u64);
    for id in &recorded.opened {
        tracing::warn!(incident = id.0, "an incident was opened");
    }
    for id in &recorded.reopened {
        tracing::warn!(incident = id.0, "an incident was opened again");
    }
    (ground.tell)(store, Occasion::Recorded);
    Ok(recorded)
}

/// Asks providers about findings, but about those that were answered a moment ago, and
/// never about keys that nobody uses: asking would be their use.
fn ask(ground: &Ground, store: &mut Store, findings: &mut Vec<Finding>) -> Result<(), Trouble> {
    let now = ground.now();
    let mut settled = bait::take(store, findings)?;
    let mut open = Vec::new();
    for mut finding in findings.drain(..) {
        if ground.asking.is_none() {
            rate_finding(&mut finding, &ground.library, false, now);
            settled.push(finding);
            continue;
        }
        match store.case(&finding.fingerprint)? {
            Some(case)
                if case.verification.checked_at.is_some_and(|at| now - at < STANDS)
                    && is_answer(case.verification.validity) =>
            {
                finding.dossier = case.dossier;
                finding.verification = case.verification;
                finding.assessment = case.assessment;
                rate_finding(&mut finding, &ground.library, false, now);
                settled.push(finding);
            }
            _ => open.push(finding),
        }
    }
    if let Some(asking) = ground.asking.as_ref().filter(|_| !open.is_empty()) {
        let work =
            Work { depth: asking.depth, within: Some(asking.within), stop: ground.stop.clone() };
        match Desk::open(ground.library.clone(), asking.settings.clone(), work) {
            Ok(desk) => {
                inquire(&mut open, desk, &ground.library, false, now, Keep::All);
            }
            // What was found is recorded all the same.
            Err(error) => tracing::error!(%error, "no provider can be asked"),
        }
    }
    settled.append(&mut open);
    *findings = settled;
    Ok(())
}

fn is_answer(validity: Validity) -> bool {
    !matches!(validity, Validity::Unknown | Validity::Unchecked)
}
