//! An administrator's office: with one administering credential, the keys of
//! its family are found, deleted and made, the log and the usage are read and
//! spending is stopped. Which requests do that stands in the dossier of the
//! kind of key; whether one should be made is for whoever calls.
//!
//! What changes something is sent once. If no answer comes, nobody says that it
//! was not done: the caller looks again.

mod errand;
mod fill;
mod plan;
mod record;

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use leeward_dossier::{
    Dossier, Library,
    administer::{Administer, Errand},
};
use leeward_model::{Evidence, Secret};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use url::Url;
use zeroize::Zeroize as _;

use self::{
    errand::{Order, Sender, wipe},
    fill::{Filler, Fillers, body, fill},
    record::text_at,
};
use crate::{
    answer::hide_in,
    assess::{at_page, first},
    client::BadNetwork,
    count::items,
    inquirer::Inquirer,
    prober::Settings,
    route::route,
};

pub use plan::{Duty, PlannedRequest, plan_duties};
pub use record::KeyRecord;

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
            Self::Network(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BadOffice {}

/// A key that is to be made.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// What it is to be called.
    pub name: String,
    /// The id of the workspace or project that it is to belong to.
    pub workspace_id: Option<String>,
    /// The id of the user that it is made for.
    pub user_id: Option<String>,
    /// When it is to end: seconds since 1970-01-01 UTC. Some providers take a
    /// day only.
    pub expires: Option<i64>,
}

