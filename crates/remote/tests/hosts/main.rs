//! The code hosts, against a server on this machine that speaks as each does.

#![allow(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]
#![expect(unreachable_pub, reason = "the modules of one test program")]

mod assets;
mod bitbucket;
mod drive;
mod gitea;
mod github;
mod gitlab;
mod hostile;
mod server;
mod setting;
