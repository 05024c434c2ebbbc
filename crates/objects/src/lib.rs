//! Reads what lies in stores elsewhere, object by object: buckets of object stores and
//! images of container registries. It asks with the operator's own credentials and
//! never carries a found secret. What the bytes say is the inspector's; which secrets
//! are whose, and what was seen before, is for others to know.
//!
//! The calls block, like those of every source: the network is behind them, and what
//! is on its way is bounded whatever the other side sends.

mod access;
mod address;
#[cfg(feature = "buckets")]
mod bucket;
mod image;
mod shown;
mod stop;

pub use access::{Access, Patience, SETTINGS};
pub use address::{Address, BadAddress, Scheme};
#[cfg(feature = "buckets")]
pub use bucket::{Options, Read, Unopened, scan};
pub use image::{BadName, ImageAccess, ImageName, ImageOptions, scan_image};
