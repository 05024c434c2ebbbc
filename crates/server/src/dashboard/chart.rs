//! A chart: numbers for the script that draws it, and a table that says the same, which
//! is all there is where scripts do not run.

use maud::{Markup, html};
use serde::Serialize;

use super::parts::day;

/// One line, or row of bars, of a chart.
#[derive(Serialize)]
pub(super) struct Series {
    /// What it is.
    pub(super) label: &'static str,
    /// Bars instead of a line.
    pub(super) bars: bool,
    /// A dashed line.
    pub(super) dash: bool,
    /// A number for each moment; `None` where there is none.
    pub(super) values: Vec<Option<f64>>,
}

/// A chart over time.
#[derive(Serialize)]
pub(super) struct Chart {
    /// What the moments are, such as `Week of`.
    pub(super) x: &'static str,
    /// Whether there are only whole numbers.
    pub(super) whole: bool,
    /// Seconds since 1970-01-01 UTC.
    pub(super) at: Vec<i64>,
    pub(super) series: Vec<Series>,
}

/// The chart under a heading. `note` says how to read it.
pub(super) fn show(id: &str, title: &str, note: &str, chart: &Chart) -> Markup {
    let numbers = serde_json::to_string(chart).unwrap_or_default();
    let number = |value: &Option<f64>| match value {
        None => "–".to_owned(),
        Some(n) if chart.whole => format!("{n:.0}"),
        Some(n) => format!("{n:.1}"),
    };
    html! {
        figure .chart.pane id=(id) data-chart=(numbers) aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } { (title) }
            p .dim { (note) }
            div .plot aria-hidden="true" {}
            details .more open {
                summary { "The numbers" }
                div .scrolls {
                    table {
                        caption .sr { (title) }
                        thead { tr {
                            th scope="col" { (chart.x) }
                            @for series in &chart.series { th .number scope="col" { (series.label) } }
                        } }
                        tbody {
                            @for (nth, at) in chart.at.iter().enumerate().rev() {
                                tr {
                                    th scope="row" { (day(*at)) }
                                    @for series in &chart.series {
                                        td .number { (series.values.get(nth).map(number).unwrap_or_default()) }
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

/// Bars in a table: a name, a length and the number, each a link.
pub(super) fn bars(caption: &str, rows: &[(Markup, u64, &str, String)]) -> Markup {
    let most = rows.iter().map(|(_, n, ..)| *n).max().unwrap_or(0).max(1);
    html! {
        table .bars {
            caption .sr { (caption) }
            tbody {
                @for (name, n, class, link) in rows {
                    tr {
                        th scope="row" { (name) }
                        td {
                            svg viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true" {
                                rect .bed x="0" y="1" width="100" height="10" {}
                                rect class={ "bar " (class) } x="0" y="1" height="10"
                                    width=(format!("{:.1}", *n as f64 * 100.0 / most as f64)) {}
                            }
                        }
                        td .number { a href=(link) { (super::parts::grouped(*n)) } }
                    }
                }
            }
        }
    }
}
