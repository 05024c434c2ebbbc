//! Reads what services of others hold, page by page: repositories, comments,
//! snippets, logs, messages, feeds. It asks with the operator's own credentials and
//! never carries a found secret. What is in a text is the detector's to say, and
//! what was seen before the store's to know.
//!
//! In the order of the work: [`setting`] what the operator wants to have watched;
//! [`Service`] one kind of service, which hands out [`Page`]s of [`Item`]s from a
//! [`Cursor`] on; [`client`] the requests, and what waits, repeats or gives up;
//! [`trouble`] why there is no page.
//!
//! The calls block, like the rest of what feeds the detector: a watched source is a
//! thread that mostly waits.

pub mod client;
pub mod item;
pub mod setting;
pub mod trouble;

pub use client::{Answer, Ask, Client, Clock, SystemClock};
pub use item::{Cursor, Gap, Item, ItemKey, Next, Page, Repository, Service, Text};
pub use setting::{Belongs, Setting};
pub use trouble::Trouble;
