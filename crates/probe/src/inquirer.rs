//! One secret asked about at once, by somebody who waits for the answer, and
//! asked again later in the same run: whether a key that was deleted still
//! works, whether a new one works already. A desk is for many.

use std::{fmt, sync::Arc};

use leeward_dossier::Library;
use leeward_model::{Companion, DossierId, Secret};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::{
    client::BadNetwork,
    desk::Learnt,
    plan::Depth,
    prober::{Prober, Settings},
};

/// Asks about one secret at a time, in a runtime of its own.
pub struct Inquirer {
    runtime: Runtime,
    pub(crate) prober: Prober,
}

impl fmt::Debug for Inquirer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inquirer").field("settings", &self.prober.settings).finish_non_exhaustive()
    }
}

impl Inquirer {
    /// An inquirer. Opens no connection. When `stop` is cancelled, every
    /// question stays open.
    ///
    /// # Errors
    /// Settings of the network that cannot be used.
    pub fn open(
        library: Arc<Library>,
        settings: Settings,
        stop: CancellationToken,
    ) -> Result<Self, BadNetwork> {
        let prober = Prober::new(library, settings, stop)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(BadNetwork::Runtime)?;
        Ok(Self { runtime, prober })
    }

    /// Whether a secret is live, with as few requests as that takes.
    pub fn verify(&self, dossier: &DossierId, secret: &Secret, companions: &[Companion]) -> Learnt {
        self.ask(dossier, secret, companions, Depth::Validity)
    }

    /// Whether it is live, as itself or as another kind of its family, and
    /// whose it is.
    pub fn identify(
        &self,
        dossier: &DossierId,
        secret: &Secret,
        companions: &[Companion],
    ) -> Learnt {
        self.ask(dossier, secret, companions, Depth::Identity)
    }

    /// And what it reaches.
    pub fn assess(&self, dossier: &DossierId, secret: &Secret, companions: &[Companion]) -> Learnt {
        self.ask(dossier, secret, companions, Depth::Reach)
    }

    fn ask(
        &self,
        dossier: &DossierId,
        secret: &Secret,
        companions: &[Companion],
        depth: Depth,
    ) -> Learnt {
        self.run(self.prober.learn(dossier, secret, companions, depth))
    }

    /// Waits for something that the prober does.
    pub(crate) fn run<T>(&self, doing: impl Future<Output = T>) -> T {
        // Whoever asks again means it, however many got no answer before.
        self.prober.asker.paces.forgive();
        self.runtime.block_on(doing)
    }
}
