//! What may be typed. Meaning is given to it by the commands' own files.

mod agent;
mod fix;
pub(crate) mod fleet;
mod honey;
mod hook;
mod incident;
mod lsp;
mod mcp;
pub(crate) mod receive;
mod redact;
mod serve;
mod stores;
mod watch;

use std::{ffi::OsString, path::PathBuf, str::FromStr};

use clap::{Args, Parser, Subcommand, ValueEnum};
use leeward_model::Level;
use leeward_report as report;

pub(crate) use agent::{Agent, AgentCommand, AgentInstall};
pub(crate) use fix::Fix;
pub(crate) use fleet::{Fleet, Worker};
pub(crate) use honey::{Honey, HoneyCheck, HoneyCreate, HoneyList, HoneyRetire, HoneyShow};
pub(crate) use hook::{
    Answering, CommitMsg, GitHook, Hook, Install, PreCommit, PrePush, WhenMissing, Where,
};
pub(crate) use incident::{
    Alert, Assign, Close, Export, Incident, Kept, List, ListFormat, Note, Recording, Respond,
    Response, Show, ShowFormat, VerifyLog,
};
pub(crate) use lsp::Lsp;
pub(crate) use mcp::Mcp;
pub(crate) use redact::{Redact, Sealing};
pub(crate) use serve::Backup;
#[cfg(feature = "serve")]
pub(crate) use serve::Serve;
pub(crate) use stores::Stores;
pub(crate) use watch::{Watch, WatchCommand, WatchOurs, WatchSource};

const EXIT_CODES: &str =
    "Exit codes: 0 clean · 1 findings · 2 usage or configuration error · 3 incomplete";

const EXIT_CODES_OF_ASKING: &str =
    "Exit codes: 0 refused where asked · 1 live · 2 usage or configuration error · 3 not known";

/// Finds exposed Mistral AI API keys wherever they lie, and other credentials.
#[derive(Debug, Parser)]
#[command(name = "leeward", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// When to use colour; `NO_COLOR` and `CLICOLOR_FORCE` are honoured.
    #[arg(long, global = true, help_heading = "Everywhere")]
    #[arg(value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Scan(Box<Scan>),
    /// Say whether a value is live, and whose it is.
    ///
    /// The value comes through standard input or is asked for without showing
    /// it, never as an argument; or it is read again where a report found it.
    /// Only hosts that the dossier of its kind lists are asked, over HTTPS, and
    /// nothing is changed there.
    Verify(Box<Inquiry>),
    /// Say what the holder of a value can reach with it.
    ///
    /// Counts and names what lies behind a live value: files, models,
    /// connectors and whatever else the dossier of its kind asks about; never
    /// contents. Read-only, and one request a second unless `--rate` says
    /// otherwise. What was not asked or not answered is shown as a gap.
    Assess(Box<Inquiry>),
    #[command(subcommand)]
    Incident(Incident),
    Respond(Box<Respond>),
    #[command(subcommand)]
    Alert(Alert),
    #[cfg(feature = "serve")]
    Serve(Box<Serve>),
    Worker(Box<Worker>),
    #[command(subcommand)]
    Fleet(Fleet),
    Backup(Backup),
    #[command(subcommand)]
    Hook(Hook),
    Fix(Fix),
    Redact(Redact),
    Lsp(Lsp),
    Mcp(Mcp),
    #[command(subcommand)]
    Honey(Honey),
    Watch(Box<Watch>),
    #[command(subcommand)]
    Probe(Probe),
    #[command(subcommand)]
    Dossier(Dossier),
    #[command(hide = true)]
    UnpackApart(UnpackApart),
}

/// When to use colour.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// Parse containers apart from the scanner. Leeward starts itself so.
#[derive(Args, Debug)]
pub(crate) struct UnpackApart {
    /// Bytes of memory that each may take.
    pub(crate) memory: u64,
    /// Time of a processor that each may take.
    pub(crate) milliseconds: u64,
}

