//! Who may come in, and as what. Nobody but their owner ever knows a password: an
//! account is made with a link by which it is chosen.

use axum::{Extension, Json, extract::State};
use leeward_store::{Account, Change, NewAccount};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{At, shape::DoneBody};
use crate::{
    audit, clock, draw,
    edge::Origin,
    gate::{Admin, Caller, Person, Sent},
    password,
    problem::{Problem, ProblemBody},
    server::Server,
    sign::{
        local::{Tried, try_password},
        setup::is_account_name,
    },
    who::Role,
};

/// How long a link by which a password is chosen is good: seconds.
const LINK: i64 = 24 * 3600;

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountBody {
    /// Its name.
    name: String,
    /// `viewer`, `responder` or `admin`.
    role: String,
    /// Whether it has chosen a password.
    has_password: bool,
    /// Who vouches for it, if it signs in elsewhere.
    issuer: Option<String>,
    /// Whether it may not sign in.
    is_disabled: bool,
    /// When it was made.
    created_at: i64,
    /// When it last signed in.
    signed_in_at: Option<i64>,
}

impl From<Account> for AccountBody {
    fn from(it: Account) -> Self {
        Self {
            name: it.name,
            role: it.role,
            has_password: it.has_password,
            issuer: it.subject.map(|(issuer, _)| issuer),
            is_disabled: it.is_disabled,
            created_at: it.created_at,
            signed_in_at: it.signed_in_at,
        }
    }
}

/// An account to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAccountBody {
    /// Up to 64 letters, digits, `.`, `_`, `@`, `+` and `-`.
    name: String,
    /// `viewer`, `responder` or `admin`.
    role: String,
}

/// What is to change; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeBody {
    /// `viewer`, `responder` or `admin`.
    role: Option<String>,
    /// Whether it may not sign in.
    is_disabled: Option<bool>,
}

/// A link that is good once, and shown once.
#[derive(Serialize, ToSchema)]
pub(crate) struct LinkBody {
    /// For whom.
    pub(crate) name: String,
    /// To be handed to them over a channel that nobody else reads.
    pub(crate) link: String,
    /// Until when it is good.
    expires_at: i64,
}

/// A password in place of another.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordBody {
    /// The one that is good now.
    #[schema(value_type = String)]
    #[serde(deserialize_with = "crate::draw::read")]
    current: Zeroizing<String>,
    /// The one that is to be.
    #[schema(value_type = String)]
    #[serde(deserialize_with = "crate::draw::read")]
    new: Zeroizing<String>,
}

fn role(text: &str) -> Result<Role, Problem> {
    text.parse().map_err(|why: crate::who::NoRole| Problem::bad(why.to_string()))
}

/// That somebody opens a way in themselves: a token that was stolen must not outlive its
/// being revoked by what it made.
fn in_person(caller: &Caller) -> Result<(), Problem> {
    Person::of(caller.clone()).map(drop)
}

fn no_account() -> Problem {
    Problem::missing("there is no account of that name")
}

async fn find(server: &Server, name: String) -> Result<Account, Problem> {
    let found = server.shared.pool.with(move |store| store.account(&name)).await?;
    found.ok_or_else(no_account)
}

/// Everybody who may come in, or might.
#[utoipa::path(get, path = "/api/v1/accounts", tag = "accounts",
    responses((status = 200, description = "as asked for", body = [AccountBody]), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["admin"]), ("session" = ["admin"])))]
pub(crate) async fn list(
    _: Admin,
    State(server): State<Server>,
) -> Result<Json<Vec<AccountBody>>, Problem> {
    let accounts = server.shared.pool.with(|store| store.accounts()).await?;
    Ok(Json(accounts.into_iter().map(Into::into).collect()))
}

/// Makes an account, and the link by which it chooses its password.
#[utoipa::path(post, path = "/api/v1/accounts", tag = "accounts", request_body = NewAccountBody,
    responses((status = 200, description = "as asked for", body = LinkBody), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("session" = ["admin"])))]
pub(crate) async fn add(
    Admin(caller): Admin,
    State(server): State<Server>,
    Sent(body): Sent<NewAccountBody>,
) -> Result<Json<LinkBody>, Problem> {
    make(&server, &caller, body.name, &body.role).await.map(Json)
}

/// Makes an account with a role, and its link.
pub(crate) async fn make(
    server: &Server,
    caller: &Caller,
    name: String,
    as_role: &str,
) -> Result<LinkBody, Problem> {
    in_person(caller)?;
    let role = role(as_role)?;
    if !is_account_name(&name) {
        return Err(Problem::bad(
            "a name is up to 64 letters, digits, `.`, `_`, `@`, `+` and `-`, a letter or a digit \
             first",
        ));
    }
    let text = format!("account {name} was made, as {role}");
    let facts = [(audit::ACCOUNT, name.as_str()), ("role", role.name())];
    let said = audit::acted(&caller.who.name, "account-add", text, &caller.address, &facts);
    let made = name.clone();
    let id = server.shared.pool.with(move |store| {
        let new = NewAccount { name: &made, role: role.name(), subject: None, at: clock::now() };
        store.account_add(&new, &said)
    });
    let id = id.await?.ok_or_else(|| Problem::conflict("there is an account of that name"))?;
    linked(server, id, name, &caller.who.name, &caller.address).await
}

