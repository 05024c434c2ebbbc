//! Keeps incidents and sources under watch: what is recorded, who is told, what is
//! looked at again and when. It uses the store and everything below it, and listens to
//! nobody: requests are the server's.
//!
//! [`record`] from a scan to incidents; [`care`] what people do about one; [`response`] its
//! steps, with [`journal`] the log of them; [`alerts`] who is told; [`reread`] values where
//! they lie; [`policy`] what the operator decided; [`entry`] and [`discreet`] what is
//! written down holds no value.
//!
//! The engine: [`Ground`] what everything stands on; [`Lookout`] one source, page by page;
//! [`whose`] what in it is ours; [`Task`] and [`Worker`] work that is kept until it is
//! done, such as a repository that was pushed to; [`Schedule`] what is done again and
//! when; [`Shift`] all of it at once; [`status`] how it goes.

pub mod alerts;
pub mod bait;
pub mod care;
pub mod discreet;
pub mod entry;
pub mod guidance;
pub mod journal;
pub mod policy;
pub mod record;
pub mod repository;
pub mod reread;
pub mod response;
pub mod status;
pub mod whose;

mod again;
mod backoff;
mod ground;
mod hand_over;
mod keep;
mod lookout;
mod over;
mod schedule;
mod shift;
mod target;
mod task;
mod turn;
mod vault;
mod worker;

pub use ground::{Asking, Bell, CloneWith, Ground, Occasion, Open, Tell, day};
pub use hand_over::{Hand, HandOver, Handed};
pub use lookout::Lookout;
pub use over::{Over, Until};
pub use schedule::{BadTimes, Schedule, Times, What};
pub use shift::{Hear, HearWork, Once, Shift};
pub use status::Status;
pub use task::Task;
pub use turn::{PageDone, Turn, Watched};
pub use vault::Vault;
pub use whose::Names;
pub use worker::{Done, Worker, done_with, failed};
