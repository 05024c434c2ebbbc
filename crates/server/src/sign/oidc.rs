//! Signing in by a provider of OpenID Connect that vouches: the authorization code
//! flow, with a challenge (PKCE), a nonce and a state that only this browser has. What
//! the flow needs at its end stands in a signed cookie, so that nobody can fill the
//! server's memory by beginning flows.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::{Query, State},
    http::HeaderMap,
    response::{IntoResponse as _, Redirect, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use leeward_model::Secret;
use leeward_probe::{Courier, Network, Parcel, Stop};
use leeward_respond::notify::Reference;
use leeward_store::NewAccount;
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthorizationCode, Client, ClientId, ClientSecret,
    CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IdTokenFields, IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse,
    TokenResponse as _,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType,
        CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreRevocableToken,
        CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use url::Url;
use zeroize::Zeroizing;

use crate::{
    audit, clock, draw,
    edge::{Actor, Origin},
    problem::Problem,
    server::Server,
    setting::{self, BadSetting, OidcSetting, Public},
    sign::{self, local::Wanted, session, setup::is_account_name},
    who::Role,
};

/// What the provider says of somebody beyond what every provider does.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Claims(BTreeMap<String, serde_json::Value>);

impl AdditionalClaims for Claims {}

type Fields = IdTokenFields<
    Claims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

type Known = Client<
    Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// How long what a provider says of itself is believed: its keys change now and then.
const METADATA_FOR: Duration = Duration::from_secs(300);

/// How long somebody may take at the provider: seconds.
const FLOW: i64 = 600;

/// The most keys of claims that are looked at.
const MOST_TEXTS: usize = 1000;

/// A provider, as the settings name it.
#[derive(Clone)]
pub(crate) struct Provider(Arc<Inner>);

struct Inner {
    issuer: IssuerUrl,
    client_id: String,
    client_secret: Option<Secret>,
    redirect: RedirectUrl,
    scopes: Vec<String>,
    role_claim: String,
    roles: Vec<(Role, Vec<String>)>,
    label: String,
    network: Network,
    hosts: Vec<String>,
    metadata: Mutex<Option<(Instant, CoreProviderMetadata)>>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("issuer", &self.0.issuer.as_str()).finish_non_exhaustive()
    }
}

/// What a flow needs at its end.
#[derive(Deserialize, Serialize)]
struct Flow {
    state: String,
    nonce: String,
    #[serde(deserialize_with = "draw::read", serialize_with = "draw::write")]
    verifier: Zeroizing<String>,
    next: String,
    until: i64,
}

/// Somebody for whom the provider vouches.
struct Vouched {
    subject: String,
    name: String,
    role: Option<Role>,
}

/// Why nobody is vouched for. Texts are for the operator's log.
#[derive(Debug)]
enum Failed {
    /// The provider was not reached, or did not answer as it should.
    Provider(String),
    /// What it sent proves nothing.
    Unproven(String),
}

impl Provider {
    pub(crate) fn new(
        setting: &OidcSetting,
        read: &dyn Fn(&Reference) -> Option<Secret>,
        network: Network,
        public: &Public,
    ) -> Result<Self, BadSetting> {
        let bad = |what: String| BadSetting(format!("`serve.oidc`: {what}"));
        let url = Url::parse(&setting.issuer)
            .map_err(|_| bad("`issuer` is no address: write `https://…`".to_owned()))?;
        // Held again for each request; said here so that it is seen at the start.
        Parcel::new("GET", url.as_str()).map_err(|why| bad(format!("`issuer`: {why}")))?;
        let client_secret = match &setting.client_secret {
            Some(reference) => Some(setting::secret(reference, read).map_err(bad)?),
            None => None,
        };
        if setting.roles.values().all(Vec::is_empty) {
            return Err(bad(
                "nobody would get a role: name some in `[serve.oidc.roles]`, such as `admin = \
                 [\"security\"]`"
                    .to_owned(),
            ));
        }
        let redirect = format!("{}/sign-in/oidc/callback", public.url);
        let issuer = IssuerUrl::new(setting.issuer.clone()).map_err(|why| bad(why.to_string()))?;
        let mut roles: Vec<(Role, Vec<String>)> =
            setting.roles.iter().map(|(role, texts)| ((*role).into(), texts.clone())).collect();
        roles.sort_by_key(|(role, _)| std::cmp::Reverse(*role));
        Ok(Self(Arc::new(Inner {
            issuer,
            client_id: setting.client_id.clone(),
            client_secret,
            redirect: RedirectUrl::new(redirect).map_err(|why| bad(why.to_string()))?,
            scopes: setting.scopes.clone(),
            role_claim: setting.role_claim.clone(),
            roles,
            label: setting.label.clone().unwrap_or_else(|| "Sign in with your provider".to_owned()),
            network,
            hosts: url.host_str().map(str::to_owned).into_iter().collect(),
            metadata: Mutex::new(None),
        })))
    }

