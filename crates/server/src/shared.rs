//! What all requests share: the store, what is known of credentials, the policy, and
//! how the server is set up.

use std::sync::Arc;

use leeward_dossier::Library;

use crate::pool::Pool;

/// What all requests share; cheap to clone.
#[derive(Clone, Debug)]
pub struct Shared(pub Arc<Inner>);

/// What is shared.
#[derive(Debug)]
pub struct Inner {
    /// Connections to the store.
    pub pool: Pool,
    /// What is known of credentials.
    pub library: Arc<Library>,
    /// Where people reach it, such as `https://leeward.example.com`, without a slash at
    /// the end.
    pub public_url: String,
}

impl std::ops::Deref for Shared {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
