//! `leeward respond`: shows what each step of closing an exposure would do,
//! and does it. The steps themselves are the responder's; here it is given
//! what it may use, and people are told what came of it.

pub(crate) mod hands;
mod hooks;
mod logs;
mod screen;

use std::{
    cell::RefCell,
    io::{self, Write as _},
    sync::Arc,
    thread,
    time::Duration,
};

use leeward_dossier::{Dossier, Library};
use leeward_model::{
    Case, Event, Incident, IncidentId, Progress, SafeText, State, StepName, StepRecord,
};
use leeward_probe::{Rate, Settings, Stop};
use leeward_respond::{Ground, Halt, Responder, Shelf, Tools, Wishes};
use leeward_source::files;
use leeward_store::{Honey, Store};
use leeward_watch::journal::{self, Notebook};

use self::{hands::Hands, hooks::Hooks};
use leeward_watch::discreet::{cautious, discreet};

use crate::{
    alerts,
    args::{self, Color},
    asking,
    config::Config,
    failure::{Exit, Failure},
    honey,
    incident::{day, waived},
    kept, library, sealing, terminal,
};

/// Requests a second to the provider, unless the user says otherwise: more than
/// in a scan, since each second is one in which the value is open.
const RATE: f64 = 2.5;

/// Shows what would be done, or does it.
pub(crate) fn run(args: &args::Respond, color: Color) -> Result<Exit, Failure> {
    let config = Config::load(args.kept.config.as_deref())?;
    let mut store = kept::open_existing(&args.kept, &config)?;
    let incident = store.find(&args.incident)?;
    let is_plan = args.decided.attest.is_none() && args.decided.waive.is_empty() && !args.apply;
    let actor = kept::actor(&args.kept);
    // Held before it is read: what others do meanwhile is not missed.
    let holder = if is_plan { None } else { Some(hold(&mut store, incident.id, &actor)?) };
    let id = incident.id;
    let done = respond(args, config, store, incident, holder.as_deref(), color);
    if let (Err(_), Some(holder)) = (&done, &holder) {
        release(args, id, holder);
    }
    done
}

/// Takes hold of an incident.
fn hold(store: &mut Store, id: IncidentId, actor: &str) -> Result<String, Failure> {
    journal::claim(store, id, actor, &kept::host()).map_err(|error| Failure::Store(error.0))
}

/// Lets go of an incident after a failure, which is what is told.
fn release(args: &args::Respond, id: IncidentId, holder: &str) {
    let again = || -> Result<(), Failure> {
        let config = Config::load(args.kept.config.as_deref())?;
        let mut store = kept::open_existing(&args.kept, &config)?;
        Ok(store.release(id, holder)?)
    };
    // It lets go of itself after a while.
    drop(again());
}

fn respond(
    args: &args::Respond,
    config: Config,
    mut store: Store,
    incident: Incident,
    holder: Option<&str>,
    color: Color,
) -> Result<Exit, Failure> {
    let known = Known::of(&mut store, incident.id)?;
    if let Some(honey) = store.honey_of(&known.case.fingerprint)? {
        let decides = args.decided.attest.is_some() || !args.decided.waive.is_empty();
        if !decides {
            return nothing_to_close(&mut store, &known.incident, &honey, holder);
        }
        if args.apply {
            return Err(Failure::Store(
                "this incident is of a honey key, for which nothing is done by program: leave out \
                 `--apply`"
                    .to_owned(),
            ));
        }
    }
    let library = Arc::new(library::load(&args.how.dossiers)?);
    let dossier = library::find(&library, known.case.dossier.as_str())?;
    let wanted = Wanted {
        steps: steps(&args.steps)?,
        is_named: !args.steps.is_empty(),
        waived: waived(&args.decided.waive)?,
    };
    let mut settings = asking::settings(&args.asking, &library)?;
    if let (None, Some(rate)) = (args.asking.rate, Rate::per_second(RATE)) {
        settings.manners.rate = rate;
    }
    let stop = Stop::new();
    let stopping = stop.clone();
    terminal::on_interrupt(move || stopping.cancel());
    let sealed = sealing::open(&mut store, &config, &known.case)?;
    let hands = Hands::of(args, &library, dossier, &known.case, &settings, sealed, &stop)?;
    let store = RefCell::new(store);
    let prevention = Hooks { roots: hands.roots.clone() };
    let library = &library;
    let session =
        Session { args, config, library, dossier, hands, prevention, settings, store, stop, color };
    match holder {
        None => session.plan(known, &wanted),
        Some(holder) => session.carry_out(known, &wanted, holder),
    }
}

/// A honey key opens nothing: what is to be done about one is a person's.
fn nothing_to_close(
    store: &mut Store,
    incident: &Incident,
    honey: &Honey,
    holder: Option<&str>,
) -> Result<Exit, Failure> {
    if let Some(holder) = holder {
        store.release(incident.id, holder)?;
    }
    io::stdout().write_all(honey::plan(incident.id, honey).as_bytes())?;
    let is_done = holder.is_none() || incident.state == State::Closed;
    Ok(if is_done { Exit::Clean } else { Exit::Found })
}

