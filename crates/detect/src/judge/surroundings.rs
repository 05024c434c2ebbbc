//! What the surroundings of a value say: the strongest evidence for the vendor
//! by class and structural nearness, against the strongest of anybody else.

use std::ops::Range;

use leeward_model::{Signal, SignalKind};

use super::{
    Case,
    named::{is_app_secret, is_password},
    show, signal, weight,
};
use crate::{
    evidence::{self, Class, Evidence, Named},
    lexicon::{Lexicon, Owner},
    lines,
    names::{self, Role},
    neighbours,
    scope::Relation,
};

/// A piece of evidence as it stands to the value.
#[derive(Clone, Copy)]
struct Standing<'a> {
    strength: f32,
    item: &'a Evidence,
    relation: Relation,
}

/// Signals of the surroundings: the nearest evidence for the vendor, and
/// whether another vendor's is nearer.
pub(crate) fn scope(case: &Case<'_>) -> Vec<Signal> {
    let named = case.reading.owners.contains(&case.owner);
    let ours = strongest(case, |owner| owner == case.owner).filter(|best| best.strength > 0.0);
    let rival = strongest(case, |owner| owner != case.owner);
    let mut signals = Vec::new();
    match &ours {
        Some(best) if named => {
            // The name already says whose it is; the surroundings confirm it.
            signals.push(signal(SignalKind::Scope, best.strength * 0.2, describe(case, best)));
        }
        Some(best) => signals.extend(spoken_for(case, best)),
        None if !named => signals.push(signal(
            SignalKind::Scope,
            weight::ALONE,
            format!("nothing nearby speaks for {}", case.lexicon.name(case.owner)),
        )),
        None => {}
    }
    match rival {
        Some(rival) if named => signals.extend(served_elsewhere(case, &rival)),
        Some(rival) => signals.extend(rivalled(case, ours.as_ref(), &rival)),
        None => {}
    }
    signals
}

/// The strongest evidence of some vendors, seen from the value and from where
/// its variable is used.
fn strongest<'a>(case: &Case<'a>, of: impl Fn(Owner) -> bool) -> Option<Standing<'a>> {
    let own_name =
        |item: &Evidence| case.binding.name.as_ref().is_some_and(|name| overlaps(name, &item.run));
    let views = std::iter::once((false, case.relations))
        .chain(case.uses.iter().map(|relations| (true, relations.as_slice())));
    views
        .flat_map(|(from_use, relations)| {
            case.evidence.iter().zip(relations).map(move |entry| (from_use, entry))
        })
        .filter(|(_, (item, _))| of(item.owner) && !own_name(item))
        .filter_map(|(from_use, (item, relation))| {
            let relation = (*relation)?;
            Some(Standing { strength: strength(item, &relation, from_use, case), item, relation })
        })
        .max_by(|a, b| a.strength.total_cmp(&b.strength))
}

/// Signals of evidence for the vendor around a value whose name does not say
/// whose it is.
fn spoken_for(case: &Case<'_>, best: &Standing<'_>) -> Vec<Signal> {
    let Standing { strength, item, relation } = best;
    let mut signals = vec![signal(SignalKind::Scope, *strength, describe(case, best))];
    if shares_prefix(case, item) {
        signals.push(signal(
            SignalKind::Scope,
            weight::SHARED_PREFIX,
            "its name and the address's begin alike",
        ));
    }
    let words = &case.binding.words;
    let account = is_password(words) || is_app_secret(words) && !relation.parent;
    if account && !case.binding.call && item.class != Class::Host && !item.credential {
        signals.push(signal(
            SignalKind::Scope,
            weight::ACCOUNT_PASSWORD,
            "a password is more often an account's",
        ));
    }
    if !relation.parent && relation.lines > 0 && has_own_variable(case) {
        signals.push(signal(
            SignalKind::Rival,
            weight::OWN_VARIABLE,
            "the text has another variable for that key",
        ));
    }
    signals
}

/// The signal of a value that bears the vendor's name, beside an address that
/// bears it too and is a gateway's.
fn served_elsewhere(case: &Case<'_>, rival: &Standing<'_>) -> Option<Signal> {
    let Standing { item, relation, .. } = rival;
    let serves = case.lexicon.is_gateway(item.owner) && item.class == Class::Host;
    (serves && relation.lines <= 3 && held_by_owner(case, item)).then(|| {
        signal(
            SignalKind::Rival,
            weight::OWN_NAME_ELSEWHERE,
            format!("its address is {}'s", case.lexicon.name(item.owner)),
        )
    })
}

