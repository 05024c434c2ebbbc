//! Incidents as they are read: the list, one, its events, steps and places.

use axum::{Json, extract::State};
use leeward_model::{Incident, IncidentId, Severity, State as Stage, Validity};
use leeward_store::{Mark, Query, Store, Trouble, Whose};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Asked, At,
    shape::{CaseBody, EventPage, IncidentPage, PlaceBody, StepBody},
};
use crate::{
    clock,
    gate::Viewer,
    problem::{Problem, ProblemBody},
    server::Server,
};

/// Lines of a page, unless more or fewer are asked for.
const USUAL: u32 = 50;

/// The most lines of a page.
pub(super) const MOST: u32 = 200;

/// The longest words that are looked for.
const LONGEST_WORDS: usize = 200;

/// The most places that are sent: more help nobody, and the count says how many there are.
const MOST_PLACES: usize = 10_000;

/// Which incidents are wanted. Several values are separated by commas.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// In these states, such as `open,reopened`.
    state: Option<String>,
    /// Of these severities, such as `critical,high`.
    severity: Option<String>,
    /// `active`, `restricted`, `inactive`, `unknown` or `unchecked`.
    validity: Option<String>,
    /// With this owner; empty for those without.
    owner: Option<String>,
    /// Of this kind: the id of a dossier.
    dossier: Option<String>,
    /// Seen in this source.
    source: Option<String>,
    /// Only what is not closed and should be: `true`.
    overdue: Option<bool>,
    /// With these words in the place, the hint, the fingerprint or the owner.
    q: Option<String>,
    /// Where the page begins: what came with the page before.
    cursor: Option<String>,
    /// How many lines, at most 200.
    limit: Option<u32>,
}

/// Several names, each of which must be known.
fn names<T>(text: Option<&str>, all: &[T], name: fn(&T) -> &'static str) -> Result<Vec<T>, Problem>
where
    T: Copy,
{
    let parts = text.unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            all.iter().find(|known| name(known) == part).copied().ok_or_else(|| {
                let known: Vec<&str> = all.iter().map(name).collect();
                Problem::bad(format!("there is: {}; and nothing else", known.join(", ")))
            })
        })
        .collect()
}

const SEVERITIES: [Severity; 4] =
    [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];

const VALIDITIES: [Validity; 5] = [
    Validity::Active,
    Validity::Restricted,
    Validity::Inactive,
    Validity::Unknown,
    Validity::Unchecked,
];

impl ListQuery {
    fn wanted(&self) -> Result<Query, Problem> {
        if self.q.as_deref().is_some_and(|words| words.len() > LONGEST_WORDS) {
            return Err(Problem::bad(format!("`q` has at most {LONGEST_WORDS} bytes")));
        }
        Ok(Query {
            states: names(self.state.as_deref(), &Stage::ALL, |it| it.name())?,
            all: true,
            severities: names(self.severity.as_deref(), &SEVERITIES, |it| it.name())?,
            validities: names(self.validity.as_deref(), &VALIDITIES, |it| it.name())?,
            owner: self.owner.clone().map(|name| match name.as_str() {
                "" => Whose::Nobodys,
                _ => Whose::Of(name),
            }),
            dossier: self.dossier.clone(),
            source: self.source.clone(),
            text: self.q.clone(),
            overdue_at: self.overdue.filter(|is| *is).map(|_| clock::now()),
            ..Query::default()
        })
    }
}

/// How many lines a page has.
pub(super) fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    match asked {
        None => Ok(USUAL),
        Some(limit) if (1..=MOST).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::bad(format!("`limit` is between 1 and {MOST}"))),
    }
}

/// The incident of a number, in the store at hand.
pub(super) fn find(store: &mut Store, id: i64) -> Result<Incident, Trouble> {
    let id = IncidentId(id);
    store.incident(id)?.ok_or_else(|| Trouble::NoIncident(id.to_string()))
}

/// Incidents, a page at a time.
#[utoipa::path(get, path = "/api/v1/incidents", params(ListQuery), tag = "incidents",
    responses((status = 200, description = "as asked for", body = IncidentPage), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["viewer"]), ("session" = ["viewer"])))]
