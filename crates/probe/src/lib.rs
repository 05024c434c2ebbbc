//! Asks providers about found secrets: is it live, whose is it, what does it
//! reach. Everything is made of one thing, a question as data, asked in one
//! way; what is asked and what answers mean stands in dossiers.
//!
//! In the order of the work: `route` says where a question goes, `pace` when,
//! `client` sends it, `ask` repeats it and `answer` reads what comes back; `verify` and
//! `assess` put the questions of a dossier together, `count` and `outcome`
//! make sense of what is listed; `plan` says all that without asking; `desk`
//! is where other threads hand secrets in. `courier` sends what the user wants
//! to have sent to places of their own.
//!
//! Only public hosts that a dossier lists, or the one that the user names, are
//! ever sent a value, over HTTPS, and nothing is asked that changes or costs
//! anything. No body of an answer leaves this crate.

mod address;
mod answer;
mod ask;
mod assess;
mod client;
mod count;
mod courier;
mod desk;
mod inquirer;
mod office;
mod outcome;
mod pace;
mod plan;
mod prober;
mod route;
mod sigv4;
mod trouble;
mod verify;

pub use ask::Manners;
pub use client::{BadNetwork, Network, is_inside, reading_client};
pub use courier::{BadParcel, Courier, Delivered, Parcel, Signer, Undelivered};
pub use desk::{Desk, Learnt, Question, Tally, Work};
pub use inquirer::Inquirer;
pub use office::{
    Answered, BadOffice, Created, Duty, KeyRecord, LogEntry, Office, PlannedRequest, Refused,
    RefusedKind, SpendingLimit, Usage, UsageLine, Wanted, plan_duties,
};
pub use pace::Rate;
pub use plan::{Depth, HostUse, Planned, hosts, plan};
pub use prober::Settings;
pub use route::{BadBase, Base};
pub use tokio_util::sync::CancellationToken as Stop;
