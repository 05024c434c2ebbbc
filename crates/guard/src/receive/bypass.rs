//! A bypass: leave for a push that would be refused, given by whoever runs the
//! server, for a while, for some findings or all, with a reason. Its token is
//! shown once and kept as a hash alone.

use std::{collections::BTreeSet, fmt};

use globset::{GlobBuilder, GlobMatcher};
use leeward_model::{Fingerprint, Secret};
use rand::{RngExt as _, distr::Alphanumeric};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// What tokens begin with.
const PREFIX: &str = "lwb_";
/// Random letters and digits of a token: 238 bits.
const RANDOM: usize = 40;

/// What somebody gives leave for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The repository it is for, as `Wanted` names it; `None` for any.
    pub repository: Option<String>,
    /// A pattern for full names of refs; `None` for all.
    pub refs: Option<String>,
    /// The secrets it is for; empty for all.
    pub fingerprints: BTreeSet<Fingerprint>,
    /// Whether what could not be looked at may pass too.
    pub unseen: bool,
    /// Why; a line, never a value.
    pub reason: String,
    /// Until when: seconds since 1970-01-01 UTC.
    pub expires_at: i64,
    /// For how many pushes.
    pub uses: u32,
}

/// A bypass as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Bypass {
    /// What it is called; not secret.
    pub id: String,
    /// SHA-256 of its token.
    hash: String,
    /// The repository it is for; `None` for any.
    pub repository: Option<String>,
    /// A pattern for full names of refs; `None` for all.
    pub refs: Option<String>,
    /// The secrets it is for; empty for all.
    pub fingerprints: Vec<String>,
    /// Whether what could not be looked at may pass too.
    pub unseen: bool,
    /// Why.
    pub reason: String,
    /// Who gave it.
    pub created_by: String,
    /// When: seconds since 1970-01-01 UTC.
    pub created_at: i64,
    /// Until when: seconds since 1970-01-01 UTC.
    pub expires_at: i64,
    /// For how many pushes.
    pub uses: u32,
    /// How many there were.
    pub used: u32,
    /// When it was taken back: seconds since 1970-01-01 UTC.
    pub revoked_at: Option<i64>,
}

/// What a push would need leave for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The repository.
    pub repository: String,
    /// Each secret, and the refs that would lead to it.
    pub findings: Vec<(Fingerprint, Vec<String>)>,
    /// Something could not be looked at.
    pub unseen: bool,
}

/// Why a bypass does not help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoLeave {
    /// No bypass has this token.
    Unknown,
    /// It was taken back.
    Revoked,
    /// Its time is over.
    Expired,
    /// It was used as often as it may be.
    UsedUp,
    /// It is for another repository.
    Elsewhere,
    /// It is not for this secret, or not on this ref.
    NotFor(Fingerprint),
    /// It is not for what could not be looked at.
    Unseen,
}

impl NoLeave {
    /// A name for machines.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::UsedUp => "used-up",
            Self::Elsewhere => "other-repository",
            Self::NotFor(_) => "other-finding",
            Self::Unseen => "unseen",
        }
    }
}

impl fmt::Display for NoLeave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("no bypass has this token"),
            Self::Revoked => f.write_str("it was taken back"),
            Self::Expired => f.write_str("it has expired"),
            Self::UsedUp => f.write_str("it has been used as often as it may be"),
            Self::Elsewhere => f.write_str("it is for another repository"),
            Self::NotFor(fingerprint) => {
                write!(f, "it is not for {fingerprint}, or not on this ref")
            }
            Self::Unseen => f.write_str(
                "it is not for what could not be looked at (`--unseen` when it is made)",
            ),
        }
    }
}

impl Bypass {
    /// A new one, and its token.
    pub(super) fn new(grant: Grant, by: &str, now: i64) -> (Self, Secret) {
        let random = |len| rand::rng().sample_iter(Alphanumeric).take(len).map(char::from);
        let id = random(8).collect::<String>().to_ascii_lowercase();
        let token =
            Secret::new(format!("{PREFIX}{}", random(RANDOM).collect::<String>()).into_bytes());
        let bypass = Self {
            id,
            hash: hash(&token),
            repository: grant.repository,
            refs: grant.refs,
            fingerprints: grant.fingerprints.iter().map(ToString::to_string).collect(),
            unseen: grant.unseen,
            reason: grant.reason,
            created_by: by.to_owned(),
            created_at: now,
            expires_at: grant.expires_at,
            uses: grant.uses,
            used: 0,
            revoked_at: None,
        };
        (bypass, token)
    }

    /// Why it is of no use any more, if so.
    pub fn spent(&self, now: i64) -> Option<NoLeave> {
        if self.revoked_at.is_some() {
            Some(NoLeave::Revoked)
        } else if self.expires_at <= now {
            Some(NoLeave::Expired)
        } else if self.used >= self.uses {
            Some(NoLeave::UsedUp)
        } else {
            None
        }
    }

