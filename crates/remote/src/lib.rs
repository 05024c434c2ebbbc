//! Reads what services of others hold, page by page: repositories, comments,
//! snippets, logs, messages, feeds. It asks with the operator's own credentials and
//! never carries a found secret. What is in a text is the detector's to say, and
//! what was seen before the store's to know.
//!
//! In the order of the work: [`setting`] what the operator wants to have watched;
//! [`Service`] one kind of service, which hands out [`Page`]s of [`Item`]s from a
//! [`Cursor`] on; [`client`] the requests, and what waits, repeats or gives up;
//! [`trouble`] why there is no page; [`service`] the kinds of service there are.
//!
//! The calls block, like the rest of what feeds the detector: a watched source is a
//! thread that mostly waits.

mod archive;
mod ask;
mod asker;
mod asset;
mod attached;
mod bitbucket;
pub mod client;
mod confluence;
mod dropped;
mod export;
mod feed;
mod follow;
mod gitea;
mod github;
mod gitlab;
mod home;
mod huggingface;
pub mod intake;
pub mod item;
mod jira;
mod known;
mod mail;
mod media;
mod message;
mod moment;
mod pattern;
mod put_off;
pub mod service;
pub mod setting;
mod stix;
mod task;
mod taxii;
mod text;
pub mod trouble;
mod walk;
mod words;

pub use client::{Answer, Ask, Client, Clock, SystemClock};
pub use item::{Cursor, Gap, Item, ItemKey, Next, Page, Repository, Service, Text};
pub use service::{BadSetting, Opened, Sends, git_user, kinds, open};
pub use setting::{Belongs, Setting};
pub use trouble::Trouble;