/// What is remembered of an incident.
struct Known {
    incident: Incident,
    case: Case,
    steps: Vec<StepRecord>,
    events: Vec<Event>,
}

impl Known {
    fn of(store: &mut Store, id: IncidentId) -> Result<Self, Failure> {
        let incident = store.find(&id.to_string())?;
        let case = store.case(&incident.fingerprint)?.ok_or_else(|| {
            Failure::Store(format!(
                "incident {} has no finding beside it: `leeward incident verify-log` says more",
                incident.id
            ))
        })?;
        let steps = store.steps(incident.id)?;
        let events = store.events(Some(incident.id))?;
        Ok(Self { incident, case, steps, events })
    }
}

/// What is to be done.
struct Wanted {
    steps: Vec<StepName>,
    /// Whether somebody named them: then those that are settled are looked at
    /// again.
    is_named: bool,
    waived: Vec<(StepName, String)>,
}

/// The steps that were named; all of them if none was.
fn steps(names: &[String]) -> Result<Vec<StepName>, Failure> {
    if names.is_empty() {
        return Ok(StepName::ALL.to_vec());
    }
    let parse = |name: &String| {
        name.parse().map_err(|error| {
            Failure::Store(format!("`{}`: {error}", discreet(&SafeText::new(name).to_string())))
        })
    };
    names.iter().map(parse).collect()
}

struct Session<'a> {
    args: &'a args::Respond,
    config: Config,
    library: &'a Library,
    dossier: &'a Dossier,
    hands: Hands,
    prevention: Hooks,
    settings: Settings,
    store: RefCell<Store>,
    stop: Stop,
    color: Color,
}

impl Session<'_> {
    fn plan(&self, known: Known, wanted: &Wanted) -> Result<Exit, Failure> {
        let tell = |_: &str| {};
        let (shelves, ground) = (self.hands.shelves(), self.ground());
        let mut journal = hands::Unwritten;
        let responder = self.responder(known, &shelves, &ground, &tell, &mut journal)?;
        screen::plan(&responder, &wanted.steps, wanted.is_named, &self.typed(), self.color)?;
        Ok(Exit::Clean)
    }

    fn carry_out(&self, known: Known, wanted: &Wanted, holder: &str) -> Result<Exit, Failure> {
        let Known { incident, case, events, .. } = &known;
        let (id, since) = (incident.id, events.last().map_or(0, |event| event.sequence));
        let host = kept::host();
        let mut notebook = Notebook::open(
            &self.store,
            self.library,
            id,
            case.clone(),
            holder.to_owned(),
            &host,
            &self.hands.hidden,
        );
        let quiet = self.args.how.quiet;
        let tell = |text: &str| {
            if !quiet {
                terminal::passing(text);
            }
        };
        let (shelves, ground) = (self.hands.shelves(), self.ground());
        let mut responder = self.responder(known, &shelves, &ground, &tell, &mut notebook)?;
        let done = self.take(&mut responder, wanted);
        terminal::passed();
        let state = responder.incident().state;
        let is_closed = state == State::Closed && responder.missing().is_empty();
        let shown = screen::outcome(&responder, &wanted.steps, &self.typed(), self.color);
        if let Err(halt) = &done {
            screen::halted(&responder, halt);
        }
        drop(responder);
        if let Err(Halt::Unrecorded(why)) = done {
            return Err(Failure::Store(why));
        }
        notebook.close()?;
        self.alert(since)?;
        match shown {
            // Whoever reads has seen enough; what was done does not change.
            Ok(()) | Err(Failure::BrokenPipe) => {}
            Err(failure) => return Err(failure),
        }
        match done {
            Ok(()) if is_closed => Ok(Exit::Clean),
            Ok(()) => Ok(Exit::Found),
            Err(_) => Ok(Exit::Incomplete),
        }
    }

    fn take(&self, responder: &mut Responder<'_>, wanted: &Wanted) -> Result<(), Halt> {
        for (step, reason) in &wanted.waived {
            responder.decide(*step, Progress::Waived, reason)?;
        }
        if let Some(text) = &self.args.decided.attest {
            for step in &wanted.steps {
                responder.decide(*step, Progress::Done, &cautious(text))?;
            }
            return Ok(());
        }
        if self.args.apply {
            responder.take(&wanted.steps, &self.again(wanted))?;
            if !wanted.is_named {
                responder.close("every required step is done or waived")?;
            }
        }
        Ok(())
    }

    /// Steps that are looked at though they are settled: those that were named,
    /// and those that something on the command line is for.
    fn again(&self, wanted: &Wanted) -> Vec<StepName> {
        if wanted.is_named {
            return wanted.steps.clone();
        }
        let how = &self.args.how;
        let mut again = Vec::new();
        if how.brake.is_some() {
            again.push(StepName::Harden);
        }
        if !how.logs.is_empty() {
            again.push(StepName::Audit);
        }
        if !how.to.is_empty() || how.replacement {
            again.extend([StepName::Rotate, StepName::SecretsManager, StepName::UpdateDependents]);
        }
        if how.key_id.is_some() || how.value {
            again.push(StepName::Revoke);
        }
        again
    }

    fn responder<'r>(
        &'r self,
        known: Known,
        shelves: &'r [Shelf<'r>],
        ground: &'r Ground<'r>,
        tell: &'r dyn Fn(&str),
        journal: &'r mut dyn leeward_respond::Journal,
    ) -> Result<Responder<'r>, Failure> {
        let how = &self.args.how;
        let expires = match &how.expires {
            Some(text) => day(text)?,
            None => kept::now() + self.config.policy()?.expires_days * 86_400,
        };
        if expires <= kept::now() {
            return Err(Failure::Store(
                "`--expires` is a day that is over: a replacement would be dead at once".to_owned(),
            ));
        }
        let wishes = Wishes {
            actor: kept::actor(&self.args.kept),
            order: how.order.map(Into::into),
            force: how.force,
            key_id: how.key_id.clone(),
            patience: how.patience.map_or(Wishes::default().patience, Duration::from_secs),
            expires: Some(expires),
            brake: how.brake,
            required: self.config.policy()?.required,
        };
        let tools = Tools {
            inquirer: self.hands.inquirer.as_deref(),
            office: self.hands.office.as_ref(),
            secret: self.hands.secret.as_ref().map(leeward_model::Secret::duplicate),
            replacement: self.hands.replacement.as_ref().map(leeward_model::Secret::duplicate),
            destinations: shelves,
            logs: self.hands.logs.clone(),
            prevention: Some(&self.prevention),
            search: ground,
            clock: &kept::now,
            pause: &pause,
            tell,
            stop: self.stop.clone(),
        };
        let Known { incident, case, steps, events } = known;
        Ok(Responder::new(incident, case, steps, events, self.dossier, tools, wishes, journal))
    }

    /// The command as it was typed, up to what is done: to be pasted, it must
    /// mean the same.
    fn typed(&self) -> String {
        typed(self.args)
    }

    /// What is searched for what uses the value.
    fn ground(&self) -> Ground<'_> {
        Ground {
            roots: self.hands.roots.clone(),
            home: self.hands.home.as_deref(),
            names: Vec::new(),
            detector: &self.hands.detector,
            files: files::Options { skip_git_objects: true, ..files::Options::default() },
            user_rules: self.hands.user_rules.as_deref(),
        }
    }

    /// Tells those who want to know what became of it.
    fn alert(&self, since: i64) -> Result<(), Failure> {
        let network = Some(&self.settings.network);
        alerts::tell(&self.config, self.library, &self.store, since, network, self.args.how.quiet)
    }
}

