//! What is known of a secret beyond the place where it lies, in sentences: is
//! it live, whose is it, what does it reach, what is not known, and what was
//! asked. Every format that people read takes its words from here.
//!
//! All of it may hold foreign text; a format makes it inert in its own way.

use leeward_model::{
    Action, Assessment, Count, Evidence, Gap, Grant, Standing, Validity, Verification,
};

use crate::words::{clip, date, grouped, list, minute, size};

/// Names, and values of a tally, given as examples.
const EXAMPLES: usize = 3;
/// Values of a tally that are given before the rest is summed up.
const VALUES: usize = 4;

/// `active: api.example.com answered 200: accepted, checked 2026-11-27 12:00 UTC
/// (question `models`)`. `None` if nobody asked and there is nothing to say of that.
pub(crate) fn validity(verification: &Verification) -> Option<String> {
    let detail = validity_detail(verification)?;
    let name = match verification.validity {
        Validity::Unchecked => "not asked",
        asked => asked.name(),
    };
    Some(if detail.is_empty() { name.to_owned() } else { format!("{name}: {detail}") })
}

/// `account ada@example.com, workspace Research`; empty if nothing is known.
pub(crate) fn belongs_to(known: &Assessment) -> String {
    let says = known.identity.iter().map(|says| format!("{} {}", says.label, says.value));
    says.collect::<Vec<_>>().join(", ")
}

/// `extract data (proven), execute workflows (inferred)`: what its holder can
/// do, without what was refused.
pub(crate) fn can(known: &Assessment) -> String {
    let actions = best_first(&known.actions, |action: &Action| action.standing);
    let actions = actions.into_iter().filter(|action| action.standing != Standing::Refused);
    let said = actions.map(|action| format!("{} ({})", action.title, action.standing.name()));
    said.collect::<Vec<_>>().join(", ")
}

/// What is not known, and why; empty if nothing was left open.
pub(crate) fn not_known(known: &Assessment) -> String {
    known.gaps.iter().map(gap).collect::<Vec<_>>().join("; ")
}

/// The same without the verdict, for formats that show that by itself.
pub(crate) fn validity_detail(verification: &Verification) -> Option<String> {
    if verification.validity == Validity::Unchecked && verification.why.is_empty() {
        return None;
    }
    let why = verification.why.as_str();
    // The verdict says that nobody asked; it is not said twice.
    let mut text = match why.strip_prefix("not asked") {
        Some(rest) if verification.validity == Validity::Unchecked => {
            rest.trim_start_matches([':', ' ']).to_owned()
        }
        _ => why.to_owned(),
    };
    if let Some(at) = verification.checked_at.and_then(minute) {
        let joint = if text.is_empty() { "" } else { ", " };
        text = format!("{text}{joint}checked {at}");
    }
    if let Some(request) = deciding(verification) {
        text = format!("{text} (question `{}`)", clip(&request.probe));
    }
    Some(text.trim_start().to_owned())
}

/// The request whose answer decided: the last that came at that time.
fn deciding(verification: &Verification) -> Option<&Evidence> {
    let evidence = || verification.evidence.iter().rev();
    evidence().find(|one| Some(one.at) == verification.checked_at).or_else(|| evidence().next())
}

/// `HTTP 200`, `no answer`.
pub(crate) fn status(request: &Evidence) -> String {
    request.status.map_or_else(|| "no answer".to_owned(), |status| format!("HTTP {status}"))
}

/// One request on one line: `GET api.example.com/v1/models: HTTP 200,
/// accepted; 2026-11-27T12:00:00Z, 210 ms, id req-1`.
pub(crate) fn request(request: &Evidence) -> String {
    let Evidence { method, host, path, meaning, millis, attempts, .. } = request;
    let mut text = format!("{method} {}{}: {}", clip(host), clip(path), status(request));
    if !meaning.is_empty() {
        text = format!("{text}, {meaning}");
    }
    let at = crate::words::rfc3339(request.at).unwrap_or_else(|| "at an impossible time".into());
    text = format!("{text}; {at}, {} ms", grouped(*millis));
    if *attempts > 1 {
        text = format!("{text}, sent {} times", grouped(u64::from(*attempts)));
    }
    match &request.correlation {
        Some(id) => format!("{text}, id {}", clip(id)),
        None => text,
    }
}