pub(crate) async fn list(
    _: Viewer,
    State(server): State<Server>,
    Asked(query): Asked<ListQuery>,
) -> Result<Json<IncidentPage>, Problem> {
    let wanted = query.wanted()?;
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().filter(|text| !text.is_empty());
    let after: Option<Mark> = after
        .map(str::parse)
        .transpose()
        .map_err(|why| Problem::bad(format!("`cursor`: {why}")))?;
    let leaf = server.shared.pool.with(move |store| store.leaf(&wanted, after.as_ref(), limit));
    let leaf = leaf.await?;
    Ok(Json(IncidentPage {
        incidents: leaf.incidents.iter().map(Into::into).collect(),
        next: leaf.next.map(|mark| mark.to_string()),
    }))
}

/// One incident, with what is known of its finding.
#[utoipa::path(get, path = "/api/v1/incidents/{id}", tag = "incidents",
    params(("id" = i64, Path, description = "its number")),
    responses((status = 200, description = "as asked for", body = CaseBody), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["viewer"]), ("session" = ["viewer"])))]
pub(crate) async fn one(
    _: Viewer,
    State(server): State<Server>,
    At(id): At<i64>,
) -> Result<Json<CaseBody>, Problem> {
    let found = server.shared.pool.with(move |store| {
        let line = find(store, id)?;
        let case = store.case(&line.fingerprint)?;
        let nothing = || Trouble::Corrupt(format!("incident {id} has no finding beside it"));
        Ok(CaseBody::new(&line, &case.ok_or_else(nothing)?))
    });
    Ok(Json(found.await?))
}

/// Which events are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventQuery {
    /// After this place in the log.
    pub(super) after: Option<i64>,
    /// How many, at most 200.
    pub(super) limit: Option<u32>,
}

/// What happened to an incident, oldest first, a page at a time.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/events", tag = "incidents",
    params(("id" = i64, Path, description = "its number"), EventQuery),
    responses((status = 200, description = "as asked for", body = EventPage), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["viewer"]), ("session" = ["viewer"])))]
pub(crate) async fn events(
    _: Viewer,
    State(server): State<Server>,
    At(id): At<i64>,
    Asked(query): Asked<EventQuery>,
) -> Result<Json<EventPage>, Problem> {
    let limit = limit(query.limit)? as usize;
    let found = server.shared.pool.with(move |store| {
        let id = find(store, id)?.id;
        store.event_page(Some(id), query.after.unwrap_or(0), limit + 1)
    });
    Ok(Json(EventPage::new(found.await?, limit)))
}

/// The eight steps of an incident.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/steps", tag = "incidents",
    params(("id" = i64, Path, description = "its number")),
    responses((status = 200, description = "as asked for", body = [StepBody]), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["viewer"]), ("session" = ["viewer"])))]
pub(crate) async fn steps(
    _: Viewer,
    State(server): State<Server>,
    At(id): At<i64>,
) -> Result<Json<Vec<StepBody>>, Problem> {
    let steps = server.shared.pool.with(move |store| store.steps(IncidentId(id))).await?;
    let required = &server.responses.policy.required;
    let body = |step: leeward_model::StepRecord| {
        let is_required = required.contains(&step.step);
        StepBody::new(step, is_required)
    };
    Ok(Json(steps.into_iter().map(body).collect()))
}

/// Where the secret lies, and where it lay.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/places", tag = "incidents",
    params(("id" = i64, Path, description = "its number")),
    responses((status = 200, description = "as asked for", body = [PlaceBody]), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["viewer"]), ("session" = ["viewer"])))]
pub(crate) async fn places(
    _: Viewer,
    State(server): State<Server>,
    At(id): At<i64>,
) -> Result<Json<Vec<PlaceBody>>, Problem> {
    let found = server.shared.pool.with(move |store| {
        let line = find(store, id)?;
        let case = store.case(&line.fingerprint)?;
        let Some(case) = case else { return Ok(Vec::new()) };
        let here = case.locations.iter().map(|it| PlaceBody::new(it, false));
        let gone = case.gone.iter().map(|it| PlaceBody::new(it, true));
        Ok(here.chain(gone).take(MOST_PLACES).collect())
    });
    Ok(Json(found.await?))
}
