//! Pages for people: what burns, each incident and what can be done about it, sources,
//! and what the server is set up to do. Every page is made here, works without scripts,
//! and shows foreign text only as text; who is signed in, and whether a form is theirs,
//! was found out before ([`Who`](crate::Who) is among the request's extensions).
//!
//! [`behind`] what the dashboard needs of the rest of the server; [`visit`] one request;
//! [`page`] what stands around every page, [`parts`] small parts, [`chart`] charts,
//! [`markdown`] pages of dossiers; [`query`] filters in an address; [`remembered`] what takes a while to count; [`assets`] style and
//! scripts; then a module per page.

mod assets;
mod audit;
pub mod behind;
mod chart;
mod dossiers;
mod help;
mod incident;
mod incidents;
mod jobs;
mod markdown;
mod overview;
mod page;
mod parts;
mod query;
mod remembered;
mod settings;
mod sources;
mod visit;

use axum::{
    Router,
    routing::{get, post},
};

pub(crate) use self::page::alone;
pub use self::{
    behind::{
        Backstage, Behind, Gap, Job, Jobs, Responding, Settings, Source, SourceAsk, SourceHealth,
        StepPlan,
    },
    settings::{one_link_page, one_token_page},
    visit::{Flash, flash_cookie},
};
use crate::Shared;

/// The pages and the forms on them. An `Extension<Behind>` above it
/// says what there is beside the store; without one, the pages say that there is nothing.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/", get(overview::show))
        .route("/counts", get(overview::counts))
        .route("/incidents", get(incidents::show))
        .route("/incidents/bulk", post(incidents::bulk))
        .route("/incidents/{id}", get(incident::show))
        .route("/incidents/{id}/assign", post(incident::acts::assign))
        .route("/incidents/{id}/due", post(incident::acts::due))
        .route("/incidents/{id}/note", post(incident::acts::note))
        .route("/incidents/{id}/close", post(incident::acts::close))
        .route("/incidents/{id}/reopen", post(incident::acts::reopen))
        .route("/incidents/{id}/steps/{step}", get(incident::step::show))
        .route("/incidents/{id}/steps/{step}/attest", post(incident::acts::attest))
        .route("/incidents/{id}/steps/{step}/waive", post(incident::acts::waive))
        .route("/incidents/{id}/steps/{step}/apply", post(incident::acts::apply))
        .route("/incidents/{id}/report/{format}", get(incident::files::report))
        .route("/incidents/{id}/evidence", post(incident::files::evidence))
        .route("/sources", get(sources::show))
        .route("/sources/ask", post(sources::ask))
        .route("/jobs", get(jobs::show))
        .route("/dossiers", get(dossiers::list))
        .route("/dossiers/{id}", get(dossiers::show))
        .route("/settings", get(settings::show))
        .route("/log", get(audit::show))
        .route("/log/verify", post(audit::verify))
        .route("/help", get(help::show))
}

/// What every page loads, for everybody: it shows nothing that is kept.
pub fn assets() -> Router<Shared> {
    Router::new().route("/assets/{hash}/{name}", get(assets::serve))
}
