//! One incident: everything that is known of it, and what can be done about it.
//!
//! [`acts`] what its forms do; [`step`] the page of one step; [`files`] what is
//! downloaded; `main` and `side` the two columns of its page.

pub(super) mod acts;
pub(super) mod files;
mod main;
mod side;
pub(super) mod step;

use axum::{extract::Path, http::StatusCode, response::Response};
use leeward_model::{Case, Event, Incident, IncidentId, StepName, StepRecord, Timeline};
use leeward_report::{IncidentView, Parts};
use leeward_respond::Order;
use leeward_store::{Head, Store, Trouble};
use maud::html;

use super::{
    page::{self, Page},
    parts::{crumbs, prose, severity, state, validity},
    visit::Visit,
};

/// All that is kept of an incident.
pub(super) struct Kept {
    pub(super) incident: Incident,
    case: Case,
    steps: Vec<StepRecord>,
    events: Vec<Event>,
    links: Vec<Head>,
    head: Head,
}

impl Kept {
    /// Reads it.
    pub(super) fn read(store: &mut Store, id: IncidentId) -> Result<Self, Trouble> {
        let incident = store.incident(id)?.ok_or_else(|| Trouble::NoIncident(id.to_string()))?;
        let case = store.case(&incident.fingerprint)?.ok_or_else(|| {
            Trouble::Corrupt(format!("of incident {id} nothing but its line is kept"))
        })?;
        Ok(Self {
            case,
            steps: store.steps(id)?,
            events: store.events(Some(id))?,
            links: store.links(id)?,
            head: store.head()?,
            incident,
        })
    }

    /// Shows it to somebody who reads it as a report.
    pub(super) fn view<T>(&self, visit: &Visit, then: impl FnOnce(&IncidentView<'_>) -> T) -> T {
        let timeline = Timeline::of(&self.case, &self.events);
        let links: Vec<(i64, &str)> =
            self.links.iter().map(|head| (head.sequence, head.hash.as_str())).collect();
        let required = self.required(&visit.behind.policy.required);
        let guidance = leeward_watch::guidance::guidance(&visit.shared.library, &self.case.dossier);
        then(&IncidentView {
            incident: &self.incident,
            case: &self.case,
            steps: &self.steps,
            required: &required,
            events: &self.events,
            timeline: &timeline,
            links: &links,
            head: (self.head.sequence, &self.head.hash),
            guidance: &guidance,
            hidden: &[],
            now: visit.now,
            tool_version: env!("CARGO_PKG_VERSION"),
        })
    }

    /// All eight, in the order in which they are to be taken, and why in that order.
    pub(super) fn order(&self) -> ([StepName; 8], &'static str) {
        let (order, why) = Order::of(&self.case);
        (order.steps(), why)
    }

    fn required(&self, required: &[StepName]) -> Vec<StepName> {
        self.order().0.into_iter().filter(|step| required.contains(step)).collect()
    }
}

/// The number of an incident in a path.
#[expect(clippy::result_large_err, reason = "what is refused is a whole page, once a request")]
pub(super) fn number(visit: &Visit, text: &str) -> Result<IncidentId, Response> {
    text.parse().map(IncidentId).map_err(|_| {
        page::refusal(
            visit,
            StatusCode::NOT_FOUND,
            "There is no such incident",
            "an incident goes by its number",
        )
    })
}

/// The path of an incident's page.
pub(super) fn path(id: IncidentId) -> String {
    format!("/incidents/{id}")
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Response> {
    let id = number(&visit, &id)?;
    let kept = visit.store(move |store| Kept::read(store, id)).await?;
    let parts = kept.view(&visit, Parts::of);
    let incident = &kept.incident;
    let tone = if parts.is_good { "good" } else { "bad" };
    let body = html! {
        (crumbs("/incidents", "Incidents"))
        div .top {
            div {
                p .badges {
                    (severity(incident.severity)) (state(incident.state)) (validity(incident.validity))
                    span .badge { "#" (id) }
                }
                h1 { (parts.title) " " code { (parts.hint) } }
            }
        }
        p class={ "verdict " (tone) } { (prose(&parts.verdict)) }
        ul .onpage aria-label="On this page" {
            @for (anchor, name) in [("steps", "Steps"), ("reach", "What it reaches"), ("places", "Where it lies"), ("exposure", "Exposure"), ("events", "Log")] {
                li { a href={ "#" (anchor) } { (name) } }
            }
        }
        div .split {
            div { (main::show(&visit, &kept, &parts)) }
            div .side { (side::show(&visit, &kept, &parts)) }
        }
    };
    let title = format!("Incident {id}");
    Ok(page::show(&visit, Page { title, under: "/incidents", has_charts: false, body }))
}
