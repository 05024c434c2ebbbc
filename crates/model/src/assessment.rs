//! What a holder of a secret can reach: whose it is, what was counted behind
//! it, what follows for an attacker and for the owner, and what is not known.
//!
//! Names and counts only, never contents. Whatever was not asked or not
//! answered is a gap; a gap is never shown as a "no".

use crate::Evidence;

/// The blast radius of one secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assessment {
    /// Whose it is, in the order of the dossier: owner, workspace, ...
    pub identity: Vec<Trait>,
    /// What was counted behind it.
    pub grants: Vec<Grant>,
    /// What an attacker can do: every permission of the dossier, judged.
    pub actions: Vec<Action>,
    /// What that means for the owner: every impact of the dossier, judged.
    pub impacts: Vec<Impact>,
    /// What was not asked or not answered.
    pub gaps: Vec<Gap>,
    /// Every request that was made, in order.
    pub evidence: Vec<Evidence>,
}

/// Something that says whose a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trait {
    /// A stable name, such as `workspace`.
    pub role: String,
    /// What people call it, such as `workspace`.
    pub label: String,
    /// What the provider says; foreign text.
    pub value: String,
}

/// Things of one kind that the secret reaches, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// Its id in the dossier, such as `files`.
    pub id: String,
    /// The permission it proves, such as `extract-data`.
    pub permission: String,
    /// What one is called, and what several are: `file`, `files`.
    pub noun: (String, String),
    /// What can be done with them, such as `read`.
    pub verb: String,
    /// How many.
    pub count: Count,
    /// How many of them were listed; sizes, sums, tallies and times are of
    /// these.
    pub listed: u64,
    /// Their size in bytes, if the provider says; of those listed.
    pub bytes: Option<u64>,
    /// Numbers added up over those listed, such as documents of libraries.
    pub sums: Vec<(String, u64)>,
    /// Those listed, counted by what they have in common.
    pub tallies: Vec<Tally>,
    /// Time of the oldest and the newest of those listed: seconds since
    /// 1970-01-01 UTC.
    pub span: Option<(i64, i64)>,
    /// Names of some of them, as the provider lists them; foreign text.
    pub names: Vec<String>,
    /// Whether listing them is all that was tried: they are what the permission
    /// would act on, and that it may act is inferred.
    pub target: bool,
    /// Why this makes an exposure worse, if it does.
    pub raises: Option<String>,
    /// The question that showed it, by its id in the dossier.
    pub probe: String,
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Count {
    /// As many as this: the provider said so, or all were listed.
    Exactly(u64),
    /// These were listed, and there are more.
    AtLeast(u64),
    /// The provider answered, and its answer does not say how many.
    #[default]
    Unsaid,
}

impl Count {
    /// The number known to be there.
    pub fn known(self) -> u64 {
        match self {
            Self::Exactly(count) | Self::AtLeast(count) => count,
            Self::Unsaid => 0,
        }
    }
}

/// Things counted by something they have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// What they have in common, such as `purpose`.
    pub label: String,
    /// Value and number, most first; the values are foreign text.
    pub counts: Vec<(String, u64)>,
}

/// How much is known of an ability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// The provider refused it, or the kind of secret cannot have it.
    Refused,
    /// Not asked or not answered.
    Unknown,
    /// Not tried: it follows from what the provider documents for a secret
    /// that is live.
    Inferred,
    /// A read-only request was answered.
    Proven,
}

impl Standing {
    /// `proven`, `inferred`, `unknown` or `refused`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Inferred => "inferred",
            Self::Unknown => "unknown",
            Self::Refused => "refused",
        }
    }
}

/// Something an attacker can, may or cannot do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The permission's id in the dossier.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What is known of it.
    pub standing: Standing,
    /// What is to be said beyond its grants, lower-case: why it is inferred, who
    /// refused it, what stays open. May quote a host.
    pub because: String,
    /// Ids of the grants that show it or that it would act on.
    pub grants: Vec<String>,
}

/// What an exposure means for the owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impact {
    /// Its id in the dossier.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// The best standing of the actions that lead to it; inferred at most if
    /// there is nothing now that they could touch.
    pub standing: Standing,
    /// What happens, in the dossier's words.
    pub text: String,
    /// Ids of the actions that lead to it, those with this standing.
    pub from: Vec<String>,
}

/// A question that was not asked or not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The question's id in the dossier, or another stable name.
    pub probe: String,
    /// What is not known because of it, lower-case.
    pub what: String,
    /// Why, lower-case; may quote a host, never a value.
    pub why: String,
    /// Whether it was not asked because nobody named it, rather than not
    /// answered.
    pub by_choice: bool,
}