/// Look for secrets in files, directories, Git history and standard input.
///
/// Inside a Git repository the files on disk, those that Git ignores among
/// them, and the whole history are scanned: every object, reachable or not.
/// Nothing of the scanned repository is ever executed.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Scan {
    /// Files, directories, addresses of Git repositories, buckets (`s3://`, `gs://`,
    /// `az://`), images (`oci://`, `docker://`), or `-` for standard input. [default:
    /// the current directory]
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<OsString>,

    #[command(flatten, next_help_heading = "What to scan")]
    pub(crate) what: What,
    #[command(flatten, next_help_heading = "How to read buckets and images")]
    pub(crate) stores: Stores,
    #[command(flatten, next_help_heading = "What to report")]
    pub(crate) which: Which,
    #[command(flatten, next_help_heading = "How to report")]
    pub(crate) how: How,
    #[command(flatten, next_help_heading = "Whether to keep what is found")]
    pub(crate) recording: Recording,
    #[command(flatten, next_help_heading = "Whether to ask providers")]
    pub(crate) whether: Whether,
    #[command(flatten, next_help_heading = "How to ask providers")]
    pub(crate) asking: Asking,
}

/// What `verify` and `assess` take.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES_OF_ASKING)]
pub(crate) struct Inquiry {
    #[command(flatten)]
    pub(crate) value: Value,
    #[command(flatten, next_help_heading = "How to report")]
    pub(crate) how: Shown,
    #[command(flatten, next_help_heading = "How to ask providers")]
    pub(crate) asking: Asking,
}

/// Which value is asked about.
#[derive(Args, Debug)]
pub(crate) struct Value {
    /// Which findings of the report, by their fingerprints, such as `lw1_…`.
    /// [default: all of them]
    #[arg(value_name = "FINGERPRINT", requires = "report")]
    pub(crate) fingerprints: Vec<String>,
    /// Read values again where this report (JSON) found them.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// What kind of value it is, if it does not show that itself; `leeward
    /// dossier list` names the kinds.
    #[arg(long, value_name = "ID")]
    pub(crate) dossier: Option<String>,
    /// More dossiers: a TOML file, or a directory of them.
    #[arg(long, value_name = "PATH")]
    pub(crate) dossiers: Vec<PathBuf>,
}

/// How an answer is shown.
#[derive(Args, Debug)]
pub(crate) struct Shown {
    /// The form of the report.
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    pub(crate) format: Format,
    /// Write the report to this file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// No progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Whether providers are asked about what a scan finds.
#[derive(Args, Debug)]
pub(crate) struct Whether {
    /// Ask providers whether each value is live: one request for each value.
    /// `--verify=active-only` reports only those that are.
    #[arg(long, value_enum, value_name = "WHICH", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "all")]
    pub(crate) verify: Option<Reported>,
    /// Ask what each live value reaches, too; includes `--verify`.
    #[arg(long)]
    pub(crate) assess: bool,
}

/// Which of the values that were asked about are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Reported {
    /// All, with what was answered.
    All,
    /// Those that a provider says are live, whole or in part.
    ActiveOnly,
}

/// How providers are asked.
#[derive(Args, Debug)]
pub(crate) struct Asking {
    /// Print each request that would be made, and why; send none.
    #[arg(long)]
    pub(crate) plan: bool,
    /// Ask at this address, such as a gateway's, instead of the provider's, and
    /// nowhere else; without a family it stands for Mistral AI's.
    #[arg(long, value_name = "[FAMILY=]URL")]
    pub(crate) base_url: Vec<String>,
    /// Also ask this question, which is not asked without a person's word;
    /// `--plan` names them.
    #[arg(long, value_name = "QUESTION")]
    pub(crate) allow: Vec<String>,
    /// How many requests a second each provider gets. [default: 1]
    #[arg(long, value_name = "N")]
    pub(crate) rate: Option<f64>,
    /// Stop asking after so many seconds; what is open then stays unknown.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) ask_within: Option<u64>,
    /// Trust the certificates in this file (PEM) besides the system's.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Vec<PathBuf>,
    /// Send nothing; what would be asked stays open.
    #[arg(long)]
    pub(crate) offline: bool,
}

