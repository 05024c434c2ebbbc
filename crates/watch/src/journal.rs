//! The journal of a response, in the store: it holds the incident, so that two operators
//! do not respond at once, keeps what was learnt, and masks what it writes down.

use std::cell::RefCell;

use leeward_dossier::Library;
use leeward_model::{Case, Entry, Event, IncidentId, Secret, Validity};
use leeward_pipeline::rating;
use leeward_probe::Learnt;
use leeward_respond::{Journal, Unrecorded};
use leeward_store::{Claim, Store};
use rand::RngExt as _;

use crate::entry::discreetly;

/// How long a response holds an incident without a sign of life, in seconds.
const LEASE: i64 = 300;

/// This process, as others on this machine know it, and the time.
#[derive(Clone, Debug)]
pub struct Host {
    /// What tells this machine, or this container, from others.
    pub machine: String,
    /// The number of this process.
    pub process: u32,
    /// Whether a process of this machine runs.
    pub is_running: fn(i32) -> bool,
    /// Seconds since 1970-01-01 UTC.
    pub now: fn() -> i64,
}

/// The journal of one response: it writes into the store, and holds the
/// incident, so that two operators do not respond at once.
pub struct Notebook<'s> {
    store: &'s RefCell<Store>,
    library: &'s Library,
    incident: IncidentId,
    case: Case,
    holder: String,
    host: &'s Host,
    /// Values that nothing that is written down may hold.
    secrets: &'s [Secret],
}

/// Takes hold of an incident, so that what is read of it afterwards is true
/// until it is let go of; who holds it.
///
/// # Errors
/// Somebody else holds it, or what the store says.
pub fn claim(
    store: &mut Store,
    incident: IncidentId,
    actor: &str,
    host: &Host,
) -> Result<String, Unrecorded> {
    // Two runs of the same person are two holders, also in two containers.
    let drawn: u32 = rand::rng().random();
    let Host { process, machine, .. } = host;
    let holder = format!("{actor}{PROCESS}{process} ({drawn:08x}) on {machine}");
    hold(store, incident, &holder, host)?;
    Ok(holder)
}

/// Takes or keeps hold.
fn hold(
    store: &mut Store,
    incident: IncidentId,
    holder: &str,
    host: &Host,
) -> Result<(), Unrecorded> {
    let now = (host.now)();
    let mut claim = store.claim(incident, holder, now, now + LEASE).map_err(unrecorded)?;
    if let Claim::Theirs { holder: other, .. } = &claim
        && is_over(other, host)
    {
        store.release(incident, other).map_err(unrecorded)?;
        claim = store.claim(incident, holder, now, now + LEASE).map_err(unrecorded)?;
    }
    match claim {
        Claim::Yours => Ok(()),
        Claim::Theirs { holder, until } => Err(Unrecorded(format!(
            "{} is responding to incident {incident} now: wait until they are done, or {} s, after \
             which their run is taken for dead",
            leeward_model::SafeText::new(&holder),
            (until - now).max(1)
        ))),
    }
}

/// What stands before the number of the process of a holder.
const PROCESS: &str = ", process ";

/// Whether a holder is a process of this machine that has ended: it was killed,
/// and nobody has to wait for it.
fn is_over(holder: &str, host: &Host) -> bool {
    let Some((rest, machine)) = holder.rsplit_once(" on ") else { return false };
    let process = rest.rsplit_once(PROCESS).and_then(|(_, rest)| rest.split(' ').next());
    let process = process.and_then(|number| number.parse().ok());
    machine == host.machine && process.is_some_and(|process| !(host.is_running)(process))
}

impl<'s> Notebook<'s> {
    /// The journal of an incident that was claimed.
    pub fn open(
        store: &'s RefCell<Store>,
        library: &'s Library,
        incident: IncidentId,
        case: Case,
        holder: String,
        host: &'s Host,
        secrets: &'s [Secret],
    ) -> Self {
        Self { store, library, incident, case, holder, host, secrets }
    }

    /// Lets go of it.
    ///
    /// # Errors
    /// What the store says.
    pub fn close(self) -> Result<(), leeward_store::Trouble> {
        self.store.borrow_mut().release(self.incident, &self.holder)
    }

    /// An entry as it may be kept.
    fn masked(&self, entry: Entry) -> Entry {
        let secrets: Vec<&Secret> = self.secrets.iter().collect();
        let mask = |text: String| leeward_report::mask_text(&text, &secrets);
        let entry = Entry {
            actor: mask(entry.actor),
            text: mask(entry.text),
            facts: entry.facts.into_iter().map(|(name, fact)| (mask(name), mask(fact))).collect(),
            ..entry
        };
        discreetly(entry)
    }

    fn hold(&self) -> Result<(), Unrecorded> {
        hold(&mut self.store.borrow_mut(), self.incident, &self.holder, self.host)
    }
}

fn unrecorded(error: leeward_store::Trouble) -> Unrecorded {
    Unrecorded(error.to_string())
}

impl Journal for Notebook<'_> {
    fn record(&mut self, entry: Entry) -> Result<Event, Unrecorded> {
        self.hold()?;
        let entry = self.masked(entry);
        let events = self.store.borrow_mut().append(&[entry]).map_err(unrecorded)?;
        events.into_iter().next().ok_or_else(|| Unrecorded("nothing was recorded".to_owned()))
    }

    fn learn(&mut self, learnt: &Learnt, entry: Entry) -> Result<Vec<Event>, Unrecorded> {
        self.hold()?;
        // No answer does not take back what was answered.
        let is_answer = learnt.verification.validity != Validity::Unknown;
        if is_answer || !self.case.verification.validity.is_live() {
            self.case.verification = learnt.verification.clone();
        }
        if learnt.assessment.is_some() {
            self.case.assessment.clone_from(&learnt.assessment);
        }
        let rating = rating(
            self.library,
            &learnt.dossier,
            &self.case.locations,
            &self.case.verification,
            self.case.assessment.as_ref(),
            (self.host.now)(),
        );
        let kept = leeward_store::Learnt {
            dossier: &learnt.dossier,
            verification: Some(&learnt.verification),
            assessment: learnt.assessment.as_ref(),
            severity: rating.as_ref(),
        };
        let entry = self.masked(entry);
        self.store.borrow_mut().learn(self.incident, &kept, &[entry]).map_err(unrecorded)
    }

    fn alive(&mut self) -> Result<(), Unrecorded> {
        self.hold()
    }
}