    /// What the button says.
    pub(crate) fn label(&self) -> &str {
        &self.0.label
    }

    /// Who vouches.
    pub(crate) fn issuer(&self) -> &str {
        self.0.issuer.as_str()
    }
}

impl Inner {
    /// Does something with the provider, on a thread that may block.
    async fn with<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(
            &Self,
            &dyn Fn(HttpRequest) -> Result<HttpResponse, Failure>,
        ) -> Result<T, Failed>
        + Send
        + 'static,
    ) -> Result<T, Failed> {
        let inner = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            // It has a runtime of its own, which may not end where others run.
            let courier = Courier::new(&inner.network, &inner.hosts, Stop::new())
                .map_err(|why| Failed::Provider(why.to_string()))?;
            work(&inner, &|request| send(&courier, &request))
        });
        done.await.map_err(|_| Failed::Provider("the server is shutting down".to_owned()))?
    }

    fn client(
        &self,
        http: &dyn Fn(HttpRequest) -> Result<HttpResponse, Failure>,
        is_fresh: bool,
    ) -> Result<Known, Failed> {
        let known = self.metadata.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let known = known.filter(|(at, _)| !is_fresh && at.elapsed() < METADATA_FOR);
        let metadata = match known {
            Some((_, metadata)) => metadata,
            None => {
                let metadata =
                    CoreProviderMetadata::discover(&self.issuer, &|request| http(request))
                        .map_err(|why| Failed::Provider(chain(&why)))?;
                let mut kept = self.metadata.lock().unwrap_or_else(PoisonError::into_inner);
                *kept = Some((Instant::now(), metadata.clone()));
                metadata
            }
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "it is sent to the provider that gave it out"
        )]
        let secret = self
            .client_secret
            .as_ref()
            .map(|secret| ClientSecret::new(String::from_utf8_lossy(secret.expose()).into_owned()));
        let id = ClientId::new(self.client_id.clone());
        Ok(Client::from_provider_metadata(metadata, id, secret)
            .set_redirect_uri(self.redirect.clone()))
    }

    /// Whom a code stands for.
    fn redeem(
        &self,
        http: &dyn Fn(HttpRequest) -> Result<HttpResponse, Failure>,
        code: String,
        flow: Flow,
    ) -> Result<Vouched, Failed> {
        let unproven = |why: String| Failed::Unproven(why);
        let client = self.client(http, false)?;
        let verifier = PkceCodeVerifier::new(flow.verifier.to_string());
        let answer = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|why| Failed::Provider(chain(&why)))?
            .set_pkce_verifier(verifier)
            .request(&|request| http(request))
            .map_err(|why| unproven(chain(&why)))?;
        let token = answer.id_token().ok_or_else(|| unproven("no ID token came".to_owned()))?;
        let nonce = Nonce::new(flow.nonce);
        // Keys may have changed since they were read: once more with those of now.
        let fresh;
        let mut verifier = client.id_token_verifier();
        let mut checked = token.claims(&verifier, &nonce);
        if checked.is_err() {
            fresh = self.client(http, true)?;
            verifier = fresh.id_token_verifier();
            checked = token.claims(&verifier, &nonce);
        }
        let claims = checked.map_err(|why| unproven(chain(&why)))?;
        if let Some(expected) = claims.access_token_hash() {
            let signed = token.signing_alg().map_err(|why| unproven(chain(&why)))?;
            let key = token.signing_key(&verifier).map_err(|why| unproven(chain(&why)))?;
            let actual = AccessTokenHash::from_token(answer.access_token(), signed, key)
                .map_err(|why| unproven(chain(&why)))?;
            if actual != *expected {
                return Err(unproven(
                    "the access token is another than the one vouched for".to_owned(),
                ));
            }
        }
        let subject = claims.subject().as_str().to_owned();
        let preferred = claims.preferred_username().map(|name| name.as_str().to_owned());
        // An address that nobody confirmed may be anybody's.
        let mail = claims.email().filter(|_| claims.email_verified() == Some(true));
        let name = preferred.or_else(|| mail.map(|mail| mail.as_str().to_owned()));
        let name = plain_name(&name.unwrap_or_else(|| subject.clone()));
        let role = self.role(&claims.additional_claims().0);
        Ok(Vouched { subject, name, role })
    }

    /// The highest role that follows from what the provider says.
    fn role(&self, claims: &BTreeMap<String, serde_json::Value>) -> Option<Role> {
        let texts: Vec<&str> = match claims.get(&self.role_claim)? {
            serde_json::Value::String(text) => vec![text],
            serde_json::Value::Array(all) => {
                all.iter().take(MOST_TEXTS).filter_map(serde_json::Value::as_str).collect()
            }
            _ => return None,
        };
        let gives =
            |(_, known): &&(Role, Vec<String>)| known.iter().any(|it| texts.contains(&it.as_str()));
        self.roles.iter().find(gives).map(|(role, _)| *role)
    }
}

