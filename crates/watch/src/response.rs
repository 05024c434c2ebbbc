//! Steps of an incident, planned and taken where no terminal is: from what the store
//! knows, a value that was handed in or read again, and what the operator set up. The
//! steps themselves are `respond`'s; what a command line may name beyond this, such as
//! places for a replacement, is the command line's.

use std::{cell::RefCell, fmt, sync::Arc, time::Duration};

use leeward_detect::{Detector, Options};
use leeward_dossier::{Dossier, Library};
use leeward_model::{
    Case, Entry, Event, Fingerprint, Incident, IncidentId, Progress, Secret, StepName, StepRecord,
};
use leeward_probe::{Inquirer, Learnt, Office, Settings, Stop};
use leeward_respond::{Ground, Halt, Journal, Plan, Responder, Tools, Unrecorded, Wishes};
use leeward_source::files;
use leeward_store::{Store, Trouble};

use crate::{
    discreet::cautious,
    journal::{Host, Notebook, claim},
    policy::Policy,
    reread,
};

/// Finds an administrator's credential for a kind.
pub type Administrator = Box<dyn Fn(&Dossier) -> Option<Secret> + Send + Sync>;

/// Finds a value that this process has seen.
pub type Held = Box<dyn Fn(&Fingerprint) -> Option<Secret> + Send + Sync>;

/// What responses may use.
pub struct Responses {
    /// What is known of credentials.
    pub library: Arc<Library>,
    /// What the operator decided.
    pub policy: Policy,
    /// How providers are asked; `None` if they are not.
    pub settings: Option<Settings>,
    /// An administrator's credential for a kind, if the operator set one up.
    pub administrator: Administrator,
    /// A value that this process has seen.
    pub held: Held,
    /// How containers are opened where a value lies in one; `None` if they are not.
    pub unpack: Option<leeward_unpack::Settings>,
    /// This process.
    pub host: Host,
    /// Set when it is to end.
    pub stop: Stop,
}

impl fmt::Debug for Responses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responses")
            .field("is_asking", &self.settings.is_some())
            .finish_non_exhaustive()
    }
}

/// What a step would do, and how far it is.
#[derive(Clone, Debug)]
pub struct Planned {
    /// How far it is.
    pub record: StepRecord,
    /// Whether closing asks for it.
    pub is_required: bool,
    /// What it would do now.
    pub plan: Plan,
}

/// Why nothing was planned or done.
#[derive(Debug)]
pub enum Unable {
    /// What the store says.
    Store(Trouble),
    /// The incident is of a kind that no dossier describes any more.
    NoDossier(String),
    /// The value that was handed in is another one.
    OtherValue(String),
    /// Somebody else is at it, or what was done could not be written down.
    Unrecorded(String),
    /// It was stopped before its end.
    Stopped,
    /// Providers cannot be asked.
    Network(String),
    /// It is of a honey key, for which nothing is done by program.
    Honey,
}

impl From<Trouble> for Unable {
    fn from(trouble: Trouble) -> Self {
        Self::Store(trouble)
    }
}

impl From<Unrecorded> for Unable {
    fn from(unrecorded: Unrecorded) -> Self {
        Self::Unrecorded(unrecorded.0)
    }
}

impl fmt::Display for Unable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(trouble) => trouble.fmt(f),
            Self::NoDossier(id) => write!(f, "no dossier has the id `{id}`"),
            Self::OtherValue(hint) => {
                write!(f, "nothing was done: this is not the value of the incident, which is {hint}")
            }
            Self::Unrecorded(why) | Self::Network(why) => f.write_str(why),
            Self::Stopped => Halt::Stopped.fmt(f),
            Self::Honey => f.write_str(
                "this incident is of a honey key, for which nothing is done by program: find out who \
                 took it",
            ),
        }
    }
}

impl std::error::Error for Unable {}

/// What is remembered of an incident.
struct Known {
    incident: Incident,
    case: Case,
    steps: Vec<StepRecord>,
    events: Vec<Event>,
}

/// What may be used in one response.
struct Hands {
    inquirer: Option<Arc<Inquirer>>,
    office: Option<Office>,
    secret: Option<Secret>,
    hidden: Vec<Secret>,
    detector: Detector,
}

