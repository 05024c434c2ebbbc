//! Switching everything that used the value: a table of what holds it and what
//! reads it by name, looked at anew each time. A place that cannot be switched
//! by a program is named with what to do, and counts as switched when it holds
//! the value no more.

use leeward_model::{Provenance, SafeText, StepName};

use crate::{
    dependents::{By, Consumer, ConsumerKind, Dependents, Uses},
    outcome::{Halt, Outcome},
    plan::Plan,
    responder::Responder,
    step::words,
};

/// Places that are named in a line; the evidence has them all.
const SHOWN: usize = 5;

/// Places that are kept as evidence.
const MOST: usize = 200;

pub(super) fn plan(at: &Responder<'_>) -> Plan {
    if at.tools.search.is_empty() {
        return Plan::default().needs(words::NOWHERE_TO_SEARCH);
    }
    let found = at.dependents();
    let mut plan = Plan::default()
        .asks(format!("search {} for what uses the value", at.tools.search.in_words()));
    for consumer in &found.consumers {
        plan = plan.note(line(consumer));
    }
    for place in &found.unseen {
        plan = plan
            .note(format!("not looked into: {}: {} {}", place.title, place.place, place.switch));
    }
    if found.consumers.is_empty() {
        plan = plan.note("nothing that was searched uses the value");
    }
    plan
}

pub(super) fn apply(at: &mut Responder<'_>) -> Result<Outcome, Halt> {
    if at.tools.search.is_empty() {
        return Ok(Outcome::waiting(words::NOWHERE_TO_SEARCH));
    }
    (at.tools.tell)("searching for what uses the value");
    at.search_again();
    let found = at.dependents();
    let table = table(&found.consumers);
    let table: Vec<(&str, &str)> =
        table.iter().map(|(name, line)| (name.as_str(), line.as_str())).collect();
    let searched = at.tools.search.in_words();
    let left: Vec<String> = found.consumers.iter().filter(|it| is_user(it)).map(shown).collect();
    let text = match left.len() {
        0 => said_of_none(&found, &searched),
        1 => format!("1 place still uses the old value: {}", left[0]),
        count => format!("{count} places still use the old value: {}", some(&left)),
    };
    let unread = found.coverage.not_scanned.len();
    at.prove(StepName::UpdateDependents, &text, &table, &[])?;
    if !left.is_empty() {
        return Ok(Outcome::waiting(format!(
            "{text}; switch {} to the replacement, and run this step again; a file that git ignores can \
             be switched with `--to env:FILE#NAME`",
            if left.len() == 1 { "it" } else { "them" }
        )));
    }
    if unread > 0 {
        let first = found.coverage.not_scanned.first();
        let first = first.map(|it| format!(", such as `{}`", SafeText::new(&it.path)));
        return Ok(Outcome::waiting(format!(
            "{text}; {unread} files could not be searched{}: look at them, and say what you saw with \
             `--attest`",
            first.unwrap_or_default()
        )));
    }
    Ok(Outcome::done(text))
}

fn said_of_none(found: &Dependents, searched: &str) -> String {
    let by_name =
        found.consumers.iter().filter(|it| matches!(it.state, Uses::Reference(_))).count();
    let switched = found.consumers.iter().filter(|it| it.state == Uses::NewValue).count();
    let mut text = format!("nothing in {searched} uses the old value");
    if switched > 0 {
        let places =
            if switched == 1 { "1 place holds" } else { &format!("{switched} places hold") };
        text = format!("{text}; {places} the replacement");
    }
    if by_name > 0 {
        text = format!("{text}; {by_name} read it by a name and follow what is set there");
    }
    text
}

/// Whether a place stops working when the old value does.
pub(crate) fn is_user(consumer: &Consumer) -> bool {
    let is_mention = matches!(consumer.kind, ConsumerKind::Text | ConsumerKind::ShellHistory);
    consumer.state == Uses::OldValue && !is_mention
}

fn some(places: &[String]) -> String {
    let shown = places.len().min(SHOWN);
    let more = places.len() - shown;
    let mut text = places[..shown].join(", ");
    if more > 0 {
        text = format!("{text} and {more} more");
    }
    text
}

/// Where, for people.
fn shown(consumer: &Consumer) -> String {
    let path = match &*consumer.place.provenance {
        Provenance::File(place) => String::from_utf8_lossy(&place.path).into_owned(),
        Provenance::Git(_) | Provenance::Stdin | Provenance::Remote(_) => "elsewhere".to_owned(),
    };
    format!("`{path}:{}` ({})", consumer.place.start.line, consumer.kind.title())
}

fn line(consumer: &Consumer) -> String {
    let what = match (&consumer.state, consumer.how) {
        (Uses::OldValue, By::Hash) => "holds the hash of the old value".to_owned(),
        (Uses::OldValue, _) => "holds the old value".to_owned(),
        (Uses::NewValue, _) => "holds the replacement".to_owned(),
        (Uses::Neither, _) => "holds neither value".to_owned(),
        (Uses::Reference(name), how) => format!("{} `{name}`", how.words()),
        (Uses::Unreadable(why), _) => format!("could not be read: {why}"),
    };
    let note =
        if consumer.note.is_empty() { String::new() } else { format!("; {}", consumer.note) };
    format!("{} {what}{note}", shown(consumer))
}

/// The table, a fact for each place.
fn table(consumers: &[Consumer]) -> Vec<(String, String)> {
    let rows = consumers.iter().take(MOST).enumerate();
    rows.map(|(index, it)| (format!("place-{:03}", index + 1), line(it))).collect()
}
