//! What may be typed about incidents and about responding to them.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Asking;

/// Where incidents are kept, and who acts.
#[derive(Args, Debug)]
pub(crate) struct Kept {
    /// The database: a file, or the address of a PostgreSQL server without its
    /// password, which goes into `LEEWARD_STORE` or `~/.pgpass`. [default: a
    /// file in the platform's data directory]
    #[arg(long, value_name = "PLACE")]
    pub(crate) store: Option<String>,
    /// Your settings. [default: `leeward/leeward.toml` in the platform's
    /// configuration directory]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Under which name this is recorded. [default: you at this machine]
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) actor: Option<String>,
}

/// What is known of each exposure, and how far closing it is.
#[derive(Debug, Subcommand)]
pub(crate) enum Incident {
    /// All incidents that are not closed, the most urgent first.
    List(List),
    /// Everything about one: what to do next, how long it lay open, what was
    /// done.
    Show(Show),
    /// Say who takes care of one, and by when.
    Assign(Assign),
    /// Add a note.
    Note(Note),
    /// Close one whose required steps are done or waived.
    Close(Close),
    /// Open a closed one again.
    Reopen(Note),
    /// Find out whether the log of events was altered.
    VerifyLog(VerifyLog),
    /// Write a folder or an archive with everything an auditor asks for.
    Export(Export),
}

/// Which incidents are listed.
#[derive(Args, Debug)]
pub(crate) struct List {
    /// Closed ones too.
    #[arg(long)]
    pub(crate) all: bool,
    /// Only those in this state; may be repeated.
    #[arg(long, value_enum, value_name = "STATE")]
    pub(crate) state: Vec<State>,
    /// Only those at least this bad.
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) severity: Option<Severity>,
    /// Only those of this owner.
    #[arg(long, value_name = "NAME")]
    pub(crate) owner: Option<String>,
    /// Only those of this kind, such as `mistral-api-key`.
    #[arg(long, value_name = "ID")]
    pub(crate) dossier: Option<String>,
    /// Only those whose time is over.
    #[arg(long)]
    pub(crate) overdue: bool,
    /// At most so many. [default: 200 for people, all for programs]
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
    /// The form of the list.
    #[arg(long, value_enum, default_value_t = ListFormat::Human, value_name = "FORMAT")]
    pub(crate) format: ListFormat,
    #[command(flatten)]
    pub(crate) kept: Kept,
}

/// Which incident is shown.
#[derive(Args, Debug)]
pub(crate) struct Show {
    /// Its number, or the beginning of its fingerprint.
    #[arg(value_name = "INCIDENT")]
    pub(crate) incident: String,
    /// The form.
    #[arg(long, value_enum, default_value_t = ShowFormat::Human, value_name = "FORMAT")]
    pub(crate) format: ShowFormat,
    /// Write it to this file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) kept: Kept,
}

/// Who takes care of an incident.
#[derive(Args, Debug)]
pub(crate) struct Assign {
    /// Its number, or the beginning of its fingerprint.
    #[arg(value_name = "INCIDENT")]
    pub(crate) incident: String,
    /// Who; leave it out to take it from whoever has it.
    #[arg(value_name = "OWNER")]
    pub(crate) owner: Option<String>,
    /// By when, such as `2026-12-01` or `3d`.
    #[arg(long, value_name = "DAY")]
    pub(crate) due: Option<String>,
    #[command(flatten)]
    pub(crate) kept: Kept,
}

/// Something said about an incident.
#[derive(Args, Debug)]
pub(crate) struct Note {
    /// Its number, or the beginning of its fingerprint.
    #[arg(value_name = "INCIDENT")]
    pub(crate) incident: String,
    /// What is to be said; `-` to read it from standard input.
    #[arg(value_name = "TEXT")]
    pub(crate) text: String,
    #[command(flatten)]
    pub(crate) kept: Kept,
}

