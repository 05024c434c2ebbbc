//! Rates findings: what is known of a finding from its places, from the
//! provider and from the clock, handed to the one table of rules.
//!
//! The rules themselves are the model's; here is only how far a secret has
//! got, and since when.

use leeward_dossier::Library;
use leeward_model::{
    Assessment, Circumstances, Count, DossierId, Exposure, Finding, GitObjectKind, GitPlace,
    History, Location, Provenance, Rating, Tracking, Verification, rate,
};
use leeward_source::git::RemoteUrl;

/// Reasons given for what lies within reach; the account of it has them all.
const MOST_REASONS: usize = 5;

const SECONDS_OF_A_DAY: i64 = 86_400;

/// Rates a finding anew from everything that is known of it. `stealing` if the
/// same scan met a package that stole credentials; `now` is in seconds since
/// 1970-01-01 UTC.
pub fn rate_finding(finding: &mut Finding, library: &Library, stealing: bool, now: i64) {
    let Finding { dossier, locations, verification, assessment, .. } = &*finding;
    let Some(kind) = library.get(dossier.as_str()) else { return };
    let mut known = circumstances(locations, verification, assessment.as_ref(), now);
    known.stealing = stealing;
    finding.severity = rate(kind.severity.base.into(), &kind.severity.why, &known);
}

/// How bad something of a kind is, from its places and what was said of it;
/// `None` if the kind is not known.
pub fn rating(
    library: &Library,
    dossier: &DossierId,
    locations: &[Location],
    verification: &Verification,
    assessment: Option<&Assessment>,
    now: i64,
) -> Option<Rating> {
    let dossier = library.get(dossier.as_str())?;
    let known = circumstances(locations, verification, assessment, now);
    Some(rate(dossier.severity.base.into(), &dossier.severity.why, &known))
}

fn circumstances(
    locations: &[Location],
    verification: &Verification,
    assessment: Option<&Assessment>,
    now: i64,
) -> Circumstances {
    let places = || locations.iter().map(|Location { provenance, .. }| &**provenance);
    let commits = places().filter_map(|place| git(place)?.1.introduced.as_ref());
    let oldest = commits.map(|commit| commit.committed_at).min();
    // One that only named the owner says nothing of what is reached.
    let assessment = assessment.filter(|known| !known.actions.is_empty());
    Circumstances {
        validity: verification.validity,
        exposure: places().map(exposure).max().unwrap_or_default(),
        age_days: oldest.map(|at| now.saturating_sub(at).max(0) / SECONDS_OF_A_DAY),
        reach: assessment.map(|assessment| {
            let found = assessment
                .grants
                .iter()
                .filter(|grant| grant.count.known() > 0 || grant.count == Count::Unsaid);
            at_most(MOST_REASONS, found.filter_map(|grant| grant.raises.clone()).collect())
        }),
        gaps: assessment
            .map_or(0, |assessment| assessment.gaps.iter().filter(|gap| !gap.by_choice).count()),
        stealing: false,
    }
}

/// The first few reasons, and how many more there are.
fn at_most(most: usize, mut reasons: Vec<String>) -> Vec<String> {
    if reasons.len() > most + 1 {
        let more = reasons.split_off(most).len();
        reasons.push(format!("and {more} more things within its reach"));
    }
    reasons
}

/// How far a secret has got through one place.
fn exposure(provenance: &Provenance) -> Exposure {
    match provenance {
        Provenance::Stdin => Exposure::Unknown,
        Provenance::File(file) => match file.tracking {
            Tracking::NoRepository => Exposure::Unknown,
            Tracking::Tracked | Tracking::Untracked => Exposure::Uncommitted,
            Tracking::Ignored => Exposure::LocalOnly,
        },
        Provenance::Git(place) if place.kind == GitObjectKind::Staged => Exposure::Uncommitted,
        Provenance::Git(place) => match place.history.as_deref() {
            Some(history) if !history.reachable => Exposure::Unreachable,
            Some(history) if is_pushed(place, history) => Exposure::Pushed,
            _ => Exposure::Committed,
        },
        Provenance::Remote(place) if place.is_public == Some(true) => Exposure::Public,
        Provenance::Remote(_) => Exposure::Shared,
    }
}

fn is_pushed(place: &GitPlace, history: &History) -> bool {
    RemoteUrl::is_meant(&place.repository) || history.remote().is_some()
}

