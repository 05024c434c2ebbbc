//! What a request is told when it is not answered: RFC 9457, literal, with the next
//! step, and without anything that only the operator should know.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use leeward_store::Trouble;
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    kind: &'static str,
    detail: String,
    /// Seconds after which the same may be asked again.
    retry_after: Option<i64>,
}

/// A problem as it is sent (`application/problem+json`, RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemBody {
    /// `urn:leeward:problem:` and what kind of problem.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The kind, in words.
    pub(crate) title: String,
    /// The status of the answer.
    pub(crate) status: u16,
    /// What happened and what to do.
    pub(crate) detail: String,
}

impl Problem {
    fn new(status: StatusCode, kind: &'static str, detail: impl Into<String>) -> Self {
        Self { status, kind, detail: detail.into(), retry_after: None }
    }

    /// 400: what was sent is not understood; in words.
    pub fn bad(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", detail)
    }

    /// 401: nobody is signed in.
    pub fn nobody() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "not-signed-in",
            "nobody is signed in: send `Authorization: Bearer` with a token, or sign in",
        )
    }

    /// 401: what was sent proves nothing; in words.
    pub fn unproven(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "not-proven", detail)
    }

    /// 403: it is not theirs to do; in words.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// 404: there is no such thing; in words.
    pub fn missing(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    /// 405: the thing is there, and cannot be asked for that.
    pub fn method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "this cannot be asked for by this method: `/api/v1/openapi.json` names those that can",
        )
    }

    /// 409: it is so already, or cannot be done as things are; in words.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", detail)
    }

    /// 413: what was sent is larger than is taken.
    pub fn too_large(most: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
            format!("more was sent than is taken: at most {most} bytes"),
        )
    }

    /// 408: what was sent came too slowly.
    pub fn too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "too-slow",
            "the request did not arrive, or was not answered, in time: send it again",
        )
    }

    /// 415: what was sent is of another type than is read; which is.
    pub fn media(wanted: &str) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "media-type",
            format!("what was sent is read as `{wanted}` only: say so in `Content-Type`"),
        )
    }

    /// 421: the name in `Host` is not this server's.
    pub fn misdirected() -> Self {
        Self::new(
            StatusCode::MISDIRECTED_REQUEST,
            "misdirected",
            "this server does not answer to the name in `Host`: set `serve.public_url` to the \
             address by which people reach it",
        )
    }

    /// 429: too many attempts; seconds to wait.
    pub fn too_many(wait: i64) -> Self {
        let detail = format!("too many attempts: wait {wait} s");
        let status = StatusCode::TOO_MANY_REQUESTS;
        Self { retry_after: Some(wait), ..Self::new(status, "too-many-attempts", detail) }
    }

    /// 500: what went wrong is in the server's log only.
    pub fn broken() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "server-error",
            "something went wrong here: the server's log says what, at the request's id",
        )
    }

    /// 502: whom the server asks did not answer as it should; in words.
    pub fn elsewhere(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, "elsewhere", detail)
    }

    /// 503: not now; in words.
    pub fn busy(detail: impl Into<String>) -> Self {
        /// Long enough for a lock or a full queue to pass.
        const SECONDS: i64 = 5;
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self { retry_after: Some(SECONDS), ..Self::new(status, "not-now", detail) }
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What happened and what to do.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::NoIncident(_) | Trouble::Several { .. } => Self::missing(trouble.to_string()),
            Trouble::Entry(_) => Self::bad(trouble.to_string()),
            Trouble::Locked => Self::busy(trouble.to_string()),
            trouble => {
                // It may name files and hosts: those are the operator's.
                tracing::error!(trouble = %trouble, "the store did not answer");
                match trouble {
                    Trouble::Connect(_) | Trouble::Open(_) | Trouble::Full | Trouble::ReadOnly => {
                        Self::busy("the store cannot be used now: the server's log says why")
                    }
                    Trouble::Unsure(_) => Self::busy(
                        "it is not known whether this was kept: look before you repeat it",
                    ),
                    _ => Self::broken(),
                }
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = ProblemBody {
            kind: format!("urn:leeward:problem:{}", self.kind),
            title: self.kind.replace('-', " "),
            status: self.status.as_u16(),
            detail: self.detail,
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        let kind = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, kind);
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let how = HeaderValue::from_static("Bearer realm=\"leeward\"");
            headers.insert(header::WWW_AUTHENTICATE, how);
        }
        response
    }
}
