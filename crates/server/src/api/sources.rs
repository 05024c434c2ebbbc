//! Sources that are watched, and the jobs that come of them. Looking after them is an
//! administrator's; looking once more is a responder's.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{At, shape::DoneBody};
use crate::{
    audit,
    gate::{Admin, Caller, Responder, Viewer},
    problem::{Problem, ProblemBody},
    server::Server,
    watching::{GapStatus, JobStatus, Refused, SourceStatus, Watching},
};

/// The most jobs that are sent.
const MOST_JOBS: usize = 200;

/// How a source is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SourceBody {
    /// The operator's name for it.
    name: String,
    /// The kind of service.
    service: String,
    /// `us` or `anyone`.
    belongs: String,
    /// `waiting`, `looking`, `paused` or `troubled`.
    state: String,
    /// What goes wrong, in words; empty if nothing does.
    trouble: String,
    /// When it was last looked at to the end.
    looked_at: Option<i64>,
    /// When it is looked at next.
    next_at: Option<i64>,
    /// Items that were looked at, ever.
    items: u64,
    /// Bytes of texts among them.
    bytes: u64,
    /// Repositories, each version once.
    repositories: u64,
    /// Times that something was not looked at.
    not_looked_at: u64,
    /// What was not looked at, the last first.
    gaps: Vec<GapBody>,
}

/// Something that was not looked at.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GapBody {
    /// What.
    what: String,
    /// Why.
    why: String,
    /// When it was last met.
    at: i64,
    /// How often.
    times: u64,
}

/// How a job is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobBody {
    /// Its number.
    id: i64,
    /// What is done.
    kind: String,
    /// What it is about.
    about: String,
    /// `waiting`, `running`, `done` or `dead`.
    state: String,
    /// How often it was tried.
    attempts: u64,
    /// When it was made, or is tried next.
    at: i64,
    /// Why it failed, if it did.
    failure: Option<String>,
}

impl From<SourceStatus> for SourceBody {
    fn from(it: SourceStatus) -> Self {
        let gaps = it.gaps.into_iter().map(|gap| {
            let GapStatus { what, why, at, times } = gap;
            GapBody { what, why, at, times }
        });
        Self {
            name: it.name,
            service: it.service,
            belongs: it.belongs,
            state: it.state,
            trouble: it.trouble,
            looked_at: it.looked_at,
            next_at: it.next_at,
            items: it.items,
            bytes: it.bytes,
            repositories: it.repositories,
            not_looked_at: it.not_looked_at,
            gaps: gaps.collect(),
        }
    }
}

impl From<JobStatus> for JobBody {
    fn from(it: JobStatus) -> Self {
        Self {
            id: it.id,
            kind: it.kind,
            about: it.about,
            state: it.state,
            attempts: it.attempts,
            at: it.at,
            failure: it.failure,
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NoSource => Self::missing(refused.to_string()),
            Refused::Busy => Self::busy(refused.to_string()),
            Refused::Not(why) => Self::conflict(why),
        }
    }
}

/// Asks whoever watches, on a thread that may block.
async fn ask<T: Send + 'static>(
    server: &Server,
    ask: impl FnOnce(&dyn Watching) -> T + Send + 'static,
) -> Result<T, Problem> {
    let watching: Arc<dyn Watching> = server.watching.clone();
    tokio::task::spawn_blocking(move || ask(&*watching)).await.map_err(|_| Problem::broken())
}

/// Does something to a source, and writes it down.
async fn act(
    server: &Server,
    caller: Caller,
    source: String,
    action: &'static str,
    done: &'static str,
    act: fn(&dyn Watching, &str, &str) -> Result<(), Refused>,
) -> Result<Json<DoneBody>, Problem> {
    let (name, who) = (source.clone(), caller.who.name.clone());
    ask(server, move |watching| act(watching, &name, &who)).await??;
    let text = format!("source {source} {done}");
    let facts = [("source", source.as_str())];
    let said = audit::acted(&caller.who.name, action, text, &caller.address, &facts);
    server.shared.pool.with(move |store| store.append(&[said]).map(drop)).await?;
    Ok(DoneBody::new(done))
}