impl Responses {
    /// What every step would do, in the order that the situation asks for, with why.
    ///
    /// # Errors
    /// What the store says, or settings that cannot be used.
    pub fn plan(
        &self,
        store: &mut Store,
        id: IncidentId,
    ) -> Result<(Vec<Planned>, &'static str), Unable> {
        let known = known(store, id)?;
        let dossier = self.dossier(&known.case)?;
        let hands = self.hands(dossier, &known.case, None)?;
        let mut journal = Unwritten;
        self.with(known, dossier, &hands, "", &mut journal, |responder| {
            let (order, why) = responder.order();
            let planned = order.steps().into_iter().filter_map(|step| {
                Some(Planned {
                    record: responder.record_of(step)?.clone(),
                    is_required: responder.is_required(step),
                    plan: responder.plan(step),
                })
            });
            Ok((planned.collect(), why))
        })
    }

    /// Takes steps, which are looked at again where they are settled. A value that was
    /// handed in is used, else it is read again where it lies.
    ///
    /// # Errors
    /// Why it ended before its time; what was done until then is written down.
    pub fn apply(
        &self,
        store: Store,
        actor: &str,
        id: IncidentId,
        steps: &[StepName],
        value: Option<Secret>,
    ) -> Result<(Store, Incident), Unable> {
        self.respond(store, actor, id, value, |responder| responder.take(steps, steps))
    }

    /// Leaves a step out with a reason, or takes a person's word that it is done.
    ///
    /// # Errors
    /// What could not be written down.
    pub fn decide(
        &self,
        store: Store,
        actor: &str,
        id: IncidentId,
        step: StepName,
        progress: Progress,
        text: &str,
    ) -> Result<(Store, Incident), Unable> {
        let text = cautious(text.trim());
        self.respond(store, actor, id, None, |responder| responder.decide(step, progress, &text))
    }

