//! What may be typed about pushes that a server takes.

use std::{path::PathBuf, str::FromStr};

use clap::{Args, Subcommand, ValueEnum};

/// What `hook pre-receive` takes.
#[derive(Args, Debug)]
pub(crate) struct PreReceive {
    /// Read what to leave alone, and why, from this file of the server's.
    #[arg(long, value_name = "FILE")]
    pub(crate) ignore_file: Option<PathBuf>,
    /// Let pass what is listed in this baseline of the server's.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// More dossiers: a TOML file, or a directory of them.
    #[arg(long, value_name = "PATH")]
    pub(crate) dossiers: Vec<PathBuf>,
    /// Let a comment `leeward:ignore` beside a value excuse it, and write that
    /// down: whoever pushes can write one.
    #[arg(long)]
    pub(crate) honour_comments: bool,
    /// How long it may take. [default: `guard.within_seconds` of the settings]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) within: Option<u64>,
    /// The settings. [default: those of the account that the server runs as]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where bypasses and events are kept. [default: `leeward` in the
    /// repository]
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
}

/// Leave for a push that would be refused.
#[derive(Debug, Subcommand)]
pub(crate) enum Bypass {
    /// Give leave; shows its token, once.
    Create(Create),
    /// What leave was given, a line each.
    List(State),
    /// Take leave back.
    Revoke {
        /// What it is called.
        id: String,
        #[command(flatten)]
        state: State,
    },
}

/// What `hook bypass create` takes.
#[derive(Args, Debug)]
pub(crate) struct Create {
    /// For which repository: the path of one on this server, or `any` with
    /// `--state`.
    #[arg(long = "for", value_name = "PATH", default_value = ".")]
    pub(crate) repository: Given,
    /// On which refs only, such as `main`, `release/*` or `refs/tags/**`.
    #[arg(long = "ref", value_name = "PATTERN")]
    pub(crate) refs: Option<String>,
    /// For which findings only, by their fingerprints, such as `lw1_…`.
    #[arg(long, value_name = "FINGERPRINT")]
    pub(crate) fingerprint: Vec<String>,
    /// Also for what could not be looked at.
    #[arg(long)]
    pub(crate) unseen: bool,
    /// Why; it is written down, so no value belongs here.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// How long it lasts, such as `30m`, `1h` or `7d`.
    #[arg(long, value_name = "TIME", default_value = "1h")]
    pub(crate) expires: Lasts,
    /// For how many pushes.
    #[arg(long, value_name = "N", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) uses: u32,
    /// Where bypasses and events are kept. [default: `leeward` in the
    /// repository]
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
}

/// Where a server's bypasses and events are.
#[derive(Args, Debug)]
pub(crate) struct State {
    /// The repository on this server.
    #[arg(long, value_name = "PATH", default_value = ".")]
    pub(crate) repository: PathBuf,
    /// Where bypasses and events are kept. [default: `leeward` in the
    /// repository]
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
}

/// What `hook events` takes.
#[derive(Args, Debug)]
pub(crate) struct Events {
    /// Only check that nothing was changed; exit with 1 if something was.
    #[arg(long)]
    pub(crate) verify: bool,
    /// The form.
    #[arg(long, value_enum, default_value_t = Form::Human, value_name = "FORMAT")]
    pub(crate) format: Form,
    #[command(flatten)]
    pub(crate) state: State,
}

/// The form of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For people.
    Human,
    /// One JSON document.
    Json,
}

/// Which repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// All that share what is kept.
    Any,
    /// One, by its path.
    At(PathBuf),
}

impl FromStr for Given {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == "any" { Self::Any } else { Self::At(PathBuf::from(text)) })
    }
}

/// A stretch of time in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lasts(pub(crate) i64);

impl FromStr for Lasts {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        /// The longest that makes sense.
        const YEAR: i64 = 366 * 86_400;
        let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit = match &text[digits.len()..] {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return Err("a time is a whole number with s, m, h or d behind"),
        };
        let number: i64 = digits.parse().map_err(|_| "a time begins with a whole number")?;
        let seconds = number.checked_mul(unit).filter(|seconds| (1..=YEAR).contains(seconds));
        seconds.map(Self).ok_or("a bypass lasts from a second to a year")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let lasts = |text: &str| text.parse::<Lasts>().ok().map(|lasts| lasts.0);
        assert_eq!(lasts("90s"), Some(90));
        assert_eq!(lasts("1h"), Some(3_600));
        assert_eq!(lasts("7d"), Some(604_800));
        for wrong in ["", "h", "1", "1w", "-1h", "0s", "367d", "1.5h", "99999999999999999999d"] {
            assert_eq!(lasts(wrong), None, "{wrong}");
        }
    }
}
