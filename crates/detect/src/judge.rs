//! Weighs evidence. Each signal is a log-odds (natural logarithm); their sum
//! is the confidence. The numbers stand in one table, each with its reason;
//! they were set on the development contexts and are held to the unseen half
//! of the mined ones by the accuracy test.

use std::{borrow::Cow, ops::Range};

use leeward_model::{SafeText, Signal, SignalKind};

use crate::{
    binding::{Binding, Reading},
    candidate::Candidate,
    evidence::{self, Class, Evidence, Named},
    lexicon::{Lexicon, Owner},
    lines,
    names::Role,
    neighbours,
    scope::Relation,
    value,
};

/// The weights.
mod weight {
    /// A token of the right shape in a text that names the vendor somewhere is
    /// far more often anything else.
    pub(super) const PRIOR: f32 = -3.5;

    /// `MISTRAL_API_KEY = …`: who writes this means it.
    pub(super) const OWN_CREDENTIAL_NAME: f32 = 6.5;
    /// `mistral: …` or `MistralClient("…")`: the name says whose, not what.
    pub(super) const OWN_NAME: f32 = 4.4;
    /// `mistral_worker: …`: the name says whose, and something unknown.
    pub(super) const OWN_NAME_AND_MORE: f32 = 2.4;
    /// `MISTRAL_WORKSPACE_ID = …`: ours, and no credential.
    pub(super) const OWN_OTHER_THING: f32 = -3.0;
    /// `mistral_keystone_password`: the vendor's word with another meaning.
    pub(super) const OTHER_MEANING: f32 = -6.0;
    /// `AZURE_MISTRAL_KEY`: somebody else's key for the same models.
    pub(super) const GATEWAY_NAME: f32 = -6.0;
    /// `COHERE_API_KEY`.
    pub(super) const RIVAL_NAME: f32 = -6.0;
    /// `OPENAI_API_KEY`, used for compatible APIs too.
    pub(super) const COMPATIBLE_NAME: f32 = -1.2;
    /// `api_key`, `Authorization: Bearer`.
    pub(super) const GENERIC_CREDENTIAL: f32 = 1.5;
    /// `password`, which API keys seldom are.
    pub(super) const GENERIC_PASSWORD: f32 = 0.3;
    /// `MISTRAL_PASSWORD`, more often a service account's.
    pub(super) const OWN_PASSWORD: f32 = 2.0;
    /// `ACME_API_KEY`: a credential of somebody we never heard of.
    pub(super) const UNKNOWN_CREDENTIAL: f32 = -3.0;
    /// `foo = …`.
    pub(super) const UNKNOWN_NAME: f32 = -1.8;
    /// `request_id`, `sha256`, `url`.
    pub(super) const NOT_SECRET: f32 = -5.0;

    /// Reads like words rather than like random characters.
    pub(super) const WORDS: f32 = -6.0;
    /// Between the two.
    pub(super) const HALF_WORDS: f32 = -0.5;
    /// As random as a key.
    pub(super) const RANDOM: f32 = 1.0;
    /// 0.37 % of random values have no digit; far more of what else there is.
    pub(super) const NO_DIGIT: f32 = -0.8;
    /// A placeholder, by repetition, sequence or spelling.
    pub(super) const PLACEHOLDER: f32 = -8.0;
    /// Lacks a class of characters that real values have.
    pub(super) const CLASSES: f32 = -6.0;
    /// The value is itself a name (`"…": {`).
    pub(super) const NAMES_SOMETHING: f32 = -4.0;
    /// A segment of a path, or a piece of longer base64.
    pub(super) const IN_PATH: f32 = -2.5;
    /// Published by the provider as an example.
    pub(super) const PUBLISHED: f32 = -12.0;