    /// Asks once more whether the value is live, and writes down what was said.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub fn verify(
        &self,
        store: Store,
        actor: &str,
        id: IncidentId,
        value: Option<Secret>,
    ) -> Result<(Store, Incident), Unable> {
        self.respond(store, actor, id, value, |responder| responder.verify())
    }

    fn respond(
        &self,
        mut store: Store,
        actor: &str,
        id: IncidentId,
        value: Option<Secret>,
        act: impl FnOnce(&mut Responder<'_>) -> Result<(), Halt>,
    ) -> Result<(Store, Incident), Unable> {
        let holder = claim(&mut store, id, actor, &self.host)?;
        let store = RefCell::new(store);
        let done = self.held(&store, actor, id, value, &holder, act);
        // It lets go of itself after a while, should this fail.
        let released = store.borrow_mut().release(id, &holder);
        let incident = done?;
        released?;
        Ok((store.into_inner(), incident))
    }

    fn held(
        &self,
        store: &RefCell<Store>,
        actor: &str,
        id: IncidentId,
        value: Option<Secret>,
        holder: &str,
        act: impl FnOnce(&mut Responder<'_>) -> Result<(), Halt>,
    ) -> Result<Incident, Unable> {
        let known = known(&mut store.borrow_mut(), id)?;
        if store.borrow_mut().honey_of(&known.case.fingerprint)?.is_some() && value.is_some() {
            return Err(Unable::Honey);
        }
        let dossier = self.dossier(&known.case)?;
        let hands = self.hands(dossier, &known.case, value)?;
        let case = known.case.clone();
        let holder = holder.to_owned();
        let mut notebook =
            Notebook::open(store, &self.library, id, case, holder, &self.host, &hands.hidden);
        self.with(known, dossier, &hands, actor, &mut notebook, |responder| {
            act(responder)?;
            Ok(responder.incident().clone())
        })
    }

    fn with<T>(
        &self,
        known: Known,
        dossier: &Dossier,
        hands: &Hands,
        actor: &str,
        journal: &mut dyn Journal,
        then: impl FnOnce(&mut Responder<'_>) -> Result<T, Halt>,
    ) -> Result<T, Unable> {
        let Known { incident, case, steps, events } = known;
        let now = self.host.now;
        let clock = move || now();
        let ground = Ground {
            roots: Vec::new(),
            home: None,
            names: Vec::new(),
            detector: &hands.detector,
            files: files::Options::default(),
            user_rules: None,
        };
        let tools = Tools {
            inquirer: hands.inquirer.as_deref(),
            office: hands.office.as_ref(),
            secret: hands.secret.as_ref().map(Secret::duplicate),
            replacement: None,
            destinations: &[],
            search: &ground,
            logs: Vec::new(),
            prevention: None,
            clock: &clock,
            pause: &pause,
            tell: &|_| {},
            stop: self.stop.clone(),
        };
        let wishes = Wishes {
            actor: actor.to_owned(),
            required: self.policy.required.clone(),
            expires: Some(now() + self.policy.expires_days * 86_400),
            ..Wishes::default()
        };
        let mut responder =
            Responder::new(incident, case, steps, events, dossier, tools, wishes, journal);
        then(&mut responder).map_err(|halt| match halt {
            Halt::Unrecorded(why) => Unable::Unrecorded(why),
            Halt::Stopped => Unable::Stopped,
        })
    }

    /// Whether the value is at hand without somebody handing it in.
    ///
    /// # Errors
    /// What the store says.
    pub fn has_value(&self, store: &mut Store, id: IncidentId) -> Result<bool, Unable> {
        Ok(self.value(&known(store, id)?.case).is_some())
    }

    /// The value, from memory or from where it lies.
    fn value(&self, case: &Case) -> Option<Secret> {
        (self.held)(&case.fingerprint)
            .or_else(|| reread::value(case, &self.library, self.unpack.as_ref()))
    }

    fn dossier(&self, case: &Case) -> Result<&Dossier, Unable> {
        let id = case.dossier.as_str();
        self.library.get(id).ok_or_else(|| Unable::NoDossier(id.to_owned()))
    }

    fn hands(
        &self,
        dossier: &Dossier,
        case: &Case,
        value: Option<Secret>,
    ) -> Result<Hands, Unable> {
        if let Some(value) = &value
            && Fingerprint::new(&dossier.family, value) != case.fingerprint
        {
            return Err(Unable::OtherValue(case.hint.to_string()));
        }
        let secret = value.or_else(|| self.value(case));
        let network = |error: leeward_probe::BadNetwork| Unable::Network(error.to_string());
        let inquirer = match &self.settings {
            Some(settings) if !settings.offline => {
                let library = Arc::clone(&self.library);
                let opened = Inquirer::open(library, settings.clone(), self.stop.clone());
                Some(Arc::new(opened.map_err(network)?))
            }
            _ => None,
        };
        let admin = (self.administrator)(dossier);
        let hidden = [&secret, &admin].into_iter().flatten().map(Secret::duplicate).collect();
        let office = match (admin, &inquirer) {
            (Some(admin), Some(inquirer)) if dossier.administer.is_some() => {
                let office = Office::beside(Arc::clone(inquirer), dossier, admin);
                let office = office.map_err(|error| Unable::Network(error.to_string()))?;
                Some(match &secret {
                    Some(secret) => office.hiding(secret.duplicate()),
                    None => office,
                })
            }
            _ => None,
        };
        let detector = Detector::new(&self.library, Options::default());
        Ok(Hands { inquirer, office, secret, hidden, detector })
    }
}

fn known(store: &mut Store, id: IncidentId) -> Result<Known, Unable> {
    let incident = store.find(&id.to_string())?;
    let case = store.case(&incident.fingerprint)?.ok_or_else(|| {
        Unable::Unrecorded(format!(
            "incident {id} has no finding beside it: `leeward incident verify-log` says more"
        ))
    })?;
    let (steps, events) = (store.steps(id)?, store.events(Some(id))?);
    Ok(Known { incident, case, steps, events })
}

fn pause(time: Duration, stop: &Stop) {
    const STEP: Duration = Duration::from_millis(50);
    let mut left = time;
    while !left.is_zero() && !stop.is_cancelled() {
        let step = left.min(STEP);
        std::thread::sleep(step);
        left -= step;
    }
}

/// The journal of a plan, which does nothing that could be written down.
struct Unwritten;

impl Journal for Unwritten {
    fn record(&mut self, _: Entry) -> Result<Event, Unrecorded> {
        Err(Unrecorded("a plan records nothing".to_owned()))
    }

    fn learn(&mut self, _: &Learnt, _: Entry) -> Result<Vec<Event>, Unrecorded> {
        Err(Unrecorded("a plan records nothing".to_owned()))
    }

    fn alive(&mut self) -> Result<(), Unrecorded> {
        Ok(())
    }
}
