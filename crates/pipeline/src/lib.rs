//! Wires one scan: resolves targets, runs the sources into the detector, asks
//! Git how each find came in, applies what the user chose to leave out, has
//! providers asked about what is left, and hands back findings with the account
//! of what was looked at.
//!
//! It knows neither reports nor storage, prints nothing and asks nothing of the
//! environment.

mod baseline;
mod circumstance;
mod collect;
mod column;
mod ignore;
mod inquire;
mod layers;
mod objects;
mod packages;
mod push;
mod rules;
mod scan;
mod settle;
mod target;
mod texts;

pub use baseline::{BadBaseline, Baseline};
pub use circumstance::{rate_finding, rating};
pub use column::way_to;
pub use ignore::{BadIgnoreFile, IgnoreFile};
pub use inquire::{Keep, inquire};
/// How containers are opened.
pub use leeward_unpack::Settings as Unpacking;
pub use push::{Brought, Push, PushOutcome, scan_push};
pub use rules::Rules;
pub use scan::{Failure, Outcome, Request, Scope, scan, scan_repository};
pub use settle::Suppressed;
pub use target::{BadTarget, Bucket, Image, Target};
pub use texts::{InTexts, Known, Text, Texts, scan_texts};
