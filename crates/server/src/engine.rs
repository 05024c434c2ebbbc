//! What the server asks of the engine that keeps watch, and of responses: the traits of
//! [`watching`](crate::watching) and of the dashboard, answered from the ground that the
//! engine stands on. All of it goes through the store, so that it does not matter which
//! thread, or which process, looks at a source next.

use std::{collections::BTreeMap, fmt, sync::Arc};

use leeward_model::{Incident, IncidentId, Progress, Secret, StepName};
use leeward_remote::{Trouble as Unread, intake};
use leeward_store::{Job, JobState, Source, SourceState, Store, Trouble};
use leeward_watch::{Ground, Lookout, Task, Turn, Watched, response::Responses, status};

use crate::{
    dashboard::{Responding, StepPlan},
    pool::Pool,
    watching::{GapStatus, JobStatus, PushEvent, Refused, SourceStatus, Watching},
};

/// Reasons for gaps that are shown of each source.
const MOST_GAPS: usize = 50;

/// The engine, as the server sees it.
pub struct Engine {
    ground: Arc<Ground>,
    pool: Pool,
    watched: Vec<Watched>,
    /// What is read of what is sent to a source.
    mappings: BTreeMap<String, intake::Mapping>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("sources", &self.watched.len()).finish_non_exhaustive()
    }
}

impl From<Trouble> for Refused {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Locked => Self::Busy,
            other => Self::Not(other.to_string()),
        }
    }
}

impl Engine {
    /// Of these sources; `mappings` are of those that others send to.
    pub fn new(
        ground: Arc<Ground>,
        pool: Pool,
        watched: Vec<Watched>,
        mappings: BTreeMap<String, intake::Mapping>,
    ) -> Self {
        Self { ground, pool, watched, mappings }
    }

    fn watched(&self, source: &str) -> Result<&Watched, Refused> {
        self.watched.iter().find(|watched| watched.name == source).ok_or(Refused::NoSource)
    }

    /// Does something with a source that the settings name.
    fn of(
        &self,
        source: &str,
        act: impl FnOnce(&mut Store, i64) -> Result<bool, Trouble>,
    ) -> Result<(), Refused> {
        self.watched(source)?;
        let now = self.ground.now();
        let is_done = self.pool.lend(|store| act(store, now))?;
        self.ground.bell.ring();
        if is_done { Ok(()) } else { Err(Refused::Not("it was not looked at yet".to_owned())) }
    }
}

impl Watching for Engine {
    fn is_alive(&self) -> bool {
        !self.ground.stop.is_cancelled()
    }

    fn sources(&self) -> Result<Vec<SourceStatus>, Refused> {
        let (sources, gaps) = self.pool.lend(|store| Ok((store.sources()?, store.gaps(None)?)))?;
        let told = |watched: &Watched| {
            let known = sources.iter().find(|source| source.name == watched.name);
            let mut status = known.map_or_else(
                || SourceStatus {
                    name: watched.name.clone(),
                    service: watched.service.clone(),
                    state: "waiting".to_owned(),
                    ..SourceStatus::default()
                },
                shown,
            );
            let own = gaps.iter().filter(|gap| gap.source == watched.name);
            status.gaps = own
                .take(MOST_GAPS)
                .map(|gap| GapStatus {
                    what: gap.what.clone(),
                    why: gap.why.clone(),
                    at: gap.last_at,
                    times: gap.times,
                })
                .collect();
            status
        };
        Ok(self.watched.iter().map(told).collect())
    }

    fn jobs(&self, most: usize) -> Result<Vec<JobStatus>, Refused> {
        let each = u64::try_from(most).unwrap_or(u64::MAX);
        let mut jobs = self.pool.lend(|store| {
            let mut jobs = Vec::new();
            for state in [JobState::Dead, JobState::Running, JobState::Waiting] {
                jobs.extend(store.jobs(state, each)?.iter().map(job));
            }
            Ok(jobs)
        })?;
        jobs.truncate(most);
        Ok(jobs)
    }

    fn pause(&self, source: &str, who: &str) -> Result<(), Refused> {
        self.of(source, |store, _| status::pause(store, source, who, ""))
    }

    fn resume(&self, source: &str) -> Result<(), Refused> {
        self.of(source, |store, now| status::resume(store, source, now))
    }

    fn look_now(&self, source: &str) -> Result<(), Refused> {
        self.of(source, |store, now| status::look_now(store, source, now))
    }

    fn push(&self, event: PushEvent) -> Result<(), Refused> {
        let watched = self.watched(&event.source)?;
        // A ref that was deleted brings nothing.
        if event.after.is_none() {
            return Ok(());
        }
        let task = Task::Repository {
            source: Some(watched.name.clone()),
            url: event.repository,
            is_public: None,
            needs_credential: (self.ground.clone_with)(&watched.name).is_some(),
        };
        let now = self.ground.now();
        let belongs = match watched.belongs {
            leeward_remote::Belongs::Us => "us",
            leeward_remote::Belongs::Anyone => "anyone",
        };
        let named =
            leeward_store::NewSource { name: &watched.name, service: &watched.service, belongs };
        self.pool.lend(|store| {
            store.source_named(&named, now)?;
            status::enqueue(store, &task, now)
        })?;
        self.ground.bell.ring();
        Ok(())
    }

