//! An administrator's office: with one administering credential, the keys of
//! its family are found, deleted and made, the log and the usage are read and
//! spending is stopped. Which requests do that stands in the dossier of the
//! kind of key; whether one should be made is for whoever calls.
//!
//! What changes something is sent once. If no answer comes, nobody says that it
//! was not done: the caller looks again.

mod errand;
mod fill;
mod keys;
mod log;
mod plan;
mod record;
mod ruling;
mod spending;

use std::{fmt, sync::Arc};

use leeward_dossier::{
    Dossier, Library,
    administer::{Administer, Errand},
    check::is_request,
    probe::{PageBy, Pages},
};
use leeward_model::{Evidence, Secret};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use url::Url;

use self::{
    errand::{Order, Sender},
    fill::{Fillers, body, fill},
    record::text_at,
};
use crate::{
    answer::hide_in, client::BadNetwork, inquirer::Inquirer, prober::Settings, route::route,
};

pub use keys::{Created, Wanted};
pub use log::LogEntry;
pub use plan::{Duty, PlannedRequest, plan_duties};
pub use record::KeyRecord;
pub use spending::{SpendingLimit, Usage, UsageLine};

/// One administering credential, and the kind of key that it administers.
pub struct Office {
    inquirer: Arc<Inquirer>,
    kind: Dossier,
    administer: Administer,
    /// The dossier of the administering credential.
    dossier: Dossier,
    admin: Secret,
    hidden: Vec<Secret>,
}

/// What was asked for, and what speaks for it.
#[derive(Clone, Debug)]
pub struct Answered<T> {
    /// What was asked for.
    pub value: T,
    /// Why that is not all there is, if it is not.
    pub partial: Option<String>,
    /// The exchanges: never a body.
    pub evidence: Vec<Evidence>,
}

/// Why it was not done, or not known to be.
#[derive(Clone, Debug)]
pub struct Refused {
    /// In words, lower-case, with the next step.
    pub why: String,
    /// What sort of no it is.
    pub kind: RefusedKind,
    /// The exchanges: never a body.
    pub evidence: Vec<Evidence>,
}

/// What sort of no it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedKind {
    /// The credential does not administer anything, or no longer.
    NotAnAdmin,
    /// The credential is real, and may not do this.
    NotAllowed,
    /// There is nothing of that id.
    Gone,
    /// It was sent, and no answer came that says what became of it: it may have
    /// been done. Look again before repeating it.
    Unsure,
    /// It was not done, and may be later: a limit, an outage, no network.
    NotNow,
    /// The answer says nothing that is understood, or the request could not be
    /// made of what was handed in. Nothing was changed.
    NotUnderstood,
    /// The dossier does not say how, or not at this address. Nothing was sent.
    Unsupported,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Refused {}

/// Why there is no office.
#[derive(Debug)]
pub enum BadOffice {
    /// The dossier of the found key does not say how its keys are
    /// administered: its id.
    NotDescribed(String),
    /// No dossier is known for the administering credential: its id.
    UnknownCredential(String),
    /// A request that only reads is among those that the dossier of the
    /// administering credential says are never made.
    Never(String),
    /// Settings of the network that cannot be used.
    Network(BadNetwork),
}

impl fmt::Display for BadOffice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotDescribed(id) => write!(
                f,
                "the dossier `{id}` does not say how its keys are administered: follow the steps of \
                 `leeward dossier show {id}` by hand"
            ),
            Self::UnknownCredential(id) => {
                write!(f, "no dossier is known for the administering credential, `{id}`")
            }
            Self::Never(request) => write!(
                f,
                "`{request}` is among the requests of `assess.never` of the administering \
                 credential: correct one of the two dossiers"
            ),
            Self::Network(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BadOffice {}

/// The most pages of a list that are read.
const MOST_PAGES: usize = 50;

impl fmt::Debug for Office {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Office")
            .field("kind", self.kind.id())
            .field("credential", self.dossier.id())
            .finish_non_exhaustive()
    }
}

impl Office {
    /// An office for keys of a kind, with an administrator's credential. Opens
    /// no connection.
    ///
    /// # Errors
    /// A kind whose dossier says nothing of administration, and settings of the
    /// network that cannot be used.
    pub fn open(
        library: Arc<Library>,
        settings: Settings,
        kind: &Dossier,
        admin: Secret,
        stop: CancellationToken,
    ) -> Result<Self, BadOffice> {
        let inquirer = Inquirer::open(library, settings, stop).map_err(BadOffice::Network)?;
        Self::beside(Arc::new(inquirer), kind, admin)
    }

    /// As [`open`](Self::open), at the pace and with the connections of an
    /// inquirer, for somebody who needs both.
    ///
    /// # Errors
    /// A kind whose dossier says nothing of administration.
    pub fn beside(
        inquirer: Arc<Inquirer>,
        kind: &Dossier,
        admin: Secret,
    ) -> Result<Self, BadOffice> {
        let not_described = || BadOffice::NotDescribed(kind.id().to_string());
        let administer = kind.administer.clone().ok_or_else(not_described)?;
        let unknown = || BadOffice::UnknownCredential(administer.credential.clone());
        let dossier =
            inquirer.prober.library.get(&administer.credential).ok_or_else(unknown)?.clone();
        if let Some(request) = never(&administer, &dossier) {
            return Err(BadOffice::Never(request));
        }
        Ok(Self { inquirer, kind: kind.clone(), administer, dossier, admin, hidden: Vec::new() })
    }

