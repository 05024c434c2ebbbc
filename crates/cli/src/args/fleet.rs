//! What may be typed to share scans among machines.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Kept;

/// Where the queue is, and who asks.
#[derive(Args, Debug)]
pub(crate) struct AtQueue {
    /// Share scans of repositories through NATS JetStream: `nats://HOST:4222` or
    /// `tls://HOST:4222`, several with commas between them.
    #[arg(long, value_name = "URL")]
    pub(crate) queue: Option<String>,
    /// The account's credential: a NATS credentials file, the seed of an NKey, or
    /// `USER:PASSWORD`.
    #[arg(long, value_name = "FILE", requires = "queue")]
    pub(crate) queue_credentials: Option<PathBuf>,
    /// Trust the certificates in this file (PEM, any number of them) for the queue, besides
    /// the system's.
    #[arg(long, value_name = "FILE", requires = "queue")]
    pub(crate) queue_ca: Option<PathBuf>,
}

/// How the server keeps the queue.
#[cfg(feature = "serve")]
#[derive(Args, Debug)]
pub(crate) struct OfQueue {
    #[command(flatten)]
    pub(crate) at: AtQueue,
    /// The file of the key that workers seal values to; made if it is not there.
    /// [default: `fleet.key` beside the usual database]
    #[arg(long, value_name = "FILE", requires = "queue")]
    pub(crate) queue_key: Option<PathBuf>,
    /// The monitoring address of each NATS server, such as http://10.0.0.1:8222: asked at
    /// the start whether it writes to its disk before it says that something is kept.
    #[arg(long, value_name = "URL", requires = "queue")]
    pub(crate) queue_monitor: Vec<String>,
    /// Take a queue that is kept on one server: if its disk is lost, so are scans that wait.
    #[arg(long, requires = "queue")]
    pub(crate) queue_allow_single: bool,
    /// The most MiB of results that wait for the server; workers wait then. The NATS servers
    /// keep so much of their disks free for it.
    #[arg(long, value_name = "MIB", requires = "queue", default_value_t = 1_024,
        value_parser = clap::value_parser!(u32).range(16..))]
    pub(crate) queue_results: u32,
}

/// Scan repositories for a server, one after the other.
///
/// Pulls jobs from the queue that `leeward serve --queue` fills, clones, scans, and hands
/// in what it finds with values sealed to the server's key. It needs `git` and a directory
/// for clones, and has no database. Run as many as there are machines; Ctrl-C ends one,
/// and what it was at is done by another. docs/fleet.md says how it is set up.
#[derive(Args, Debug)]
pub(crate) struct Worker {
    #[command(flatten)]
    pub(crate) at: AtQueue,
    /// What it is called in results. [default: this machine's name]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Where clones lie while they are looked at. [default: the system's temporary directory]
    #[arg(long, value_name = "PATH")]
    pub(crate) directory: Option<PathBuf>,
    /// Threads that read and detect. [default: one per processor]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<std::num::NonZeroUsize>,
    /// Seconds that one job may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600)]
    pub(crate) job_within: u64,
    /// The most disk that one clone may take, in GiB.
    #[arg(long, value_name = "GIB", default_value_t = 20)]
    pub(crate) job_disk: u64,
    /// Repositories whose packs are larger than this many MiB are split into parts of
    /// about this size, which any worker does.
    #[arg(long, value_name = "MIB", default_value_t = 256)]
    pub(crate) part: u64,
    /// More dossiers: a TOML file, or a directory of them; the server's.
    #[arg(long, value_name = "PATH")]
    pub(crate) dossiers: Vec<PathBuf>,
    /// End when there was nothing to do for so many seconds.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) idle: Option<u64>,
}

/// What is scanned by many.
#[derive(Debug, Subcommand)]
pub(crate) enum Fleet {
    /// Have repositories scanned: addresses, one on a line.
    ///
    /// They are kept in the database until they are done, by `leeward serve` itself or by
    /// workers if it has a queue. One that waits already is not added again.
    Add(FleetAdd),
}

/// Which repositories.
#[derive(Args, Debug)]
pub(crate) struct FleetAdd {
    /// A file of addresses, or `-` for standard input. Empty lines and lines that begin
    /// with `#` are passed over.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) kept: Kept,
}