/// Every request made for a finding: those that verified it, then those that
/// assessed it.
pub(crate) fn requests<'a>(
    verification: &'a Verification,
    assessment: Option<&'a Assessment>,
) -> impl Iterator<Item = &'a Evidence> {
    verification.evidence.iter().chain(assessment.into_iter().flat_map(|a| &a.evidence))
}

/// `how many agents there are: the host answered HTTP 503`.
pub(crate) fn gap(gap: &Gap) -> String {
    if gap.why.is_empty() { gap.what.clone() } else { format!("{}: {}", gap.what, gap.why) }
}

/// `14 files`, `at least 500 files`, `files (how many is not said)`,
/// `no files`.
pub(crate) fn counted(grant: &Grant) -> String {
    let (one, many) = &grant.noun;
    let said = |n: u64| format!("{} {}", grouped(n), if n == 1 { one } else { many });
    match grant.count {
        Count::Exactly(0) => format!("no {many}"),
        Count::Exactly(n) => said(n),
        Count::AtLeast(0) => format!("no {many} among those asked about"),
        Count::AtLeast(n) => format!("at least {}", said(n)),
        Count::Unsaid => format!("{many} (how many is not said)"),
    }
}

/// What else is known of things that were counted: `220 MB (purpose: batch 11,
/// fine-tune 3), 2026-01-02 to 2026-11-01`; empty if there is nothing.
pub(crate) fn measured(grant: &Grant) -> String {
    let mut parts: Vec<String> =
        grant.sums.iter().map(|(label, n)| format!("{} {label}", grouped(*n))).collect();
    parts.extend(grant.bytes.map(size));
    let mut text = parts.join(", ");
    if !grant.tallies.is_empty() {
        let tallies: Vec<String> = grant.tallies.iter().map(tally).collect();
        let joint = if text.is_empty() { "" } else { " " };
        text = format!("{text}{joint}({})", tallies.join("; "));
    }
    if let Some(span) = grant.span.and_then(span) {
        let joint = if text.is_empty() { "" } else { ", " };
        text = format!("{text}{joint}{span}");
    }
    text
}

fn tally(tally: &leeward_model::Tally) -> String {
    let values: Vec<String> =
        tally.counts.iter().map(|(value, n)| format!("{} {}", clip(value), grouped(*n))).collect();
    let shown = if values.len() > VALUES + 1 { VALUES } else { values.len() };
    let rest: u64 = tally.counts[shown..].iter().map(|(_, n)| n).sum();
    let mut text = format!("{}: {}", tally.label, values[..shown].join(", "));
    if shown < values.len() {
        text = format!("{text}, others {}", grouped(rest));
    }
    text
}

/// `2026-01-02 to 2026-11-01`, `all on 2026-01-02`.
fn span((oldest, newest): (i64, i64)) -> Option<String> {
    let (oldest, newest) = (date(oldest)?, date(newest)?);
    Some(if oldest == newest {
        format!("all on {oldest}")
    } else {
        format!("{oldest} to {newest}")
    })
}

/// Names, with how they follow what was counted: `; among them a.jsonl, b.jsonl
/// and 12 more`, `: a.jsonl and b.jsonl` if those are all. Empty if no name is
/// known.
fn among(grant: &Grant) -> String {
    let names: Vec<String> = grant.names.iter().take(EXAMPLES).map(|name| clip(name)).collect();
    if names.is_empty() {
        return String::new();
    }
    let total = grant.count.known().max(grant.names.len() as u64);
    let rest = total - names.len() as u64;
    match (grant.count, rest) {
        (Count::Exactly(_), 0) => format!(": {}", list(&names, EXAMPLES)),
        (Count::Exactly(_), 1..) => {
            format!("; among them {} and {} more", names.join(", "), grouped(rest))
        }
        (Count::AtLeast(_), 1..) => {
            format!("; among them {} and at least {} more", names.join(", "), grouped(rest))
        }
        (Count::AtLeast(_) | Count::Unsaid, _) => {
            format!("; among them {}", list(&names, EXAMPLES))
        }
    }
}

/// `14 files, 220 MB (purpose: batch 11, fine-tune 3), 2026-01-02 to
/// 2026-11-01; among them a.jsonl, b.jsonl and 12 more`.
pub(crate) fn grant(grant: &Grant) -> String {
    let mut text = counted(grant);
    let measured = measured(grant);
    if measured.starts_with('(') {
        text = format!("{text} {measured}");
    } else if !measured.is_empty() {
        text = format!("{text}, {measured}");
    }
    text + &among(grant)
}

