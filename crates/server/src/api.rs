//! The REST API below `/api/v1`: for programs, and for pages that ask in the
//! background. Each handler names the role it needs by its first argument, and its
//! description is made from it. What happens to an incident is `watch`'s.

mod about;
pub(crate) mod accounts;
mod incidents;
mod shape;
mod sources;
pub(crate) mod tokens;
mod work;

use axum::{
    Json, Router,
    extract::{FromRequestParts, Query},
    http::request::Parts,
    routing::get,
};
use serde::de::DeserializeOwned;
use utoipa::openapi::{
    InfoBuilder, OpenApi, OpenApiBuilder,
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{gate::Viewer, problem::Problem, server::Server};

/// The API's routes, its description among them.
pub(crate) fn routes() -> Router<Server> {
    let (router, description) = described();
    let described = async move |_: Viewer| Json(description);
    router.route("/api/v1/openapi.json", get(described))
}

/// The description of the API, as it is at `/api/v1/openapi.json`.
pub fn openapi() -> OpenApi {
    described().1
}

fn described() -> (Router<Server>, OpenApi) {
    let router = OpenApiRouter::with_openapi(frame())
        .routes(routes!(about::me))
        .routes(routes!(accounts::change_password))
        .routes(routes!(incidents::list))
        .routes(routes!(incidents::one))
        .routes(routes!(incidents::events))
        .routes(routes!(incidents::steps))
        .routes(routes!(incidents::places))
        .routes(routes!(work::note))
        .routes(routes!(work::assign))
        .routes(routes!(work::due))
        .routes(routes!(work::waive))
        .routes(routes!(work::attest))
        .routes(routes!(work::close))
        .routes(routes!(work::reopen))
        .routes(routes!(sources::list))
        .routes(routes!(sources::one))
        .routes(routes!(sources::pause))
        .routes(routes!(sources::resume))
        .routes(routes!(sources::look))
        .routes(routes!(sources::jobs))
        .routes(routes!(accounts::list, accounts::add))
        .routes(routes!(accounts::change))
        .routes(routes!(accounts::link))
        .routes(routes!(tokens::list, tokens::make))
        .routes(routes!(tokens::revoke))
        .routes(routes!(about::settings))
        .routes(routes!(about::dossiers))
        .routes(routes!(about::dossier))
        .routes(routes!(about::stats))
        .routes(routes!(about::log));
    let (router, mut description) = router.split_for_parts();
    for item in description.paths.paths.values_mut() {
        let all = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        for operation in all.into_iter().flatten() {
            // A handler's name is its own within its module, which is the tag.
            let tag = operation.tags.iter().flatten().next().cloned().unwrap_or_default();
            let name = operation.operation_id.take().unwrap_or_default();
            operation.operation_id = Some(format!("{tag}.{name}"));
        }
    }
    (router, description)
}

/// What is said of the API as a whole.
fn frame() -> OpenApi {
    let text = "Incidents, the sources that are watched, and who may what. Times are seconds since \
                1970-01-01 UTC. Texts may come from anybody: show them as text. What is wrong is \
                told as `application/problem+json`. The scopes of each operation name the role it \
                needs.";
    let info = InfoBuilder::new()
        .title("Leeward")
        .version("v1")
        .description(Some(text))
        .license(Some(utoipa::openapi::License::new("MIT OR Apache-2.0")));
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("lwt_…")
        .description(Some("a token of an account"))
        .build();
    let session = ApiKeyValue::with_description(
        "__Host-leeward-session",
        "the session of a browser; what changes something also carries `x-csrf-token`",
    );
    let mut frame = OpenApiBuilder::new().info(info.build()).build();
    let mut components = utoipa::openapi::Components::new();
    components.add_security_scheme("token", SecurityScheme::Http(token));
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(session)));
    frame.components = Some(components);
    frame
}

/// What stands after the question mark, in a known shape.
#[derive(Debug)]
struct Asked<T>(T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(asked) = Query::<T>::from_request_parts(parts, state).await.map_err(|_| {
            Problem::bad(
                "what stands after the question mark is not understood: \
                 `/api/v1/openapi.json` names what may",
            )
        })?;
        Ok(Self(asked))
    }
}

/// A part of the path, in a known shape.
#[derive(Debug)]
pub(crate) struct At<T>(T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let found = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        let missing = |_| Problem::missing("there is nothing at this address");
        Ok(Self(found.map_err(missing)?.0))
    }
}
