//! What is known besides incidents: who asks, what is set up, what kinds of secrets
//! there are, how exposures come and go, and the whole log.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use leeward_store::{Spread, Stretch};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Asked, At,
    incidents::{EventQuery, limit},
    shape::EventPage,
};
use crate::{
    clock,
    gate::{Admin, Viewer},
    problem::{Problem, ProblemBody},
    server::Server,
};

/// Who asks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeBody {
    /// The name of the account.
    name: String,
    /// What they may do: `viewer`, `responder` or `admin`.
    role: String,
    /// What a browser sends as `x-csrf-token`; absent for a token.
    csrf: Option<String>,
}

/// How the server is set up, without secrets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SettingsBody {
    /// The version of the program.
    version: String,
    /// Where people reach it.
    public_url: String,
    /// Who vouches for people, if anybody does.
    oidc_issuer: Option<String>,
    /// The addresses of webhooks.
    hooks: Vec<String>,
    /// Steps that closing asks for.
    required: Vec<String>,
    /// The settings file as it is in force: where secrets are kept, and no secret.
    settings: serde_json::Value,
}

/// A kind of secret that is known.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DossierBody {
    /// Its id.
    id: String,
    /// What people call it.
    name: String,
    /// Who issues it.
    provider: String,
    /// What it is and what it opens.
    summary: String,
}

/// A kind of secret, with its page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DossierPageBody {
    #[serde(flatten)]
    dossier: DossierBody,
    /// The page for people, as Markdown.
    page: String,
}

impl From<&leeward_dossier::Dossier> for DossierBody {
    fn from(dossier: &leeward_dossier::Dossier) -> Self {
        Self {
            id: dossier.id().as_str().to_owned(),
            name: dossier.name.clone(),
            provider: dossier.provider.clone(),
            summary: dossier.summary.clone(),
        }
    }
}

/// How exposures come and go.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatsBody {
    /// How many incidents there are of each state and severity.
    counts: Vec<CountBody>,
    /// Each day, oldest first.
    days: Vec<DayBody>,
}

/// How many incidents there are of a state and a severity.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountBody {
    state: String,
    severity: String,
    count: u64,
}

/// What happened on a day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DayBody {
    /// When it began.
    at: i64,
    /// Incidents that were opened.
    opened: u64,
    /// Incidents that were closed, and are.
    closed: u64,
    /// Incidents that were open at its end.
    open: u64,
    /// How long those that were closed had been open.
    to_close: Option<SpreadBody>,
    /// How long secrets had lain open that were proven dead.
    exposure: Option<SpreadBody>,
}

/// How times are spread, in seconds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SpreadBody {
    /// Of how many.
    count: u64,
    /// Half took no longer.
    median: i64,
    /// Nine of ten took no longer.
    ninetieth: i64,
}

impl From<Spread> for SpreadBody {
    fn from(spread: Spread) -> Self {
        let Spread { count, median, ninetieth } = spread;
        Self { count, median, ninetieth }
    }
}

/// How far back.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatsQuery {
    /// Days, up to 366; usually 90.
    days: Option<u16>,
}

/// Who asks.
#[utoipa::path(get, path = "/api/v1/me", tag = "about",
    responses((status = 200, description = "as asked for", body = MeBody), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["viewer"]), ("session" = ["viewer"])))]
pub(crate) async fn me(Viewer(caller): Viewer) -> Json<MeBody> {
    let who = caller.who;
    Json(MeBody { name: who.name, role: who.role.name().to_owned(), csrf: who.csrf })
}

/// How the server is set up, without secrets.
#[utoipa::path(get, path = "/api/v1/settings", tag = "about",
    responses((status = 200, description = "as asked for", body = SettingsBody), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["admin"]), ("session" = ["admin"])))]
