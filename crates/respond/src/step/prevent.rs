//! Keeping the next leak out, and taking this one out of history: hooks are put
//! in place by whoever knows how, if that was handed in; the other is planned and
//! recorded. No history is rewritten here.

use leeward_model::StepName;

use crate::{
    outcome::{Halt, Outcome},
    plan::Plan,
    responder::Responder,
};

pub(super) fn plan(at: &Responder<'_>) -> Plan {
    let mut plan = Plan::default();
    for line in lines(at) {
        plan = plan.note(line);
    }
    for line in at.tools.prevention.map(|prevention| prevention.plan()).unwrap_or_default() {
        plan = plan.changes(line);
    }
    plan.note(PREVENTION).by_hand(at.dossier, StepName::Prevent)
}

/// What keeps the next one out.
const PREVENTION: &str = "scan what is staged before each commit (`leeward scan --staged`) and each push \
     (`leeward scan --range main..HEAD`), and in CI";

pub(super) fn apply(at: &mut Responder<'_>) -> Result<Outcome, Halt> {
    (at.tools.tell)("looking for the value in history");
    let lines = lines(at);
    let hooks = at.tools.prevention.map(|prevention| prevention.carry_out()).unwrap_or_default();
    let numbered =
        |name: &'static str| move |(index, line)| (format!("{name}-{:03}", index + 1), line);
    let named: Vec<(String, &String)> = lines
        .iter()
        .enumerate()
        .map(numbered("history"))
        .chain(hooks.iter().enumerate().map(numbered("hook")))
        .collect();
    let named: Vec<(&str, &str)> =
        named.iter().map(|(name, line)| (name.as_str(), line.as_str())).collect();
    let text = if lines.is_empty() {
        "no history holds the value"
    } else {
        "a plan for taking the value out of history"
    };
    at.prove(StepName::Prevent, text, &named, &[])?;
    Ok(Outcome::done(format!("{text} is recorded; {PREVENTION}")))
}

fn lines(at: &Responder<'_>) -> Vec<String> {
    at.tools.search.surgery(at.dossier, &at.case, at.tools.secret.as_ref())
}