/// The sources that are watched.
#[utoipa::path(get, path = "/api/v1/sources", tag = "sources",
    responses((status = 200, description = "as asked for", body = [SourceBody]), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["viewer"]), ("session" = ["viewer"])))]
pub(crate) async fn list(
    _: Viewer,
    State(server): State<Server>,
) -> Result<Json<Vec<SourceBody>>, Problem> {
    let sources = ask(&server, |watching| watching.sources()).await??;
    Ok(Json(sources.into_iter().map(Into::into).collect()))
}

/// One source.
#[utoipa::path(get, path = "/api/v1/sources/{name}", tag = "sources",
    params(("name" = String, Path, description = "the operator's name for it")),
    responses((status = 200, description = "as asked for", body = SourceBody), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["viewer"]), ("session" = ["viewer"])))]
pub(crate) async fn one(
    _: Viewer,
    State(server): State<Server>,
    At(name): At<String>,
) -> Result<Json<SourceBody>, Problem> {
    let sources = ask(&server, |watching| watching.sources()).await??;
    let found = sources.into_iter().find(|source| source.name == name);
    Ok(Json(found.ok_or_else(|| Problem::from(Refused::NoSource))?.into()))
}

/// Looks at a source no more until it is resumed.
#[utoipa::path(post, path = "/api/v1/sources/{name}/pause", tag = "sources",
    params(("name" = String, Path, description = "the operator's name for it")),
    responses((status = 200, description = "as asked for", body = DoneBody), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["admin"]), ("session" = ["admin"])))]
pub(crate) async fn pause(
    Admin(caller): Admin,
    State(server): State<Server>,
    At(name): At<String>,
) -> Result<Json<DoneBody>, Problem> {
    act(&server, caller, name, "source-pause", "is paused", |it, name, who| it.pause(name, who))
        .await
}

/// Looks at a source again.
#[utoipa::path(post, path = "/api/v1/sources/{name}/resume", tag = "sources",
    params(("name" = String, Path, description = "the operator's name for it")),
    responses((status = 200, description = "as asked for", body = DoneBody), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["admin"]), ("session" = ["admin"])))]
pub(crate) async fn resume(
    Admin(caller): Admin,
    State(server): State<Server>,
    At(name): At<String>,
) -> Result<Json<DoneBody>, Problem> {
    act(&server, caller, name, "source-resume", "is watched again", |it, name, _| it.resume(name))
        .await
}

/// Looks at a source as soon as there is room.
#[utoipa::path(post, path = "/api/v1/sources/{name}/look", tag = "sources",
    params(("name" = String, Path, description = "the operator's name for it")),
    responses((status = 200, description = "as asked for", body = DoneBody), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["responder"]), ("session" = ["responder"])))]
pub(crate) async fn look(
    Responder(caller): Responder,
    State(server): State<Server>,
    At(name): At<String>,
) -> Result<Json<DoneBody>, Problem> {
    act(&server, caller, name, "source-look", "is looked at next", |it, name, _| it.look_now(name))
        .await
}

/// What waits, is at work, or was given up, newest first.
#[utoipa::path(get, path = "/api/v1/jobs", tag = "sources",
    responses((status = 200, description = "as asked for", body = [JobBody]), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["viewer"]), ("session" = ["viewer"])))]
pub(crate) async fn jobs(
    _: Viewer,
    State(server): State<Server>,
) -> Result<Json<Vec<JobBody>>, Problem> {
    let jobs = ask(&server, |watching| watching.jobs(MOST_JOBS)).await??;
    Ok(Json(jobs.into_iter().take(MOST_JOBS).map(Into::into).collect()))
}
