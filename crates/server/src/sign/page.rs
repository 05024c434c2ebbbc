//! The few pages that are seen before there is a session. They need no script, and
//! hold nothing that is kept.

use axum::{
    http::StatusCode,
    response::{Html, IntoResponse as _, Response},
};
use maud::{Markup, html};

use crate::dashboard;

/// A page with a title and what stands below it; above it, what went wrong.
pub(crate) fn page(
    status: StatusCode,
    title: &str,
    complaint: Option<&str>,
    body: &Markup,
) -> Response {
    let page = dashboard::alone(title, complaint, &html! { h1 { (title) } (body) });
    (status, Html(page)).into_response()
}
