//! Connections to the store for many requests at once: the store's calls block, so
//! each runs on a thread that may, with a connection of its own for as long as it
//! takes.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use leeward_store::{Place, Store, Trouble};
use tokio::sync::Semaphore;

/// Connections that are open at once: enough for two cores to be busy while others
/// wait for a disk.
const MOST: usize = 8;

/// Opens connections, lends them out, and keeps them for the next.
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

struct Inner {
    place: Place,
    idle: Mutex<Vec<Store>>,
    room: Semaphore,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pool")
    }
}

impl Pool {
    /// Opens the first connection, so that what is wrong is said at once.
    ///
    /// # Errors
    /// What the store says.
    pub fn open(place: Place) -> Result<Self, Trouble> {
        let first = Store::open(&place)?;
        let idle = Mutex::new(vec![first]);
        Ok(Self(Arc::new(Inner { place, idle, room: Semaphore::new(MOST) })))
    }

    /// Where the store is.
    pub fn place(&self) -> &Place {
        &self.0.place
    }

    /// Does something with a connection, on a thread that may block.
    ///
    /// # Errors
    /// What the store says, or the work.
    pub async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        let gone = |_| Trouble::Open("the server is shutting down".to_owned());
        let _room = self.0.room.acquire().await.map_err(|_| gone(()))?;
        let pool = self.clone();
        tokio::task::spawn_blocking(move || pool.lend(work)).await.map_err(|_| gone(()))?
    }

    /// Does something with a connection on this thread, which may block.
    ///
    /// # Errors
    /// What the store says, or the work.
    pub fn lend<T>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut store = match idle {
            Some(store) => store,
            None => Store::open(&self.0.place)?,
        };
        let done = work(&mut store);
        // After trouble the connection may be broken; the next gets another.
        if done.is_ok() {
            let mut idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < MOST {
                idle.push(store);
            }
        }
        done
    }
}
