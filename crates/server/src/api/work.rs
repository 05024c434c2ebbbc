//! What people do about an incident. What is written down is `watch`'s; who did it is
//! the account that asks.

use axum::{Json, extract::State};
use leeward_model::{Incident, Progress, StepName};
use leeward_store::Store;
use leeward_watch::{
    care::{self, By, NotDone},
    response::Unable,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{At, incidents, shape::DoneBody};
use crate::{
    clock,
    gate::{Responder, Sent},
    problem::{Problem, ProblemBody},
    server::Server,
};

/// The longest text that somebody says of an incident, in bytes.
const LONGEST_TEXT: usize = 64 << 10;

/// The longest name of an owner, in bytes.
const LONGEST_OWNER: usize = 200;

/// The latest time that something is due: the year 2200.
const LATEST: i64 = 7_258_118_400;

/// Something to be said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TextBody {
    /// In words; what looks like a value is not kept.
    text: String,
}

/// Who takes care of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnerBody {
    /// Their name; empty for nobody.
    owner: String,
}

/// By when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DueBody {
    /// Seconds since 1970-01-01 UTC.
    due: i64,
}

fn text(body: TextBody) -> Result<String, Problem> {
    match body.text.trim() {
        "" => Err(Problem::bad("nothing was said: write why, as `text`")),
        text if text.len() > LONGEST_TEXT => {
            Err(Problem::bad(format!("`text` has at most {LONGEST_TEXT} bytes")))
        }
        text => Ok(text.to_owned()),
    }
}

impl From<NotDone> for Problem {
    fn from(not: NotDone) -> Self {
        match not {
            NotDone::Store(trouble) => trouble.into(),
            NotDone::NothingSaid => Self::bad(not.to_string()),
            NotDone::Missing(id, steps) => {
                let names: Vec<&str> = steps.iter().map(|step| step.name()).collect();
                Self::conflict(format!(
                    "incident {id} is not closed: these steps are neither done nor waived: {}",
                    names.join(", ")
                ))
            }
            NotDone::Hindered(id, why) => Self::conflict(format!(
                "incident {id} is not closed: {why}; revoke it, or waive the step `revoke` with a \
                 reason"
            )),
        }
    }
}

impl From<Unable> for Problem {
    fn from(unable: Unable) -> Self {
        match unable {
            Unable::Store(trouble) => trouble.into(),
            Unable::Network(why) => {
                tracing::error!(why = %why, "providers cannot be asked");
                Self::broken()
            }
            unable => Self::conflict(unable.to_string()),
        }
    }
}

/// Does something to an incident as whoever asks.
async fn act<T: Send + 'static>(
    server: &Server,
    Responder(caller): Responder,
    id: i64,
    act: impl FnOnce(&mut Store, By<'_>, &Incident) -> Result<T, NotDone> + Send + 'static,
) -> Result<T, Problem> {
    let done = server.shared.pool.with(move |store| {
        let incident = incidents::find(store, id)?;
        let by = By { actor: &caller.who.name, at: clock::now() };
        // The store's trouble spoils the connection; what is refused does not.
        match act(store, by, &incident) {
            Err(NotDone::Store(trouble)) => Err(trouble),
            done => Ok(done),
        }
    });
    Ok(done.await??)
}

/// Says something of an incident.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/notes", tag = "work",
    params(("id" = i64, Path, description = "its number")), request_body = TextBody,
    responses((status = 200, description = "as asked for", body = DoneBody), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["responder"]), ("session" = ["responder"])))]
pub(crate) async fn note(
    who: Responder,
    State(server): State<Server>,
    At(id): At<i64>,
    Sent(body): Sent<TextBody>,
) -> Result<Json<DoneBody>, Problem> {
    let text = text(body)?;
    act(&server, who, id, move |store, by, line| care::note(store, by, line.id, &text)).await?;
    Ok(DoneBody::new("noted"))
}

/// Gives an incident an owner, or none.
#[utoipa::path(put, path = "/api/v1/incidents/{id}/owner", tag = "work",
    params(("id" = i64, Path, description = "its number")), request_body = OwnerBody,
    responses((status = 200, description = "as asked for", body = DoneBody), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["responder"]), ("session" = ["responder"])))]
pub(crate) async fn assign(
    who: Responder,
    State(server): State<Server>,
    At(id): At<i64>,
    Sent(body): Sent<OwnerBody>,
) -> Result<Json<DoneBody>, Problem> {
    let owner = body.owner;
    if owner.len() > LONGEST_OWNER || owner.chars().any(char::is_control) {
        return Err(Problem::bad(format!("an owner is a line of at most {LONGEST_OWNER} bytes")));
    }
    let done =
        act(&server, who, id, move |store, by, line| care::assign(store, by, line.id, &owner));
    Ok(DoneBody::new(done.await?))
}