/// Makes a link by which an account chooses its password.
async fn linked(
    server: &Server,
    id: i64,
    name: String,
    actor: &str,
    address: &str,
) -> Result<LinkBody, Problem> {
    let value = draw::value();
    let hash = draw::hash(&["link", &value]);
    let now = clock::now();
    let text = format!("a link was made by which {name} chooses a password");
    let facts = [(audit::ACCOUNT, name.as_str())];
    let said = audit::acted(actor, "password-link", text, address, &facts);
    let made = move |store: &mut leeward_store::Store| {
        store.setup_password(&hash, id, now, now + LINK, &said)
    };
    server.shared.pool.with(made).await?;
    let link = format!("{}/setup/{}", server.public.url, *value);
    Ok(LinkBody { name, link, expires_at: now + LINK })
}

/// Gives an account another role, or lets it sign in no more, or again.
#[utoipa::path(patch, path = "/api/v1/accounts/{name}", tag = "accounts",
    params(("name" = String, Path, description = "its name")), request_body = ChangeBody,
    responses((status = 200, description = "as asked for", body = DoneBody), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["admin"]), ("session" = ["admin"])))]
pub(crate) async fn change(
    Admin(caller): Admin,
    State(server): State<Server>,
    At(name): At<String>,
    Sent(body): Sent<ChangeBody>,
) -> Result<Json<DoneBody>, Problem> {
    alter(&server, &caller, name, body.role.as_deref(), body.is_disabled).await?;
    Ok(DoneBody::new("changed"))
}

/// Gives an account another role, or lets it sign in no more, or again.
pub(crate) async fn alter(
    server: &Server,
    caller: &Caller,
    name: String,
    to_role: Option<&str>,
    is_disabled: Option<bool>,
) -> Result<(), Problem> {
    if to_role.is_some() || is_disabled == Some(false) {
        in_person(caller)?;
    }
    let role = to_role.map(role).transpose()?;
    let account = find(server, name).await?;
    let name = account.name.clone();
    if role.is_some() && account.subject.is_some() {
        return Err(Problem::conflict(
            "the role of this account follows from what its provider says: change it there, or in \
             `[serve.oidc.roles]`",
        ));
    }
    let told = |action: &str, text: String| {
        let facts = [(audit::ACCOUNT, name.as_str())];
        audit::acted(&caller.who.name, action, text, &caller.address, &facts)
    };
    let to_role = role
        .map(|role| (role, told("account-role", format!("account {name} is {role} from now on"))));
    let to_disabled = is_disabled.map(|is_disabled| {
        let what = if is_disabled { "may sign in no more" } else { "may sign in again" };
        (is_disabled, told("account-disable", format!("account {name} {what}")))
    });
    let changed = server.shared.pool.with(move |store| {
        if let Some((role, said)) = to_role {
            let change = store.account_role(account.id, role.name(), &said)?;
            if change != Change::Done {
                return Ok(change);
            }
        }
        match to_disabled {
            Some((is_disabled, said)) => store.account_disable(account.id, is_disabled, &said),
            None => Ok(Change::Done),
        }
    });
    match changed.await? {
        Change::Done => Ok(()),
        Change::Missing => Err(no_account()),
        Change::LastAdmin => Err(Problem::conflict(
            "this is the only administrator who can sign in: make another one first",
        )),
    }
}

/// Makes a link by which an account chooses a password, in place of one it forgot.
#[utoipa::path(post, path = "/api/v1/accounts/{name}/link", tag = "accounts",
    params(("name" = String, Path, description = "its name")),
    responses((status = 200, description = "as asked for", body = LinkBody), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("session" = ["admin"])))]
pub(crate) async fn link(
    Admin(caller): Admin,
    State(server): State<Server>,
    At(name): At<String>,
) -> Result<Json<LinkBody>, Problem> {
    make_link(&server, &caller, name).await.map(Json)
}

/// Makes a link for an account that signs in here.
pub(crate) async fn make_link(
    server: &Server,
    caller: &Caller,
    name: String,
) -> Result<LinkBody, Problem> {
    in_person(caller)?;
    let account = find(server, name).await?;
    if account.subject.is_some() || account.is_disabled {
        return Err(Problem::conflict(
            "this account signs in elsewhere, or may not sign in: it chooses no password",
        ));
    }
    linked(server, account.id, account.name, &caller.who.name, &caller.address).await
}

/// Changes one's own password; one's sessions end.
#[utoipa::path(post, path = "/api/v1/me/password", tag = "accounts", request_body = PasswordBody,
    responses((status = 200, description = "as asked for", body = DoneBody), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("session" = ["viewer"])))]
pub(crate) async fn change_password(
    Person(caller): Person,
    State(server): State<Server>,
    origin: Extension<Origin>,
    Sent(body): Sent<PasswordBody>,
) -> Result<Json<DoneBody>, Problem> {
    let name = caller.who.name;
    let Tried::Right(account) = try_password(&server, *origin, &name, body.current).await? else {
        return Err(Problem::forbidden("the current password is wrong"));
    };
    password::check(&body.new, &name)?;
    let hash = server.passwords.hash(body.new).await?;
    let text = format!("{name} changed their password");
    let said = audit::acted(&name, "password-changed", text, &caller.address, &[]);
    let change =
        move |store: &mut leeward_store::Store| store.account_password(account.id, &hash, &said);
    server.shared.pool.with(change).await?;
    Ok(DoneBody::new("changed: sign in again"))
}
