//! A provider of OpenID Connect, asked by the library for it: where people are sent, and
//! whom a code stands for, with a challenge (PKCE), a nonce and a check of everything that
//! came back. What follows from that for an account is not decided here.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use leeward_model::Secret;
use leeward_probe::{Courier, Network, Parcel, Stop};
use leeward_respond::notify::Reference;
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
use url::Url;
use zeroize::Zeroizing;

use super::flow::{self, Flow};
use crate::{
    clock, draw,
    setting::{self, BadSetting, OidcSetting, Public},
    sign::setup::is_account_name,
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

/// Somebody for whom the provider vouches.
pub(super) struct Vouched {
    pub(super) subject: String,
    pub(super) name: String,
    pub(super) role: Option<Role>,
}

/// Why nobody is vouched for. Texts are for the operator's log.
#[derive(Debug)]
pub(super) enum Failed {
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

    /// Where somebody is sent, and what is needed when they come back.
    pub(super) async fn begin(&self, next: String) -> Result<(Url, Flow), Failed> {
        let begun = self.0.with(move |inner, http| {
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
                until: clock::now() + flow::LASTS,
            };
            Ok((url, flow))
        });
        begun.await
    }

    /// Whom a code stands for.
    pub(super) async fn redeem(&self, code: String, flow: Flow) -> Result<Vouched, Failed> {
        self.0.with(move |inner, http| inner.redeem(http, code, flow)).await
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_others_become_plain() {
        assert_eq!(plain_name("ann@example.com"), "ann@example.com");
        assert_eq!(plain_name("Ann B."), "Ann-B.");
        assert!(plain_name("<script>").starts_with("u-"));
        assert!(plain_name("leeward").starts_with("u-"));
    }
}
