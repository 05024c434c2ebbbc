//! Somebody who is signed in, and what they may do. How they signed in, and how it is
//! known at the next request, is `session`'s and `token`'s.

use std::{fmt, str::FromStr};

/// What somebody may do; each may do what those before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Looks.
    Viewer,
    /// Works on incidents.
    Responder,
    /// Decides who may what, and looks after sources and the server.
    Admin,
}

impl Role {
    /// All, least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Responder, Self::Admin];

    /// `viewer`, `responder` or `admin`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Responder => "responder",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No role has that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRole;

impl fmt::Display for NoRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a role is `viewer`, `responder` or `admin`")
    }
}

impl std::error::Error for NoRole {}

impl FromStr for Role {
    type Err = NoRole;

    fn from_str(text: &str) -> Result<Self, NoRole> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or(NoRole)
    }
}

/// Somebody who is signed in. Put among a request's extensions by whatever looked at
/// its session or its token; a request without one is nobody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// The name of the account: the actor in the log.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// What a form must send back, as field `csrf`, to be taken for theirs; `None` for
    /// an API token, which no browser sends by itself.
    pub csrf: Option<String>,
}

impl Who {
    /// Whether they may do what a role may.
    pub fn may(&self, role: Role) -> bool {
        self.role >= role
    }
}