/// A response as somebody types it, with what changes its meaning.
fn typed(args: &args::Respond) -> String {
    let mut words = vec!["leeward".to_owned(), "respond".to_owned(), args.incident.clone()];
    words.extend(args.steps.iter().cloned());
    let mut add = |flag: &str, value: &str| {
        words.push(flag.to_owned());
        words.push(quoted(value));
    };
    let path = |path: &std::path::PathBuf| path.display().to_string();
    args.kept.store.iter().for_each(|it| add("--store", it));
    args.kept.config.iter().for_each(|it| add("--config", &path(it)));
    args.how.order.iter().for_each(|it| add("--order", leeward_respond::Order::from(*it).name()));
    args.how.to.iter().for_each(|it| add("--to", it));
    args.how.search.iter().for_each(|it| add("--search", &path(it)));
    args.how.logs.iter().for_each(|it| add("--logs", &path(it)));
    args.how.known.iter().for_each(|it| add("--known", it));
    args.how.key_id.iter().for_each(|it| add("--key-id", it));
    args.how.expires.iter().for_each(|it| add("--expires", it));
    args.how.brake.iter().for_each(|it| add("--brake", &it.to_string()));
    args.how.admin_key_file.iter().for_each(|it| add("--admin-key-file", &path(it)));
    args.how.dossiers.iter().for_each(|it| add("--dossiers", &path(it)));
    args.asking.base_url.iter().for_each(|it| add("--base-url", it));
    args.asking.rate.iter().for_each(|it| add("--rate", &it.to_string()));
    args.asking.ca.iter().for_each(|it| add("--ca", &path(it)));
    for (flag, is_set) in [
        ("--force", args.how.force),
        ("--admin-key", args.how.admin_key),
        ("--value", args.how.value),
        ("--replacement", args.how.replacement),
    ] {
        if is_set {
            words.push(flag.to_owned());
        }
    }
    discreet(&SafeText::new(&words.join(" ")).to_string())
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@,+%#".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Waits, unless the user wants to stop.
fn pause(time: Duration, stop: &Stop) {
    const SLICE: Duration = Duration::from_millis(50);
    let mut left = time;
    while !left.is_zero() && !stop.is_cancelled() {
        let now = left.min(SLICE);
        thread::sleep(now);
        left -= now;
    }
}
