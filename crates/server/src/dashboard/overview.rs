//! The first page: what burns now, how many there are of each kind, and how that went.

use axum::{
    Json,
    extract::RawQuery,
    response::{IntoResponse as _, Response},
};
use leeward_model::{Incident, Validity};
use leeward_store::{AGES, Counts, Exposed, Query, Spread, Stretch, Trend};
use maud::{Markup, html};
use serde::Serialize;

use super::{
    behind::{Source, SourceHealth},
    chart::{self, Chart, Series},
    incidents,
    page::{self, Page},
    parts::{count, grouped, severity, short, state, validity},
    query::{Asked, SEVERITIES, VALIDITIES},
    remembered,
    visit::Visit,
};

/// Incidents that are named as burning.
const BURNING: u32 = 8;
/// Events that one visit may take account of: some milliseconds of work.
const MEASURED: u32 = 64;

/// What stretch of time is shown: its name in an address, for people, and what it is.
const RANGES: [(&str, &str, Stretch, u16); 4] = [
    ("30d", "30 days", Stretch::Day, 30),
    ("12w", "12 weeks", Stretch::Week, 12),
    ("26w", "26 weeks", Stretch::Week, 26),
    ("52w", "52 weeks", Stretch::Week, 52),
];

struct Known {
    counts: Counts,
    exposed: Exposed,
    burning: Vec<Incident>,
    trend: Vec<Trend>,
}

pub(super) async fn show(visit: Visit, RawQuery(raw): RawQuery) -> Result<Response, Response> {
    let asked = Asked::of(raw.as_deref());
    let range = RANGES.iter().find(|range| range.0 == asked.get("range")).unwrap_or(&RANGES[1]);
    let (now, stretch, many) = (visit.now, range.2, range.3);
    let known = visit
        .store(move |store| {
            let mut exposed = remembered::exposed(store, now)?;
            // What just happened is shown at once; a long way is the schedule's.
            if (1..=u64::from(MEASURED)).contains(&exposed.behind)
                && store.measure_exposures(MEASURED).is_ok()
            {
                exposed = remembered::exposed_now(store, now)?;
            }
            Ok(Known {
                counts: remembered::counts(store, now)?,
                exposed,
                burning: store.leaf(&Query::default(), None, BURNING)?.incidents,
                trend: remembered::trend(store, exposed.behind == 0, stretch, now, many)?,
            })
        })
        .await?;
    let sources = match visit.behind.backstage.clone() {
        Some(backstage) => visit.blocking(move || backstage.sources()).await.unwrap_or_default(),
        None => Vec::new(),
    };
    let body = body(&visit, &known, &sources, range.0);
    Ok(page::show(
        &visit,
        Page { title: "Overview".to_owned(), under: "/", has_charts: true, body },
    ))
}

/// Counts for the navigation, asked for now and then while a page is open.
#[derive(Serialize)]
struct Short {
    open: u64,
    live: u64,
    overdue: u64,
}

pub(super) async fn counts(visit: Visit) -> Result<Response, Response> {
    let now = visit.now;
    let counts = visit.store(move |store| remembered::counts(store, now)).await?;
    Ok(Json(Short {
        open: counts.open(|cell| cell.count),
        live: live(&counts),
        overdue: counts.open(|cell| cell.late),
    })
    .into_response())
}

fn live(counts: &Counts) -> u64 {
    counts.open(|cell| if cell.validity.is_live() { cell.count } else { 0 })
}