/// A key that was made.
#[derive(Debug)]
pub struct Created {
    /// Its value, which is told this once.
    pub secret: Secret,
    /// Its record.
    pub record: KeyRecord,
}

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

    /// The records of keys whose value may end with these characters. Providers
    /// that look for them in names too list those as well: hold each against
    /// the hint.
    ///
    /// # Errors
    /// Why there are none that can be relied on.
    pub fn find_by_tail(&self, tail: &str) -> Result<Answered<Vec<KeyRecord>>, Refused> {
        // More of a value than a hint shows never stands in an address.
        const LONGEST: usize = 8;
        if tail.is_empty() || tail.chars().count() > LONGEST {
            let why = "not asked: a key is looked for by its last four characters";
            return Err(Refused::unsent(RefusedKind::NotUnderstood, why));
        }
        let ends = |record: &KeyRecord| record.hint.as_ref().is_some_and(|it| it.ends_with(tail));
        self.find(|find| find.by_tail.as_deref(), ("tail", tail), ends)
    }

    /// The records of keys whose name holds this text, in any case; all records
    /// if it is empty.
    ///
    /// # Errors
    /// Why there are none that can be relied on.
    pub fn find_by_name(&self, name: &str) -> Result<Answered<Vec<KeyRecord>>, Refused> {
        let wanted = name.to_lowercase();
        let holds = |record: &KeyRecord| {
            record.name.as_deref().unwrap_or_default().to_lowercase().contains(&wanted)
        };
        if name.is_empty() {
            return self.find(|_| None, ("name", name), holds);
        }
        self.find(|find| find.by_name.as_deref(), ("name", name), holds)
    }

    /// Deletes the key of an id.
    ///
    /// # Errors
    /// Why it was not deleted, or may have been: [`RefusedKind::Gone`] if there
    /// is none of that id, [`RefusedKind::Unsure`] if no answer came.
    pub fn delete(&self, key_id: &str) -> Result<Answered<()>, Refused> {
        let errand = self.errand(Duty::Delete)?;
        let fillers = vec![("key-id", Filler::Text(key_id.to_owned()))];
        let (_, evidence) = self.send(Duty::Delete, errand, &errand.url, &fillers)?;
        Ok(Answered { value: (), partial: None, evidence })
    }

    /// Makes a key. It is sent once.
    ///
    /// # Errors
    /// Why none was made, or may have been: after [`RefusedKind::Unsure`] look
    /// for its name, delete what is there, and try again.
    pub fn create(&self, wanted: &Wanted) -> Result<Answered<Created>, Refused> {
        let unsupported = || Refused::unsupported(Duty::Create);
        let create = self.administer.create.as_ref().ok_or_else(unsupported)?;
        let pointers = self.administer.record.as_ref().ok_or_else(unsupported)?;
        let fillers = wanted.fillers();
        let errand = &create.request;
        let (mut json, evidence) = self.send(Duty::Create, errand, &errand.url, &fillers)?;
        let secret = json.as_mut().and_then(|json| take_secret(json, &create.value));
        let Some(secret) = secret else {
            wipe(json.as_mut());
            let why = "the answer holds no value: the key may exist all the same; look for its name, \
                       delete it, and make another";
            return Err(Refused { why: why.to_owned(), kind: RefusedKind::Unsure, evidence });
        };
        let mut json = json.unwrap_or_default();
        hide_in(&mut json, &secret);
        self.clean(&mut json);
        let record = json.pointer(&create.record).unwrap_or(&Value::Null);
        let record = KeyRecord::read(pointers, record);
        Ok(Answered { value: Created { secret, record }, partial: None, evidence })
    }

    /// All records of a list, page by page, that are wanted.
    fn find(
        &self,
        narrow: impl Fn(&leeward_dossier::administer::Find) -> Option<&str>,
        (name, text): (&'static str, &str),
        is_wanted: impl Fn(&KeyRecord) -> bool,
    ) -> Result<Answered<Vec<KeyRecord>>, Refused> {
        let unsupported = || Refused::unsupported(Duty::Find);
        let find = self.administer.find.as_ref().ok_or_else(unsupported)?;
        let pointers = self.administer.record.as_ref().ok_or_else(unsupported)?;
        let (errand, fillers) = (&find.request, vec![(name, Filler::Text(text.to_owned()))]);
        let narrow = narrow(find);
        let address = match narrow {
            Some(narrow) => {
                let mark = if errand.url.contains('?') { '&' } else { '?' };
                format!("{}{mark}{narrow}", errand.url)
            }
            None => errand.url.clone(),
        };
        let base = self.address(&address, &fillers)?;
        let mut records: Vec<KeyRecord> = Vec::new();
        let mut evidence = Vec::new();
        let mut next = first(find.pages.as_ref());
        let (mut listed, mut done) = (0, 0);
        let partial = loop {
            let url = at_page(&base, find.pages.as_ref(), next.as_deref());
            let json = match self.carry(Duty::Find, errand, url, None) {
                Ok((json, more)) => {
                    evidence.extend(more);
                    json.unwrap_or_default()
                }
                Err(refused) if done == 0 => return Err(refused),
                Err(refused) => {
                    evidence.extend(refused.evidence);
                    break Some(format!("the list ends after {listed}: {}", refused.why));
                }
            };
            let page = items(&json, &find.list);
            let before = listed;
            for item in page {
                let record = KeyRecord::read(pointers, item);
                listed += 1;
                let is_new = records.iter().all(|known| known.id != record.id);
                // Where the provider looked for it, all that it lists counts.
                if is_new && (narrow.is_some() || is_wanted(&record)) {
                    records.push(record);
                }
            }
            done += 1;
            next = following(find.pages.as_ref(), &json, done, listed, listed - before);
            if next.is_none() {
                break None;
            }
            if done == MOST_PAGES {
                break Some(format!("only the first {listed} records were looked at"));
            }
        };
        Ok(Answered { value: records, partial, evidence })
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

impl Wanted {
    fn fillers(&self) -> Fillers {
        let text = |text: &str| Filler::Text(text.to_owned());
        let mut fillers = vec![("name", text(&self.name))];
        fillers.extend(self.workspace_id.as_deref().map(|id| ("workspace-id", text(id))));
        fillers.extend(self.user_id.as_deref().map(|id| ("user-id", text(id))));
        let moment = self.expires.and_then(|at| Timestamp::from_second(at).ok());
        if let Some(moment) = moment {
            let written = moment.to_string();
            let day = written.split('T').next().unwrap_or_default();
            fillers.push(("expires", text(day)));
            fillers.push(("expires-time", text(&written)));
            fillers.push(("expires-unix", Filler::Number(moment.as_second())));
        }
        fillers
    }
}

/// Takes a value out of an answer, leaving nothing behind.
fn take_secret(json: &mut Value, at: &str) -> Option<Secret> {
    let Value::String(text) = json.pointer_mut(at)? else { return None };
    let secret = (!text.is_empty()).then(|| Secret::new(text.as_bytes()));
    text.zeroize();
    secret
}

/// Where the next page begins, if there is one.
fn following(
    pages: Option<&leeward_dossier::probe::Pages>,
    json: &Value,
    done: usize,
    listed: u64,
    here: u64,
) -> Option<String> {
    use leeward_dossier::probe::PageBy;
    let pages = pages?;
    match pages.by {
        PageBy::Cursor => text_at(json, pages.next.as_deref()?).filter(|_| here > 0),
        _ if here < pages.size => None,
        PageBy::Offset => Some(listed.to_string()),
        PageBy::Number => Some((pages.first + done as u64).to_string()),
    }
}
