//! One request by somebody who is signed in: what handlers need of it, and the ways in
//! which it is answered. Who is not signed in is sent to where that is done.

use axum::{
    Form,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
};
use jiff::Timestamp;
use leeward_store::{Store, Trouble};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{behind::Behind, page};
use crate::{Role, Shared, Who};

/// The cookie with what the page before has to say.
const FLASH: &str = "leeward_flash";
/// More than a few lines is no message; cookies may be 4 KiB.
const LONGEST_FLASH: usize = 900;
/// Fields of a form: more than any page has, bulk choices included.
const MOST_FIELDS: usize = 300;

/// A message about what was just done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flash {
    /// Whether it was done.
    pub done: bool,
    /// What happened, for people.
    pub text: String,
}

/// The value of a `Set-Cookie` header that shows a message on the next page.
pub fn flash_cookie(done: bool, text: &str) -> HeaderValue {
    let mut end = text.len().min(LONGEST_FLASH);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = utf8_percent_encode(&text[..end], NON_ALPHANUMERIC);
    let mark = if done { 'd' } else { 'n' };
    let cookie = format!("{FLASH}={mark}{text}; Path=/; Max-Age=60; HttpOnly; SameSite=Strict");
    // Only letters, digits and percent signs are in it.
    HeaderValue::from_str(&cookie).unwrap_or(HeaderValue::from_static("leeward_flash="))
}

fn flash(headers: &HeaderMap) -> Option<Flash> {
    let cookies =
        headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|text| text.split(';'));
    let value = pairs.find_map(|pair| pair.trim().strip_prefix(FLASH)?.strip_prefix('='))?;
    let (done, text) = match value.as_bytes().first()? {
        b'd' => (true, &value[1..]),
        b'n' => (false, &value[1..]),
        _ => return None,
    };
    let text = percent_decode_str(text).decode_utf8_lossy().into_owned();
    Some(Flash { done, text })
}

/// A request by somebody who is signed in.
pub(super) struct Visit {
    pub(super) who: Who,
    pub(super) shared: Shared,
    pub(super) behind: Behind,
    pub(super) flash: Option<Flash>,
    /// Seconds since 1970-01-01 UTC.
    pub(super) now: i64,
}

impl FromRequestParts<Shared> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        let Some(who) = parts.extensions.get::<Who>().cloned() else {
            return Err(Redirect::to("/sign-in").into_response());
        };
        Ok(Self {
            who,
            shared: shared.clone(),
            behind: parts.extensions.get::<Behind>().cloned().unwrap_or_default(),
            flash: flash(&parts.headers),
            now: Timestamp::now().as_second(),
        })
    }
}

impl Visit {
    /// Does something with the store; what goes wrong is a page.
    pub(super) async fn store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Response> {
        let done = self.shared.pool.with(work).await;
        done.map_err(|trouble| page::trouble(self, &trouble))
    }

    /// Does something that blocks and is not the store.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, String> + Send + 'static,
    ) -> Result<T, String> {
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or_else(|_| Err("this failed within the server; its log says why".to_owned()))
    }

    /// That they may do what a role may, or the page that says they may not.
    #[expect(clippy::result_large_err, reason = "what is refused is a whole page, once a request")]
    pub(super) fn must(&self, role: Role) -> Result<(), Response> {
        if self.who.may(role) {
            return Ok(());
        }
        let text =
            format!("you are a {}, and this takes a {role}: ask an administrator", self.who.role);
        Err(page::refusal(self, StatusCode::FORBIDDEN, "You may not do this", &text))
    }
}

/// Goes to another page, which says what happened.
pub(super) fn then(to: &str, outcome: &Result<String, String>) -> Response {
    let (done, text) = match outcome {
        Ok(text) => (true, text),
        Err(text) => (false, text),
    };
    let mut answer = Redirect::to(to).into_response();
    answer.headers_mut().append(header::SET_COOKIE, flash_cookie(done, text));
    answer
}

/// The fields of a form, in order; several may have one name.
pub(super) struct Fields(Vec<(String, String)>);

impl FromRequest<Shared> for Fields {
    type Rejection = Response;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, Response> {
        let form = Form::<Vec<(String, String)>>::from_request(request, shared).await;
        match form {
            Ok(Form(fields)) if fields.len() <= MOST_FIELDS => Ok(Self(fields)),
            Ok(_) => Err((StatusCode::BAD_REQUEST, "the form has too many fields").into_response()),
            Err(error) => Err(error.into_response()),
        }
    }
}

impl Fields {
    /// A field, without blanks around it; empty if it is not there.
    pub(super) fn get(&self, name: &str) -> &str {
        let field = self.0.iter().find(|(known, _)| known == name);
        field.map_or("", |(_, value)| value.trim())
    }

    /// All fields of a name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Takes a field out, whole.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(at).1)
    }
}