fn body(visit: &Visit, known: &Known, sources: &[Source], range: &str) -> Markup {
    let counts = &known.counts;
    let (open, live) = (counts.open(|cell| cell.count), live(counts));
    html! {
        div .top {
            div {
                h1 { "Overview" }
                p .lead {
                    @if counts.total() == 0 {
                        "Nothing was recorded yet. Scan with `leeward scan --record`, or watch a source."
                    } @else if open == 0 {
                        "Nothing is open: all " (count(counts.total(), "incident is", "incidents are")) " closed."
                    } @else {
                        (count(open, "incident is", "incidents are")) " not closed; "
                        (count(live, "secret is", "secrets are")) " live by the newest answer."
                    }
                }
            }
        }
        (tiles(visit, known, open, live))
        (ailing(sources))
        @if !known.burning.is_empty() {
            section .pane.flush {
                (incidents::table(&known.burning, visit, "What burns now", &Asked::default(), false))
                div .pager { a href="/incidents" { "All " (grouped(open)) " that are not closed" } }
            }
        }
        div .grid {
            (by_severity(counts)) (by_age(counts)) (by_validity(counts))
        }
        @if counts.total() > 0 { (matrix(counts)) }
        section aria-labelledby="time-title" {
            div .top {
                h2 #time-title { "Over time" }
                nav .ranges aria-label="Stretch of time" {
                    @for (name, words, ..) in RANGES {
                        a href={ "/?range=" (name) "#time-title" } aria-current=[(name == range).then_some("true")] { (words) }
                    }
                }
            }
            (charts(&known.trend, known.exposed.behind, range == "30d"))
        }
    }
}

fn tiles(visit: &Visit, known: &Known, open: u64, live: u64) -> Markup {
    let counts = &known.counts;
    let critical = counts.open(|cell| {
        if cell.severity == leeward_model::Severity::Critical { cell.count } else { 0 }
    });
    let tile = |n: u64, words: &str, more: &str, link: &str, burns: bool| {
        let class = if n == 0 {
            "none"
        } else if burns {
            "burning"
        } else {
            ""
        };
        html! { li class=(class) { a href=(link) { b { (grouped(n)) } span { (words) } small { (more) } } } }
    };
    let longest = known.exposed.since.map(|since| short(visit.now - since));
    html! {
        ul .tiles {
            (tile(live, "live", "by the newest answer", "/incidents?validity=active&validity=restricted", true))
            (tile(critical, "critical", "and not closed", "/incidents?severity=critical", true))
            (tile(counts.open(|cell| cell.late), "overdue", "past their day", "/incidents?overdue=1", true))
            (tile(counts.open(|cell| cell.unowned), "without an owner", "nobody takes care", "/incidents?owner=-", false))
            (tile(open, "not closed", &format!("of {} in all", grouped(counts.total())), "/incidents", false))
            li class=(if longest.is_some() { "" } else { "none" }) {
                a href="/incidents?sort=oldest" {
                    b { (longest.unwrap_or_else(|| "–".to_owned())) }
                    span { "longest exposure" }
                    small { (grouped(known.exposed.count)) " not proven dead" }
                }
            }
        }
    }
}

/// Sources that are not looked at as planned.
fn ailing(sources: &[Source]) -> Markup {
    let ill: Vec<&Source> =
        sources.iter().filter(|source| matches!(source.health, SourceHealth::Failing(_))).collect();
    html! {
        @if !ill.is_empty() {
            div .banner.warn role="note" {
                p {
                    strong { (count(ill.len() as u64, "source", "sources")) " cannot be looked at: " }
                    @for (nth, source) in ill.iter().take(5).enumerate() {
                        @if nth > 0 { ", " } (source.name)
                    }
                    ". What is there is not seen. " a href="/sources" { "See why" }
                }
            }
        }
    }
}

fn by_severity(counts: &Counts) -> Markup {
    let rows = SEVERITIES.map(|one| {
        let n = counts.open(|cell| if cell.severity == one { cell.count } else { 0 });
        (severity(one), n, one.name(), format!("/incidents?severity={}", one.name()))
    });
    html! { section .pane { h2 { "How bad" } (chart::bars("Incidents that are not closed, by severity", &rows)) } }
}

