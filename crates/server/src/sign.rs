//! Signing in and out: by a password, by a link that is good once, or by somebody who
//! vouches. What a signed-in browser sends back is `session`'s.

pub(crate) mod local;
pub(crate) mod oidc;
pub(crate) mod page;
pub(crate) mod session;
pub(crate) mod setup;

use axum::{
    Form, Router,
    extract::{FromRequest as _, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use leeward_model::Entry;
use leeward_store::NewSession;
use serde::de::DeserializeOwned;
use url::Url;
use zeroize::Zeroizing;

use crate::{clock, draw, problem::Problem, server::Server};

/// Pages and forms by which people sign in and out.
pub(crate) fn routes() -> Router<Server> {
    Router::new()
        .route("/sign-in", get(local::page).post(local::sign_in))
        .route("/sign-out", post(local::sign_out))
        .route("/sign-in/oidc", get(oidc::begin))
        .route("/sign-in/oidc/callback", get(oidc::end))
        .route("/setup/{link}", get(setup::page).post(setup::choose))
}

/// Where somebody goes who wanted nothing in particular.
const HOME: &str = "/";

/// Where to go after signing in: a path of this server, whatever was asked for. An
/// address of somebody else's would be a trap with our name on it.
pub(crate) fn own_path(next: &str) -> &str {
    let is_path = next.starts_with('/')
        && next.len() <= 2048
        && !next.starts_with("//")
        && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    // A browser's idea of an address counts, not ours.
    const OURS: &str = "http://leeward.invalid";
    let stays = Url::parse(OURS)
        .and_then(|ours| ours.join(next))
        .is_ok_and(|url| url.host_str() == Some("leeward.invalid") && url.scheme() == "http");
    let is_loop = next.starts_with("/sign-in") || next.starts_with("/sign-out");
    if is_path && stays && !is_loop { next } else { HOME }
}

/// Begins a session in place of whatever the browser had, and sends it on.
pub(crate) async fn begin(
    server: &Server,
    headers: &HeaderMap,
    account: i64,
    role: Option<&'static str>,
    next: &str,
    said: Entry,
) -> Result<Response, Problem> {
    let is_https = server.public.is_https;
    let value: Zeroizing<String> = draw::value();
    let hash = session::hash(&value);
    let former = session::cookie(headers, session::name(is_https)).map(session::hash);
    let at = clock::now();
    let begun = server.shared.pool.with(move |store| {
        // A session that somebody else may have put into the browser ends here.
        if let Some(former) = former {
            let text = "a session ended: its browser signed in anew";
            let ended = Entry { text: text.to_owned(), ..said.clone() };
            store.session_end(&former, &ended)?;
        }
        let expires_at = at + session::LONGEST;
        store.session_begin(&NewSession { hash: &hash, account, at, expires_at }, role, &said)
    });
    begun.await?;
    let mut response = Redirect::to(own_path(next)).into_response();
    let cookie = session::set(session::name(is_https), &value, session::LONGEST, is_https);
    add_cookie(&mut response, cookie);
    Ok(response)
}

pub(crate) fn add_cookie(response: &mut Response, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// A form of a known shape; what is wrong with another is told without quoting it.
pub(crate) async fn form<T: DeserializeOwned>(request: Request) -> Result<T, Problem> {
    match Form::<T>::from_request(request, &()).await {
        Ok(Form(form)) => Ok(form),
        Err(rejection) => Err(match rejection.into_response().status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(1 << 20),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Problem::media("application/x-www-form-urlencoded")
            }
            _ => Problem::bad("the form is not what is read here: load the page again"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_paths_are_gone_to() {
        for path in ["/", "/incidents?state=open&q=a%20b", "/a//b", "/incidents/1#log"] {
            assert_eq!(own_path(path), path);
        }
        for path in [
            "",
            "x",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " //evil.example",
            "javascript:alert(1)",
            "/a\r\nset-cookie: x",
            "///evil.example",
            "/sign-in?next=/",
            "/sign-out",
        ] {
            assert_eq!(own_path(path), "/", "{path:?}");
        }
    }
}
