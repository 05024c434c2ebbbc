//! How objects are reached: whose credential, at which address, by which rules. It
//! comes from the operator alone.

use std::{fmt, time::Duration};

use leeward_model::Secret;
use leeward_probe::Network;

/// What the names of settings begin with, in the environment.
pub const SETTINGS: &[&str] = &["AWS_", "AZURE_", "GOOGLE_"];

/// How long a request and its whole answer, of two mebibytes at most, may take.
#[cfg(feature = "buckets")]
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// How a store is reached.
#[derive(Default)]
pub struct Access {
    /// Settings by the names that the stores' own programs read from the environment,
    /// in lower case; those that mean nothing to a store are passed over.
    pub settings: Vec<(String, Secret)>,
    /// Another address than the store's usual one.
    pub endpoint: Option<String>,
    /// Without any credential, as anybody may.
    pub anonymous: bool,
    /// Who asks pays, where the owner of a bucket does not.
    pub requester_pays: bool,
    /// Proxy and issuers.
    pub network: Network,
    /// How failed requests are repeated.
    pub patience: Patience,
}

/// How failed requests are repeated.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How often again.
    pub retries: usize,
    /// For how long at most.
    pub within: Duration,
}

impl Default for Patience {
    /// A store that is throttled recovers within seconds; one that is down for longer
    /// keeps a scan no longer than a minute for each object, and see `FAILURES`.
    fn default() -> Self {
        Self { retries: 5, within: Duration::from_secs(60) }
    }
}

#[cfg(feature = "buckets")]
impl Access {
    /// A setting by one of its names, if it is there.
    pub(crate) fn setting(&self, names: &[&str]) -> Option<String> {
        let found = names.iter().find_map(|name| {
            self.settings.iter().find(|(known, _)| known == name).map(|(_, value)| value)
        })?;
        text(found)
    }

    /// Whether something is set, by the name it has in the environment.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.settings.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    /// The rules of the network, for objects.
    pub(crate) fn network(&self) -> Network {
        Network { answer_within: ANSWER_WITHIN, ..self.network.clone() }
    }
}

/// A setting as text.
#[cfg(feature = "buckets")]
#[expect(clippy::disallowed_methods, reason = "the operator's own settings, for its own store")]
pub(crate) fn text(value: &Secret) -> Option<String> {
    str::from_utf8(value.expose()).ok().map(str::to_owned)
}

impl fmt::Debug for Access {
    /// Without what the settings say.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.settings.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Access")
            .field("settings", &names)
            .field("endpoint", &self.endpoint)
            .field("anonymous", &self.anonymous)
            .finish_non_exhaustive()
    }
}
