//! Who is told what became of incidents: letters made from the log, kept in the
//! store until they are delivered. How a letter looks and travels is `notify`'s.
//!
//! The log says up to which event letters were made, so that a run that ends
//! before it made them loses none.

use std::fmt;

use jiff::Timestamp;
use leeward_dossier::Library;
use leeward_model::{
    Entry, Event, EventKind, Incident, IncidentId, Progress, SafeText, Secret, StepName, Timeline,
    Validity,
};
use leeward_probe::{BadNetwork, Courier, Network, Stop};
use leeward_respond::{
    facts,
    notify::{self, Again, Channels, Happening, Next, Notice, Reference, again, deliver},
};
use leeward_store::{Filter, Letter, Posted, Store, Trouble};

use crate::discreet::discreet;

/// Letters that are delivered in one run at most; the next goes on.
const MOST: u64 = 200;

/// A letter that is not tried again waits for ever.
pub const NEVER: i64 = i64::MAX / 4;

/// What is to be done first about a key that nobody uses.
const HONEY: &str =
    "find out who took it, and replace the real keys beside it: it opens nothing itself";

/// The fact that says up to which event letters were made.
const UP_TO: &str = "up-to";

/// Makes and delivers letters.
pub struct Alerts<'a> {
    /// The operator's channels.
    pub channels: &'a Channels,
    /// Steps that closing asks for.
    pub required: &'a [StepName],
    /// What is known of credentials.
    pub library: &'a Library,
    /// The value that the settings refer to.
    pub resolve: &'a dyn Fn(&Reference) -> Option<Secret>,
    /// Seconds since 1970-01-01 UTC.
    pub now: &'a dyn Fn() -> i64,
}

/// What became of letters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Delivered.
    pub sent: u64,
    /// Not delivered.
    pub open: u64,
    /// Why not, a line each.
    pub notes: Vec<String>,
}

/// Why letters could not be made or sent at all.
#[derive(Debug)]
pub enum Undone {
    /// What the store says.
    Store(Trouble),
    /// Settings of the network that cannot be used.
    Network(BadNetwork),
}