    /// Whether it gives leave for all of what a push needs.
    pub(super) fn covers(&self, wanted: &Wanted, now: i64) -> Result<(), NoLeave> {
        if let Some(why) = self.spent(now) {
            return Err(why);
        }
        if self.repository.as_ref().is_some_and(|repository| *repository != wanted.repository) {
            return Err(NoLeave::Elsewhere);
        }
        if wanted.unseen && !self.unseen {
            return Err(NoLeave::Unseen);
        }
        // One that is not understood gives leave for nothing.
        let pattern = match self.refs.as_deref().map(pattern) {
            Some(Err(_)) => return Err(NoLeave::Elsewhere),
            Some(Ok(pattern)) => Some(pattern),
            None => None,
        };
        for (fingerprint, refs) in &wanted.findings {
            let text = fingerprint.to_string();
            let is_named = self.fingerprints.is_empty() || self.fingerprints.contains(&text);
            let is_there = pattern
                .as_ref()
                .is_none_or(|pattern| refs.iter().all(|name| pattern.is_match(name)));
            if !is_named || !is_there {
                return Err(NoLeave::NotFor(*fingerprint));
            }
        }
        Ok(())
    }
}

/// The bypass with this token. All are compared, and each in a time that says
/// nothing of the token.
pub(super) fn find(all: &[Bypass], token: &Secret) -> Option<usize> {
    let hash = hash(token);
    let mut found = None;
    for (at, bypass) in all.iter().enumerate() {
        if bool::from(bypass.hash.as_bytes().ct_eq(hash.as_bytes())) {
            found = Some(at);
        }
    }
    found
}

/// A pattern for names of refs; a short name is a branch.
///
/// # Errors
/// What is wrong with it.
pub fn pattern(text: &str) -> Result<GlobMatcher, globset::Error> {
    let full =
        if text.starts_with("refs/") { text.to_owned() } else { format!("refs/heads/{text}") };
    Ok(GlobBuilder::new(&full).literal_separator(true).build()?.compile_matcher())
}

fn hash(token: &Secret) -> String {
    #[expect(clippy::disallowed_methods, reason = "a token is known by its hash")]
    let digest = Sha256::digest(token.expose());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> Grant {
        Grant {
            repository: Some("/srv/a.git".into()),
            refs: Some("release/*".into()),
            fingerprints: BTreeSet::new(),
            unseen: false,
            reason: "a test".into(),
            expires_at: 100,
            uses: 1,
        }
    }

    #[test]
    fn leave_is_given_for_what_was_said_and_no_more() {
        let secret = |text: &str| Fingerprint::new("f", &Secret::new(text.as_bytes()));
        let wanted = |name: &str| Wanted {
            repository: "/srv/a.git".into(),
            findings: vec![(secret("one"), vec![name.into()])],
            unseen: false,
        };
        let (bypass, _) = Bypass::new(grant(), "jane", 0);
        let there = wanted("refs/heads/release/1");
        assert_eq!(bypass.covers(&there, 99), Ok(()));
        assert_eq!(bypass.covers(&there, 100), Err(NoLeave::Expired));
        for name in ["refs/heads/main", "refs/tags/release/1", "refs/heads/release/1/2"] {
            assert_eq!(bypass.covers(&wanted(name), 0), Err(NoLeave::NotFor(secret("one"))));
        }
        let elsewhere = Wanted { repository: "/srv/b.git".into(), ..there.clone() };
        assert_eq!(bypass.covers(&elsewhere, 0), Err(NoLeave::Elsewhere));
        let unseen = Wanted { unseen: true, ..there.clone() };
        assert_eq!(bypass.covers(&unseen, 0), Err(NoLeave::Unseen));
        let used = Bypass { used: 1, ..bypass.clone() };
        assert_eq!(used.covers(&there, 0), Err(NoLeave::UsedUp));
        let revoked = Bypass { revoked_at: Some(1), ..bypass };
        assert_eq!(revoked.covers(&there, 0), Err(NoLeave::Revoked));
        let fingerprints = BTreeSet::from([secret("two")]);
        let (other, _) = Bypass::new(Grant { fingerprints, ..grant() }, "jane", 0);
        assert_eq!(other.covers(&there, 0), Err(NoLeave::NotFor(secret("one"))));
    }

    #[test]
    fn a_token_is_found_by_its_hash_alone() {
        let (one, token) = Bypass::new(grant(), "jane", 0);
        let (two, other) = Bypass::new(grant(), "jane", 0);
        assert_eq!(find(&[one.clone(), two], &other), Some(1));
        assert_eq!(find(std::slice::from_ref(&one), &token), Some(0));
        assert_eq!(find(&[one], &Secret::new(*b"lwb_x")), None);
    }
}