pub(crate) async fn settings(_: Admin, State(server): State<Server>) -> Json<SettingsBody> {
    let hook =
        |(kind, source): &(&str, String)| format!("{}/hooks/{kind}/{source}", server.public.url);
    let required = &server.responses.policy.required;
    Json(SettingsBody {
        version: server.version.to_owned(),
        public_url: server.public.url.clone(),
        oidc_issuer: server.oidc.as_ref().map(|oidc| oidc.issuer().to_owned()),
        hooks: server.hooks.keys().map(hook).collect(),
        required: required.iter().map(|step| step.name().to_owned()).collect(),
        settings: server.effective.clone(),
    })
}

/// The kinds of secrets that are known.
#[utoipa::path(get, path = "/api/v1/dossiers", tag = "about",
    responses((status = 200, description = "as asked for", body = [DossierBody]), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["viewer"]), ("session" = ["viewer"])))]
pub(crate) async fn dossiers(_: Viewer, State(server): State<Server>) -> Json<Vec<DossierBody>> {
    Json(server.shared.library.dossiers().iter().map(Into::into).collect())
}

/// One kind of secret, with its page.
#[utoipa::path(get, path = "/api/v1/dossiers/{id}", tag = "about",
    params(("id" = String, Path, description = "its id")),
    responses((status = 200, description = "as asked for", body = DossierPageBody), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["viewer"]), ("session" = ["viewer"])))]
pub(crate) async fn dossier(
    _: Viewer,
    State(server): State<Server>,
    At(id): At<String>,
) -> Result<Json<DossierPageBody>, Problem> {
    let missing = || Problem::missing("there is no dossier of that id");
    let dossier = server.shared.library.get(&id).ok_or_else(missing)?;
    let page = leeward_dossier::page(dossier);
    Ok(Json(DossierPageBody { dossier: dossier.into(), page }))
}

/// How exposures come and go.
#[utoipa::path(get, path = "/api/v1/stats", tag = "about", params(StatsQuery),
    responses((status = 200, description = "as asked for", body = StatsBody), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["viewer"]), ("session" = ["viewer"])))]
pub(crate) async fn stats(
    _: Viewer,
    State(server): State<Server>,
    Asked(query): Asked<StatsQuery>,
) -> Result<Json<StatsBody>, Problem> {
    let days = query.days.unwrap_or(90);
    if !(1..=366).contains(&days) {
        return Err(Problem::bad("`days` is between 1 and 366"));
    }
    let now = clock::now();
    let known = server
        .shared
        .pool
        .with(move |store| Ok((store.counts(now)?, store.trend(Stretch::Day, now, days)?)));
    let (counts, trend) = known.await?;
    let mut by = BTreeMap::new();
    for cell in &counts.0 {
        *by.entry((cell.state, cell.severity)).or_default() += cell.count;
    }
    let counts = by.into_iter().map(|((state, severity), count)| CountBody {
        state: state.name().to_owned(),
        severity: severity.name().to_owned(),
        count,
    });
    let days = trend.into_iter().map(|day| DayBody {
        at: day.from,
        opened: day.opened,
        closed: day.closed,
        open: day.open,
        to_close: day.to_close.map(Into::into),
        exposure: day.exposure.map(Into::into),
    });
    Ok(Json(StatsBody { counts: counts.collect(), days: days.collect() }))
}

/// The whole log, oldest first, a page at a time: who did what.
#[utoipa::path(get, path = "/api/v1/log", tag = "about", params(EventQuery),
    responses((status = 200, description = "as asked for", body = EventPage), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["admin"]), ("session" = ["admin"])))]
pub(crate) async fn log(
    _: Admin,
    State(server): State<Server>,
    Asked(query): Asked<EventQuery>,
) -> Result<Json<EventPage>, Problem> {
    let limit = limit(query.limit)? as usize;
    let after = query.after.unwrap_or(0);
    let found = server.shared.pool.with(move |store| store.event_page(None, after, limit + 1));
    Ok(Json(EventPage::new(found.await?, limit)))
}