/// What asking providers involves.
#[derive(Debug, Subcommand)]
pub(crate) enum Probe {
    /// Every host that could be asked, for the rules of a firewall.
    Hosts {
        /// More dossiers: a TOML file, or a directory of them.
        #[arg(long, value_name = "PATH")]
        dossiers: Vec<PathBuf>,
        /// As for `verify`; then these are the only hosts.
        #[arg(long, value_name = "[FAMILY=]URL")]
        base_url: Vec<String>,
    },
}

/// Which bytes are looked at.
#[derive(Args, Debug)]
pub(crate) struct What {
    /// Scan the files of a list of places, such as `ai-tools`: where tools for
    /// AI keep keys and transcripts, below your home directory and here. `list`
    /// shows the lists, and what of them is here.
    #[arg(long, value_name = "NAME")]
    #[arg(conflicts_with_all = ["staged", "range", "history_only"])]
    pub(crate) preset: Option<String>,
    /// Leave Git history out.
    #[arg(long, group = "scope")]
    pub(crate) no_history: bool,
    /// Only Git history, not the files on disk.
    #[arg(long, group = "scope")]
    pub(crate) history_only: bool,
    /// Only what is staged for the next commit.
    #[arg(long, group = "scope")]
    pub(crate) staged: bool,
    /// Only what these commits brought, such as `main..HEAD`; `ci` takes those
    /// that the build service says are new, and the whole history where it does
    /// not say.
    #[arg(long, group = "scope", value_name = "COMMITS")]
    pub(crate) range: Option<String>,
    /// Leave out directories of this name or path, besides the usual caches.
    #[arg(long, value_name = "NAME")]
    pub(crate) exclude: Vec<String>,
    /// Do not leave out the usual caches, such as `node_modules`.
    #[arg(long)]
    pub(crate) no_default_excludes: bool,
    /// Leave out files above this size, such as `500K`, `10M` or `2G`; they
    /// are counted.
    #[arg(long, value_name = "SIZE")]
    pub(crate) max_file_size: Option<Size>,
    /// Do not look inside archives, documents, databases and images.
    #[arg(long)]
    pub(crate) no_unpack: bool,
    /// Go on where a scan of the same places stopped, and leave out what was
    /// judged clean before under the same rules; what held anything is looked
    /// at anew. Kept in the database of `--store`.
    #[arg(long)]
    pub(crate) resume: bool,
    /// How many threads read and detect. [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}

/// Which findings are shown.
#[derive(Args, Debug)]
pub(crate) struct Which {
    /// Least confidence shown; `low` adds loosely documented forms.
    #[arg(long, value_enum, default_value_t = Confidence::Medium, value_name = "LEVEL")]
    pub(crate) confidence: Confidence,
    /// Leave out the findings listed in this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write a baseline of the findings of this scan, those already known
    /// included.
    #[arg(long, value_name = "FILE")]
    pub(crate) write_baseline: Option<PathBuf>,
    /// Read what to leave alone, and why, from this file. [default:
    /// `.leeward-ignore.toml` where the command is run or at the root of the
    /// repository there]
    #[arg(long, value_name = "FILE")]
    pub(crate) ignore_file: Option<PathBuf>,
    /// More dossiers: a TOML file, or a directory of them.
    #[arg(long, value_name = "PATH")]
    pub(crate) dossiers: Vec<PathBuf>,
}

/// How findings are shown.
#[derive(Args, Debug)]
pub(crate) struct How {
    /// The form of the report.
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    pub(crate) format: Format,
    /// Write the report to this file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write the same report to this file in another form, too: one scan, any
    /// number of reports.
    #[arg(long, value_name = "FORMAT=FILE")]
    pub(crate) also: Vec<Also>,
    /// Show values in full: on a terminal only, after asking.
    #[arg(long, conflicts_with_all = ["output", "also"])]
    pub(crate) show_secrets: bool,
    /// Exit with 0 instead of 3 if something could not be looked at.
    #[arg(long)]
    pub(crate) allow_incomplete: bool,
    /// No progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Another form of the report, and the file it goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Also {
    pub(crate) format: Format,
    pub(crate) path: PathBuf,
}

impl FromStr for Also {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, path) = text
            .split_once('=')
            .filter(|(_, path)| !path.is_empty())
            .ok_or("it is a form and a file, such as `sarif=leeward.sarif`")?;
        let format = Format::from_str(name, false).map_err(|_| {
            let names: Vec<&str> = report::Format::ALL.iter().map(|format| format.name()).collect();
            format!("no form of report is called like that; there are {}", names.join(", "))
        })?;
        Ok(Self { format, path: PathBuf::from(path) })
    }
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) u64);