    /// Strength of evidence right beside the value.
    pub(super) const HOST: f32 = 5.0;
    pub(super) const IMPORT: f32 = 4.4;
    pub(super) const WORD: f32 = 4.2;
    pub(super) const PRODUCT: f32 = 3.4;
    /// The evidence names what encloses the value.
    pub(super) const PARENT: f32 = 1.0;
    /// What it loses by each enclosing structure to leave …
    pub(super) const PER_LEVEL: f32 = 0.45;
    /// … by lying inside a structure beside the value …
    pub(super) const NESTED: f32 = 1.2;
    /// … or beside the structure that holds the value …
    pub(super) const NESTED_ELSEWHERE: f32 = 3.6;
    /// … by each line, less for ours than for others', whose nearness has to
    /// be plain before it counts …
    pub(super) const PER_LINE: f32 = 0.07;
    pub(super) const PER_LINE_RIVAL: f32 = 0.22;
    /// … by each byte, on one line …
    pub(super) const PER_BYTE: f32 = 0.004;
    /// … by each blank line …
    pub(super) const PER_BLANK: f32 = 0.45;
    /// … by each section heading …
    pub(super) const PER_SECTION: f32 = 1.2;
    /// … by naming a neighbour that is a credential itself …
    pub(super) const NAMES_CREDENTIAL: f32 = 2.6;
    /// … or something else …
    pub(super) const NAMES_OTHER: f32 = 0.5;
    /// … or a structure that the value is not in …
    pub(super) const NAMES_NEIGHBOUR: f32 = 2.6;
    /// … by lying outside a named structure that is somebody else's …
    pub(super) const OUTSIDE_HOLDER: f32 = 2.8;
    /// … by being the name of a user or a database …
    pub(super) const ACCOUNT: f32 = 2.2;
    /// … by being seen from a use of the variable, not from the value.
    pub(super) const PER_USE: f32 = 0.4;
    /// Most that lines, bytes or blanks cost.
    pub(super) const FAR: f32 = 4.0;
    /// An import speaks for the whole file.
    pub(super) const IMPORT_FAR: f32 = 1.2;
    /// `password` beside the vendor's name, but not its address.
    pub(super) const ACCOUNT_PASSWORD: f32 = -3.2;
    /// `APP_SECRET` in a file that has `MISTRAL_API_KEY=` too.
    pub(super) const OWN_VARIABLE: f32 = -2.2;
    /// `MISTRAL_KEY` beside `MISTRAL_ENDPOINT=https://….azure.com`.
    pub(super) const OWN_NAME_ELSEWHERE: f32 = -7.0;
    /// Another vendor is named nearer or more plainly.
    pub(super) const RIVAL_NEARER: f32 = -3.5;
    /// Another vendor is named about as near.
    pub(super) const RIVAL_NEAR: f32 = -1.0;
    /// No evidence of the vendor within reach.
    pub(super) const ALONE: f32 = -1.0;
    /// `ACME_URL=https://api.mistral.ai` beside `ACME_API_KEY`.
    pub(super) const SHARED_PREFIX: f32 = 3.2;

    /// The path names the vendor.
    pub(super) const PATH_NAMES: f32 = 2.6;
    /// A file that credentials are kept in.
    pub(super) const CREDENTIAL_FILE: f32 = 0.6;
    /// Tests, examples and documentation count less, never nothing.
    pub(super) const TEST_FILE: f32 = -0.5;

    /// A value with a mark of its own.
    pub(super) const MARKED: f32 = 4.0;
    /// Both halves of a two-part credential, one bound to its name.
    pub(super) const PAIRED: f32 = 3.5;
    /// The loosely documented form, by itself.
    pub(super) const LOOSE: f32 = -1.5;
}

/// Everything known about a candidate when it is judged.
pub(crate) struct Case<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) owner: Owner,
    pub(crate) lexicon: &'a Lexicon,
    pub(crate) binding: &'a Binding,
    pub(crate) reading: &'a Reading,
    pub(crate) evidence: &'a [Evidence],
    pub(crate) relations: &'a [Option<Relation>],
    /// The same seen from each place where the value's variable is used.
    pub(crate) uses: &'a [Vec<Option<Relation>>],
    /// The value lies in a structure with a name of its own that is nobody's
    /// we know (`AcmeClient(…)`), so many levels out.
    pub(crate) foreign_holder: Option<u32>,
}

/// Signals that need nothing but the value.
pub(crate) fn value(candidate: &Candidate, has_classes: bool) -> Vec<Signal> {
    let bytes = &candidate.value;
    let mut signals = Vec::new();
    if let Some(why) = value::placeholder(bytes) {
        signals.push(signal(SignalKind::Value, weight::PLACEHOLDER, why));
    }
    if !has_classes {
        signals.push(signal(
            SignalKind::Value,
            weight::CLASSES,
            "lacks the mix of upper and lower case that real values have",
        ));
    }
    let wordiness = value::wordiness(bytes);
    signals.push(if wordiness > 6.0 {
        signal(SignalKind::Value, weight::WORDS, "reads like words, not like a random value")
    } else if wordiness > 0.0 {
        signal(SignalKind::Value, weight::WORDS / 3.0, "reads like words")
    } else if wordiness > -3.0 {
        signal(SignalKind::Value, weight::HALF_WORDS, "reads partly like words")
    } else {
        signal(
            SignalKind::Value,
            weight::RANDOM,
            format!("{} random mixed-case letters and digits", bytes.len()),
        )
    });
    if !bytes.iter().any(u8::is_ascii_digit) {
        signals.push(signal(SignalKind::Value, weight::NO_DIGIT, "has no digit"));
    }
    if candidate.names_something {
        signals.push(signal(SignalKind::Value, weight::NAMES_SOMETHING, "is itself a name"));
    }
    if candidate.in_path {
        signals.push(signal(SignalKind::Value, weight::IN_PATH, "is part of a path"));
    }
    signals
}

