//! What a place is reached with: addresses, tokens, certificates. All of it is
//! handed in by the caller under the names that the tools of those places use;
//! nothing here reads the environment.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use leeward_model::Secret;
use leeward_probe::{Network, Stop};

use super::Trouble;

/// A variable that a place is reached with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its name, under which its value is handed over.
    pub variable: &'static str,
    /// Another name that is read if the first is not set.
    pub or: Option<&'static str>,
    /// Whether nothing can be done without it.
    pub is_needed: bool,
    /// Whether its value is a secret.
    pub is_secret: bool,
    /// What it says.
    pub what: &'static str,
}

const fn needed(variable: &'static str, is_secret: bool, what: &'static str) -> Wanted {
    Wanted { variable, or: None, is_needed: true, is_secret, what }
}

const fn maybe(variable: &'static str, is_secret: bool, what: &'static str) -> Wanted {
    Wanted { variable, or: None, is_needed: false, is_secret, what }
}

pub(super) const VAULT: &[Wanted] = &[
    Wanted {
        or: Some("BAO_ADDR"),
        ..needed("VAULT_ADDR", false, "the vault's address, such as `https://vault:8200`")
    },
    Wanted {
        or: Some("BAO_TOKEN"),
        ..needed("VAULT_TOKEN", true, "a token; `vault print token` shows yours")
    },
    Wanted { or: Some("BAO_NAMESPACE"), ..maybe("VAULT_NAMESPACE", false, "the namespace") },
    Wanted {
        or: Some("BAO_CACERT"),
        ..maybe("VAULT_CACERT", false, "a file with the certificate of the vault's issuer")
    },
];

pub(super) const AWS: &[Wanted] = &[
    needed(
        "AWS_ACCESS_KEY_ID",
        false,
        "the id of an access key; `aws configure export-credentials --format env` shows those of \
         a profile",
    ),
    needed("AWS_SECRET_ACCESS_KEY", true, "its secret"),
    maybe("AWS_SESSION_TOKEN", true, "the token of its session, if it is of one"),
    Wanted {
        or: Some("AWS_DEFAULT_REGION"),
        ..maybe("AWS_REGION", false, "the region, unless the place names it")
    },
    Wanted {
        or: Some("AWS_ENDPOINT_URL"),
        ..maybe(
            "AWS_ENDPOINT_URL_SECRETS_MANAGER",
            false,
            "another address, such as a FIPS or VPC endpoint",
        )
    },
    maybe("AWS_CA_BUNDLE", false, "a file with the certificate of that address's issuer"),
];

pub(super) const KUBERNETES: &[Wanted] = &[
    maybe("KUBECONFIG", false, "the file that says how the cluster is reached"),
    maybe("HOME", false, "where `.kube/config` is"),
];

pub(super) const GITHUB: &[Wanted] = &[
    Wanted {
        or: Some("GH_TOKEN"),
        ..needed(
            "GITHUB_TOKEN",
            true,
            "a token that may write secrets of Actions; `gh auth token` shows yours",
        )
    },
    maybe("GITHUB_API_URL", false, "the API's address, if it is not `https://api.github.com`"),
];

pub(super) const SOPS: &[Wanted] = &[
    maybe("SOPS_AGE_KEY_FILE", false, "a file with the identity that opens the file"),
    maybe("SOPS_AGE_KEY", true, "that identity itself"),
];

pub(super) const AGE: &[Wanted] = &[
    maybe("LEEWARD_AGE_RECIPIENTS", false, "a file of recipients, one `age1…` a line"),
    maybe("LEEWARD_AGE_IDENTITY", false, "a file with the identity that can read them"),
];

/// How places are reached.
pub struct Access {
    /// How the network is used.
    pub network: Network,
    /// Ends what waits for an answer.
    pub stop: Stop,
    /// The user's own list of files that Git ignores (`core.excludesFile`).
    pub user_ignores: Option<PathBuf>,
    /// The user's own `sops`, where it is not on the search path.
    pub sops: Option<PathBuf>,
    values: BTreeMap<&'static str, Secret>,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("variables", &self.values.keys()).finish_non_exhaustive()
    }
}

impl Access {
    /// Nothing but the network so far.
    pub fn new(network: Network, stop: Stop) -> Self {
        Self { network, stop, user_ignores: None, sops: None, values: BTreeMap::new() }
    }

    /// With the value of a variable. An empty one is none.
    pub fn set(&mut self, wanted: &Wanted, value: Secret) {
        if !value.is_empty() {
            self.values.insert(wanted.variable, value);
        }
    }

    pub(super) fn secret(&self, variable: &str) -> Option<&Secret> {
        self.values.get(variable)
    }

    /// The value of a variable that is no secret.
    pub(super) fn text(&self, variable: &str) -> Option<&str> {
        let value = self.values.get(variable)?;
        #[expect(clippy::disallowed_methods, reason = "variables of this kind are no secrets")]
        std::str::from_utf8(value.expose()).ok().map(str::trim)
    }

    /// The value of a variable that nothing can be done without.
    pub(super) fn needed(
        &self,
        wanted: &'static [Wanted],
        variable: &str,
    ) -> Result<&Secret, Trouble> {
        self.secret(variable).ok_or_else(|| missing(wanted, variable))
    }

    /// The same as text.
    pub(super) fn needed_text(
        &self,
        wanted: &'static [Wanted],
        variable: &str,
    ) -> Result<&str, Trouble> {
        self.text(variable).ok_or_else(|| missing(wanted, variable))
    }

    /// Trusts the issuer in the file that a variable names, if it is set.
    pub(super) fn trust(&self, network: &mut Network, variable: &str) -> Result<(), Trouble> {
        let Some(path) = self.text(variable) else { return Ok(()) };
        let pem = std::fs::read(Path::new(path)).map_err(|error| {
            Trouble::Missing(format!(
                "the file that {variable} names cannot be read ({}): check the variable",
                error.kind()
            ))
        })?;
        network.issuers.push(pem);
        Ok(())
    }
}

fn missing(wanted: &'static [Wanted], variable: &str) -> Trouble {
    let what = wanted.iter().find(|wanted| wanted.variable == variable);
    let what = what.map(|wanted| wanted.what).unwrap_or_default();
    Trouble::Missing(format!("{variable} is not set: it holds {what}"))
}