impl FromStr for Size {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        let shift = match text[digits.len()..].to_ascii_uppercase().as_str() {
            "" | "B" => 0,
            "K" | "KB" | "KIB" => 10,
            "M" | "MB" | "MIB" => 20,
            "G" | "GB" | "GIB" => 30,
            _ => return Err("a size is a number of bytes, or one with K, M or G behind"),
        };
        let number: u64 = digits.parse().map_err(|_| "a size begins with a whole number")?;
        number.checked_mul(1 << shift).map(Self).ok_or("more bytes than there are")
    }
}

/// Least confidence shown.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Confidence {
    /// From 0.9.
    High,
    /// From 0.5.
    Medium,
    /// Everything.
    Low,
}

impl From<Confidence> for Level {
    fn from(confidence: Confidence) -> Self {
        match confidence {
            Confidence::High => Self::High,
            Confidence::Medium => Self::Medium,
            Confidence::Low => Self::Low,
        }
    }
}

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Human,
    /// One JSON document.
    Json,
    /// One JSON object per line.
    Jsonl,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// One row for each location.
    Csv,
    /// For pull requests and tickets.
    Markdown,
    /// One page for a browser, with nothing to load.
    Html,
    /// JUnit XML, for build services that show tests.
    Junit,
    /// The secret detection report of GitLab.
    Gitlab,
    /// Annotations for GitHub Actions.
    Github,
}

impl From<Format> for report::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Human => Self::Human,
            Format::Json => Self::Json,
            Format::Jsonl => Self::Jsonl,
            Format::Sarif => Self::Sarif,
            Format::Csv => Self::Csv,
            Format::Markdown => Self::Markdown,
            Format::Html => Self::Html,
            Format::Junit => Self::Junit,
            Format::Gitlab => Self::Gitlab,
            Format::Github => Self::Github,
        }
    }
}

/// What is known of each credential type.
#[derive(Debug, Subcommand)]
pub(crate) enum Dossier {
    /// All credential types, a line each.
    List {
        /// More dossiers: a TOML file, or a directory of them.
        #[arg(long, value_name = "PATH")]
        dossiers: Vec<PathBuf>,
    },
    /// The whole page of one: how it looks, what a leak means, what to do.
    Show {
        /// Such as `mistral-api-key`.
        id: String,
        /// More dossiers: a TOML file, or a directory of them.
        #[arg(long, value_name = "PATH")]
        dossiers: Vec<PathBuf>,
    },
    /// Check dossiers and run their examples.
    Check {
        /// TOML files or directories of them. [default: those built in]
        paths: Vec<PathBuf>,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_make_sense() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn another_report_is_a_form_and_a_file() {
        let also = |text: &str| text.parse::<Also>().ok().map(|also| (also.format, also.path));
        assert_eq!(also("sarif=a=b"), Some((Format::Sarif, PathBuf::from("a=b"))));
        for wrong in ["sarif", "sarif=", "=x", "pdf=x", ""] {
            assert_eq!(also(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sizes() {
        let size = |text: &str| text.parse::<Size>().ok().map(|size| size.0);
        assert_eq!(size("1500"), Some(1500));
        assert_eq!(size("10M"), Some(10 << 20));
        assert_eq!(size("2gib"), Some(2 << 30));
        for wrong in ["", "M", "1T", "-1", "1.5M", "99999999999G", "k1"] {
            assert_eq!(size(wrong), None, "{wrong}");
        }
    }
}