/// The signal of a value that the provider publishes as an example.
pub(crate) fn published() -> Signal {
    signal(SignalKind::Value, weight::PUBLISHED, "an example that the provider publishes")
}

/// What is true of every candidate.
pub(crate) fn prior() -> Signal {
    signal(SignalKind::Prior, weight::PRIOR, "most such tokens are something else")
}

/// The signal of the name a value is bound to.
pub(crate) fn binding(case: &Case<'_>) -> Option<Signal> {
    let Case { reading, binding, owner, .. } = *case;
    let name = binding.name.clone().map(|range| show(&case.text[range])).unwrap_or_default();
    let (weight, why) = match &binding.userinfo_of {
        Some(host) => password_of(case, host),
        None if reading.owners.contains(&owner) => own_name(case, &name),
        None => match reading.owners.first() {
            Some(&other) => others_name(case, other, &name),
            None => nobodys_name(case, &name)?,
        },
    };
    Some(signal(SignalKind::Binding, weight, why))
}

/// `scheme://user:VALUE@host`.
fn password_of(case: &Case<'_>, host: &Range<usize>) -> (f32, String) {
    let host = String::from_utf8_lossy(&case.text[host.clone()]).to_ascii_lowercase();
    let ours = case.lexicon.host(&host) == Some(case.owner);
    let weight = if ours { weight::OWN_CREDENTIAL_NAME } else { weight::RIVAL_NAME };
    (weight, format!("the password of an address on {}", show(host.as_bytes())))
}

/// A name that bears the vendor's word.
fn own_name(case: &Case<'_>, name: &str) -> (f32, String) {
    let Case { reading, binding, lexicon, owner, .. } = *case;
    let gateway = reading
        .owners
        .iter()
        .take_while(|&&named| named != owner)
        .find(|&&other| lexicon.is_gateway(other));
    if let Some(&gateway) = gateway {
        let why = format!("bound to {name}: a key of {}", lexicon.name(gateway));
        return (weight::GATEWAY_NAME, why);
    }
    if let Some(word) = binding.words.iter().find(|word| lexicon.spoils(owner, word)) {
        return (weight::OTHER_MEANING, format!("bound to {name}: {word} is something else"));
    }
    if reading.not_secret {
        return (weight::OWN_OTHER_THING, format!("bound to {name}, which is no credential"));
    }
    let bound = format!("{} {name}", if binding.call { "given to" } else { "bound to" });
    let weight = match () {
        () if reading.credential && is_password(&binding.words) => weight::OWN_PASSWORD,
        () if reading.credential => weight::OWN_CREDENTIAL_NAME,
        () if reading.unknown.is_empty() || binding.call => weight::OWN_NAME,
        () => weight::OWN_NAME_AND_MORE,
    };
    (weight, bound)
}

/// A name that bears another vendor's word.
fn others_name(case: &Case<'_>, other: Owner, name: &str) -> (f32, String) {
    if case.lexicon.is_compatible(other) {
        let credential = if case.reading.credential { weight::GENERIC_CREDENTIAL } else { 0.0 };
        let why = format!("bound to {name}, a name used for compatible services too");
        return (weight::COMPATIBLE_NAME + credential, why);
    }
    (weight::RIVAL_NAME, format!("bound to {name}: a key of {}", case.lexicon.name(other)))
}

