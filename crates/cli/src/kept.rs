//! Where incidents are kept, and who acts: from what was typed, the settings
//! and the environment to an open store, and the journal of a response in it.

use std::{cell::RefCell, path::Path};

use jiff::Timestamp;
use leeward_dossier::Library;
use leeward_model::{
    Case, Entry, Event, EventKind, IncidentId, Secret, Validity, facts as model_facts,
};
use leeward_pipeline::rating;
use leeward_probe::Learnt;
use leeward_respond::{Journal, Unrecorded, facts};
use leeward_store::{Claim, Place, Store};
use rand::RngExt as _;

use crate::{args::Kept, config::Config, discreet::discreet, environment, failure::Failure};

/// How long a response holds an incident without a sign of life, in seconds.
const LEASE: i64 = 300;

/// Where incidents are kept.
pub(crate) fn place(kept: &Kept, config: &Config) -> Result<Place, Failure> {
    if let Some(text) = &kept.store {
        let place = Place::parse(text);
        if let Place::Server(server) = &place
            && server.has_password()
        {
            return Err(Failure::Store(
                "`--store` holds a password, which others on this machine could read among the \
                 arguments of running programs: put the address into the variable LEEWARD_STORE, or \
                 the password into `~/.pgpass`"
                    .to_owned(),
            ));
        }
        return Ok(place);
    }
    if let Some(text) = environment::store().or_else(|| config.store.clone()) {
        return Ok(Place::parse(&text));
    }
    let file = environment::data_dir().map(|dir| dir.join("leeward").join("leeward.db"));
    file.map(Place::File).ok_or_else(|| {
        Failure::Store(
            "no place is known for the database: this account has no home directory; name one with \
             `--store FILE`"
                .to_owned(),
        )
    })
}

/// Opens the store, and makes it if it is not there.
pub(crate) fn open(kept: &Kept, config: &Config) -> Result<Store, Failure> {
    Ok(Store::open(&place(kept, config)?)?)
}

/// Opens the store to read it.
pub(crate) fn open_existing(kept: &Kept, config: &Config) -> Result<Store, Failure> {
    let place = place(kept, config)?;
    Store::open_existing(&place)?.ok_or_else(|| {
        let at = match &place {
            Place::File(file) => format!(" in `{}`", shown(file)),
            Place::Server(_) => String::new(),
        };
        Failure::Store(format!(
            "nothing has been recorded{at}: `leeward scan --record` opens an incident for each secret \
             that it finds"
        ))
    })
}

fn shown(path: &Path) -> String {
    leeward_model::SafeText::new(path.as_os_str().as_encoded_bytes()).to_string()
}

/// Who acts: as they say, or as the machine knows them.
pub(crate) fn actor(kept: &Kept) -> String {
    kept.actor.clone().unwrap_or_else(environment::user_at_machine)
}

/// Seconds since 1970-01-01 UTC.
pub(crate) fn now() -> i64 {
    Timestamp::now().as_second()
}

/// An entry by somebody, now.
pub(crate) fn entry(
    incident: IncidentId,
    actor: &str,
    kind: EventKind,
    text: &str,
    facts: &[(&str, &str)],
) -> Entry {
    let facts = facts.iter().map(|(name, fact)| ((*name).to_owned(), (*fact).to_owned()));
    discreetly(Entry {
        incident: Some(incident),
        at: now(),
        actor: actor.to_owned(),
        kind,
        text: text.to_owned(),
        facts: facts.collect(),
    })
}

/// Without what looks like a value: what people type and name may hold one.
fn discreetly(entry: Entry) -> Entry {
    /// Facts by which the next run finds what this one did, so that they must
    /// stay what they are; and those that are long and random, and no value.
    const PLAIN: [&str; 6] = [
        facts::DESTINATION,
        facts::KEY_ID,
        facts::KEY_NAME,
        facts::NEW_FINGERPRINT,
        model_facts::FINGERPRINT,
        model_facts::DUE,
    ];
    Entry {
        actor: discreet(&entry.actor),
        text: discreet(&entry.text),
        facts: entry
            .facts
            .into_iter()
            .map(|(name, fact)| {
                let is_plain = PLAIN.contains(&name.as_str()) || name.starts_with("request-");
                let fact = if is_plain { fact } else { discreet(&fact) };
                (name, fact)
            })
            .collect(),
        ..entry
    }
}

/// The journal of one response: it writes into the store, and holds the
/// incident, so that two operators do not respond at once.
pub(crate) struct Notebook<'s> {
    store: &'s RefCell<Store>,
    library: &'s Library,
    incident: IncidentId,
    case: Case,
    holder: String,
    /// Values that nothing that is written down may hold.
    secrets: &'s [Secret],
}

/// Takes hold of an incident, so that what is read of it afterwards is true
/// until it is let go of; who holds it.
pub(crate) fn claim(
    store: &mut Store,
    incident: IncidentId,
    actor: &str,
) -> Result<String, Failure> {
    // Two runs of the same person are two holders, also in two containers.
    let drawn: u32 = rand::rng().random();
    let (process, machine) = (std::process::id(), environment::machine());
    let holder = format!("{actor}{PROCESS}{process} ({drawn:08x}) on {machine}");
    hold(store, incident, &holder).map_err(|error| Failure::Store(error.0))?;
    Ok(holder)
}

/// Takes or keeps hold.
fn hold(store: &mut Store, incident: IncidentId, holder: &str) -> Result<(), Unrecorded> {
    let now = now();
    let mut claim = store.claim(incident, holder, now, now + LEASE).map_err(unrecorded)?;
    if let Claim::Theirs { holder: other, .. } = &claim
        && is_over(other)
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
fn is_over(holder: &str) -> bool {
    let Some((rest, machine)) = holder.rsplit_once(" on ") else { return false };
    let process = rest.rsplit_once(PROCESS).and_then(|(_, rest)| rest.split(' ').next());
    let process = process.and_then(|number| number.parse().ok());
    machine == environment::machine()
        && process.is_some_and(|process| !environment::is_running(process))
}

impl<'s> Notebook<'s> {
    /// The journal of an incident that was claimed.
    pub(crate) fn open(
        store: &'s RefCell<Store>,
        library: &'s Library,
        incident: IncidentId,
        case: Case,
        holder: String,
        secrets: &'s [Secret],
    ) -> Self {
        Self { store, library, incident, case, holder, secrets }
    }

    /// Lets go of it.
    pub(crate) fn close(self) -> Result<(), Failure> {
        Ok(self.store.borrow_mut().release(self.incident, &self.holder)?)
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
        hold(&mut self.store.borrow_mut(), self.incident, &self.holder)
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
            now(),
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