    /// Takes a value, such as the found one, out of every text that is
    /// answered, besides the administrator's own.
    #[must_use]
    pub fn hiding(mut self, secret: Secret) -> Self {
        self.hidden.push(secret);
        self
    }

    /// Who asks about single secrets at the same pace.
    pub fn inquirer(&self) -> &Arc<Inquirer> {
        &self.inquirer
    }

    /// Whether the dossier says how something is done.
    pub fn can(&self, duty: Duty) -> bool {
        duty.errand(&self.administer).is_some()
    }

    /// What would be sent for some duties, without sending it.
    pub fn plan(&self, duties: &[Duty]) -> Vec<PlannedRequest> {
        plan::planned(&self.administer, &self.dossier, &self.inquirer.prober.settings, duties)
    }

    fn errand(&self, duty: Duty) -> Result<&Errand, Refused> {
        duty.errand(&self.administer).ok_or_else(|| Refused::unsupported(duty))
    }

    /// Sends a request of which all that varies is filled in.
    fn send(
        &self,
        duty: Duty,
        errand: &Errand,
        address: &str,
        fillers: &Fillers,
    ) -> Result<(Option<Value>, Vec<Evidence>), Refused> {
        let url = self.address(address, fillers)?;
        let body = body(errand, fillers)
            .map_err(|why| Refused::unsent(RefusedKind::NotUnderstood, why))?;
        self.carry(duty, errand, url, body)
    }

    /// Where a request goes, if nothing that must not travel stands in it.
    fn address(&self, text: &str, fillers: &Fillers) -> Result<Url, Refused> {
        let settings = &self.inquirer.prober.settings;
        if settings.offline {
            return Err(Refused::unsent(RefusedKind::NotNow, "not asked: offline"));
        }
        let text =
            fill(text, fillers).map_err(|why| Refused::unsent(RefusedKind::NotUnderstood, why))?;
        let url = route(&settings.network.bases, &self.dossier, &text)
            .map_err(|closed| Refused::unsent(RefusedKind::Unsupported, closed.to_string()))?;
        let mut shown = Value::String(url.to_string());
        self.clean(&mut shown);
        if shown != url.as_str() {
            let why = "not sent: a value would stand in the address, and addresses end up in logs";
            return Err(Refused::unsent(RefusedKind::NotUnderstood, why));
        }
        Ok(url)
    }

    /// Sends it. Only the answer to making a key is handed on as it came: it
    /// holds a value.
    fn carry(
        &self,
        duty: Duty,
        errand: &Errand,
        url: Url,
        body: Option<Vec<u8>>,
    ) -> Result<(Option<Value>, Vec<Evidence>), Refused> {
        let order = Order { name: duty.name(), errand, url, body };
        let sender = Sender {
            dossier: &self.dossier,
            administer: &self.administer,
            secret: &self.admin,
            hidden: &self.hidden,
        };
        let carried = self.inquirer.run(self.inquirer.prober.asker.carry_out(sender, &order));
        match carried.result {
            Ok(mut json) => {
                if let Some(json) = json.as_mut().filter(|_| duty != Duty::Create) {
                    self.clean(json);
                }
                Ok((json, carried.evidence))
            }
            Err((kind, why)) => Err(Refused { why, kind, evidence: carried.evidence }),
        }
    }

    /// Takes the values that are known here out of every text.
    fn clean(&self, json: &mut Value) {
        hide_in(json, &self.admin);
        self.hidden.iter().for_each(|secret| hide_in(json, secret));
    }
}

impl Refused {
    /// Of what was never sent.
    fn unsent(kind: RefusedKind, why: impl Into<String>) -> Self {
        Self { why: why.into(), kind, evidence: Vec::new() }
    }

    fn unsupported(duty: Duty) -> Self {
        let why = format!("the dossier does not say how to {}: do it by hand", duty.words());
        Self::unsent(RefusedKind::Unsupported, why)
    }
}

/// A request that only reads and is never to be made with this credential.
fn never(administer: &Administer, dossier: &Dossier) -> Option<String> {
    let reading = administer.errands().into_iter().filter(|known| !known.errand.changes());
    let mut requests = reading.filter_map(|known| {
        let path = known.errand.url.strip_prefix("https://")?.split_once('/')?.1;
        Some(format!("{} /{path}", known.errand.method.name()))
    });
    let never = &dossier.assess.never;
    requests.find(|request| never.iter().any(|it| is_request(request, &it.request)))
}

/// Where the next page begins, if there is one.
fn following(
    pages: Option<&Pages>,
    json: &Value,
    done: usize,
    listed: u64,
    here: u64,
) -> Option<String> {
    let pages = pages?;
    match pages.by {
        PageBy::Cursor => text_at(json, pages.next.as_deref()?).filter(|_| here > 0),
        _ if here < pages.size => None,
        PageBy::Offset => Some(listed.to_string()),
        PageBy::Number => Some((pages.first + done as u64).to_string()),
    }
}

/// An address with more in its query.
fn joined(url: &str, query: &str) -> String {
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}{query}")
}
