//! Links that are good once: the first administrator chooses a name and a password by
//! one, an account that was made for somebody its password.

use axum::{
    extract::{Path, Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use leeward_store::{Chosen, Setup};
use maud::html;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::{
    audit, clock, draw,
    edge::{Actor, Origin},
    password,
    problem::Problem,
    server::Server,
    sign::{self, page},
};

/// What somebody chose.
#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    name: String,
    #[serde(deserialize_with = "crate::draw::read")]
    password: Zeroizing<String>,
    #[serde(deserialize_with = "crate::draw::read")]
    again: Zeroizing<String>,
}

/// Whether a name may be an account's: what can be read aloud and stands in a line of
/// the log without quotes.
pub(crate) fn is_account_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._@+-".contains(&byte);
    (1..=64).contains(&name.len())
        && name.bytes().all(is_plain)
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        // These act in the log without being anybody's.
        && !["leeward", "nobody", "system"].contains(&name.to_ascii_lowercase().as_str())
}

fn kept(link: &str) -> String {
    draw::hash(&["link", link])
}

fn gone() -> Response {
    let body = html! {
        p { "This link was used already, is too old, or never was one." }
        p .help {
            "Ask an administrator for another. For a new server: start it again, and it prints one."
        }
    };
    page::page(StatusCode::NOT_FOUND, "No such link", None, &body)
}

fn shown(setup: &Setup, name: &str, status: StatusCode, complaint: Option<&str>) -> Response {
    let (title, action) = match setup {
        Setup::First => ("Make the first account", "Make the account"),
        Setup::Password(_) => ("Choose a password", "Keep the password"),
    };
    let body = html! {
        form method="post" {
            @match setup {
                Setup::First => {
                    p .help { "It is an administrator's: it decides who else may come in." }
                    div .field { label for="name" { "Name" } input id="name" name="name" value=(name) autocomplete="username" required maxlength="64" autofocus; }
                }
                Setup::Password(account) => {
                    div .field { label for="name" { "Name" } input id="name" value=(account.name) autocomplete="username" readonly; }
                }
            }
            div .field { label for="password" { "Password" } input id="password" name="password" type="password" autocomplete="new-password" required minlength=(password::SHORTEST) maxlength="256"; }
            p .help { "At least " (password::SHORTEST) " characters; several words are good." }
            div .field { label for="again" { "The password again" } input id="again" name="again" type="password" autocomplete="new-password" required maxlength="256"; }
            button .main type="submit" { (action) }
        }
    };
    page::page(status, title, complaint, &body)
}

async fn found(server: &Server, link: &str) -> Result<Option<Setup>, Problem> {
    let hash = kept(link);
    Ok(server.shared.pool.with(move |store| store.setup(&hash, clock::now())).await?)
}

pub(crate) async fn page(State(server): State<Server>, Path(link): Path<String>) -> Response {
    match found(&server, &link).await {
        Ok(Some(setup)) => shown(&setup, "", StatusCode::OK, None),
        Ok(None) => gone(),
        Err(problem) => problem.into_response(),
    }
}

pub(crate) async fn choose(
    State(server): State<Server>,
    Path(link): Path<String>,
    request: Request,
) -> Response {
    let origin = request.extensions().get::<Origin>().copied();
    let headers = request.headers().clone();
    let done = async {
        let typed: Typed = sign::form(request).await?;
        let Some(setup) = found(&server, &link).await? else { return Ok(gone()) };
        let name = match &setup {
            Setup::First => typed.name.trim().to_owned(),
            Setup::Password(account) => account.name.clone(),
        };
        let again = |what: &str| shown(&setup, &name, StatusCode::BAD_REQUEST, Some(what));
        if !is_account_name(&name) {
            return Ok(again(
                "A name is up to 64 letters, digits, `.`, `_`, `@`, `+` and `-`, a letter or a \
                 digit first.",
            ));
        }
        if *typed.password != *typed.again {
            return Ok(again("The two passwords are not the same."));
        }
        if let Err(problem) = password::check(&typed.password, &name) {
            return Ok(again(problem.detail()));
        }
        let hash = server.passwords.hash(typed.password).await?;
        let address = origin.map(Origin::text).unwrap_or_default();
        let text = format!("{name} chose a password by a link that is good once");
        let said = audit::acted(&name, "password-chosen", text, &address, &[]);
        let (link, chosen) = (kept(&link), name);
        let account = server.shared.pool.with(move |store| {
            let chosen = Chosen { name: &chosen, hash: &hash, at: clock::now() };
            store.setup_use(&link, &chosen, &said)
        });
        let Some(account) = account.await? else { return Ok(gone()) };
        let text = format!("{} signed in", account.name);
        let said = audit::acted(&account.name, "sign-in", text, &address, &[]);
        let mut response = sign::begin(&server, &headers, account.id, None, "/", said).await?;
        response.extensions_mut().insert(Actor(account.name));
        Ok::<Response, Problem>(response)
    };
    done.await.unwrap_or_else(|problem| problem.into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_be_read_aloud() {
        for name in ["ann", "ann.b@example.com", "a+b-c_d", "1"] {
            assert!(is_account_name(name), "{name}");
        }
        for name in
            ["", ".x", "a b", "a\u{202e}b", "é", "<b>", "leeward", "Leeward", &"x".repeat(65)]
        {
            assert!(!is_account_name(name), "{name}");
        }
    }
}
