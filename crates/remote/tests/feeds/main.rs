//! Feeds, exports, trackers and threat intelligence, against servers of this machine
//! that answer in the real ones' shapes, and against files as they are dropped.

#![expect(clippy::unwrap_used, reason = "what fails in a test should stop it")]

mod attachments;
mod dropped;
mod feed;
mod intelligence;
mod site;
mod trackers;