impl fmt::Display for Undone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(trouble) => trouble.fmt(f),
            Self::Network(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Undone {}

impl From<Trouble> for Undone {
    fn from(trouble: Trouble) -> Self {
        Self::Store(trouble)
    }
}

impl Alerts<'_> {
    /// Whether there is nobody to tell.
    pub fn is_silent(&self) -> bool {
        self.channels.iter().next().is_none()
    }

    /// Makes letters of what happened since they were last made; if they never
    /// were, since an event of this run.
    ///
    /// # Errors
    /// What the store says.
    pub fn catch_up(&self, store: &mut Store, since: i64) -> Result<(), Trouble> {
        if self.is_silent() {
            return Ok(());
        }
        let last = store.last_of(EventKind::Alerted)?;
        let last = last.and_then(|event| event.fact(UP_TO)?.parse().ok());
        let events = store.events_after(last.unwrap_or(since))?;
        let Some(newest) = events.last().map(|event| event.sequence) else { return Ok(()) };
        let mut letters = Vec::new();
        for event in &events {
            letters.extend(self.letters(store, event)?);
        }
        if letters.is_empty() {
            return Ok(());
        }
        let posted = store.post(&letters)?;
        store.append(&[Entry {
            incident: None,
            at: (self.now)(),
            actor: "leeward".to_owned(),
            kind: EventKind::Alerted,
            text: format!("{posted} alerts were written"),
            facts: [(UP_TO.to_owned(), newest.to_string())].into(),
        }])?;
        Ok(())
    }

    fn letters(&self, store: &mut Store, event: &Event) -> Result<Vec<Letter>, Trouble> {
        let (Some(happening), Some(id)) = (happening(event), event.entry.incident) else {
            return Ok(Vec::new());
        };
        let Some(incident) = store.incident(id)? else { return Ok(Vec::new()) };
        let detail = (happening != Happening::Opened).then(|| event.entry.text.clone());
        let notice = self.notice(store, incident, happening, event.entry.at, detail)?;
        Ok(self.posted(&notice, id))
    }

    fn posted(&self, notice: &Notice, id: IncidentId) -> Vec<Letter> {
        let letters = self.channels.letters(notice).into_iter();
        let post = |letter: notify::Letter| Letter {
            channel: letter.channel,
            incident: Some(id),
            key: letter.key,
            body: letter.body,
            not_before: 0,
        };
        letters.map(post).collect()
    }

    /// What is told of an incident.
    ///
    /// # Errors
    /// What the store says.
    pub fn notice(
        &self,
        store: &mut Store,
        incident: Incident,
        happening: Happening,
        at: i64,
        detail: Option<String>,
    ) -> Result<Notice, Trouble> {
        let dossier = self.library.get(incident.dossier.as_str());
        let mut title = dossier.map_or_else(|| incident.dossier.to_string(), |it| it.name.clone());
        let is_honey = store.honey_of(&incident.fingerprint)?.is_some();
        if is_honey {
            title = format!("honey key ({title})");
        }
        let steps = store.steps(incident.id)?;
        let required = self.required;
        let open = steps
            .iter()
            .find(|record| required.contains(&record.step) && !record.progress.is_settled());
        let next = open.map(|record| {
            let told = dossier
                .and_then(|dossier| dossier.remediation.iter().find(|it| it.step == record.step));
            Next {
                step: record.step,
                text: match told {
                    _ if is_honey => HONEY.to_owned(),
                    Some(told) => told.title.clone(),
                    None => record.step.to_string(),
                },
                link: told.and_then(|told| told.link.clone()).filter(|_| !is_honey),
                command: Some(format!("leeward respond {}", incident.id)),
            }
        });
        let case = store.case(&incident.fingerprint)?;
        let events = store.events(Some(incident.id))?;
        let window = case.and_then(|case| Timeline::of(&case, &events).window);
        let exposure = window.map(|window| {
            let days = window.seconds((self.now)()) / 86_400;
            let since = Timestamp::from_second(window.from).unwrap_or_default();
            let span = match days {
                0 => "less than a day".to_owned(),
                1 => "1 day".to_owned(),
                days => format!("{days} days"),
            };
            format!("since {}, {span}", since.strftime("%Y-%m-%d"))
        });
        Ok(Notice { happening, at, detail, incident, title, exposure, next, link: None })
    }

    /// Letters about incidents whose time is over.
    ///
    /// # Errors
    /// What the store says.
    pub fn overdue(&self, store: &mut Store) -> Result<(), Trouble> {
        if self.is_silent() {
            return Ok(());
        }
        let now = (self.now)();
        let filter = Filter { overdue_at: Some(now), ..Filter::default() };
        let mut letters = Vec::new();
        for incident in store.incidents(&filter)? {
            let (id, due) = (incident.id, incident.due.unwrap_or(now));
            let notice = self.notice(store, incident, Happening::Overdue, due, None)?;
            letters.extend(self.posted(&notice, id));
        }
        store.post(&letters)?;
        Ok(())
    }

    /// Delivers what is due. What cannot be delivered now waits for the next run;
    /// how many did.
    ///
    /// # Errors
    /// What the store says, or settings of the network.
    pub fn deliver(
        &self,
        store: &mut Store,
        network: &Network,
        stop: &Stop,
    ) -> Result<Delivery, Undone> {
        if self.is_silent() {
            return Ok(Delivery::default());
        }
        let due = store.due_letters((self.now)(), MOST)?;
        let mut delivery = Delivery::default();
        if due.is_empty() {
            return Ok(delivery);
        }
        let hosts = self.channels.hosts(self.resolve);
        let courier = Courier::new(network, &hosts, stop.clone()).map_err(Undone::Network)?;
        for posted in due {
            if stop.is_cancelled() {
                break;
            }
            match self.deliver_one(store, &courier, &posted)? {
                None => delivery.sent += 1,
                Some(note) => {
                    delivery.open += 1;
                    delivery.notes.push(note);
                }
            }
        }
        Ok(delivery)
    }

    /// Why it was not delivered, if it was not.
    fn deliver_one(
        &self,
        store: &mut Store,
        courier: &Courier,
        posted: &Posted,
    ) -> Result<Option<String>, Trouble> {
        let Letter { channel: name, key, body, .. } = &posted.letter;
        let now = (self.now)();
        let Some(channel) = self.channels.get(name) else {
            let why = "the settings have no channel of this name any more";
            store.letter_failed(posted.id, now, why, NEVER)?;
            return Ok(Some(note(name, why, NEVER)));
        };
        match deliver(channel, self.resolve, courier, body) {
            Ok(_) => {
                store.letter_done(posted.id, now)?;
                Ok(None)
            }
            Err(undelivered) => {
                let tries = u32::try_from(posted.attempts).unwrap_or(u32::MAX).saturating_add(1);
                let next = match again(key, written(body).unwrap_or(now), tries, now, &undelivered)
                {
                    Again::At(at) => at,
                    Again::Never => NEVER,
                };
                store.letter_failed(posted.id, now, &undelivered.why, next)?;
                Ok(Some(note(name, &undelivered.why, next)))
            }
        }
    }
}

/// Why a letter was not delivered, and what becomes of it.
fn note(channel: &str, why: &str, next: i64) -> String {
    let when = if next == NEVER { "it is not tried again" } else { "it is tried again later" };
    format!(
        "the alert `{}` was not delivered, and {when}: {}",
        SafeText::new(channel),
        discreet(&SafeText::new(why).to_string())
    )
}

/// When a letter's happening was.
fn written(body: &str) -> Option<i64> {
    let document: serde_json::Value = serde_json::from_str(body).ok()?;
    Some(document["at"].as_str()?.parse::<Timestamp>().ok()?.as_second())
}

/// What an event is to those who are told of it.
fn happening(event: &Event) -> Option<Happening> {
    match event.entry.kind {
        EventKind::Opened => Some(Happening::Opened),
        EventKind::Verified if event.fact(facts::VALIDITY) == Some(Validity::Active.name()) => {
            Some(Happening::Alive)
        }
        EventKind::Moved => match event.fact(facts::TO)? {
            "reopened" => Some(Happening::Reopened),
            "contained" => Some(Happening::Contained),
            "closed" => Some(Happening::Closed),
            _ => None,
        },
        EventKind::Step if event.fact(facts::PROGRESS) == Some(Progress::Failed.name()) => {
            Some(Happening::Failed(event.fact(facts::STEP)?.parse::<StepName>().ok()?))
        }
        _ => None,
    }
}
