//! Who asks, and may they: the one place where a session or a token becomes somebody,
//! where a request that a browser was made to send is told from one that its user sent,
//! and where a handler says which role it needs.

use axum::{
    body::{self, Body, Bytes},
    extract::{FromRequest, FromRequestParts, Request, State},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};
use leeward_store::{Session, Token};
use serde::de::DeserializeOwned;
use url::Url;

use crate::{
    clock, draw,
    edge::{Actor, Origin},
    problem::Problem,
    server::Server,
    sign::session,
    who::{Role, Who},
};

/// The most bytes of a form.
const LARGEST_FORM: usize = 256 << 10;

/// How often the last use of a session or a token is noted, in seconds: not with each
/// request, which would be a write each.
const NOTED_EVERY: i64 = 60;

/// What tokens begin with, so that scanners know one when they see it.
pub(crate) const TOKEN_PREFIX: &str = "lwt_";

/// Who asks, and from where.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who, and what they may do.
    pub who: Who,
    /// The number of their account.
    pub account: i64,
    /// The address they ask from.
    pub address: String,
    /// The token they ask with, if it is one and no session.
    pub token: Option<i64>,
}

/// Makes an extractor that lets a role in, and those above it.
macro_rules! role {
    ($(#[$meta:meta])* $name:ident, $role:expr) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $name(pub Caller);

        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
                let caller = parts.extensions.get::<Caller>().ok_or_else(Problem::nobody)?;
                if !caller.who.may($role) {
                    return Err(Problem::forbidden(format!(
                        "this needs the role `{}`, and yours is `{}`: ask an administrator",
                        $role, caller.who.role
                    )));
                }
                Ok(Self(caller.clone()))
            }
        }
    };
}

role!(
    /// Somebody who may look.
    Viewer, Role::Viewer
);
role!(
    /// Somebody who may work on incidents.
    Responder, Role::Responder
);
role!(
    /// Somebody who may decide who may what, and look after the server.
    Admin, Role::Admin
);

/// Somebody who is signed in themselves: no token of theirs does this for them.
#[derive(Clone, Debug)]
pub struct Person(pub Caller);

impl Person {
    /// Of a caller who asks with no token.
    ///
    /// # Errors
    /// A token asks.
    pub fn of(caller: Caller) -> Result<Self, Problem> {
        if caller.token.is_some() {
            return Err(Problem::forbidden("a token does not do this: sign in"));
        }
        Ok(Self(caller))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Viewer(caller) = Viewer::from_request_parts(parts, state).await?;
        Self::of(caller)
    }
}

/// A JSON body of a known shape.
#[derive(Debug)]
pub(crate) struct Sent<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = request.headers().get(header::CONTENT_TYPE).is_some_and(|kind| {
            let kind = kind.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
            kind.trim_ascii().eq_ignore_ascii_case(b"application/json")
        });
        if !is_json {
            return Err(Problem::media("application/json"));
        }
        let bytes =
            Bytes::from_request(request, state).await.map_err(|rejection| {
                match rejection.into_response().status() {
                    StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(1 << 20),
                    _ => Problem::bad("the body ended early: send it again"),
                }
            })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            // Where, and not what: a body may hold what nobody should see.
            let (line, column) = (error.line(), error.column());
            Problem::bad(format!(
                "the body is not what is read here, at line {line}, column {column}: \
                 `/api/v1/openapi.json` has its shape"
            ))
        })
    }
}

/// Finds out who asks, and refuses what a browser was made to ask.
pub(crate) async fn identify(
    State(server): State<Server>,
    mut request: Request,
    next: Next,
) -> Response {
    let found = match find(&server, request.headers()).await {
        Ok(found) => found,
        Err(problem) => return problem.into_response(),
    };
    let address = request.extensions().get::<Origin>().map(|it| it.text()).unwrap_or_default();
    let caller = match found {
        Found::Nobody => None,
        Found::Token(token) => Some(by_token(&token, address)),
        Found::Session(session, csrf) => Some(by_session(&session, csrf, address)),
    };
    let is_token = caller.as_ref().is_some_and(|caller| caller.token.is_some());
    if !is_safe(request.method()) && !is_token {
        if !is_from_here(request.headers(), &server) {
            metrics::counter!("leeward_refused_total", "why" => "cross-site").increment(1);
            return Problem::forbidden("this was sent by a page of another site: it is not done")
                .into_response();
        }
        // These prove themselves by what they carry, and are sent before there is a session.
        let is_sign_in =
            request.uri().path() == "/sign-in" || request.uri().path().starts_with("/setup/");
        if let Some(csrf) = caller.as_ref().and_then(|caller| caller.who.csrf.as_deref())
            && !is_sign_in
        {
            match carries(request, csrf).await {
                Ok(whole) => request = whole,
                Err(problem) => {
                    metrics::counter!("leeward_refused_total", "why" => "csrf").increment(1);
                    return problem.into_response();
                }
            }
        }
    }
    let actor = caller.as_ref().map(|caller| Actor(caller.who.name.clone()));
    if let Some(caller) = caller {
        request.extensions_mut().insert(caller.who.clone());
        request.extensions_mut().insert(caller);
    }
    let mut response = next.run(request).await;
    if let Some(actor) = actor {
        response.extensions_mut().insert(actor);
    }
    response
}

