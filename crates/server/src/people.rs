//! The forms of the settings page: accounts and tokens, as the API has them, asked for
//! by a browser. What may be done, and by whom, is decided there.

use axum::{
    Extension, Form, Router,
    extract::State,
    response::{Html, IntoResponse as _, Redirect, Response},
    routing::post,
};
use serde::Deserialize;

use crate::{
    api::{accounts, tokens},
    dashboard,
    gate::{Admin, Caller, Person, Viewer},
    problem::Problem,
    server::Server,
};

pub(crate) fn routes() -> Router<Server> {
    Router::new().route("/settings/accounts", post(account)).route("/settings/tokens", post(token))
}

/// What the form of an account sends.
#[derive(Deserialize)]
struct AccountForm {
    #[serde(rename = "do")]
    act: String,
    name: String,
    #[serde(default)]
    role: String,
}

/// What the form of a token sends.
#[derive(Deserialize)]
struct TokenForm {
    #[serde(rename = "do")]
    act: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    days: String,
    #[serde(default)]
    id: String,
}

async fn account(
    caller: Result<Admin, Problem>,
    State(server): State<Server>,
    Form(form): Form<AccountForm>,
) -> Response {
    let done = async {
        let caller = caller?;
        let AccountForm { act, name, role } = form;
        match act.as_str() {
            "add" => {
                let made = accounts::make(&server, &caller.0, name, &role).await?;
                Ok(Done::Once(made.name, made.link))
            }
            "link" => {
                let made = accounts::make_link(&server, &caller.0, name).await?;
                Ok(Done::Once(made.name, made.link))
            }
            "role" => {
                accounts::alter(&server, &caller.0, name.clone(), Some(&role), None).await?;
                Ok(Done::Said(format!("{name} is {role} from now on")))
            }
            "disable" | "enable" => {
                let is_disabled = act == "disable";
                accounts::alter(&server, &caller.0, name.clone(), None, Some(is_disabled)).await?;
                let what = if is_disabled { "may sign in no more" } else { "may sign in again" };
                Ok(Done::Said(format!("{name} {what}")))
            }
            _ => Err(Problem::bad("the form asks for nothing that is done here")),
        }
    };
    answer(done.await, "/settings#accounts", |name, link| dashboard::one_link_page(&name, &link))
}

async fn token(
    Extension(caller): Extension<Caller>,
    State(server): State<Server>,
    Form(form): Form<TokenForm>,
) -> Response {
    let who = caller.who.clone();
    let done = async {
        match form.act.as_str() {
            "add" => {
                let days = form.days.trim().parse().ok();
                let label = form.name;
                let person = Person::of(caller)?;
                let made = tokens::make_one(&server, person.0, &label, &form.role, days).await?;
                Ok(Done::Once(label, made.token))
            }
            "revoke" => {
                let id = form.id.parse().map_err(|_| Problem::bad("there is no such token"))?;
                tokens::end(&server, &Viewer(caller).0, id).await?;
                Ok(Done::Said("the token is good for nothing any more".to_owned()))
            }
            _ => Err(Problem::bad("the form asks for nothing that is done here")),
        }
    };
    answer(done.await, "/settings#tokens", |name, value| {
        dashboard::one_token_page(&who, &name, &value)
    })
}

/// What came of a form.
enum Done {
    /// Said on the page that comes next.
    Said(String),
    /// For whom or what, and what is shown this once.
    Once(String, String),
}

fn answer(
    done: Result<Done, Problem>,
    to: &str,
    once: impl FnOnce(String, String) -> String,
) -> Response {
    let (is_done, text) = match done {
        Ok(Done::Once(name, value)) => return Html(once(name, value)).into_response(),
        Ok(Done::Said(text)) => (true, text),
        Err(problem) => (false, problem.detail().to_owned()),
    };
    let mut response = Redirect::to(to).into_response();
    let cookie = dashboard::flash_cookie(is_done, &text);
    response.headers_mut().append(axum::http::header::SET_COOKIE, cookie);
    response
}
