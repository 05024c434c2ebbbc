//! Signing in by a provider of OpenID Connect that vouches, by the authorization code
//! flow: people are sent there, come back, and have an account that goes by the
//! provider's own name for them. `provider` asks; `flow` is what the browser keeps
//! meanwhile.

mod flow;
mod provider;

use axum::{
    extract::{Query, State},
    http::HeaderMap,
    response::{IntoResponse as _, Redirect, Response},
};
use leeward_store::NewAccount;
use serde::Deserialize;

pub(crate) use self::provider::Provider;
use self::{
    flow::{cookie_name, opened, sealed},
    provider::{Failed, Vouched},
};
use crate::{
    audit, clock, draw,
    edge::{Actor, Origin},
    problem::Problem,
    server::Server,
    sign::{self, local::Wanted, session},
    who::Role,
};

/// Sends somebody to the provider.
pub(crate) async fn begin(
    State(server): State<Server>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let provider = provider(&server)?;
    let next = sign::own_path(&wanted.next).to_owned();
    let begun = provider.begin(next);
    let (url, flow) = begun.await.map_err(told)?;
    let is_https = server.public.is_https;
    let cookie = sealed(&flow, &server.key).ok_or_else(Problem::broken)?;
    let mut response = Redirect::to(url.as_str()).into_response();
    let cookie = session::set(cookie_name(is_https), &cookie, flow::LASTS, is_https);
    sign::add_cookie(&mut response, cookie);
    Ok(response)
}

/// What the provider sends back by way of the browser.
#[derive(Deserialize)]
pub(crate) struct Answer {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    error: String,
}

/// Takes in whom the provider vouches for.
pub(crate) async fn end(
    State(server): State<Server>,
    Query(answer): Query<Answer>,
    origin: axum::Extension<Origin>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let provider = provider(&server)?;
    let is_https = server.public.is_https;
    let flow = session::cookie(&headers, cookie_name(is_https))
        .and_then(|cookie| opened(cookie, &server.key))
        .filter(|flow| draw::is_same(flow.state.as_bytes(), answer.state.as_bytes()))
        .ok_or_else(|| {
            refused("state");
            Problem::forbidden(
                "this sign-in was not begun in this browser, or long ago: begin again",
            )
        })?;
    if !answer.error.is_empty() || answer.code.is_empty() {
        refused("provider");
        return Err(Problem::forbidden(
            "the provider of identities did not let this go on: begin again, or ask who runs it",
        ));
    }
    let (code, next) = (answer.code, flow.next.clone());
    let vouched = provider.redeem(code, flow).await;
    let vouched = vouched.map_err(told)?;
    let address = origin.text();
    let Some(role) = vouched.role else {
        refused("role");
        let text = format!("{} was vouched for and has no role here", vouched.name);
        let said = audit::acted("leeward", "sign-in-refused", text, &address, &[]);
        if server.failures.is_told(0) {
            server.shared.pool.with(move |store| store.append(&[said]).map(drop)).await?;
        }
        return Err(Problem::forbidden(
            "you are known, and have no role here: ask an administrator, who gives one in \
             `[serve.oidc.roles]`",
        ));
    };
    let account = account(&server, provider.issuer(), vouched, role, &address).await?;
    metrics::counter!("leeward_sign_ins_total", "how" => "oidc").increment(1);
    let text = format!("{} signed in, vouched for by {}", account.name, provider.issuer());
    let said = audit::acted(&account.name, "sign-in", text, &address, &[("role", role.name())]);
    let mut response =
        sign::begin(&server, &headers, account.id, Some(role.name()), &next, said).await?;
    sign::add_cookie(&mut response, session::set(cookie_name(is_https), "", 0, is_https));
    response.extensions_mut().insert(Actor(account.name));
    Ok(response)
}

fn provider(server: &Server) -> Result<Provider, Problem> {
    let missing =
        || Problem::missing("no provider of identities is set up: `[serve.oidc]` names one");
    server.oidc.clone().ok_or_else(missing)
}

fn refused(why: &'static str) {
    metrics::counter!("leeward_sign_ins_total", "how" => "refused").increment(1);
    tracing::warn!(why, "a sign-in by a provider was refused");
}

/// What somebody is told; the operator's log has the rest.
fn told(failed: Failed) -> Problem {
    match failed {
        Failed::Provider(why) => {
            tracing::error!(why = %why, "the provider of identities did not answer as it should");
            Problem::elsewhere(
                "the provider of identities cannot be asked now: the server's log says why",
            )
        }
        Failed::Unproven(why) => {
            refused("unproven");
            tracing::warn!(why = %why, "what the provider of identities sent proves nothing");
            Problem::forbidden("what came back from the provider proves nothing: begin again")
        }
    }
}

/// The account of somebody who is vouched for; it is made the first time. An account of
/// the same name that signs in otherwise is somebody else's.
async fn account(
    server: &Server,
    issuer: &str,
    vouched: Vouched,
    role: Role,
    address: &str,
) -> Result<leeward_store::Account, Problem> {
    let (issuer, address) = (issuer.to_owned(), address.to_owned());
    let found = server.shared.pool.with(move |store| {
        let subject = Some((issuer.as_str(), vouched.subject.as_str()));
        if let Some(account) = store.account_of(&issuer, &vouched.subject)? {
            return Ok(Some(account));
        }
        let apart = format!("-{}", &draw::hash(&["subject", &issuer, &vouched.subject])[..8]);
        let short = &vouched.name[..vouched.name.len().min(64 - apart.len())];
        for name in [vouched.name.clone(), format!("{short}{apart}")] {
            let new = NewAccount { name: &name, role: role.name(), subject, at: clock::now() };
            let text = format!("account {name} was made: {issuer} vouches for it");
            let facts = [(audit::ACCOUNT, name.as_str()), ("role", role.name())];
            let said = audit::acted("leeward", "account-add", text, &address, &facts);
            if store.account_add(&new, &said)?.is_some() {
                break;
            }
        }
        store.account_of(&issuer, &vouched.subject)
    });
    let account = found.await?.ok_or_else(Problem::broken)?;
    if account.is_disabled {
        refused("disabled");
        return Err(Problem::forbidden("this account may not sign in: ask an administrator"));
    }
    Ok(account)
}
