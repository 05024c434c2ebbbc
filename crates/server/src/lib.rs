//! Listens: the REST API, webhooks and the dashboard, over what `watch` does and the
//! store knows. It decides nothing about incidents itself: who asks, and may they, is
//! answered here, and the rest is handed on.
//!
//! In the order of a request: [`listen`] the socket; `edge` what stands before and
//! after everything; `gate` who asks, and may they; `api` for programs, `hook` for
//! services that send, `sign` signing in and out, [`dashboard`] pages for people, `health`
//! whether it is there. [`who`]
//! somebody who is signed in, and as what; [`server`] puts it together; [`setting`] how
//! it is set up; [`watching`] what it asks of whatever watches sources; [`shared`] what
//! all requests share; [`pool`] connections to the store.

pub mod dashboard;
pub mod limits;
pub mod listen;
pub mod pool;
pub mod server;
pub mod setting;
pub mod shared;
pub mod watching;
pub mod who;

mod api;
mod audit;
mod backstage;
mod clock;
mod draw;
mod edge;
mod engine;
mod gate;
mod health;
mod hook;
mod password;
mod people;
mod problem;
mod sign;

pub use api::openapi;
pub use edge::Peer;
pub use engine::{Engine, Steps};
pub use gate::{Admin, Caller, Person, Responder, Viewer};
pub use limits::Limits;
pub use pool::Pool;
pub use problem::Problem;
pub use server::{Beside, Options, Server};
pub use setting::Setting;
pub use shared::Shared;
pub use watching::Watching;
pub use who::{Role, Who};
