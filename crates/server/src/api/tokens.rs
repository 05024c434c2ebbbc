//! Tokens, by which programs ask: each is shown once, and kept as a hash.

use axum::{Json, extract::State};
use leeward_store::{NewToken, Token};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{At, shape::DoneBody};
use crate::{
    audit, clock, draw,
    gate::{Caller, Person, Sent, TOKEN_PREFIX, Viewer},
    problem::{Problem, ProblemBody},
    server::Server,
    who::Role,
};

/// The longest name of a token, in bytes.
const LONGEST_LABEL: usize = 100;

/// The most days that a token may last. One that lasts forever is asked for as such.
const MOST_DAYS: i64 = 366;

/// Days that a token lasts, unless others are asked for.
const USUAL_DAYS: i64 = 90;

/// The most tokens that one account has that are good.
const MOST_OF_ONE: usize = 50;

/// A token, without its value.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenBody {
    /// Its number.
    id: i64,
    /// Whose it is.
    account: String,
    /// What it is for.
    label: String,
    /// What it may at most: `viewer`, `responder` or `admin`.
    role: String,
    /// When it was made.
    created_at: i64,
    /// When it ends; never, if absent.
    expires_at: Option<i64>,
    /// When it was last used, roughly.
    used_at: Option<i64>,
    /// Since when it is good for nothing.
    revoked_at: Option<i64>,
}

impl From<Token> for TokenBody {
    fn from(it: Token) -> Self {
        Self {
            id: it.id,
            account: it.account.name,
            label: it.label,
            role: it.role,
            created_at: it.created_at,
            expires_at: it.expires_at,
            used_at: it.used_at,
            revoked_at: it.revoked_at,
        }
    }
}

/// A token to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTokenBody {
    /// What it is for, such as `ci`.
    label: String,
    /// What it may at most; not more than one's own role.
    role: String,
    /// Days that it lasts, up to 366; 0 for as long as nobody revokes it. Usually 90.
    days: Option<i64>,
}

/// A token, with its value, which is shown once.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeTokenBody {
    /// Its number.
    id: i64,
    /// Its value, for `Authorization: Bearer`. It is kept nowhere.
    pub(crate) token: String,
    /// When it ends.
    expires_at: Option<i64>,
}

/// Whose tokens somebody may see and revoke: their own, an administrator everybody's.
fn reach(caller: &Caller) -> Option<i64> {
    (!caller.who.may(Role::Admin)).then_some(caller.account)
}

/// One's own tokens; everybody's for an administrator.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "tokens",
    responses((status = 200, description = "as asked for", body = [TokenBody]), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["viewer"]), ("session" = ["viewer"])))]
pub(crate) async fn list(
    Viewer(caller): Viewer,
    State(server): State<Server>,
) -> Result<Json<Vec<TokenBody>>, Problem> {
    let of = reach(&caller);
    let tokens = server.shared.pool.with(move |store| store.tokens(of)).await?;
    Ok(Json(tokens.into_iter().map(Into::into).collect()))
}

/// Makes a token of one's own.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "tokens", request_body = NewTokenBody,
    responses((status = 200, description = "as asked for", body = MadeTokenBody), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("session" = ["viewer"])))]
pub(crate) async fn make(
    // One that was stolen must not outlive its being revoked by making others.
    Person(caller): Person,
    State(server): State<Server>,
    Sent(body): Sent<NewTokenBody>,
) -> Result<Json<MadeTokenBody>, Problem> {
    make_one(&server, caller, &body.label, &body.role, body.days).await.map(Json)
}

/// Makes a token for somebody who is signed in themselves.
pub(crate) async fn make_one(
    server: &Server,
    caller: Caller,
    label: &str,
    role: &str,
    days: Option<i64>,
) -> Result<MadeTokenBody, Problem> {
    let role: Role =
        role.parse().map_err(|why: crate::who::NoRole| Problem::bad(why.to_string()))?;
    if !caller.who.may(role) {
        return Err(Problem::forbidden("a token may not do more than you may"));
    }
    let label = label.trim().to_owned();
    if label.is_empty() || label.len() > LONGEST_LABEL || label.chars().any(char::is_control) {
        return Err(Problem::bad(format!("`label` is a line of at most {LONGEST_LABEL} bytes")));
    }
    let now = clock::now();
    let expires_at = match days.unwrap_or(USUAL_DAYS) {
        0 => None,
        days if (1..=MOST_DAYS).contains(&days) => Some(now + days * 86_400),
        _ => return Err(Problem::bad(format!("`days` is between 0 and {MOST_DAYS}"))),
    };
    let value = zeroize::Zeroizing::new(format!("{TOKEN_PREFIX}{}", *draw::value()));
    let hash = draw::hash(&["token", &value]);
    let text = format!("token `{label}` was made, as {role} at most");
    let facts = [("label", label.as_str()), ("role", role.name())];
    let said = audit::acted(&caller.who.name, "token-make", text, &caller.address, &facts);
    let id = server.shared.pool.with(move |store| {
        let all = store.tokens(Some(caller.account))?;
        let is_good = |token: &&Token| {
            token.revoked_at.is_none() && token.expires_at.is_none_or(|at| at > now)
        };
        if all.iter().filter(is_good).count() >= MOST_OF_ONE {
            return Ok(None);
        }
        let new = NewToken {
            hash: &hash,
            label: &label,
            account: caller.account,
            role: role.name(),
            at: now,
            expires_at,
        };
        store.token_add(&new, &said).map(Some)
    });
    let too_many = || Problem::conflict(format!("you have {MOST_OF_ONE} tokens: revoke some"));
    let id = id.await?.ok_or_else(too_many)?;
    Ok(MadeTokenBody { id, token: value.to_string(), expires_at })
}

/// Makes a token good for nothing: one's own, or anybody's for an administrator.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "tokens",
    params(("id" = i64, Path, description = "its number")),
    responses((status = 200, description = "as asked for", body = DoneBody), (status = "4XX", description = "why not", body = ProblemBody)),
    security(("token" = ["viewer"]), ("session" = ["viewer"])))]
pub(crate) async fn revoke(
    Viewer(caller): Viewer,
    State(server): State<Server>,
    At(id): At<i64>,
) -> Result<Json<DoneBody>, Problem> {
    end(&server, &caller, id).await?;
    Ok(DoneBody::new("revoked"))
}

/// Makes a token good for nothing.
pub(crate) async fn end(server: &Server, caller: &Caller, id: i64) -> Result<(), Problem> {
    let of = reach(caller);
    let text = format!("token {id} was revoked");
    let number = id.to_string();
    let facts = [("token", number.as_str())];
    let said = audit::acted(&caller.who.name, "token-revoke", text, &caller.address, &facts);
    let revoke =
        move |store: &mut leeward_store::Store| store.token_revoke(id, of, clock::now(), &said);
    // Others' tokens are told from none by nobody.
    let missing = || Problem::missing("you have no such token that is good");
    if server.shared.pool.with(revoke).await? { Ok(()) } else { Err(missing()) }
}