    fn intake(&self, source: &str, bytes: Vec<u8>) -> Result<(), Refused> {
        let watched = self.watched(source)?;
        let usual = intake::Mapping::default();
        let mapping = self.mappings.get(source).unwrap_or(&usual);
        let read = intake::read_at(mapping, source, &bytes, self.ground.now());
        let page = read.map_err(|trouble| match trouble {
            Unread::Later { .. } => Refused::Busy,
            other => Refused::Not(other.to_string()),
        })?;
        let mut lookout = Lookout::new(Arc::clone(&self.ground), watched.clone());
        match self.pool.lend(|store| lookout.hand_in(store, &page))? {
            Turn::Page(_) => Ok(()),
            Turn::Idle(_) => Err(Refused::Not("the source is paused".to_owned())),
            _ => Err(Refused::Busy),
        }
    }
}

fn shown(source: &Source) -> SourceStatus {
    let state = match source.state {
        SourceState::Waiting => "waiting",
        SourceState::Running => "looking",
        SourceState::Paused => "paused",
        SourceState::Failing | SourceState::Refused => "troubled",
    };
    SourceStatus {
        name: source.name.clone(),
        service: source.service.clone(),
        belongs: source.belongs.clone(),
        state: state.to_owned(),
        is_refused: source.state == SourceState::Refused,
        trouble: source.trouble.clone().unwrap_or_default(),
        looked_at: source.success_at,
        next_at: (source.state != SourceState::Paused).then_some(source.next_at),
        items: source.read.items,
        bytes: source.read.bytes,
        repositories: source.read.repositories,
        not_looked_at: source.read.gaps,
        gaps: Vec::new(),
    }
}

fn job(job: &Job) -> JobStatus {
    JobStatus {
        id: job.id.0,
        kind: job.kind.clone(),
        about: job.key.clone(),
        state: job.state.name().to_owned(),
        attempts: job.attempts,
        at: job.not_before,
        failure: job.trouble.clone(),
    }
}

/// Steps of incidents, taken with what the server has.
#[derive(Clone, Debug)]
pub struct Steps {
    pub(crate) responses: Arc<Responses>,
    pub(crate) pool: Pool,
}

impl Steps {
    fn store(&self) -> Result<Store, String> {
        Store::open(self.pool.place()).map_err(|trouble| trouble.to_string())
    }

    /// How a step ended, in a line.
    fn ended(store: &mut Store, id: IncidentId, step: StepName) -> Result<String, String> {
        let steps = store.steps(id).map_err(|trouble| trouble.to_string())?;
        let record = steps.into_iter().find(|record| record.step == step);
        let record = record.ok_or("there is no such step")?;
        let text = format!("{step} is {}: {}", record.progress.name(), record.text);
        if record.progress == Progress::Failed { Err(text) } else { Ok(text) }
    }
}

impl Responding for Steps {
    fn plan(&self, incident: &Incident, step: StepName) -> Result<StepPlan, String> {
        let mut store = self.store()?;
        let (planned, _) =
            self.responses.plan(&mut store, incident.id).map_err(|unable| unable.to_string())?;
        let planned = planned.into_iter().find(|planned| planned.record.step == step);
        let planned = planned.ok_or("there is no such step")?;
        let is_here = matches!(step, StepName::Revoke | StepName::Audit | StepName::Assess);
        let hindered = match (is_here, &self.responses.settings) {
            (true, Some(_)) => None,
            (true, None) => Some("this server was told to ask no provider".to_owned()),
            (false, _) => Some(format!(
                "it needs files or places that are not this server's: `leeward respond {} {step} \
                 --apply` takes it where they are",
                incident.id
            )),
        };
        let has_value = self.responses.has_value(&mut store, incident.id);
        let wants_value = is_here && !has_value.map_err(|unable| unable.to_string())?;
        Ok(StepPlan { plan: planned.plan, hindered, wants_value })
    }

    fn apply(
        &self,
        who: &str,
        incident: IncidentId,
        step: StepName,
        value: Option<Secret>,
    ) -> Result<String, String> {
        let done = self.responses.apply(self.store()?, who, incident, &[step], value);
        let (mut store, _) = done.map_err(|unable| unable.to_string())?;
        Self::ended(&mut store, incident, step)
    }

    fn decide(
        &self,
        who: &str,
        incident: IncidentId,
        step: StepName,
        progress: Progress,
        text: &str,
    ) -> Result<String, String> {
        let done = self.responses.decide(self.store()?, who, incident, step, progress, text);
        let (mut store, _) = done.map_err(|unable| unable.to_string())?;
        Self::ended(&mut store, incident, step)
    }
}
