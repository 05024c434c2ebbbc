//! How bad a finding is: one table of rules that adds up to a severity, and
//! says why.
//!
//! The kind of credential decides where the sum begins; every rule that
//! applies moves it. Nothing here looks anything up: whoever rates a finding
//! hands in what is known of it, and what is not known moves nothing.

use crate::{Rating, Severity, Validity};

/// How far a secret has got, best first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exposure {
    /// Nothing is known of who can read it.
    #[default]
    Unknown,
    /// In files that Git ignores, and in no commit.
    LocalOnly,
    /// In files that a commit may take, and in none yet.
    Uncommitted,
    /// In the object database, with no ref that leads to it.
    Unreachable,
    /// In a commit.
    Committed,
    /// In a service where others read it.
    Shared,
    /// In a commit that a remote repository holds.
    Pushed,
    /// In a service where anybody may read it.
    Public,
}

impl Exposure {
    /// Whether it is in files of a machine and, as far as is known, nowhere
    /// else.
    fn is_local(self) -> bool {
        matches!(self, Self::LocalOnly | Self::Uncommitted)
    }
}

/// What is known of a finding beyond its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// What the provider said.
    pub validity: Validity,
    /// How far it has got.
    pub exposure: Exposure,
    /// How long the oldest commit has held it, in days.
    pub age_days: Option<i64>,
    /// What lies within its reach that makes it worse, in words; `None` if
    /// nobody asked.
    pub reach: Option<Vec<String>>,
    /// Questions about its reach that stayed open.
    pub gaps: usize,
    /// A lock file beside it names a package that stole credentials.
    pub stealing: bool,
}

/// One row of the table.
pub struct Rule {
    /// The circumstance, for people.
    pub when: &'static str,
    /// What it adds to the sum.
    pub points: i32,
    applies: fn(&Circumstances) -> bool,
}

/// A commit older than this has been open for long.
const LONG_DAYS: i64 = 30;

/// Where the sum begins: ten points for each step of the dossier's base.
const fn begins(base: Severity) -> i32 {
    match base {
        Severity::Low => 10,
        Severity::Medium => 20,
        Severity::High => 30,
        Severity::Critical => 40,
    }
}

/// What moves the sum. A severity is ten points wide: low below 20, medium
/// from 20, high from 30, critical from 40. For a base of `high` this means
/// that only what is proven to work becomes critical, and that an exposure
/// alone never does.
pub const RULES: &[Rule] = &[
    Rule {
        when: "it is live: the provider accepted it",
        points: 10,
        applies: |known| known.validity == Validity::Active,
    },
    Rule {
        when: "it is real: the provider knows it, but limits what it may do",
        points: 0,
        applies: |known| known.validity == Validity::Restricted,
    },
    Rule {
        when: "it is refused by every host that was asked",
        points: -25,
        applies: |known| known.validity == Validity::Inactive,
    },
    Rule {
        when: "something lies within its reach",
        points: 5,
        applies: |known| known.reach.as_ref().is_some_and(|reach| !reach.is_empty()),
    },
    Rule {
        when: "nothing is stored within its reach, and no question about that is open",
        points: -5,
        applies: |known| {
            known.validity.is_live()
                && known.gaps == 0
                && known.reach.as_ref().is_some_and(Vec::is_empty)
        },
    },
    Rule {
        when: "a remote repository holds it, and so may every clone and fork",
        points: 4,
        applies: |known| known.exposure == Exposure::Pushed,
    },
    Rule {
        when: "anybody may read it where it was found, and bots look for such things within minutes",
        points: 6,
        applies: |known| known.exposure == Exposure::Public,
    },
    Rule {
        when: "it is in a service where others may read it",
        points: 2,
        applies: |known| known.exposure == Exposure::Shared,
    },
    Rule {
        when: "it is in history: deleting the file leaves it there, and a push takes it along",
        points: 0,
        applies: |known| known.exposure == Exposure::Committed,
    },
    Rule {
        when: "no ref leads to it any more, but the repository keeps it until it is pruned",
        points: 0,
        applies: |known| known.exposure == Exposure::Unreachable,
    },
    Rule {
        when: "it is in no commit yet, but git does not ignore the file",
        points: -5,
        applies: |known| known.exposure == Exposure::Uncommitted,
    },
    Rule {
        when: "local only: git ignores the file, and no commit holds it",
        points: -10,
        applies: |known| known.exposure == Exposure::LocalOnly,
    },
    Rule {
        when: "it has lain in history for more than 30 days",
        points: 4,
        applies: |known| {
            known.validity != Validity::Inactive
                && known.exposure >= Exposure::Unreachable
                && known.age_days.is_some_and(|days| days > LONG_DAYS)
        },
    },
    Rule {
        when: "a file of the same scan names a package that stole credentials from whatever installed it",
        points: 0,
        applies: |known| known.stealing && !known.exposure.is_local(),
    },
    Rule {
        when: "a file of the same scan names a package that stole credentials, so that being local protects nothing",
        points: 10,
        applies: |known| known.stealing && known.exposure.is_local(),
    },
];