/// Which incident is closed.
#[derive(Args, Debug)]
pub(crate) struct Close {
    /// Its number, or the beginning of its fingerprint.
    #[arg(value_name = "INCIDENT")]
    pub(crate) incident: String,
    /// Leave a step out, and why; may be repeated.
    #[arg(long, value_name = "STEP=REASON")]
    pub(crate) waive: Vec<String>,
    #[command(flatten)]
    pub(crate) kept: Kept,
}

/// What the log is compared with.
#[derive(Args, Debug)]
pub(crate) struct VerifyLog {
    /// A head that was noted elsewhere, as an evidence pack has it:
    /// `SEQUENCE:HASH`.
    #[arg(long, value_name = "HEAD")]
    pub(crate) head: Option<String>,
    #[command(flatten)]
    pub(crate) kept: Kept,
}

/// Where the evidence goes.
#[derive(Args, Debug)]
pub(crate) struct Export {
    /// Its number, or the beginning of its fingerprint.
    #[arg(value_name = "INCIDENT")]
    pub(crate) incident: String,
    /// A folder that does not exist yet, or a file that ends with `.zip`.
    #[arg(long, short, value_name = "PATH")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) kept: Kept,
}

/// Who is told of incidents.
#[derive(Debug, Subcommand)]
pub(crate) enum Alert {
    /// Alerts that wait to be delivered, and why.
    List(Kept),
    /// What each channel of the settings would be sent; sends nothing.
    Preview {
        /// The incident's number, or the beginning of its fingerprint.
        #[arg(value_name = "INCIDENT")]
        incident: String,
        #[command(flatten)]
        kept: Kept,
    },
    /// Deliver what waits, and tell of incidents whose time is over.
    Send {
        #[command(flatten)]
        kept: Kept,
        #[command(flatten, next_help_heading = "How the network is used")]
        asking: Asking,
    },
}

/// Close an exposure: revoke, audit, assess, rotate, update what depends on
/// it, harden, move to a secrets manager, prevent.
///
/// Shows what each step would do; `--apply` does it. Every step may be repeated,
/// stopped and resumed. What no program can do is said with the page and the
/// thing to click, and waits for `--attest`.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 closed, or the plan was shown · 1 something is left to do · 2 \
    usage or configuration error · 3 stopped"
)]
pub(crate) struct Respond {
    /// Its number, or the beginning of its fingerprint.
    #[arg(value_name = "INCIDENT")]
    pub(crate) incident: String,
    /// Which steps. [default: all, in the order the situation asks for]
    #[arg(value_name = "STEP")]
    pub(crate) steps: Vec<String>,
    /// Do it.
    #[arg(long)]
    pub(crate) apply: bool,

    #[command(flatten, next_help_heading = "How to respond")]
    pub(crate) how: Response,
    #[command(flatten, next_help_heading = "What a person decides")]
    pub(crate) decided: Decided,
    #[command(flatten, next_help_heading = "Where it is kept")]
    pub(crate) kept: Kept,
    #[command(flatten, next_help_heading = "How to ask providers")]
    pub(crate) asking: Asking,
}

