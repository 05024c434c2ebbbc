//! The list of incidents: filters that stand in the address, an order, page by page, and
//! what can be done to several at once.

use axum::{extract::RawQuery, response::Response};
use leeward_model::{Incident, IncidentId, State};
use leeward_store::{Query, Sort};
use leeward_watch::care::{self, By};
use maud::{Markup, html};

use super::{
    page::{self, Page},
    parts::{
        ago, capital, cell, choice, count, csrf, due, empty, grouped, safe, severity, state,
        validity, validity_word,
    },
    query::{self, Asked, NOBODY, SEVERITIES, VALIDITIES},
    remembered::{self, Choices},
    visit::{Fields, Visit, then},
};
use crate::Role;

/// Incidents on a page: a screen or two.
const PAGE: u32 = 50;
/// Counting matches ends here: beyond, the number tells nobody anything.
const COUNTED: u32 = 10_000;

/// What the table of this page is called, for those who do not see the page's heading.
const LISTED: &str = "Incidents, in the order that was asked for";

/// Lists that most people want, by name and filters.
const VIEWS: [(&str, &str); 7] = [
    ("To do", ""),
    ("Live", "validity=active&validity=restricted"),
    ("Critical", "severity=critical"),
    ("Overdue", "overdue=1"),
    ("Nobody's", "owner=-"),
    ("Just changed", "state=any&sort=changed"),
    ("Closed", "state=closed&sort=changed"),
];

pub(super) async fn show(visit: Visit, RawQuery(raw): RawQuery) -> Result<Response, Response> {
    let asked = Asked::of(raw.as_deref());
    let (wanted, mark) = (query::query(&asked, visit.now), query::mark(&asked));
    let of = wanted.clone();
    let (leaf, matching, choices) = visit
        .store(move |store| {
            let leaf = store.leaf(&of, mark.as_ref(), PAGE)?;
            // A leaf that is all there is was counted by reading it.
            let matching = match (&mark, &leaf.next) {
                (None, None) => leaf.incidents.len() as u64,
                _ => store.matching(&of, COUNTED)?,
            };
            let choices = remembered::choices(store)?;
            Ok((leaf, matching, choices))
        })
        .await?;
    let here = asked.without("at", None);
    let link = |mark: &Option<leeward_store::Mark>| {
        mark.as_ref().map(|mark| here.with("at", &mark.to_string()).link("/incidents"))
    };
    let (previous, next) = (link(&leaf.previous), link(&leaf.next));
    let body = html! {
        div .top {
            div {
                h1 { "Incidents" }
                p .lead aria-live="polite" { (found(matching)) }
            }
        }
        (views(&here, &visit))
        (form(&here, &wanted, &choices))
        (chips(&here))
        @if leaf.incidents.is_empty() {
            div .pane {
                (empty("No incident matches", "Take a filter away, or look among the closed ones."))
            }
        } @else {
            form .pane.flush method="post" action="/incidents/bulk" {
                (csrf(&visit.who))
                input type="hidden" name="back" value=(asked.link("/incidents"));
                (table(&leaf.incidents, &visit, LISTED, &here, visit.who.may(Role::Responder)))
                (pager(previous.as_deref(), next.as_deref()))
                @if visit.who.may(Role::Responder) { (several()) }
            }
        }
    };
    let page = Page { title: "Incidents".to_owned(), under: "/incidents", has_charts: false, body };
    Ok(page::show(&visit, page))
}

fn found(matching: u64) -> String {
    match matching {
        n if n >= u64::from(COUNTED) => format!("{} or more match.", grouped(n)),
        1 => "1 matches.".to_owned(),
        n => format!("{} match.", grouped(n)),
    }
}

fn views(here: &Asked, visit: &Visit) -> Markup {
    let now = here.link("");
    let mine = Asked::default().with("owner", &visit.who.name).link("");
    let views = VIEWS.map(|(name, filters)| {
        (name, if filters.is_empty() { String::new() } else { format!("?{filters}") })
    });
    html! {
        nav aria-label="Views" {
            ul .views data-saved-views {
                @for (name, link) in views.into_iter().chain([("Mine", mine)]) {
                    li { a href={ "/incidents" (link) } aria-current=[(link == now).then_some("true")] { (name) } }
                }
                li { button .small type="button" hidden data-save-view title="Keep these filters in this browser; once more to forget them" { "Save view" } }
            }
        }
    }
}

