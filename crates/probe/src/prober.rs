//! The prober: one value for a run, which knows the dossiers, the network and
//! what the user allowed. The questions themselves are in `verify` and `assess`;
//! other crates reach it through a desk.

use std::{collections::BTreeSet, sync::Arc};

use leeward_dossier::{Dossier, Library, probe::Probe};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    ask::{Asker, Credential, Manners},
    client::{BadNetwork, Network},
    route::route,
};

/// How providers are asked.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How the network is used.
    pub network: Network,
    /// How patient we are.
    pub manners: Manners,
    /// Questions that are only asked when a person names them, by
    /// `<dossier>/<question>` or by the question's id alone.
    pub allowed: BTreeSet<String>,
    /// Nothing is sent at all.
    pub offline: bool,
}

impl Settings {
    /// Whether a question that needs a person's word has it.
    pub(crate) fn allows(&self, dossier: &Dossier, probe: &Probe) -> bool {
        probe.opt_in.is_none()
            || self.allowed.contains(&probe.id)
            || self.allowed.contains(&format!("{}/{}", dossier.id(), probe.id))
    }

    /// Where a question about a credential goes, or why it is not asked.
    pub(crate) fn address_for(
        &self,
        dossier: &Dossier,
        probe: &Probe,
        text: &str,
        credential: Credential<'_>,
    ) -> Result<Url, String> {
        let url = self.address(dossier, probe, text)?;
        credential.lacks(probe).map_or(Ok(url), Err)
    }

    /// Where a question goes, or why it is not asked.
    pub(crate) fn address(
        &self,
        dossier: &Dossier,
        probe: &Probe,
        text: &str,
    ) -> Result<Url, String> {
        match &probe.opt_in {
            _ if self.offline => Err("not asked: offline".to_owned()),
            Some(why) if !self.allows(dossier, probe) => {
                Err(format!("not asked without `--allow {}`: {why}", probe.id))
            }
            _ => route(&self.network.bases, dossier, text).map_err(|closed| closed.to_string()),
        }
    }
}

/// Asks providers about secrets.
pub(crate) struct Prober {
    pub(crate) library: Arc<Library>,
    pub(crate) settings: Settings,
    pub(crate) asker: Asker,
}

impl Prober {
    /// A prober. Opens no connection. When `stop` is cancelled, every question
    /// that is open or yet to be asked stays open.
    ///
    /// # Errors
    /// Settings of the network that cannot be used.
    pub(crate) fn new(
        library: Arc<Library>,
        settings: Settings,
        stop: CancellationToken,
    ) -> Result<Self, BadNetwork> {
        let asker = Asker::new(&settings.network, settings.manners, stop)?;
        Ok(Self { library, settings, asker })
    }
}