/// What the library is told when nothing was answered.
#[derive(Debug)]
struct Failure(String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// Sends one request of the library's, under the rules for places of the user's own.
fn send(courier: &Courier, request: &HttpRequest) -> Result<HttpResponse, Failure> {
    let told = |why: &dyn fmt::Display| Failure(why.to_string());
    let mut parcel = Parcel::new(request.method().as_str(), &request.uri().to_string())
        .map_err(|why| told(&why))?;
    for (name, value) in request.headers() {
        let value = Secret::new(value.as_bytes());
        parcel = parcel.secret_header(name.as_str(), "", &value).map_err(|why| told(&why))?;
    }
    let answer = courier.send(parcel.body(request.body().clone())).map_err(|why| told(&why))?;
    let kind = answer.header("content-type").map(str::to_owned);
    let mut response = HttpResponse::new(answer.body);
    *response.status_mut() =
        openidconnect::http::StatusCode::from_u16(answer.status).map_err(|why| told(&why))?;
    if let Some(kind) = kind.and_then(|kind| kind.parse().ok()) {
        response.headers_mut().insert(openidconnect::http::header::CONTENT_TYPE, kind);
    }
    Ok(response)
}

/// An error with its causes; they name what went wrong, never a value.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// A name as accounts have it: what cannot stand in one is a dash.
fn plain_name(name: &str) -> String {
    let plain: String = name
        .chars()
        .take(64)
        .map(|c| if c.is_ascii_alphanumeric() || "._@+-".contains(c) { c } else { '-' })
        .collect();
    if is_account_name(&plain) {
        plain
    } else {
        format!("u-{}", &draw::hash(&["name", name])[..12])
    }
}

/// The name of the cookie of a flow.
fn cookie_name(is_https: bool) -> &'static str {
    if is_https { "__Host-leeward-flow" } else { "leeward-flow" }
}

fn signature(key: &str, body: &str) -> Option<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
    mac.update(b"leeward flow v1\0");
    mac.update(body.as_bytes());
    Some(mac.finalize().into_bytes().to_vec())
}

fn sealed(flow: &Flow, key: &str) -> Option<String> {
    let body = URL_SAFE_NO_PAD.encode(Zeroizing::new(serde_json::to_vec(flow).ok()?));
    let signature = URL_SAFE_NO_PAD.encode(signature(key, &body)?);
    Some(format!("{body}.{signature}"))
}

fn opened(text: &str, key: &str) -> Option<Flow> {
    let (body, signed) = text.split_once('.')?;
    let signed = URL_SAFE_NO_PAD.decode(signed).ok()?;
    if !draw::is_same(&signed, &signature(key, body)?) {
        return None;
    }
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(body).ok()?);
    let flow: Flow = serde_json::from_slice(&bytes).ok()?;
    (flow.until > clock::now()).then_some(flow)
}

/// Sends somebody to the provider.
pub(crate) async fn begin(
    State(server): State<Server>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let provider = provider(&server)?;
    let next = sign::own_path(&wanted.next).to_owned();
    let begun = provider.0.with(move |inner, http| {
        let client = inner.client(http, false)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .set_pkce_challenge(challenge);
        for scope in &inner.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (url, state, nonce) = request.url();
        let flow = Flow {
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: Zeroizing::new(verifier.into_secret()),
            next,
            until: clock::now() + FLOW,
        };
        Ok((url, flow))
    });
    let (url, flow) = begun.await.map_err(told)?;
    let is_https = server.public.is_https;
    let cookie = sealed(&flow, &server.key).ok_or_else(Problem::broken)?;
    let mut response = Redirect::to(url.as_str()).into_response();
    let cookie = session::set(cookie_name(is_https), &cookie, FLOW, is_https);
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
    let vouched = provider.0.with(move |inner, http| inner.redeem(http, code, flow)).await;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(until: i64) -> Flow {
        Flow {
            state: "s".to_owned(),
            nonce: "n".to_owned(),
            verifier: draw::value(),
            next: "/".to_owned(),
            until,
        }
    }

    #[test]
    fn a_flow_is_opened_by_whom_it_was_sealed_by_and_in_time() {
        let (key, other) = (draw::value(), draw::value());
        let text = sealed(&flow(clock::now() + 60), &key).unwrap();
        assert!(opened(&text, &key).is_some());
        assert!(opened(&text, &other).is_none());
        assert!(opened(&format!("x{text}"), &key).is_none());
        assert!(opened("", &key).is_none() && opened("a.b", &key).is_none());
        let old = sealed(&flow(clock::now() - 1), &key).unwrap();
        assert!(opened(&old, &key).is_none());
    }

    #[test]
    fn names_of_others_become_plain() {
        assert_eq!(plain_name("ann@example.com"), "ann@example.com");
        assert_eq!(plain_name("Ann B."), "Ann-B.");
        assert!(plain_name("<script>").starts_with("u-"));
        assert!(plain_name("leeward").starts_with("u-"));
    }
}
