//! How buckets and images are reached.

use clap::Args;

/// How buckets and registries are read. What they are signed in to with is in the
/// environment, or in what `docker login` keeps.
#[derive(Args, Debug)]
pub(crate) struct Stores {
    /// Ask an object store at this address, as `https://host`; `http://` on this
    /// machine alone.
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// Read a bucket without any credential, as anybody may.
    #[arg(long)]
    pub(crate) anonymous: bool,
    /// Pay for the requests where the owner of a bucket does not.
    #[arg(long)]
    pub(crate) requester_pays: bool,
    /// Go on in a bucket after this key, which an incomplete scan names.
    #[arg(long, value_name = "KEY")]
    pub(crate) start_after: Option<String>,
    /// Of an image read this platform alone, such as `linux/arm64`. [default: all]
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
}
