//! What the dashboard shows and asks of the rest of the server beside the store: plain
//! facts, and two traits that whoever puts the server together connects. The calls may
//! block; they are made on threads that may.

use std::{fmt, sync::Arc};

use leeward_model::{Incident, IncidentId, Progress, Secret, StepName};
use leeward_respond::Plan;
use leeward_watch::policy::Policy;

/// Everything behind the dashboard. What is `None` is not set up, and the pages say so.
#[derive(Clone, Default)]
pub struct Behind {
    /// Sources, jobs and settings.
    pub backstage: Option<Arc<dyn Backstage>>,
    /// What plans and takes steps.
    pub responding: Option<Arc<dyn Responding>>,
    /// What the operator decided about incidents.
    pub policy: Policy,
}

impl fmt::Debug for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Behind")
            .field("has_backstage", &self.backstage.is_some())
            .field("has_responding", &self.responding.is_some())
            .finish_non_exhaustive()
    }
}

/// What goes on behind the pages.
pub trait Backstage: Send + Sync {
    /// Every source that is watched, in the order of the settings.
    ///
    /// # Errors
    /// Why it is not known, in words for people.
    fn sources(&self) -> Result<Vec<Source>, String>;

    /// Asks something of a source; what was done, in words for people.
    ///
    /// # Errors
    /// Why not.
    fn ask_source(&self, who: &str, name: &str, ask: SourceAsk) -> Result<String, String>;

    /// What waits to be done, and what could not be.
    ///
    /// # Errors
    /// Why it is not known.
    fn jobs(&self) -> Result<Jobs, String>;

    /// How the server is set up, for somebody who may see it; never a secret.
    ///
    /// # Errors
    /// Why it is not known.
    fn settings(&self) -> Result<Settings, String>;
}

/// Plans and takes steps of incidents.
pub trait Responding: Send + Sync {
    /// What a step would do now.
    ///
    /// # Errors
    /// Why it cannot be planned.
    fn plan(&self, incident: &Incident, step: StepName) -> Result<StepPlan, String>;

    /// Takes a step, with a value that somebody handed in, or the one that is at hand.
    /// How it ended, in words for people.
    ///
    /// # Errors
    /// Why not.
    fn apply(
        &self,
        who: &str,
        incident: IncidentId,
        step: StepName,
        value: Option<Secret>,
    ) -> Result<String, String>;

    /// Takes a person's word that a step is done, or leaves it out with a reason.
    ///
    /// # Errors
    /// Why not.
    fn decide(
        &self,
        who: &str,
        incident: IncidentId,
        step: StepName,
        progress: Progress,
        text: &str,
    ) -> Result<String, String>;
}

/// What a step would do, and whether the server can do it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepPlan {
    /// What would be done.
    pub plan: Plan,
    /// Why the server cannot do it by itself; `None` if it can.
    pub hindered: Option<String>,
    /// Whether it needs the value, and the server does not hold it.
    pub wants_value: bool,
}

/// What somebody asks of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceAsk {
    /// To be looked at no more until it is resumed.
    Pause,
    /// To be looked at again.
    Resume,
    /// To be looked at now.
    Look,
}

impl SourceAsk {
    /// `pause`, `resume` or `look`.
    pub fn named(text: &str) -> Option<Self> {
        match text {
            "pause" => Some(Self::Pause),
            "resume" => Some(Self::Resume),
            "look" => Some(Self::Look),
            _ => None,
        }
    }
}

/// A source that is watched. Times are in seconds since 1970-01-01 UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The name that the operator gave it.
    pub name: String,
    /// Its kind, such as `github`.
    pub service: String,
    /// What of it is watched, in a line; never a credential.
    pub what: String,
    /// How it is.
    pub health: SourceHealth,
    /// When it was last looked at, if it was.
    pub last: Option<i64>,
    /// When it will be looked at next, if that is known.
    pub next: Option<i64>,
    /// What was not looked at, and why.
    pub gaps: Vec<Gap>,
    /// Counters by name, in the order they are shown, such as `items read`.
    pub counters: Vec<(String, u64)>,
}

/// How a source is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceHealth {
    /// It is looked at as planned.
    Well,
    /// It is being looked at now.
    Looking,
    /// Somebody paused it.
    Paused,
    /// It waits, and why: a limit of the service, mostly.
    Waiting(String),
    /// It cannot be looked at, and why.
    Failing(String),
}

/// Something of a source that was not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// What; foreign text.
    pub what: String,
    /// Why, with the next step.
    pub why: String,
    /// When it was noticed.
    pub at: Option<i64>,
}

/// What waits to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Jobs {
    /// How many wait, by kind.
    pub waiting: Vec<(String, u64)>,
    /// The next of them.
    pub next: Vec<Job>,
    /// Those that were given up.
    pub dead: Vec<Job>,
}

/// One thing to do. Times are in seconds since 1970-01-01 UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its kind, such as `verify`.
    pub kind: String,
    /// What it is about, in a line; foreign text.
    pub what: String,
    /// Of which incident.
    pub incident: Option<IncidentId>,
    /// Not before.
    pub due: Option<i64>,
    /// How often it was tried.
    pub attempts: u64,
    /// Why it failed last.
    pub failure: Option<String>,
}

/// How the server is set up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Who may sign in.
    pub accounts: Vec<Account>,
    /// Tokens for programs, without what they are.
    pub tokens: Vec<Token>,
    /// Who is told of what: a name, a kind, and a line about it each.
    pub channels: Vec<[String; 3]>,
    /// Settings that hold, by name; never a secret.
    pub effective: Vec<(String, String)>,
}

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: crate::Role,
    /// How they sign in, such as `password` or `single sign-on`.
    pub way: String,
    /// When they last did: seconds since 1970-01-01 UTC.
    pub last: Option<i64>,
    /// Whether they may not any more.
    pub is_disabled: bool,
}

/// A token for programs, without what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What a form sends to have it revoked.
    pub id: String,
    /// What it is for, as somebody named it.
    pub name: String,
    /// What it may do.
    pub role: crate::Role,
    /// Whose it is.
    pub owner: String,
    /// When it was made: seconds since 1970-01-01 UTC.
    pub made: i64,
    /// When it ends, if it does.
    pub until: Option<i64>,
    /// When it was last used, if it was.
    pub last: Option<i64>,
}