/// The grants that show an ability.
pub(crate) fn grants_of<'a>(action: &'a Action, known: &'a Assessment) -> Vec<&'a Grant> {
    known.grants.iter().filter(|grant| action.grants.contains(&grant.id)).collect()
}

/// What is known of an ability, in parts: `can read 14 files, …`, `can read 3
/// libraries, …`, then why more than that is thought to be so. What was only
/// listed may be acted on; nobody tried.
pub(crate) fn parts(action: &Action, known: &Assessment) -> Vec<String> {
    let part = |one: &Grant| match (one.count, one.target) {
        (Count::Exactly(0), _) => format!("there are no {} to {}", one.noun.1, one.verb),
        (_, true) => format!("may {} {}", one.verb, grant(one)),
        (_, false) => format!("can {} {}", one.verb, grant(one)),
    };
    let mut parts: Vec<String> = grants_of(action, known).into_iter().map(part).collect();
    parts.extend(Some(action.because.clone()).filter(|because| !because.is_empty()));
    parts
}

/// What is known of an ability without what was measured, for where a table of
/// everything counted stands below: `can read 14 files, 3 libraries`.
pub(crate) fn brief(action: &Action, known: &Assessment) -> Vec<String> {
    let mut deeds: Vec<(String, Vec<String>)> = Vec::new();
    for one in grants_of(action, known) {
        let deed = format!("{} {}", if one.target { "may" } else { "can" }, one.verb);
        match deeds.iter_mut().find(|(known, _)| *known == deed) {
            Some((_, all)) => all.push(counted(one)),
            None => deeds.push((deed, vec![counted(one)])),
        }
    }
    let mut said: Vec<String> =
        deeds.into_iter().map(|(deed, all)| format!("{deed} {}", all.join(", "))).collect();
    said.extend(Some(action.because.clone()).filter(|because| !because.is_empty()));
    said
}

/// All parts of what is known of an ability in a sentence.
pub(crate) fn because(action: &Action, known: &Assessment) -> String {
    parts(action, known).join("; ")
}

/// Everything counted, at a glance: `14 files (220 MB), 3 libraries and at
/// least 100 agents`.
pub(crate) fn at_a_glance(known: &Assessment) -> String {
    let there: Vec<String> = known
        .grants
        .iter()
        .filter(|grant| grant.count != Count::Exactly(0))
        .map(|grant| match grant.bytes {
            Some(bytes) => format!("{} ({})", counted(grant), size(bytes)),
            None => counted(grant),
        })
        .collect();
    match (there.as_slice(), known.gaps.len()) {
        ([], _) if known.actions.is_empty() => "not asked; `leeward assess` asks".to_owned(),
        ([], 0) if known.grants.is_empty() => "nothing was counted".to_owned(),
        ([], 0) => "nothing is stored behind it, as far as was asked".to_owned(),
        ([], _) => "nothing was counted, and not every question was answered".to_owned(),
        (there, _) => list(there, 12),
    }
}

/// Things in the order of what is known of them, proven first.
pub(crate) fn best_first<T>(items: &[T], standing: fn(&T) -> Standing) -> Vec<&T> {
    let mut items: Vec<&T> = items.iter().collect();
    items.sort_by_key(|item| std::cmp::Reverse(standing(item)));
    items
}

/// What the provider says of the owner, the workspace and the like: the first
/// trait with that role or that label.
pub(crate) fn named<'a>(known: Option<&'a Assessment>, what: &str) -> Option<&'a str> {
    let mut identity = known.into_iter().flat_map(|known| &known.identity);
    identity.find(|one| one.role == what || one.label == what).map(|one| one.value.as_str())
}

#[cfg(test)]
mod tests {
    use leeward_model::Tally;

    use super::*;

    fn files(count: Count) -> Grant {
        Grant {
            id: "files".into(),
            noun: ("file".into(), "files".into()),
            verb: "read".into(),
            count,
            ..Grant::default()
        }
    }

    #[test]
    fn counts_say_what_is_known() {
        assert_eq!(grant(&files(Count::Exactly(0))), "no files");
        assert_eq!(grant(&files(Count::Exactly(1))), "1 file");
        assert_eq!(grant(&files(Count::AtLeast(500))), "at least 500 files");
        assert_eq!(grant(&files(Count::Unsaid)), "files (how many is not said)");
    }