fn git(provenance: &Provenance) -> Option<(&GitPlace, &History)> {
    match provenance {
        Provenance::Git(place) => Some((place, place.history.as_deref()?)),
        Provenance::Stdin | Provenance::File(_) | Provenance::Remote(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use leeward_model::{
        Action, Commit, Confidence, Excerpt, FilePlace, Fingerprint, Grant, ObjectId, Position,
        Secret, Severity, Signature, Span, Standing, Validity,
    };

    use super::*;
    use leeward_model::Way;

    fn on_disk(tracking: Tracking) -> Provenance {
        Provenance::File(FilePlace { path: b"a.env".to_vec(), tracking })
    }

    fn in_git(repository: &str, reachable: bool, refs: &[&str]) -> Provenance {
        let refs = refs.iter().map(|name| (*name).to_owned()).collect();
        Provenance::Git(GitPlace {
            repository: repository.to_owned(),
            kind: GitObjectKind::Blob,
            object: ObjectId::from_bytes(&[7; 20]).unwrap(),
            history: Some(Box::new(History { reachable, refs, ..History::default() })),
        })
    }

    fn finding(places: Vec<Provenance>) -> Finding {
        let (secret, at) = (Secret::new(*b"value"), Position::START);
        let location = |provenance| Location {
            inside: Way::default(),
            deleted_by: None,
            provenance: Arc::new(provenance),
            span: Span { start: 0, end: 5 },
            start: at,
            end: at,
            decoded: Vec::new(),
            excerpt: Excerpt::default(),
        };
        Finding {
            dossier: DossierId::new("mistral-api-key"),
            fingerprint: Fingerprint::new("some", &secret),
            secret,
            companions: Vec::new(),
            confidence: Confidence::of(&[]),
            signals: Vec::new(),
            severity: Rating { level: Severity::Low, why: Vec::new() },
            locations: places.into_iter().map(location).collect(),
            verification: Verification::default(),
            assessment: None,
        }
    }

    fn got_to(places: Vec<Provenance>) -> Exposure {
        let finding = finding(places);
        circumstances(&finding.locations, &finding.verification, None, 0).exposure
    }

    #[test]
    fn the_widest_place_counts() {
        let ignored = || on_disk(Tracking::Ignored);
        assert_eq!(got_to(vec![ignored()]), Exposure::LocalOnly);
        assert_eq!(got_to(vec![ignored(), on_disk(Tracking::Untracked)]), Exposure::Uncommitted);
        let branch = in_git(".", true, &["refs/heads/main"]);
        assert_eq!(got_to(vec![ignored(), branch.clone()]), Exposure::Committed);
        let pushed = in_git(".", true, &["refs/heads/main", "refs/remotes/origin/main"]);
        assert_eq!(got_to(vec![branch, pushed]), Exposure::Pushed);
        assert_eq!(got_to(vec![in_git(".", false, &[])]), Exposure::Unreachable);
        assert_eq!(got_to(vec![on_disk(Tracking::NoRepository)]), Exposure::Unknown);
    }

    #[test]
    fn a_clone_is_of_something_remote() {
        let place = |repository| got_to(vec![in_git(repository, true, &["refs/heads/main"])]);
        assert_eq!(place("https://example.com/a.git"), Exposure::Pushed);
        assert_eq!(place("git@example.com:a.git"), Exposure::Pushed);
        assert_eq!(place("/srv/a"), Exposure::Committed);
    }

    #[test]
    fn a_rating_uses_age_answer_and_reach() {
        let mut place = in_git(".", true, &["refs/heads/main"]);
        if let Provenance::Git(GitPlace { history: Some(history), .. }) = &mut place {
            history.introduced = Some(Commit {
                id: ObjectId::from_bytes(&[9; 20]).unwrap(),
                author: Signature::default(),
                committed_at: 0,
                summary: String::new(),
            });
        }
        let mut finding = finding(vec![place]);
        finding.verification.validity = Validity::Active;
        let grant = |count, raises: &str| Grant {
            count: Count::Exactly(count),
            raises: Some(raises.to_owned()),
            ..Grant::default()
        };
        let grants = vec![grant(3, "it reads files"), grant(0, "it reads nothing")];
        let action = Action {
            id: "read".into(),
            title: "Read".into(),
            standing: Standing::Proven,
            because: String::new(),
            grants: Vec::new(),
        };
        let actions = vec![action];
        finding.assessment = Some(Assessment { grants, actions, ..Assessment::default() });
        rate_finding(&mut finding, &Library::builtin(), false, 40 * SECONDS_OF_A_DAY);
        let said = finding.severity.why.join(" / ");
        assert_eq!(finding.severity.level, Severity::Critical);
        for part in ["it is live", "in history", "more than 30 days", "it reads files"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(!said.contains("it reads nothing"), "{said}");
    }
}