/// What is used for a response, and how.
#[derive(Args, Debug)]
pub(crate) struct Response {
    /// Which is worse: that it is used, or that what uses it stops. [default:
    /// what the situation asks for]
    #[arg(long, value_enum, value_name = "ORDER")]
    pub(crate) order: Option<Order>,
    /// Read an administrator's key from this file.
    #[arg(long, value_name = "FILE", conflicts_with = "admin_key")]
    pub(crate) admin_key_file: Option<PathBuf>,
    /// Ask for an administrator's key, without showing it.
    #[arg(long)]
    pub(crate) admin_key: bool,
    /// Ask for the exposed value, or read it from standard input, if it is in
    /// none of its places any more.
    #[arg(long)]
    pub(crate) value: bool,
    /// Ask for a replacement that you made, or read it from standard input.
    #[arg(long, conflicts_with = "value")]
    pub(crate) replacement: bool,
    /// Put the replacement here, such as `vault:secret/app#MISTRAL_API_KEY`; may
    /// be repeated.
    #[arg(long, value_name = "DESTINATION")]
    pub(crate) to: Vec<String>,
    /// Look here too for what uses the value; may be repeated.
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) search: Vec<PathBuf>,
    /// Count the value's requests in these logs of a gateway or proxy.
    #[arg(long, value_name = "FILE")]
    pub(crate) logs: Vec<PathBuf>,
    /// Addresses that are yours, such as `10.0.0.0/8`, for `--logs`.
    #[arg(long, value_name = "ADDRESSES")]
    pub(crate) known: Vec<String>,
    /// The provider's id of the record, where several may be meant.
    #[arg(long, value_name = "ID")]
    pub(crate) key_id: Option<String>,
    /// The last day of the replacement. [default: 90 days from now]
    #[arg(long, value_name = "DAY")]
    pub(crate) expires: Option<String>,
    /// Lower the organization's spending limit to this. It hits everybody.
    #[arg(long, value_name = "AMOUNT", value_parser = clap::value_parser!(i64).range(0..))]
    pub(crate) brake: Option<i64>,
    /// Revoke though not everything was switched.
    #[arg(long)]
    pub(crate) force: bool,
    /// How long to wait for a revocation to take effect. [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=86_400))]
    pub(crate) patience: Option<u64>,
    /// More dossiers: a TOML file, or a directory of them.
    #[arg(long, value_name = "PATH")]
    pub(crate) dossiers: Vec<PathBuf>,
    /// No progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// What nobody but a person can say.
#[derive(Args, Debug)]
pub(crate) struct Decided {
    /// Say that you did the named step, and how.
    #[arg(long, value_name = "TEXT", requires = "steps", conflicts_with = "apply")]
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) attest: Option<String>,
    /// Leave a step out, and why; may be repeated.
    #[arg(long, value_name = "STEP=REASON")]
    pub(crate) waive: Vec<String>,
}

/// In which order.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Order {
    /// Make it useless at once; then replace it.
    RevokeFirst,
    /// Replace it, switch what uses it, then make it useless.
    RotateFirst,
}

impl From<Order> for leeward_respond::Order {
    fn from(order: Order) -> Self {
        match order {
            Order::RevokeFirst => Self::RevokeFirst,
            Order::RotateFirst => Self::RotateFirst,
        }
    }
}

/// How far an incident is.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum State {
    Open,
    Reopened,
    Contained,
    Rotated,
    Closed,
}

impl From<State> for leeward_model::State {
    fn from(state: State) -> Self {
        match state {
            State::Open => Self::Open,
            State::Reopened => Self::Reopened,
            State::Contained => Self::Contained,
            State::Rotated => Self::Rotated,
            State::Closed => Self::Closed,
        }
    }
}

/// How bad.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Severity {
    Low,
    Medium,
    High,
    Critical,
}

impl From<Severity> for leeward_model::Severity {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Low => Self::Low,
            Severity::Medium => Self::Medium,
            Severity::High => Self::High,
            Severity::Critical => Self::Critical,
        }
    }
}

/// The form of a list.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people.
    Human,
    /// One JSON document.
    Json,
    /// One row for each incident.
    Csv,
}

/// The form of one incident.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ShowFormat {
    /// For people.
    Human,
    /// One JSON document.
    Json,
    /// For tickets.
    Markdown,
    /// One page for a browser, with nothing to load.
    Html,
}

/// What a scan keeps.
#[derive(Args, Debug)]
pub(crate) struct Recording {
    /// Keep what is found: open an incident for each new secret, and update
    /// those that are known.
    #[arg(long)]
    pub(crate) record: bool,
    #[command(flatten)]
    pub(crate) kept: Kept,
}
