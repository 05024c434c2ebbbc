//! What a provider said when it was asked whether a secret is live, with the
//! evidence. How the question is put is the prober's business; what an answer
//! means is the dossier's.

/// What a provider said of a secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Validity {
    /// It works.
    Active,
    /// It is real, but limited: out of quota, or short of a permission.
    Restricted,
    /// Refused by the hosts that were asked. Never said for want of an answer.
    Inactive,
    /// Asked, and the answer says nothing of it; or no answer came.
    Unknown,
    /// Not asked.
    #[default]
    Unchecked,
}

impl Validity {
    /// `active`, `restricted`, `inactive`, `unknown` or `unchecked`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Restricted => "restricted",
            Self::Inactive => "inactive",
            Self::Unknown => "unknown",
            Self::Unchecked => "unchecked",
        }
    }

    /// Whether somebody who holds the secret can still do harm with it.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Active | Self::Restricted)
    }
}

/// Whether a secret is live, and how that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// The verdict.
    pub validity: Validity,
    /// Why, in words, lower-case; empty if nobody asked. May quote a host,
    /// never a value.
    pub why: String,
    /// When the answer that decided came: seconds since 1970-01-01 UTC.
    pub checked_at: Option<i64>,
    /// Every request that was made to decide, in order.
    pub evidence: Vec<Evidence>,
}

/// One request and what came back: enough to tell an auditor what was done,
/// and nothing of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The question's id in the dossier, such as `models`.
    pub probe: String,
    /// `GET`.
    pub method: String,
    /// The host asked, with its port if it is not 443.
    pub host: String,
    /// Path and query, as sent. It never holds the secret.
    pub path: String,
    /// The HTTP status; `None` if no answer came.
    pub status: Option<u16>,
    /// What the answer, or its absence, means: in words, lower-case.
    pub meaning: String,
    /// When it came: seconds since 1970-01-01 UTC.
    pub at: i64,
    /// How often it was sent, repetitions after a limit or a failure included.
    pub attempts: u32,
    /// How long it took in all, in milliseconds.
    pub millis: u64,
    /// The provider's own name for the exchange, to quote in a support case;
    /// foreign text.
    pub correlation: Option<String>,
}