fn form(here: &Asked, wanted: &Query, choices: &Choices) -> Markup {
    let state_now = here.get("state");
    let open = here.pairs().any(|(name, _)| !matches!(name, "q" | "sort"));
    html! {
        form role="search" method="get" action="/incidents" aria-label="Incidents" {
            div .searchrow {
                label .sr for="q" { "Place, hint or fingerprint" }
                input #q type="search" name="q" value=(wanted.text.as_deref().unwrap_or_default())
                    placeholder="Place, hint or fingerprint" data-search autocomplete="off" aria-keyshortcuts="/";
                label .sr for="sort" { "Order" }
                select #sort .nowrap name="sort" {
                    @for sort in Sort::ALL { (choice(sort_value(sort), sort_words(sort), sort_value(wanted.sort))) }
                }
                button .main { "Find" }
            }
            details .filterbox.pane open[open] {
                summary { "Filters" }
                div .filters {
                    div .field { label for="state" { "State" }
                        select #state name="state" {
                            (choice("", "Not closed", state_now))
                            @for one in State::ALL { (choice(one.name(), &capital(one.name()), state_now)) }
                            (choice("any", "Any", state_now))
                        }
                    }
                    div .field { label for="validity" { "Validity" }
                        select #validity name="validity" {
                            (choice("", "Any", here.get("validity")))
                            @for one in VALIDITIES { (choice(one.name(), &capital(validity_word(one)), here.get("validity"))) }
                        }
                    }
                    div .field { label for="owner" { "Owner" } (named("owner", here.get("owner"), &choices.owners, Some((NOBODY, "Nobody")))) }
                    div .field { label for="dossier" { "Kind" } (named("dossier", here.get("dossier"), &choices.kinds, None)) }
                    div .field { label for="source" { "Source" } (named("source", here.get("source"), &choices.sources, None)) }
                    div .field { label for="older" { "Open for more than (days)" }
                        input #older type="number" name="older" min="1" max="36500" value=(here.get("older")); }
                    div .field { label for="from" { "Opened from" } input #from type="date" name="from" value=(here.get("from")); }
                    div .field { label for="until" { "Opened until" } input #until type="date" name="until" value=(here.get("until")); }
                    fieldset {
                        legend { "Severity" }
                        @for one in SEVERITIES {
                            label .check { input type="checkbox" name="severity" value=(one.name()) checked[here.has("severity", one.name())]; (one.name()) }
                        }
                        label .check { input type="checkbox" name="overdue" value="1" checked[here.has("overdue", "1")]; "overdue only" }
                    }
                    div .actions {
                        button .main { "Apply" }
                        a .button href="/incidents" { "Clear" }
                    }
                }
            }
        }
    }
}

/// The usual order needs no word in the address.
fn sort_value(sort: Sort) -> &'static str {
    if sort == Sort::Urgency { "" } else { sort.name() }
}

fn sort_words(sort: Sort) -> &'static str {
    match sort {
        Sort::Urgency => "Most urgent first",
        Sort::Newest => "Newest first",
        Sort::Oldest => "Oldest first",
        Sort::Changed => "Last changed first",
    }
}

fn named(
    field: &str,
    chosen: &str,
    names: &[(String, u64)],
    first: Option<(&str, &str)>,
) -> Markup {
    let is_known = chosen.is_empty()
        || first.is_some_and(|(value, _)| value == chosen)
        || names.iter().any(|(name, _)| name == chosen);
    html! {
        select id=(field) name=(field) {
            (choice("", "Any", chosen))
            @if let Some((value, words)) = first { (choice(value, words, chosen)) }
            @if !is_known { (choice(chosen, &safe(chosen), chosen)) }
            @for (name, n) in names { (choice(name, &format!("{} ({})", safe(name), grouped(*n)), chosen)) }
        }
    }
}

/// Each filter that holds, with a link that takes it away.
fn chips(here: &Asked) -> Markup {
    let known = |name: &str| {
        Some(
            match name {
                "q" => "text",
                "state" | "severity" | "validity" | "owner" | "source" => name,
                "dossier" => "kind",
                "older" => "days open over",
                "younger" => "days open under",
                "from" => "opened from",
                "until" => "opened until",
                "overdue" => "overdue",
                _ => return None,
            }
            .to_owned(),
        )
    };
    let held: Vec<(String, &str, &str)> =
        here.pairs().filter_map(|(name, value)| Some((known(name)?, name, value))).collect();
    html! {
        @if !held.is_empty() {
            div .chips {
                span .sr { "Filters that hold:" }
                @for (words, name, value) in held {
                    @let shown = match (name, value) { ("owner", NOBODY) => "nobody".to_owned(), ("overdue", _) => "yes".to_owned(), _ => safe(value) };
                    a .chip href=(here.without(name, Some(value)).link("/incidents")) {
                        span { (words) ": " strong { (shown) } } span .x aria-hidden="true" { "✕" } span .sr { "take this filter away" }
                    }
                }
            }
        }
    }
}

/// Incidents as a table, whose heads sort where that is possible.
pub(super) fn table(
    incidents: &[Incident],
    visit: &Visit,
    caption: &str,
    here: &Asked,
    can_pick: bool,
) -> Markup {
    let sorts =
        |sort: Sort| here.without("sort", None).with("sort", sort.name()).link("/incidents");
    let is = |sort: Sort| here.get("sort") == sort.name();
    html! {
        div .scrolls.stack {
            table .list {
                caption .sr[caption == LISTED] { (caption) }
                thead { tr {
                    @if can_pick {
                        th .pick scope="col" { input type="checkbox" hidden data-pick-all aria-label="Choose all on this page"; span .sr { "Choose" } }
                    }
                    th scope="col" { "#" }
                    th scope="col" { "Severity" }
                    th scope="col" { "Secret and place" }
                    th scope="col" { "Validity" }
                    th scope="col" { "State" }
                    th scope="col" { "Owner" }
                    th scope="col" { "Due" }
                    th scope="col" aria-sort=[if is(Sort::Newest) { Some("descending") } else if is(Sort::Oldest) { Some("ascending") } else { None }] {
                        a href=(sorts(if is(Sort::Newest) { Sort::Oldest } else { Sort::Newest })) { "Opened" }
                    }
                } }
                tbody { @for one in incidents { (row(one, visit, can_pick)) } }
            }
        }
    }
}

