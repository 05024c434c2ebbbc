//! A server of our own that plays the provider's API on 127.0.0.1, so that
//! verification, blast radius and revocation are tested against something that
//! answers like the real one, breaks like the real one, and writes down
//! everything it was asked.
//!
//! It is for tests only. It reaches nothing outside this machine, knows no
//! real key, and does no work: an inference call is never answered with a
//! completion. What it may be asked comes from the provider's published
//! specification (`contract.json`); a request that breaks it is a
//! [`Violation`], and a test asserts that there are none.
//!
//! ```
//! use leeward_counterpart::{Counterpart, Fault, Key, Resource, World, random_value};
//!
//! let value = random_value();
//! let world = World::new().key(Key::standard(&value).named("ci")).with(Resource::Files, 3);
//! let server = Counterpart::setup(world).fault(Fault::Hang.on("/v1/agents/pages")).start();
//! // Let the tested thing ask `server.url()` as the bearer of `value`, then:
//! assert!(server.url().starts_with("http://127.0.0.1:"));
//! assert_eq!(server.count("/v1/models"), 0);
//! server.assert_no_violations();
//! ```

#![expect(clippy::unwrap_used, reason = "for tests only: it may stop at whatever goes wrong")]

mod contract;

mod body;
mod check;
mod never;

mod key;
mod ledger;
mod resource;
mod world;

mod admin;
mod answer;
mod generate;
mod listing;
mod status;

mod fault;
mod stream;

mod counterpart;
mod serve;
mod wire;

mod proxy;
mod record;
mod tls;

pub use contract::{Contract, Operation, Security};
pub use counterpart::{Counterpart, Setup};
pub use fault::{Cut, Fault, RetryAfter, Rule};
pub use generate::CONTENT;
pub use key::{Key, Kind, Refusal, random_twin, random_value, random_with_end_of};
pub use ledger::{Event, Used};
pub use proxy::{Proxy, Tunnel};
pub use record::{KeySeen, Request, Violation};
pub use resource::Resource;
pub use tls::Tls;
pub use world::{Host, Owner, World};
