//! The user's settings, `leeward.toml`: where incidents are kept, when they are
//! due, what closing asks for, who is told. The user's own file only: nothing
//! that is scanned configures the scanner.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use leeward_guard::policy as guard;
use leeward_model::{Level, StepName};
use leeward_remote::Setting;
use leeward_respond::notify::Channels;
use leeward_watch::policy::{self, Policy};
use serde::Deserialize;

mod watch;

pub(crate) use watch::Watch;

use crate::{environment, failure::Failure};

/// The settings, each absent unless the user set it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// As `--store`.
    #[serde(default)]
    pub(crate) store: Option<String>,
    /// The file of a key that values are sealed to; they are not kept without.
    #[serde(default)]
    pub(crate) seal: Option<PathBuf>,
    /// Days in which an incident is due.
    #[serde(default)]
    due: Due,
    #[serde(default)]
    policy: Closing,
    /// What hooks do when they cannot do their work.
    #[serde(default)]
    guard: Guard,
    /// Who is told.
    #[serde(default, rename = "alert")]
    pub(crate) alerts: Channels,
    /// What is watched.
    #[serde(default, rename = "source")]
    pub(crate) sources: Vec<Setting>,
    /// How it is watched.
    #[serde(default)]
    pub(crate) watch: Watch,
    /// How the server is set up.
    #[cfg(feature = "serve")]
    #[serde(default)]
    pub(crate) serve: leeward_server::Setting,
    /// How a server would be set up, if this were one.
    #[cfg(not(feature = "serve"))]
    #[serde(default, rename = "serve")]
    _serve: toml::Table,
    /// The tables that hold no secret and no address that may hold one, as they were
    /// written.
    #[cfg(feature = "serve")]
    #[serde(skip)]
    pub(crate) plain: toml::Table,
}

/// Days in which an incident of a severity is due.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Due {
    critical: f64,
    high: f64,
    medium: f64,
    low: f64,
}

impl Default for Due {
    fn default() -> Self {
        let policy::Due { critical, high, medium, low } = policy::Due::default();
        Self { critical, high, medium, low }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Closing {
    /// Steps that closing asks for.
    required: Option<Vec<String>>,
    /// Days that a replacement lasts.
    expires_days: Option<i64>,
}

/// What stands before a commit, a push or an agent.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Guard {
    /// `stop` or `pass`.
    on_trouble: Option<OnTrouble>,
    /// Seconds that one decision may take.
    within_seconds: Option<u64>,
    /// `low`, `medium` or `high`.
    confidence: Option<Confidence>,
    /// Known findings: a file of each repository, by its path from the root.
    baseline: Option<PathBuf>,
}

/// What becomes of a change that could not be looked at.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OnTrouble {
    Stop,
    Pass,
}

/// Least confidence that stops something.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Confidence {
    Low,
    Medium,
    High,
}

impl Config {
    /// The file that is named, or the user's own if there is one.
    pub(crate) fn load(named: Option<&Path>) -> Result<Self, Failure> {
        let usual = environment::config_file();
        let Some(path) = named.or(usual.as_deref()) else { return Ok(Self::default()) };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(Failure::File("read the settings", path.to_owned(), error)),
        };
        let config: Self = toml::from_str(&text)
            .map_err(|error| Failure::Content(path.to_owned(), told(&text, &error)))?;
        #[cfg(feature = "serve")]
        let config = {
            let mut plain: toml::Table = toml::from_str(&text).unwrap_or_default();
            plain.retain(|name, _| ["due", "guard", "policy", "serve"].contains(&name));
            Self { plain, ..config }
        };
        config.required().map_err(|why| Failure::Content(path.to_owned(), why))?;
        if config.policy.expires_days.is_some_and(|days| !(1..=3_650).contains(&days)) {
            let why = "`policy.expires_days` is not between 1 and 3650".to_owned();
            return Err(Failure::Content(path.to_owned(), why));
        }
        Ok(config)
    }

    /// What the user decided about incidents.
    pub(crate) fn policy(&self) -> Result<Policy, Failure> {
        let usual = Policy::default();
        let Due { critical, high, medium, low } = self.due;
        Ok(Policy {
            due: policy::Due { critical, high, medium, low },
            required: self.required().map_err(Failure::Store)?,
            expires_days: self.policy.expires_days.unwrap_or(usual.expires_days),
        })
    }

    /// Steps that closing asks for.
    fn required(&self) -> Result<Vec<StepName>, String> {
        let Some(required) = &self.policy.required else {
            return Ok(Policy::default().required);
        };
        let parse = |name: &String| {
            name.parse::<StepName>()
                .map_err(|error| format!("`policy.required`: `{name}`: {error}"))
        };
        required.iter().map(parse).collect()
    }

    /// What hooks do, and how long they may take.
    pub(crate) fn guard(&self) -> guard::Policy {
        let usual = guard::Policy::default();
        guard::Policy {
            on_trouble: match self.guard.on_trouble {
                Some(OnTrouble::Pass) => guard::OnTrouble::Pass,
                Some(OnTrouble::Stop) => guard::OnTrouble::Stop,
                None => usual.on_trouble,
            },
            within: self.guard.within_seconds.map_or(usual.within, Duration::from_secs),
            least: match self.guard.confidence {
                Some(Confidence::Low) => Level::Low,
                Some(Confidence::Medium) => Level::Medium,
                Some(Confidence::High) => Level::High,
                None => usual.least,
            },
        }
    }

    /// Where repositories keep what is known of them, from their roots.
    pub(crate) fn guard_baseline(&self) -> Option<PathBuf> {
        self.guard.baseline.clone()
    }
}

/// What is wrong, and on which line; the line itself may hold a secret.
fn told(text: &str, error: &toml::de::Error) -> String {
    let line =
        error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    match line {
        Some(line) => format!("line {line}: {}", error.message()),
        None => error.message().to_owned(),
    }
}