/// The signal of another vendor that is named nearer, or about as near.
fn rivalled(case: &Case<'_>, ours: Option<&Standing<'_>>, rival: &Standing<'_>) -> Option<Signal> {
    if rival.strength <= 0.0 {
        return None;
    }
    let mut margin = rival.strength - ours.map_or(0.0, |ours| ours.strength);
    if ours.is_some_and(|ours| is_no_contest(ours, rival)) {
        margin = margin.min(-0.1);
    }
    let nearer = ours.is_some_and(|ours| rival.relation.lines < ours.relation.lines);
    let weight = match margin {
        0.0.. => weight::RIVAL_NEARER - margin,
        -0.6.. if nearer => weight::RIVAL_NEAR * 2.5,
        -0.6.. => weight::RIVAL_NEAR,
        _ => return None,
    };
    let name = case.lexicon.name(rival.item.owner);
    Some(signal(
        SignalKind::Rival,
        weight,
        format!("{name} is named nearer: {}", describe(case, rival)),
    ))
}

/// Whether a rival cannot outweigh our evidence by strength: ours stands on the
/// value's own line and theirs does not, or both stand together, as the store
/// and the owner do in `aws_secret "mistral"`.
fn is_no_contest(ours: &Standing<'_>, rival: &Standing<'_>) -> bool {
    let (own, their) = (&ours.relation, &rival.relation);
    let own_line = own.lines == 0 && their.lines > 0 && their.level >= own.level;
    let together = own.lines == their.lines
        && (own.parent && their.parent || own.lines == 0 && ours.item.credential);
    ours.item.class != Class::Product && (own_line || together)
}

/// Whether the text names the vendor's credential elsewhere as a variable.
fn has_own_variable(case: &Case<'_>) -> bool {
    case.evidence.iter().zip(case.relations).any(|(item, relation)| {
        item.owner == case.owner
            && item.names == Some(Named::Credential)
            && relation.is_some_and(|relation| !relation.parent && relation.lines > 0)
    })
}

/// Whether the variable that holds a piece of evidence bears the owner's name.
fn held_by_owner(case: &Case<'_>, item: &Evidence) -> bool {
    let carrier = carrier(case.text, item);
    carrier.first().is_some_and(|first| case.binding.words.first() == Some(first))
        && carrier.iter().any(|word| case.lexicon.word(word) == Some(case.owner))
}

/// The words of the name that a piece of evidence is the value of.
fn carrier(text: &[u8], item: &Evidence) -> Vec<String> {
    let from = lines::start(text, item.run.start).max(item.run.start.saturating_sub(80));
    let before = &text[from..item.run.start];
    let Some(operator) = before.iter().rposition(|byte| matches!(byte, b'=')) else {
        return Vec::new();
    };
    let name = before[..operator].trim_ascii_end();
    let start = name.iter().rposition(|byte| !names::is_name_byte(*byte)).map_or(0, |at| at + 1);
    names::words(&name[start..])
}