/// Makes an incident due at another time.
#[utoipa::path(put, path = "/api/v1/incidents/{id}/due", tag = "work",
    params(("id" = i64, Path, description = "its number")), request_body = DueBody,
    responses((status = 200, description = "as asked for", body = DoneBody), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["responder"]), ("session" = ["responder"])))]
pub(crate) async fn due(
    who: Responder,
    State(server): State<Server>,
    At(id): At<i64>,
    Sent(DueBody { due }): Sent<DueBody>,
) -> Result<Json<DoneBody>, Problem> {
    if !(0..=LATEST).contains(&due) {
        return Err(Problem::bad("`due` is in seconds since 1970-01-01 UTC, before the year 2200"));
    }
    let done = act(&server, who, id, move |store, by, line| care::due(store, by, line.id, due));
    Ok(DoneBody::new(done.await?))
}

/// Leaves a step out, or takes somebody's word for it.
async fn decide(
    server: Server,
    Responder(caller): Responder,
    id: i64,
    step: &str,
    progress: Progress,
    body: TextBody,
) -> Result<Json<DoneBody>, Problem> {
    let text = text(body)?;
    let step: StepName = step.parse().map_err(|_| {
        let names: Vec<&str> = StepName::ALL.iter().map(|step| step.name()).collect();
        Problem::missing(format!("the steps are: {}", names.join(", ")))
    })?;
    // It holds the store for as long as it takes, which may be as long as a provider's
    // answer: not one of those that requests share.
    let decided = tokio::task::spawn_blocking(move || {
        let mut store = Store::open(server.shared.pool.place())?;
        let id = incidents::find(&mut store, id)?.id;
        server.responses.decide(store, &caller.who.name, id, step, progress, &text).map(drop)
    });
    decided.await.map_err(|_| Problem::broken())??;
    Ok(DoneBody::new(format!("{step} is {}", progress.name())))
}

/// Leaves a step out, with a reason that an auditor will read.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/steps/{step}/waive", tag = "work",
    params(("id" = i64, Path, description = "its number"),
        ("step" = String, Path, description = "which of the eight")), request_body = TextBody,
    responses((status = 200, description = "as asked for", body = DoneBody), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["responder"]), ("session" = ["responder"])))]
pub(crate) async fn waive(
    who: Responder,
    State(server): State<Server>,
    At((id, step)): At<(i64, String)>,
    Sent(body): Sent<TextBody>,
) -> Result<Json<DoneBody>, Problem> {
    decide(server, who, id, &step, Progress::Waived, body).await
}

/// Takes somebody's word that a step is done.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/steps/{step}/attest", tag = "work",
    params(("id" = i64, Path, description = "its number"),
        ("step" = String, Path, description = "which of the eight")), request_body = TextBody,
    responses((status = 200, description = "as asked for", body = DoneBody), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["responder"]), ("session" = ["responder"])))]
pub(crate) async fn attest(
    who: Responder,
    State(server): State<Server>,
    At((id, step)): At<(i64, String)>,
    Sent(body): Sent<TextBody>,
) -> Result<Json<DoneBody>, Problem> {
    decide(server, who, id, &step, Progress::Done, body).await
}

/// Closes an incident of which every required step is done or waived.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/close", tag = "work",
    params(("id" = i64, Path, description = "its number")),
    responses((status = 200, description = "as asked for", body = DoneBody), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["responder"]), ("session" = ["responder"])))]
pub(crate) async fn close(
    who: Responder,
    State(server): State<Server>,
    At(id): At<i64>,
) -> Result<Json<DoneBody>, Problem> {
    let responses = server.responses.clone();
    let done = act(&server, who, id, move |store, by, line| {
        care::close(store, by, &responses.policy, line, &[])
    });
    Ok(DoneBody::new(if done.await? { "closed" } else { "it was closed already" }))
}

/// Opens an incident again, with the reason.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/reopen", tag = "work",
    params(("id" = i64, Path, description = "its number")), request_body = TextBody,
    responses((status = 200, description = "as asked for", body = DoneBody), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["responder"]), ("session" = ["responder"])))]
pub(crate) async fn reopen(
    who: Responder,
    State(server): State<Server>,
    At(id): At<i64>,
    Sent(body): Sent<TextBody>,
) -> Result<Json<DoneBody>, Problem> {
    let text = text(body)?;
    let done = act(&server, who, id, move |store, by, line| care::reopen(store, by, line, &text));
    Ok(DoneBody::new(if done.await? { "reopened" } else { "it is open already; noted" }))
}
