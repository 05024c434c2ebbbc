//! Keeps incidents and sources under watch: what is recorded, who is told, what is
//! looked at again and when. It uses the store and everything below it, and listens to
//! nobody: requests are the server's.
//!
//! [`record`] from a scan to incidents; [`care`] what people do about one; [`response`] its
//! steps, with [`journal`] the log of them; [`alerts`] who is told; [`reread`] values where
//! they lie; [`policy`] what the operator decided; [`entry`] and [`discreet`] what is
//! written down holds no value.

pub mod alerts;
pub mod care;
pub mod discreet;
pub mod entry;
pub mod journal;
pub mod policy;
pub mod record;
pub mod reread;
pub mod response;
