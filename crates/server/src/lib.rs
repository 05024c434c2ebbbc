//! Listens: the REST API, webhooks and the dashboard, over what `watch` does and the
//! store knows. It decides nothing about incidents itself: who asks, and may they, is
//! answered here, and the rest is handed on.
//!
//! [`who`] somebody who is signed in, and as what; [`shared`] what all requests share;
//! [`pool`] connections to the store.

pub mod pool;
pub mod shared;
pub mod who;

pub use pool::Pool;
pub use shared::Shared;
pub use who::{Role, Who};
