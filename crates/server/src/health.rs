//! Whether the server is there and can work, and numbers for those who watch it.

use std::sync::OnceLock;

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::{
    edge::Peer, gate::Caller, problem::Problem, server::Server, setting::BadSetting, who::Role,
};

/// Upper ends of the classes of how long requests take, in seconds.
const SECONDS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// What anybody may ask.
pub(crate) fn routes() -> Router<Server> {
    Router::new().route("/healthz", get(live)).route("/readyz", get(ready))
}

/// The numbers, which are not for anybody.
pub(crate) fn metrics() -> Router<Server> {
    Router::new().route("/metrics", get(numbers))
}

/// Collects the numbers of this process. There is one, however often it is asked for.
pub(crate) fn recorder() -> Result<PrometheusHandle, BadSetting> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let made = RECORDER.get_or_init(|| {
        let matcher = Matcher::Suffix("_seconds".to_owned());
        let builder = PrometheusBuilder::new().set_buckets_for_metric(matcher, &SECONDS).ok()?;
        builder.install_recorder().ok()
    });
    made.clone().ok_or_else(|| BadSetting("numbers are collected by somebody else".to_owned()))
}

/// The process answers.
async fn live() -> &'static str {
    "ok\n"
}

/// It can do its work: the store answers, and sources are watched.
async fn ready(State(server): State<Server>) -> Response {
    let store = server.shared.pool.with(|store| store.head().map(drop)).await;
    let is_watching = server.watching.is_alive();
    let (status, text) = match (store, is_watching) {
        (Ok(()), true) => (StatusCode::OK, "ok\n"),
        (Ok(()), false) => {
            (StatusCode::SERVICE_UNAVAILABLE, "sources are not watched: the log says why\n")
        }
        (Err(trouble), _) => {
            tracing::error!(trouble = %trouble, "the store does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer: the log says why\n")
        }
    };
    (status, text).into_response()
}

async fn numbers(State(server): State<Server>, request: Request) -> Response {
    let caller = request.extensions().get::<Caller>();
    let is_theirs = caller.is_some_and(|caller| caller.who.may(Role::Viewer));
    let is_here = request.extensions().get::<Peer>().is_some_and(|peer| peer.0.ip().is_loopback());
    // What comes through a proxy comes from this machine too: then a token is needed.
    let is_alone = server.proxies.is_empty() && !server.public.is_https;
    let is_passed_on = ["x-forwarded-for", "forwarded", "via", "x-real-ip"]
        .iter()
        .any(|name| request.headers().contains_key(*name));
    let is_near = is_here && is_alone && !is_passed_on;
    if !is_theirs && !is_near {
        return Problem::nobody().into_response();
    }
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], server.metrics.render()).into_response()
}