/// A name that bears no vendor's word, or no name at all.
fn nobodys_name(case: &Case<'_>, name: &str) -> Option<(f32, String)> {
    let Case { reading, binding, .. } = *case;
    let words = &binding.words;
    let bound = format!("bound to {name}");
    Some(match () {
        () if reading.not_secret => {
            (weight::NOT_SECRET, format!("{bound}, which is no credential"))
        }
        () if reading.credential && reading.unknown.is_empty() => {
            let doubtful = is_password(words) || is_app_secret(words);
            (if doubtful { weight::GENERIC_PASSWORD } else { weight::GENERIC_CREDENTIAL }, bound)
        }
        // `vault.create_secret("…")` stores whatever it is given.
        () if reading.credential && binding.call => {
            (weight::GENERIC_PASSWORD, format!("given to {name}"))
        }
        () if reading.credential => {
            (weight::UNKNOWN_CREDENTIAL, format!("{bound}, of somebody else"))
        }
        () if !reading.unknown.is_empty() => (weight::UNKNOWN_NAME, bound),
        () if binding.scheme && binding.name.is_none() => {
            (weight::GENERIC_CREDENTIAL, "sent as authorization".to_owned())
        }
        () => return None,
    })
}

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
    let start =
        name.iter().rposition(|byte| !crate::names::is_name_byte(*byte)).map_or(0, |at| at + 1);
    crate::names::words(&name[start..])
}

fn is_password(words: &[String]) -> bool {
    words.iter().any(|word| word.starts_with("pass") || word == "pwd")
}

/// `SECRET_KEY`, `client_secret`: more often an application's own secret.
fn is_app_secret(words: &[String]) -> bool {
    let has = |wanted: &str| words.iter().any(|word| word == wanted);
    has("secret") && !has("api")
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
            && crate::names::words(&case.text[run.clone()])
                .last()
                .is_some_and(|last| crate::names::role(last) == Some(Role::Credential));
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

/// The signals of a path.
pub(crate) fn place(path: &[u8], names_owner: bool, files: &[String]) -> Vec<Signal> {
    let lower = path.to_ascii_lowercase();
    let mut signals = Vec::new();
    if names_owner {
        signals.push(signal(SignalKind::Place, weight::PATH_NAMES, "the path names the vendor"));
    }
    let file_name = lower.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let listed = files.iter().find(|file| {
        let file = file.to_ascii_lowercase();
        let file = file.trim_start_matches("~/");
        lower.ends_with(file.as_bytes()) || file_name == file.as_bytes()
    });
    if let Some(file) =
        listed.map(String::as_str).or(file_name.starts_with(b".env").then_some(".env"))
    {
        signals.push(signal(
            SignalKind::Place,
            weight::CREDENTIAL_FILE,
            format!("in {}", file.to_owned()),
        ));
    }
    const TESTS: [&str; 12] = [
        "test/",
        "tests/",
        "testdata/",
        "fixtures/",
        "examples/",
        "example/",
        "docs/",
        "doc/",
        "spec/",
        "__tests__/",
        "mocks/",
        "samples/",
    ];
    let in_tests = TESTS.iter().any(|folder| {
        lower.starts_with(folder.as_bytes())
            || memchr::memmem::find(&lower, format!("/{folder}").as_bytes()).is_some()
    });
    if in_tests {
        signals.push(signal(
            SignalKind::Place,
            weight::TEST_FILE,
            "among tests, examples or documentation",
        ));
    }
    signals
}

/// The signals of a value that carries its own mark.
pub(crate) fn marked(name: &str, value: &[u8]) -> Vec<Signal> {
    let mut signals = vec![signal(
        SignalKind::Value,
        weight::MARKED,
        format!("has the unmistakable form of a {name}"),
    )];
    if let Some(why) = value::placeholder(value) {
        signals.push(signal(SignalKind::Value, weight::PLACEHOLDER, why));
    }
    if value::entropy(value) < 3.0 {
        signals.push(signal(
            SignalKind::Value,
            weight::WORDS,
            "has too little variety for a real value",
        ));
    }
    signals
}

/// The signal of two halves found together.
pub(crate) fn paired(role: &str, name: &[u8]) -> Signal {
    signal(SignalKind::Binding, weight::PAIRED, format!("bound to {}, near its {role}", show(name)))
}

/// The signal of the loosely documented form.
pub(crate) fn loose() -> Signal {
    signal(SignalKind::Binding, weight::LOOSE, "has only the loosely documented form")
}

fn overlaps(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

fn signal(kind: SignalKind, weight: f32, why: impl Into<Cow<'static, str>>) -> Signal {
    Signal { kind, weight, why: why.into() }
}

/// A piece of foreign text to quote: escaped, cut, and masked where it could
/// itself be a secret.
fn show(bytes: &[u8]) -> String {
    const LONGEST: usize = 60;
    let masked = crate::excerpt::mask(bytes);
    let text = SafeText::new(masked.as_bytes()).to_string();
    let text = text.trim_matches(['-', '.', '/', '$']);
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