/// Rates a finding: where its kind begins, moved by every rule that applies.
/// `why` is the dossier's reason for the base.
pub fn rate(base: Severity, why: &str, known: &Circumstances) -> Rating {
    let mut points = begins(base);
    let mut reasons = Vec::new();
    if !why.is_empty() {
        reasons.push(why.to_owned());
    }
    for rule in RULES.iter().filter(|rule| (rule.applies)(known)) {
        points += rule.points;
        reasons.push(rule.when.to_owned());
    }
    reasons.extend(known.reach.iter().flatten().cloned());
    let level = match points {
        40.. => Severity::Critical,
        30.. => Severity::High,
        20.. => Severity::Medium,
        _ => Severity::Low,
    };
    Rating { level, why: reasons }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(known: Circumstances) -> Severity {
        rate(Severity::High, "base", &known).level
    }

    #[test]
    fn what_is_not_known_moves_nothing() {
        for base in [Severity::Low, Severity::Medium, Severity::High, Severity::Critical] {
            let rating = rate(base, "base", &Circumstances::default());
            assert_eq!(rating, Rating { level: base, why: vec!["base".to_owned()] });
        }
    }

    #[test]
    fn only_what_works_becomes_critical() {
        let open = Circumstances {
            exposure: Exposure::Pushed,
            age_days: Some(1000),
            ..Circumstances::default()
        };
        assert_eq!(level(open.clone()), Severity::High);
        assert_eq!(
            level(Circumstances { validity: Validity::Unknown, ..open.clone() }),
            Severity::High
        );
        assert_eq!(
            level(Circumstances { validity: Validity::Active, ..open.clone() }),
            Severity::Critical
        );
        assert_eq!(level(Circumstances { validity: Validity::Inactive, ..open }), Severity::Low);
    }

    #[test]
    fn a_live_value_that_never_left_the_machine_is_no_emergency() {
        let local = Circumstances { exposure: Exposure::LocalOnly, ..Circumstances::default() };
        assert_eq!(level(local.clone()), Severity::Medium);
        let live = Circumstances { validity: Validity::Active, ..local };
        assert_eq!(level(live), Severity::High);
    }

    #[test]
    fn beside_a_package_that_stole_nothing_is_merely_local() {
        let beside = |exposure, validity| {
            level(Circumstances { exposure, validity, stealing: true, ..Circumstances::default() })
        };
        let unasked = Validity::Unchecked;
        assert_eq!(beside(Exposure::LocalOnly, unasked), Severity::High);
        assert_eq!(beside(Exposure::Pushed, unasked), Severity::High, "unproven");
        assert_eq!(beside(Exposure::Unknown, unasked), Severity::High, "unproven");
        assert_eq!(beside(Exposure::LocalOnly, Validity::Active), Severity::Critical);
        assert_eq!(beside(Exposure::LocalOnly, Validity::Inactive), Severity::Low);
    }

    #[test]
    fn reach_counts_when_it_was_looked_at() {
        let live = Circumstances { validity: Validity::Active, ..Circumstances::default() };
        let reaching = |reach: &[&str], gaps| Circumstances {
            reach: Some(reach.iter().map(|&text| text.to_owned()).collect()),
            gaps,
            ..live.clone()
        };
        assert_eq!(level(reaching(&[], 0)), Severity::High);
        assert_eq!(level(reaching(&[], 1)), Severity::Critical, "a gap is not a no");
        let rating = rate(Severity::High, "", &reaching(&["its connectors hold credentials"], 0));
        assert_eq!(rating.level, Severity::Critical);
        assert!(rating.why.iter().any(|why| why.contains("connectors")), "{rating:?}");
    }

    #[test]
    fn the_page_for_people_says_the_same() {
        let page = include_str!("../../../docs/severity.md");
        let rows = page.lines().filter(|line| line.starts_with('|')).skip(2);
        let said: Vec<String> = RULES
            .iter()
            .map(|rule| match rule.points {
                0 => format!("| {} | 0 |", rule.when),
                points => format!("| {} | {points:+} |", rule.when),
            })
            .collect();
        assert_eq!(rows.collect::<Vec<_>>(), said);
    }
}