    #[test]
    fn a_grant_is_a_sentence() {
        let counts = vec![("batch".to_owned(), 11), ("fine-tune".to_owned(), 3)];
        let mut all = Grant {
            bytes: Some(220_000_000),
            tallies: vec![Tally { label: "purpose".into(), counts }],
            span: Some((1_767_312_000, 1_793_491_200)),
            names: vec!["a.jsonl".into(), "b.jsonl".into()],
            ..files(Count::Exactly(14))
        };
        assert_eq!(
            grant(&all),
            "14 files, 220 MB (purpose: batch 11, fine-tune 3), 2026-01-02 to 2026-11-01; among \
             them a.jsonl, b.jsonl and 12 more"
        );
        all.count = Count::Exactly(2);
        assert!(grant(&all).ends_with("-01: a.jsonl and b.jsonl"), "{}", grant(&all));
        all.count = Count::AtLeast(3);
        assert!(grant(&all).ends_with("b.jsonl and at least 1 more"), "{}", grant(&all));
        all.count = Count::Unsaid;
        assert!(grant(&all).ends_with("; among them a.jsonl and b.jsonl"), "{}", grant(&all));
        let only = Grant { sums: vec![("documents".into(), 1204)], ..files(Count::Exactly(3)) };
        assert_eq!(grant(&only), "3 files, 1,204 documents");
    }

    #[test]
    fn a_tally_sums_up_its_tail() {
        let counts = (1..=7u64).map(|n| (format!("v{n}"), 10 - n)).collect();
        let long = Tally { label: "kind".into(), counts };
        assert_eq!(tally(&long), "kind: v1 9, v2 8, v3 7, v4 6, others 12");
    }

    #[test]
    fn abilities_are_told_by_what_shows_them() {
        let libraries = Grant {
            id: "libraries".into(),
            noun: ("library".into(), "libraries".into()),
            ..files(Count::Exactly(3))
        };
        let jobs = Grant {
            id: "jobs".into(),
            noun: ("job".into(), "jobs".into()),
            verb: "cancel".into(),
            ..files(Count::Exactly(0))
        };
        let known = Assessment {
            grants: vec![files(Count::Exactly(14)), libraries, jobs],
            ..Assessment::default()
        };
        let mut action = Action {
            id: "extract".into(),
            title: "extract data".into(),
            standing: Standing::Proven,
            because: String::new(),
            grants: vec!["files".into(), "libraries".into(), "jobs".into()],
        };
        assert_eq!(
            because(&action, &known),
            "can read 14 files; can read 3 libraries; there are no jobs to cancel"
        );
        assert_eq!(at_a_glance(&known), "14 files and 3 libraries");
        assert!(at_a_glance(&Assessment::default()).starts_with("not asked"));
        action.because = "it is documented".into();
        assert!(because(&action, &known).ends_with("to cancel; it is documented"));
        assert_eq!(brief(&action, &known)[0], "can read 14 files, 3 libraries");
        action.grants.clear();
        assert_eq!(because(&action, &known), "it is documented");
    }

    #[test]
    fn validity_says_when_and_how() {
        let mut asked = Verification {
            validity: Validity::Active,
            why: "accepted by api.example.com".into(),
            checked_at: Some(1_795_780_800),
            evidence: vec![Evidence {
                probe: "models".into(),
                method: "GET".into(),
                host: "api.example.com".into(),
                path: "/v1/models".into(),
                status: Some(200),
                meaning: "accepted".into(),
                at: 1_795_780_800,
                attempts: 1,
                millis: 210,
                correlation: Some("req-1".into()),
            }],
        };
        assert_eq!(
            validity(&asked).unwrap(),
            "active: accepted by api.example.com, checked 2026-11-27 12:00 UTC (question `models`)"
        );
        assert_eq!(
            request(&asked.evidence[0]),
            "GET api.example.com/v1/models: HTTP 200, accepted; 2026-11-27T12:00:00Z, 210 ms, id \
             req-1"
        );
        asked.evidence[0].status = None;
        assert!(request(&asked.evidence[0]).contains("/v1/models: no answer, accepted"));
        assert_eq!(validity(&Verification::default()), None);
        let refused = |why: &str| Verification { why: why.into(), ..Verification::default() };
        for why in ["offline", "not asked: offline"] {
            assert_eq!(validity(&refused(why)).unwrap(), "not asked: offline");
        }
    }
}
