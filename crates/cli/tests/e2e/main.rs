//! The real command on real files and real Git repositories, made by each test
//! for itself. What can be tested below the command line is tested there; this
//! proves that the parts are wired together and keep the promises of the
//! formats, the exit codes and the threat model.

#![expect(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

mod fixture;
mod provider;

#[cfg(target_os = "linux")]
mod airtight;

mod archives;
#[cfg(all(unix, feature = "buckets"))]
mod buckets;
mod canary;
mod containers;
mod dossiers;
mod exits;
mod files;
mod formats;
mod history;
mod hostile;
mod layers;
mod screens;
mod suppression;
mod watching;

mod asking;
mod network;
mod plans;
mod reach;
mod rereading;
mod resuming;
mod scan_asks;

mod incidents;
mod keeping_watch;
mod killed;
mod responding;

mod serving;

mod agents;
mod editors;
mod fixing;
mod honey;
mod hooks;
mod packages;
mod pushes;
mod redacting;
mod reports;
