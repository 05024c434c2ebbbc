//! Webhooks: what services and others send without being asked. Each proves itself by
//! a secret that only the operator and its sender have, is taken once, and names only
//! repositories on hosts that the operator named. What is taken is handed on, and
//! looked at elsewhere.

mod push;
mod signature;

use axum::{
    Router,
    body::{self, Bytes},
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::post,
};

use self::push::Said;
use crate::{
    clock, draw, edge::Origin, problem::Problem, server::Server, setting::HookKind,
    watching::Refused,
};

/// The most bytes of a delivery: what GitHub caps its own at.
const LARGEST: usize = 25 << 20;

/// How many are taken in at once: each may take that much memory.
pub(crate) const AT_ONCE: usize = 8;

pub(crate) fn routes() -> Router<Server> {
    Router::new().route("/hooks/{kind}/{source}", post(receive)).layer(DefaultBodyLimit::disable())
}

async fn receive(
    State(server): State<Server>,
    Path((kind, source)): Path<(String, String)>,
    request: Request,
) -> Response {
    let origin = request.extensions().get::<Origin>().map(|it| it.text()).unwrap_or_default();
    let done = take(&server, &kind, &source, request).await;
    let (outcome, response) = match done {
        Ok(Taken::Queued) => ("queued", accepted("taken in: it is looked at now")),
        Ok(Taken::Ignored(why)) => ("ignored", accepted(why)),
        Err(problem) => {
            let outcome = match problem.status() {
                StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND => "unproven",
                StatusCode::CONFLICT => "replayed",
                StatusCode::PAYLOAD_TOO_LARGE => "too-large",
                StatusCode::REQUEST_TIMEOUT => "too-slow",
                StatusCode::SERVICE_UNAVAILABLE => "busy",
                _ => "refused",
            };
            (outcome, problem.into_response())
        }
    };
    // The names of kinds and sources in an address are anybody's, until they are known.
    let known = server.hooks.keys().find(|known| known.0 == kind && known.1 == source);
    let known = known.map_or("-", |known| known.1.as_str());
    metrics::counter!(
        "leeward_hooks_total", "source" => known.to_owned(), "outcome" => outcome
    )
    .increment(1);
    tracing::info!(source = known, outcome, address = %origin, "a delivery came");
    response
}

fn accepted(what: &'static str) -> Response {
    (StatusCode::ACCEPTED, axum::Json(serde_json::json!({ "outcome": what }))).into_response()
}

enum Taken {
    Queued,
    Ignored(&'static str),
}

async fn take(
    server: &Server,
    kind: &str,
    source: &str,
    request: Request,
) -> Result<Taken, Problem> {
    // Whether there is such a hook is told to nobody who cannot prove themselves.
    let unproven = || {
        Problem::unproven(
            "the delivery is not signed by the secret of this hook: see that both sides have \
             the same, and that there is such a hook in `[[serve.hook]]`",
        )
    };
    let key = server.hooks.keys().find(|known| known.0 == kind && known.1 == source).cloned();
    let hook = key.and_then(|key| server.hooks.get(&key)).ok_or_else(unproven)?;
    let (parts, whole) = request.into_parts();
    let headers = parts.headers;
    // Nothing is read of what carries no proof at all, or says that it is too large.
    if !signature::is_there(hook.kind, &headers) {
        return Err(unproven());
    }
    let length = headers.get("content-length").and_then(|it| it.to_str().ok());
    if length.and_then(|it| it.parse::<u64>().ok()).is_some_and(|length| length > LARGEST as u64) {
        return Err(Problem::too_large(LARGEST));
    }
    let room = server.hook_room.try_acquire();
    let _room = room.map_err(|_| Problem::busy("too much comes in at once: send it again"))?;
    let read =
        tokio::time::timeout(server.limits.arrives_within, body::to_bytes(whole, LARGEST)).await;
    let bytes = read.map_err(|_| Problem::too_slow())?.map_err(|error| unread(&error))?;
    let now = clock::now();
    if !signature::is_right(hook, &headers, &bytes, now) {
        return Err(unproven());
    }
    let keys = keys(hook.kind, &headers, &bytes);
    let what = match hook.kind {
        HookKind::Intake => Said::Intake(bytes.to_vec()),
        kind => push::read(kind, source, &hook.hosts, &headers, &bytes)?,
    };
    let (event, why) = match what {
        Said::Ignored(why) => return Ok(Taken::Ignored(why)),
        Said::Push(event) => (Some(event), None),
        Said::Intake(bytes) => (None, Some(bytes)),
    };
    let name = format!("{kind}/{source}");
    let (noted, known) = (name.clone(), keys.clone());
    let is_new = server.shared.pool.with(move |store| store.delivery(&noted, &known, now)).await?;
    if !is_new {
        return Err(Problem::conflict("this delivery was taken in before: nothing was done"));
    }
    let (watching, source) = (server.watching.clone(), source.to_owned());
    let handed = tokio::task::spawn_blocking(move || match (event, why) {
        (Some(event), _) => watching.push(event),
        (None, Some(bytes)) => watching.intake(&source, bytes),
        (None, None) => Ok(()),
    });
    let handed = handed.await.unwrap_or(Err(Refused::Busy));
    let Err(refused) = handed else {
        // If this is not kept, the same may come again: what it brings is known then.
        server.shared.pool.with(move |store| store.delivery_done(&name, &keys)).await?;
        return Ok(Taken::Queued);
    };
    // What was not taken may come again.
    server.shared.pool.with(move |store| store.delivery_forget(&name, &keys)).await?;
    Err(match refused {
        Refused::Busy => Problem::busy(Refused::Busy.to_string()),
        Refused::NoSource => Problem::missing(Refused::NoSource.to_string()),
        Refused::Not(why) => Problem::bad(why),
    })
}

/// What tells a delivery from others: the id that its sender gave it, which not all sign,
/// and what it says, which is the same if it is sent anew under another id.
fn keys(kind: HookKind, headers: &HeaderMap, bytes: &Bytes) -> Vec<String> {
    let names: &[&str] = match kind {
        HookKind::Github => &["x-github-delivery"],
        HookKind::Gitlab => &["webhook-id", "idempotency-key", "x-gitlab-event-uuid"],
        HookKind::Gitea => &["x-forgejo-delivery", "x-gitea-delivery", "x-github-delivery"],
        HookKind::Bitbucket => &["x-request-uuid", "x-request-id"],
        HookKind::Intake => &["webhook-id", "idempotency-key"],
    };
    let id = names.iter().find_map(|name| headers.get(*name));
    let id = id.map(|id| format!("id {}", draw::hash_bytes(id.as_bytes())));
    let body = format!("body {}", draw::hash_bytes(bytes));
    id.into_iter().chain([body]).collect()
}

/// Why a body was not read to its end.
fn unread(error: &axum::Error) -> Problem {
    let is_length = std::error::Error::source(error)
        .is_some_and(|source| source.to_string().contains("length limit"));
    if is_length {
        Problem::too_large(LARGEST)
    } else {
        Problem::bad("the delivery ended early: send it again")
    }
}

/// A hook that is set up, for tests of its parts.
#[cfg(test)]
fn hook_of(kind: HookKind, secret: &str) -> crate::setting::Hook {
    crate::setting::Hook {
        kind,
        secret: leeward_model::Secret::new(secret.as_bytes()),
        hosts: ["git.example".to_owned()].into(),
    }
}