fn by_age(counts: &Counts) -> Markup {
    let days = |age: i64| if age == i64::MAX { 0 } else { age / 86_400 };
    let rows: Vec<_> = AGES
        .iter()
        .enumerate()
        .map(|(nth, (age, words))| {
            let n = counts.open(|cell| cell.ages[nth]);
            let since = nth.checked_sub(1).map_or(0, |before| days(AGES[before].0));
            let mut filters = Asked::default();
            if since > 0 {
                filters = filters.with("older", &since.to_string());
            }
            if days(*age) > 0 {
                filters = filters.with("younger", &days(*age).to_string());
            }
            let link = filters.with("sort", "newest").link("/incidents");
            (html! { (words) }, n, "", link)
        })
        .collect();
    html! { section .pane { h2 { "How old" } (chart::bars("Incidents that are not closed, by age", &rows)) } }
}

fn by_validity(counts: &Counts) -> Markup {
    let rows = VALIDITIES.map(|one| {
        let n = counts.open(|cell| if cell.validity == one { cell.count } else { 0 });
        let class = if one == Validity::Active { "critical" } else { "" };
        (validity(one), n, class, format!("/incidents?validity={}", one.name()))
    });
    html! { section .pane { h2 { "How live" } (chart::bars("Incidents that are not closed, by validity", &rows)) } }
}

/// Severity by state, each number a list.
fn matrix(counts: &Counts) -> Markup {
    let states = leeward_model::State::ALL;
    html! {
        section .pane.flush {
            div .scrolls {
                table {
                    caption { "Severity and state" }
                    thead { tr {
                        th scope="col" { "Severity" }
                        @for one in states { th .number scope="col" { (state(one)) } }
                    } }
                    tbody {
                        @for level in SEVERITIES {
                            tr {
                                th scope="row" { (severity(level)) }
                                @for one in states {
                                    @let n: u64 = counts.0.iter()
                                        .filter(|cell| cell.severity == level && cell.state == one)
                                        .map(|cell| cell.count).sum();
                                    td .number {
                                        @if n == 0 { span .dim { "0" } } @else {
                                            a href={ "/incidents?severity=" (level.name()) "&state=" (one.name()) }
                                                aria-label={ (grouped(n)) " " (level.name()) ", " (one.name()) } { (grouped(n)) }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn charts(trend: &[Trend], behind: u64, by_day: bool) -> Markup {
    let x = if by_day { "Day" } else { "Week of" };
    let at: Vec<i64> = trend.iter().map(|one| one.from).collect();
    let whole = |of: fn(&Trend) -> u64| trend.iter().map(|one| Some(of(one) as f64)).collect();
    let line = |label, dash, values| Series { label, bars: false, dash, values };
    let days = |of: fn(&Trend) -> Option<Spread>, which: fn(Spread) -> i64| {
        let day = |one: &Trend| of(one).map(|spread| which(spread) as f64 / 86_400.0);
        trend.iter().map(day).collect::<Vec<_>>()
    };
    let moved = Chart {
        x,
        whole: true,
        at: at.clone(),
        series: vec![
            Series { label: "Opened", bars: true, dash: false, values: whole(|one| one.opened) },
            Series { label: "Closed", bars: true, dash: false, values: whole(|one| one.closed) },
            line("Open at the end", false, whole(|one| one.open)),
        ],
    };
    let spread = |of: fn(&Trend) -> Option<Spread>| Chart {
        x,
        whole: false,
        at: at.clone(),
        series: vec![
            line("Median", false, days(of, |spread| spread.median)),
            line("9 of 10 within", true, days(of, |spread| spread.ninetieth)),
        ],
    };
    let exposure_note = if behind > 0 {
        format!(
            "Days from the first trace to proven dead. {} events are still to be counted.",
            grouped(behind)
        )
    } else {
        "Days from the first trace to proven dead, of secrets that died then.".to_owned()
    };
    html! {
        div .grid {
            (chart::show("moved", "Opened and closed", "How many, and how many were open at the end.", &moved))
            (chart::show("to-close", "Time to close", "Days from opened to closed, of incidents that were closed then.", &spread(|one| one.to_close)))
            (chart::show("exposure", "Exposure", &exposure_note, &spread(|one| one.exposure)))
        }
    }
}
