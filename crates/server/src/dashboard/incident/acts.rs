//! What the forms of an incident do. Each checks who asks, does one thing, and goes back
//! to the page, which says what happened.

use axum::{extract::Path, response::Response};
use leeward_model::{Incident, IncidentId, Progress, Secret, StepName};
use leeward_store::{Store, Trouble};
use leeward_watch::care::{self, By, NotDone};

use super::{number, path};
use crate::{
    Role,
    dashboard::{
        behind::Responding,
        query,
        visit::{Fields, Visit, then},
    },
};

/// No name, note or reason is longer.
const LONGEST: usize = 8000;
const LONGEST_NAME: usize = 100;

/// Does something to an incident that is there, for somebody who may.
async fn act(
    visit: &Visit,
    id: &str,
    what: impl FnOnce(&mut Store, By<'_>, &Incident) -> Result<String, NotDone> + Send + 'static,
) -> Result<Response, Response> {
    visit.must(Role::Responder)?;
    let id = number(visit, id)?;
    let (actor, at) = (visit.who.name.clone(), visit.now);
    let outcome = visit
        .store(move |store| {
            let incident =
                store.incident(id)?.ok_or_else(|| Trouble::NoIncident(id.to_string()))?;
            match what(store, By { actor: &actor, at }, &incident) {
                Ok(text) => Ok(Ok(text)),
                Err(NotDone::Store(trouble)) => Err(trouble),
                Err(why) => Ok(Err(told(&why))),
            }
        })
        .await?;
    Ok(then(&path(id), &outcome))
}

/// The same in the words of this place: what to do next is on the page, not on a
/// command line.
fn told(why: &NotDone) -> String {
    match why {
        NotDone::Missing(id, steps) => {
            let names: Vec<&str> = steps.iter().map(|step| step.name()).collect();
            let is = if names.len() == 1 { "is" } else { "are" };
            format!(
                "incident {id} is not closed: {} {is} neither done nor waived; take the steps, or \
                 waive them with a reason",
                names.join(", ")
            )
        }
        NotDone::Hindered(id, why) => {
            format!("incident {id} is not closed: {why}; revoke it, or waive that with a reason")
        }
        NotDone::Store(_) | NotDone::NothingSaid => why.to_string(),
    }
}

fn limited(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

pub(in crate::dashboard) async fn assign(
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Response> {
    let owner = limited(fields.get("owner"), LONGEST_NAME);
    act(&visit, &id, move |store, by, incident| care::assign(store, by, incident.id, &owner)).await
}

pub(in crate::dashboard) async fn due(
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Response> {
    visit.must(Role::Responder)?;
    match query::until(fields.get("due"), visit.now) {
        Ok(at) => {
            act(&visit, &id, move |store, by, incident| care::due(store, by, incident.id, at)).await
        }
        Err(why) => Ok(then(&path(number(&visit, &id)?), &Err(why))),
    }
}

pub(in crate::dashboard) async fn note(
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Response> {
    let text = limited(fields.get("text"), LONGEST);
    act(&visit, &id, move |store, by, incident| {
        care::note(store, by, incident.id, &text).map(|_| "noted".to_owned())
    })
    .await
}

pub(in crate::dashboard) async fn reopen(
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Response> {
    let text = limited(fields.get("text"), LONGEST);
    act(&visit, &id, move |store, by, incident| {
        let was = care::reopen(store, by, incident, &text)?;
        Ok(if was { "reopened" } else { "it was open already; noted" }.to_owned())
    })
    .await
}

pub(in crate::dashboard) async fn close(
    visit: Visit,
    Path(id): Path<String>,
    _fields: Fields,
) -> Result<Response, Response> {
    let policy = visit.behind.policy.clone();
    act(&visit, &id, move |store, by, incident| {
        let was = care::close(store, by, &policy, incident, &[])?;
        Ok(if was { "closed" } else { "it was closed already" }.to_owned())
    })
    .await
}

/// Asks whoever takes steps; without one, nothing is done.
async fn respond(
    visit: &Visit,
    id: &str,
    step: &str,
    what: impl FnOnce(&dyn Responding, &str, IncidentId, StepName) -> Result<String, String>
    + Send
    + 'static,
) -> Result<Response, Response> {
    visit.must(Role::Responder)?;
    let id = number(visit, id)?;
    // Whether it is there, first.
    visit
        .store(move |store| store.incident(id)?.ok_or_else(|| Trouble::NoIncident(id.to_string())))
        .await?;
    let Ok(step) = step.parse::<StepName>() else {
        return Ok(then(&path(id), &Err("no step is called that".to_owned())));
    };
    let outcome = match visit.behind.responding.clone() {
        Some(responding) => {
            let actor = visit.who.name.clone();
            visit.blocking(move || what(&*responding, &actor, id, step)).await
        }
        None => Err(super::step::NOT_SET_UP.to_owned()),
    };
    Ok(then(&format!("{}/steps/{step}", path(id)), &outcome))
}

pub(in crate::dashboard) async fn attest(
    visit: Visit,
    Path((id, step)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Response> {
    decide(&visit, &id, &step, &fields, Progress::Done).await
}

pub(in crate::dashboard) async fn waive(
    visit: Visit,
    Path((id, step)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Response> {
    decide(&visit, &id, &step, &fields, Progress::Waived).await
}

async fn decide(
    visit: &Visit,
    id: &str,
    step: &str,
    fields: &Fields,
    progress: Progress,
) -> Result<Response, Response> {
    let text = limited(fields.get("text"), LONGEST);
    respond(visit, id, step, move |responding, who, id, step| {
        if text.is_empty() {
            return Err("nothing was said: an auditor will read it".to_owned());
        }
        responding.decide(who, id, step, progress, &text)
    })
    .await
}

pub(in crate::dashboard) async fn apply(
    visit: Visit,
    Path((id, step)): Path<(String, String)>,
    mut fields: Fields,
) -> Result<Response, Response> {
    let value = fields.take("value").map(zeroize::Zeroizing::new);
    let value = value.filter(|value| !value.trim().is_empty());
    let secret = value.map(|value| Secret::new(value.trim().as_bytes()));
    respond(&visit, &id, &step, move |responding, who, id, step| {
        responding.apply(who, id, step, secret)
    })
    .await
}
