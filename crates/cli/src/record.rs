//! `leeward scan --record`: what became of what a scan found, for people.

use leeward_model::{IncidentId, SafeText};
use leeward_store::Recorded;
pub(crate) use leeward_watch::record::absolute_path;

use crate::terminal;

/// Says what became of findings. `store` is the database, if it is not the usual one.
pub(crate) fn say(recorded: &Recorded, store: Option<&str>) {
    let Recorded { opened, reopened, updated, unchanged } = recorded;
    let numbers = |ids: &[IncidentId]| match ids {
        [] => "none".to_owned(),
        [one] => one.to_string(),
        [first, .., last] if ids.len() > 8 => format!("{first} to {last} ({} in all)", ids.len()),
        ids => ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    let mut said = Vec::new();
    if !opened.is_empty() {
        said.push(format!("opened {}", numbers(opened)));
    }
    if !reopened.is_empty() {
        said.push(format!("reopened {}", numbers(reopened)));
    }
    let known = updated + unchanged;
    if known > 0 {
        said.push(format!("{known} known already, {updated} of them changed"));
    }
    if said.is_empty() {
        return;
    }
    let place = store.map(|store| format!(" --store {}", SafeText::new(store))).unwrap_or_default();
    let next = match opened.first().or(reopened.first()) {
        Some(first) => format!("; next: leeward respond {first}{place}"),
        None => format!("; `leeward incident list{place}` shows them"),
    };
    terminal::notice(&leeward_watch::discreet::discreet(&format!(
        "incidents: {}{next}",
        said.join("; ")
    )));
}
