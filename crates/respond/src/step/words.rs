//! Sentences that several steps say.

use leeward_model::StepName;
use leeward_probe::KeyRecord;

use crate::responder::Responder;

/// How to hand in an administrator's credential.
pub(super) fn no_administrator(at: &Responder<'_>) -> String {
    let Some(administer) = &at.dossier.administer else {
        return format!("{} has no interface by which a program could do it", at.dossier.provider);
    };
    let names = administer.names.first().map_or("LEEWARD_ADMIN_KEY", String::as_str);
    format!(
        "an administrator's key is missing: put it into the variable `{names}`, name a file that \
         holds it with `--admin-key-file`, or say `--admin-key` to be asked"
    )
}

/// What a person does instead, in a line.
pub(super) fn by_hand(at: &Responder<'_>, step: StepName) -> String {
    let told = at.dossier.remediation.iter().find(|told| told.step == step);
    let Some(told) = told else { return "see the provider's console".to_owned() };
    let title = told.title.to_lowercase();
    match &told.link {
        Some(link) => format!("{title} at {link}"),
        None => title,
    }
}

/// Records as a person tells them apart.
pub(super) fn records(records: &[KeyRecord]) -> String {
    let one = |record: &KeyRecord| {
        let name = record.name.as_deref().unwrap_or("without a name");
        let workspace = record.workspace.as_deref();
        let place = workspace.map(|it| format!(" in `{it}`")).unwrap_or_default();
        format!("`{name}`{place} ({})", record.id)
    };
    records.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// What is missing when the value lies nowhere any more.
pub(super) const NO_VALUE: &str =
    "the value is in none of its places any more: hand it in with `--value`";

/// What is missing when nothing may be sent.
pub(super) const OFFLINE: &str = "nothing may be sent (`--offline`)";

/// What is missing when a replacement has no place to go.
pub(super) const NO_DESTINATION: &str = "a replacement needs a place: name one with `--to`, such as \
     `vault:secret/app#NAME`, `github:OWNER/REPO#NAME` or `env:.env#NAME`";

/// What is missing when no directory is known.
pub(super) const NOWHERE_TO_SEARCH: &str =
    "no directory is known in which something may use the value: name one with `--search`";

/// A day, for people.
pub(super) fn day(seconds: i64) -> String {
    let at = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    at.strftime("%Y-%m-%d").to_string()
}

/// A moment, for people.
pub(super) fn time(seconds: i64) -> String {
    let at = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A number and what is counted.
pub(super) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
