//! Signing in by name and password, and out. What is wrong is told the same way
//! whatever it is, after the same work; and who tries often waits.

use axum::{
    extract::{Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use leeward_store::{Attempt, Limit};
use maud::html;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::{
    audit, clock, draw,
    edge::{Actor, Origin},
    gate::Caller,
    password,
    problem::Problem,
    server::Server,
    sign::{self, page, session},
};

/// Passwords for one account that may be wrong before the next must wait, and the
/// longest wait: short, since somebody else can make the owner wait too.
const OF_AN_ACCOUNT: (i64, i64) = (5, 60);

/// The same from one address, behind which many may sit.
const OF_AN_ADDRESS: (i64, i64) = (20, 900);

/// Where somebody wanted to go.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    pub(crate) next: String,
}

/// What somebody typed.
#[derive(Deserialize)]
struct Typed {
    name: String,
    #[serde(deserialize_with = "crate::draw::read")]
    password: Zeroizing<String>,
    #[serde(default)]
    next: String,
}

pub(crate) async fn page(State(server): State<Server>, Query(wanted): Query<Wanted>) -> Response {
    shown(&server, &wanted.next, StatusCode::OK, None)
}

fn shown(server: &Server, next: &str, status: StatusCode, complaint: Option<&str>) -> Response {
    let next = sign::own_path(next);
    let body = html! {
        @if let Some(oidc) = &server.oidc {
            a .button href={ "/sign-in/oidc?next=" (percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC)) } {
                (oidc.label())
            }
        }
        form method="post" action="/sign-in" {
            input type="hidden" name="next" value=(next);
            div .field { label for="name" { "Name" } input id="name" name="name" autocomplete="username" required maxlength="64" autofocus; }
            div .field { label for="password" { "Password" } input id="password" name="password" type="password" autocomplete="current-password" required maxlength="256"; }
            button .main type="submit" { "Sign in" }
        }
    };
    page::page(status, "Sign in", complaint, &body)
}

/// The limits for one account and from one address, in this order.
fn limits(name: &str, origin: Origin) -> [Limit; 2] {
    let limit = |key: String, (free, longest): (i64, i64)| Limit { key, free, longest };
    [
        limit(draw::hash(&["account", &name.to_lowercase()]), OF_AN_ACCOUNT),
        limit(draw::hash(&["address", &origin.network()]), OF_AN_ADDRESS),
    ]
}

/// What came of trying a password.
pub(crate) enum Tried {
    /// It is theirs.
    Right(leeward_store::Account),
    /// It is not, or there is nobody of that name.
    Wrong,
}

/// Tries a password, if it may be tried now.
pub(crate) async fn try_password(
    server: &Server,
    origin: Origin,
    name: &str,
    password: Zeroizing<String>,
) -> Result<Tried, Problem> {
    let limits = limits(name, origin);
    let (asked, known) = (limits.clone(), name.to_owned());
    let (attempt, kept) = server
        .shared
        .pool
        .with(move |store| {
            let attempt = store.attempt(&asked, clock::now())?;
            Ok((attempt, store.account_hash(&known)?))
        })
        .await?;
    let before = match attempt {
        Attempt::Wait(wait) => {
            metrics::counter!("leeward_sign_ins_total", "how" => "delayed").increment(1);
            return Err(Problem::too_many(wait));
        }
        Attempt::Counted(before) => before,
    };
    let (account, hash) = kept.unzip();
    let is_short = password.len() <= password::LONGEST;
    let is_right = is_short && server.passwords.is_right(password, hash).await?;
    if let Some(account) = account.clone().filter(|_| is_right) {
        let [of_account, of_address] = limits;
        let clear = move |store: &mut leeward_store::Store| {
            store.attempt_succeeded(&of_account.key, &of_address.key)
        };
        server.shared.pool.with(clear).await?;
        return Ok(Tried::Right(account));
    }
    metrics::counter!("leeward_sign_ins_total", "how" => "refused").increment(1);
    let address = origin.text();
    tracing::warn!(address = %address, before, "a sign-in was refused");
    if server.failures.is_told(before) {
        // A name that nobody has may be a password in the wrong field.
        let whom = account.map_or_else(|| "nobody known".to_owned(), |account| account.name);
        let count = (before + 1).to_string();
        let text = format!("a sign-in as {whom} was refused");
        let facts = [(audit::ACCOUNT, whom.as_str()), ("count", count.as_str())];
        let said = audit::acted("leeward", "sign-in-refused", text, &address, &facts);
        server.shared.pool.with(move |store| store.append(&[said]).map(drop)).await?;
    }
    Ok(Tried::Wrong)
}

pub(crate) async fn sign_in(State(server): State<Server>, request: Request) -> Response {
    let headers = request.headers().clone();
    let origin = request.extensions().get::<Origin>().copied();
    let typed: Typed = match sign::form(request).await {
        Ok(typed) => typed,
        Err(problem) => return problem.into_response(),
    };
    let Some(origin) = origin else { return Problem::broken().into_response() };
    let next = typed.next;
    match try_password(&server, origin, &typed.name, typed.password).await {
        Ok(Tried::Right(account)) => {
            metrics::counter!("leeward_sign_ins_total", "how" => "password").increment(1);
            let text = format!("{} signed in", account.name);
            let said = audit::acted(&account.name, "sign-in", text, &origin.text(), &[]);
            let begun = sign::begin(&server, &headers, account.id, None, &next, said).await;
            let mut response = begun.unwrap_or_else(|problem| problem.into_response());
            response.extensions_mut().insert(Actor(account.name));
            response
        }
        Ok(Tried::Wrong) => {
            let what = "Name or password is wrong.";
            shown(&server, &next, StatusCode::UNAUTHORIZED, Some(what))
        }
        Err(problem) if problem.status() == StatusCode::TOO_MANY_REQUESTS => {
            let retry = problem.clone().into_response().headers().get(header::RETRY_AFTER).cloned();
            let mut response =
                shown(&server, &next, StatusCode::TOO_MANY_REQUESTS, Some(problem.detail()));
            if let Some(retry) = retry {
                response.headers_mut().insert(header::RETRY_AFTER, retry);
            }
            response
        }
        Err(problem) => problem.into_response(),
    }
}

pub(crate) async fn sign_out(
    State(server): State<Server>,
    headers: HeaderMap,
    caller: Option<axum::Extension<Caller>>,
) -> Response {
    let is_https = server.public.is_https;
    let name = session::name(is_https);
    if let (Some(value), Some(caller)) = (session::cookie(&headers, name), caller) {
        let hash = session::hash(value);
        let who = caller.who.name.clone();
        let text = format!("{who} signed out");
        let said = audit::acted(&who, "sign-out", text, &caller.address, &[]);
        let ended = server.shared.pool.with(move |store| store.session_end(&hash, &said));
        if let Err(trouble) = ended.await {
            return Problem::from(trouble).into_response();
        }
    }
    let mut response = Redirect::to("/sign-in").into_response();
    sign::add_cookie(&mut response, session::set(name, "", 0, is_https));
    let clear = HeaderValue::from_static("\"cache\", \"storage\"");
    response.headers_mut().insert("clear-site-data", clear);
    response
}