/// How strongly a piece of evidence speaks for its vendor from where it is.
fn strength(item: &Evidence, relation: &Relation, from_use: bool, case: &Case<'_>) -> f32 {
    let base = match item.class {
        Class::Host => weight::HOST,
        Class::Import => weight::IMPORT,
        Class::Word => weight::WORD,
        Class::Product => weight::PRODUCT,
    };
    let ours = item.owner == case.owner;
    let standing = match () {
        // A gateway serves our products under its own keys: its name outweighs
        // theirs.
        () if case.lexicon.is_gateway(item.owner) => 0.5,
        () if item.owner == Lexicon::STRANGER => -1.2,
        // Compatible clients are used with anybody's address.
        () if case.lexicon.is_compatible(item.owner) && item.class != Class::Host => -1.6,
        () => 0.0,
    };
    let levels = relation.level.saturating_sub(u32::from(relation.parent)) as f32;
    let per_line = if ours { weight::PER_LINE } else { weight::PER_LINE_RIVAL };
    let distance = if relation.lines == 0 {
        relation.distance as f32 * weight::PER_BYTE
    } else {
        relation.lines as f32 * per_line
    };
    let blanks = (relation.blanks as f32 * weight::PER_BLANK).min(1.4);
    let mut cost = levels.min(6.0) * weight::PER_LEVEL
        + (distance + blanks).min(weight::FAR)
        + relation.sections as f32 * weight::PER_SECTION;
    if relation.nested {
        let label = relation.lines == 0 && relation.distance < 40;
        cost += match relation.level {
            0 if label => 0.2,
            0 => weight::NESTED,
            _ if !is_claimed(case, item) => weight::NESTED,
            _ => weight::NESTED_ELSEWHERE,
        };
    }
    if item.account {
        cost += weight::ACCOUNT;
    }
    let outside_holder = ours
        && !relation.parent
        && !from_use
        && case.foreign_holder.is_some_and(|level| relation.level >= level);
    if ours && item.class == Class::Import && relation.before {
        cost = cost.min(weight::IMPORT_FAR);
    }
    if outside_holder {
        cost += weight::OUTSIDE_HOLDER;
    }
    let names = match item.names {
        Some(_) if relation.parent => 0.0,
        None if from_use && relation.lines == 0 => 0.0,
        // A value such as `your_groq_key` belongs to the name before it.
        None if !ours && item.credential => weight::NAMES_CREDENTIAL,
        None if !item.reference => 0.0,
        Some(Named::Credential) | None => weight::NAMES_CREDENTIAL,
        Some(Named::Other) if relation.level > 0 => weight::NAMES_NEIGHBOUR,
        Some(Named::Other) if ours => weight::NAMES_OTHER,
        Some(Named::Other) => weight::NAMES_OTHER * 2.0,
    };
    let parent = if relation.parent { weight::PARENT } else { 0.0 };
    let seen_from_use = if from_use { weight::PER_USE } else { 0.0 };
    base + standing + parent - cost - names - seen_from_use
}

/// Whether another credential's name stands nearer to a piece of evidence than
/// the value does.
fn is_claimed(case: &Case<'_>, item: &Evidence) -> bool {
    let Some(name) = &case.binding.name else { return false };
    let distance = name.start.abs_diff(item.run.start).min(400);
    let from = item.run.start.saturating_sub(distance);
    let to = case.text.len().min(item.run.end + distance);
    let own = &case.text[name.clone()];
    // What claims evidence is not further out than the evidence itself.
    let indent = |text: &[u8], at: usize| {
        let start = lines::start(text, at);
        text[start..at].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'+')).count()
    };
    let indented = indent(case.text, item.run.start);
    neighbours::name_runs(case.text, from..to).any(|run| {
        let names_credential = evidence::is_name_of_something(case.text, run.end)
            && names::words(&case.text[run.clone()])
                .last()
                .is_some_and(|last| names::role(last) == Some(Role::Credential));
        // `Authorization: "Bearer " + apiKey` hands on our own value.
        let value = &case.text[run.end..case.text.len().min(run.end + 60)];
        names_credential
            && !overlaps(&run, name)
            && indent(case.text, run.start) >= indented
            && memchr::memmem::find(value, own).is_none()
    })
}

/// Whether the name of what holds the evidence begins as the value's name:
/// `ACME_API_KEY` and `ACME_BASE_URL=https://api.mistral.ai`.
fn shares_prefix(case: &Case<'_>, item: &Evidence) -> bool {
    let Some(first) = case.reading.unknown.first().or(case.binding.words.first()) else {
        return false;
    };
    if item.class != Class::Host
        || (case.reading.unknown.is_empty() && case.reading.owners.is_empty())
    {
        return false;
    }
    carrier(case.text, item).iter().any(|word| word == first)
}

fn describe(case: &Case<'_>, standing: &Standing<'_>) -> String {
    let Standing { item, relation, .. } = standing;
    let what = show(&case.text[item.run.clone()]);
    let place = match relation {
        Relation { parent: true, .. } => "around it".to_owned(),
        Relation { lines: 0, .. } => "on the same line".to_owned(),
        Relation { lines: 1, before, .. } => {
            format!("on the line {}", if *before { "above" } else { "below" })
        }
        Relation { lines, before, .. } => {
            format!("{lines} lines {}", if *before { "above" } else { "below" })
        }
    };
    match item.class {
        Class::Import => format!("the file imports {what}"),
        _ => format!("{what} {place}"),
    }
}

fn overlaps(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}