fn row(one: &Incident, visit: &Visit, can_pick: bool) -> Markup {
    let library = &visit.shared.library;
    let title = library.get(one.dossier.as_str()).map_or(one.dossier.as_str(), |known| &known.name);
    let more = one.places.saturating_sub(1);
    html! {
        tr data-row {
            @if can_pick {
                td .pick { input type="checkbox" name="id" value=(one.id) data-pick aria-label={ "Choose incident " (one.id) }; }
            }
            td .id { (one.id) }
            (cell("Severity", &severity(one.severity)))
            td .what {
                a href={ "/incidents/" (one.id) } data-open { (safe(title)) " " code { (safe(one.hint.as_str())) } }
                span .at { (safe(&one.place)) @if more > 0 { " and " (grouped(more)) " more" } }
            }
            (cell("Validity", &validity(one.validity)))
            (cell("State", &state(one.state)))
            (cell("Owner", &html! { @match &one.owner { Some(owner) => (safe(owner)), None => span .dim { "nobody" } } }))
            (cell("Due", &html! { span .nowrap { (due(one, visit.now)) } }))
            (cell("Opened", &html! { span .nowrap { (ago(one.opened_at, visit.now)) } }))
        }
    }
}

/// Links to the pages before and after.
pub(super) fn pager(previous: Option<&str>, next: Option<&str>) -> Markup {
    html! {
        @if previous.is_some() || next.is_some() {
            nav .pager aria-label="Pages" {
                div .actions {
                    @if let Some(link) = previous { a .button.small rel="prev" href=(link) { "← Before" } }
                    @if let Some(link) = next { a .button.small rel="next" href=(link) { "After →" } }
                }
            }
        }
    }
}

fn several() -> Markup {
    html! {
        div .bulk role="group" aria-label="What to do with those that are chosen" {
            strong data-picked aria-live="polite" { "Those that are chosen" }
            div .field { label for="bulk-owner" { "Give to" } input #bulk-owner name="owner" maxlength="100" autocomplete="off"; }
            button .small name="do" value="assign" { "Assign" }
            div .field { label for="bulk-due" { "Due on" } input #bulk-due name="due" placeholder="2026-12-01 or 3d" autocomplete="off"; }
            button .small name="do" value="due" { "Set day" }
        }
    }
}

/// Does the same to several incidents.
pub(super) async fn bulk(visit: Visit, fields: Fields) -> Result<Response, Response> {
    visit.must(Role::Responder)?;
    let back = fields.get("back");
    // Only to the list: never to where somebody else wants.
    let back =
        if back == "/incidents" || back.starts_with("/incidents?") { back } else { "/incidents" };
    let ids: Vec<IncidentId> = fields
        .all("id")
        .filter_map(|id| id.parse().ok().map(IncidentId))
        .take(usize::try_from(PAGE).unwrap_or(usize::MAX))
        .collect();
    if ids.is_empty() {
        return Ok(then(back, &Err("none was chosen: tick those you mean".to_owned())));
    }
    let owner = match fields.get("do") {
        "assign" => Some(fields.get("owner").to_owned()),
        "due" => None,
        _ => return Ok(then(back, &Err("nothing was asked for".to_owned()))),
    };
    let at = match (&owner, query::until(fields.get("due"), visit.now)) {
        (None, Err(why)) => return Ok(then(back, &Err(why))),
        (_, at) => at.unwrap_or(0),
    };
    let (actor, now) = (visit.who.name.clone(), visit.now);
    let outcome = visit
        .store(move |store| {
            let by = By { actor: &actor, at: now };
            let mut done: u64 = 0;
            for incident in store.numbered(&ids)? {
                let said = match &owner {
                    Some(owner) => care::assign(store, by, incident.id, owner),
                    None => care::due(store, by, incident.id, at),
                };
                match said {
                    Ok(_) => done += 1,
                    Err(care::NotDone::Store(trouble)) => return Err(trouble),
                    Err(other) => return Ok(Err(other.to_string())),
                }
            }
            let many = count(done, "incident", "incidents");
            Ok(Ok(match &owner {
                Some(owner) if owner.is_empty() => format!("nobody takes care of {many} now"),
                Some(owner) => format!("{owner} takes care of {many}"),
                None => format!("{many} due on {}", super::parts::day(at)),
            }))
        })
        .await?;
    Ok(then(back, &outcome))
}