/// Sends whoever is nobody to sign in, and back to where they wanted.
pub(crate) async fn or_sign_in(request: Request, next: Next) -> Response {
    if request.extensions().get::<Who>().is_some() {
        return next.run(request).await;
    }
    if *request.method() != Method::GET {
        return Problem::nobody().into_response();
    }
    let path = request.uri().path_and_query().map_or("/", |it| it.as_str());
    let path = percent_encoding::utf8_percent_encode(path, percent_encoding::NON_ALPHANUMERIC);
    Redirect::to(&format!("/sign-in?next={path}")).into_response()
}

enum Found {
    Nobody,
    Token(Token),
    Session(Session, String),
}

async fn find(server: &Server, headers: &HeaderMap) -> Result<Found, Problem> {
    let now = clock::now();
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        // Whoever says who they are is nobody else, whatever a cookie says.
        let wrong = || Problem::unproven("the token is good for nothing here: make another");
        let value = value.to_str().ok().and_then(bearer).ok_or_else(wrong)?;
        let hash = draw::hash(&["token", value]);
        let found = server.shared.pool.with(move |store| {
            let token = store.token(&hash, now)?;
            if let Some(token) = &token
                && token.used_at.is_none_or(|at| now - at >= NOTED_EVERY)
            {
                store.token_used(token.id, now)?;
            }
            Ok(token)
        });
        let token = found.await?.ok_or_else(|| {
            metrics::counter!("leeward_refused_total", "why" => "token").increment(1);
            wrong()
        })?;
        return Ok(Found::Token(token));
    }
    let Some(value) = session::cookie(headers, session::name(server.public.is_https)) else {
        return Ok(Found::Nobody);
    };
    let (hash, csrf) = (session::hash(value), session::csrf(value));
    let found = server.shared.pool.with(move |store| {
        let session = store.session(&hash, now, session::IDLE)?;
        if let Some(session) = &session
            && now - session.used_at >= NOTED_EVERY
        {
            store.session_used(&hash, now)?;
        }
        Ok(session)
    });
    Ok(found.await?.map_or(Found::Nobody, |session| Found::Session(session, csrf)))
}

/// The token of a header, if it can be one.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    let is_one = scheme.eq_ignore_ascii_case("bearer") && token.starts_with(TOKEN_PREFIX);
    (is_one && token.len() < 100).then_some(token)
}

/// A role that the store keeps; what is not known may look at nothing more than a viewer.
fn role(name: &str) -> Role {
    name.parse().unwrap_or(Role::Viewer)
}

fn by_token(token: &Token, address: String) -> Caller {
    let role = role(&token.account.role).min(role(&token.role));
    let who = Who { name: token.account.name.clone(), role, csrf: None };
    Caller { who, account: token.account.id, address, token: Some(token.id) }
}

fn by_session(session: &Session, csrf: String, address: String) -> Caller {
    let role = role(&session.account.role);
    let who = Who { name: session.account.name.clone(), role, csrf: Some(csrf) };
    Caller { who, account: session.account.id, address, token: None }
}

/// Whether a method changes nothing.
fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether a request was sent by a page of this server, or by no page at all.
fn is_from_here(headers: &HeaderMap, server: &Server) -> bool {
    if let Some(site) = headers.get("sec-fetch-site")
        && site != "same-origin"
        && site != "none"
    {
        return false;
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let origin = origin.to_str().ok().and_then(|text| Url::parse(text).ok());
    let Some(origin) = origin.as_ref().and_then(crate::setting::authority) else { return false };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    // A proxy may have put another name into `Host`.
    origin == server.public.authority
        || host.is_some_and(|host| is_same_authority(&origin, &host.to_ascii_lowercase()))
}

/// Whether two name the same, the usual port written or not.
fn is_same_authority(one: &str, other: &str) -> bool {
    let bare = |text: &str| text.trim_end_matches(":443").trim_end_matches(":80").to_owned();
    bare(one) == bare(other)
}

/// The request again, if it carries what only a page of ours knows: in a header, or in
/// the field `csrf` of a form.
async fn carries(request: Request, csrf: &str) -> Result<Request, Problem> {
    let refused = || {
        Problem::forbidden(
            "the form is of another session, or none: load the page again and send it once more",
        )
    };
    if let Some(value) = request.headers().get("x-csrf-token") {
        return if draw::is_same(value.as_bytes(), csrf.as_bytes()) {
            Ok(request)
        } else {
            Err(refused())
        };
    }
    let is_form = request.headers().get(header::CONTENT_TYPE).is_some_and(|kind| {
        let kind = kind.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
        kind.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
    });
    if !is_form {
        return Err(refused());
    }
    let (parts, whole) = request.into_parts();
    let bytes =
        body::to_bytes(whole, LARGEST_FORM).await.map_err(|_| Problem::too_large(LARGEST_FORM))?;
    let field = url::form_urlencoded::parse(&bytes).find(|(name, _)| name == "csrf");
    let is_right = field.is_some_and(|(_, value)| draw::is_same(value.as_bytes(), csrf.as_bytes()));
    if !is_right {
        return Err(refused());
    }
    Ok(Request::from_parts(parts, Body::from(bytes)))
}
