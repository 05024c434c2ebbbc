//! Waiting for the network, or until somebody asks to stop.

use std::{future::Future, time::Duration};

use leeward_source::Progress;

/// Waits for something; nothing if somebody asked to stop before it came.
pub(crate) async fn until_stopped<T>(
    progress: &Progress,
    wanted: impl Future<Output = T>,
) -> Option<T> {
    const LOOK: Duration = Duration::from_millis(100);
    let stopped = async {
        while !progress.is_cancelled() {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::select! {
        done = wanted => Some(done),
        () = stopped => None,
    }
}
