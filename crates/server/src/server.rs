//! The server as requests see it: what all of them share, and how its parts are put
//! together, each behind the same doors.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, FromRef},
    http::{HeaderMap, StatusCode, header},
    middleware,
    response::{Html, IntoResponse as _, Response},
};
use leeward_model::Secret;
use leeward_probe::Network;
use leeward_respond::notify::Reference;
use leeward_watch::response::Responses;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Semaphore;
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};
use zeroize::Zeroizing;

use crate::{
    api,
    audit::{self, Failures},
    clock, dashboard, draw, edge, gate, health, hook,
    limits::Limits,
    password::Passwords,
    people,
    problem::Problem,
    setting::{BadSetting, Hook, Public, Setting},
    shared::Shared,
    sign,
    watching::Watching,
};

/// The most bytes of a request, but for webhooks: the longest is a form with a note.
const LARGEST_REQUEST: usize = 1 << 20;

/// How long a one-time link for the first administrator is good: seconds.
const FIRST_LINK: i64 = 3600;

/// What a server is made of.
pub struct Options<'a> {
    /// What all requests share.
    pub shared: Shared,
    /// The table `[serve]`.
    pub setting: Setting,
    /// Reads a secret from where the settings say it is.
    pub read: &'a dyn Fn(&Reference) -> Option<Secret>,
    /// Who keeps sources under watch.
    pub watching: Arc<dyn Watching>,
    /// How the provider of identities is reached.
    pub network: Network,
    /// What is done about incidents, and what the operator decided about them.
    pub responses: Arc<Responses>,
    /// How long and how large things may be.
    pub limits: Limits,
    /// The settings as they are in force, without secrets, for people who ask.
    pub effective: serde_json::Value,
    /// Who is told of what: a name, a kind, and a line about it each.
    pub channels: Vec<[String; 3]>,
    /// The version of the program.
    pub version: &'static str,
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("setting", &self.setting).finish_non_exhaustive()
    }
}

/// Handlers beside its own, such as those of a test that are slow or break.
#[derive(Debug, Default)]
pub struct Beside {
    /// For whoever is signed in.
    pub signed_in: Router<Shared>,
    /// For everybody.
    pub open: Router<Shared>,
}

/// The server; cheap to clone.
#[derive(Clone)]
pub struct Server(Arc<State>);

/// What all requests share, within the server.
pub struct State {
    pub(crate) shared: Shared,
    pub(crate) watching: Arc<dyn Watching>,
    pub(crate) public: Public,
    pub(crate) proxies: Vec<IpAddr>,
    pub(crate) passwords: Passwords,
    pub(crate) failures: Failures,
    /// What cookies are signed with that the server does not remember. It lives as long as
    /// the process.
    pub(crate) key: Zeroizing<String>,
    pub(crate) oidc: Option<sign::oidc::Provider>,
    pub(crate) hooks: BTreeMap<(&'static str, String), Hook>,
    /// Room for what webhooks send, which is large.
    pub(crate) hook_room: Semaphore,
    pub(crate) limits: Limits,
    pub(crate) responses: Arc<Responses>,
    pub(crate) effective: serde_json::Value,
    pub(crate) channels: Vec<[String; 3]>,
    pub(crate) metrics: PrometheusHandle,
    pub(crate) version: &'static str,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("public", &self.public.url).finish_non_exhaustive()
    }
}

impl std::ops::Deref for Server {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0
    }
}

impl FromRef<Server> for Shared {
    fn from_ref(server: &Server) -> Self {
        server.shared.clone()
    }
}

impl Server {
    /// A server. Listens to nobody yet.
    ///
    /// # Errors
    /// Settings that cannot be used, in words with the next step.
    pub fn new(options: Options<'_>) -> Result<Self, BadSetting> {
        let Options {
            shared,
            setting,
            read,
            watching,
            network,
            responses,
            limits,
            effective,
            channels,
            version,
        } = options;
        let public = setting.public()?;
        let hooks = setting.hooks(read)?;
        let oidc = match &setting.oidc {
            Some(oidc) => Some(sign::oidc::Provider::new(oidc, read, network, &public)?),
            None => None,
        };
        let passwords = Passwords::new()
            .map_err(|_| BadSetting("no password can be hashed: there is no memory".to_owned()))?;
        Ok(Self(Arc::new(State {
            shared,
            watching,
            public,
            proxies: setting.proxies,
            passwords,
            failures: Failures::default(),
            key: draw::value(),
            oidc,
            hooks,
            hook_room: Semaphore::new(hook::AT_ONCE),
            limits,
            responses,
            effective,
            channels,
            metrics: health::recorder()?,
            version,
        })))
    }

    /// The one-time link by which the first administrator is made, unless there is an
    /// account. Links of earlier starts are good for nothing from now on. It is for the
    /// operator's eyes only.
    ///
    /// # Errors
    /// What the store says.
    pub async fn first_link(&self) -> Result<Option<Zeroizing<String>>, leeward_store::Trouble> {
        let value = draw::value();
        let hash = draw::hash(&["link", &value]);
        let made = self.shared.pool.with(move |store| {
            if store.account_count()? > 0 {
                return Ok(false);
            }
            let now = clock::now();
            let text = "a link for the first administrator was made";
            let said = audit::acted("leeward", "setup-link", text, "", &[]);
            store.setup_first(&hash, now, now + FIRST_LINK, &said)
        });
        let link = Zeroizing::new(format!("{}/setup/{}", self.public.url, *value));
        Ok(made.await?.then_some(link))
    }

    /// Everything it answers, with what stands before all of it.
    pub fn app(&self, beside: Beside) -> Router {
        let guarded = Router::new()
            .merge(api::routes())
            .merge(sign::routes())
            .merge(health::metrics())
            .merge(self.pages(beside.signed_in))
            .layer(middleware::from_fn_with_state(self.clone(), gate::identify));
        let router = guarded
            .merge(hook::routes())
            .merge(health::routes())
            .merge(adopted(dashboard::assets().merge(beside.open), self))
            .fallback(nothing_here)
            .method_not_allowed_fallback(async || Problem::method());
        router
            .layer(DefaultBodyLimit::max(LARGEST_REQUEST))
            .layer(Extension(self.clone()))
            .layer(TimeoutLayer::with_status_code(
                StatusCode::REQUEST_TIMEOUT,
                self.limits.answer_within,
            ))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(middleware::from_fn_with_state(self.clone(), edge::edge))
            .with_state(self.clone())
    }

    /// How long and how large things may be.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Addresses of the proxies before it.
    pub fn proxies(&self) -> &[IpAddr] {
        &self.proxies
    }

    /// Pages for whoever is signed in.
    fn pages(&self, beside: Router<Shared>) -> Router<Self> {
        adopted(dashboard::routes().merge(beside), self)
            .layer(Extension(self.behind()))
            .merge(people::routes())
            .layer(middleware::from_fn(gate::or_sign_in))
    }

    /// Forgets what ended: to be called now and then.
    ///
    /// # Errors
    /// What the store says.
    pub async fn sweep(&self) -> Result<(), leeward_store::Trouble> {
        let sweep = |store: &mut leeward_store::Store| {
            store.sweep_sign_ins(clock::now(), sign::session::IDLE)
        };
        self.metrics.run_upkeep();
        self.shared.pool.with(sweep).await
    }
}

/// A router over what is shared, as part of the server.
fn adopted(router: Router<Shared>, server: &Server) -> Router<Server> {
    router.with_state(server.shared.clone())
}

/// What is told where nothing is: people in a page, programs in their form.
async fn nothing_here(headers: HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let problem = Problem::missing("there is nothing at this address");
    if !accepts.is_some_and(|kinds| kinds.contains("text/html")) {
        return problem.into_response();
    }
    let page = dashboard::alone(
        "There is nothing here",
        None,
        &maud::html! {
            h1 { "There is nothing here" }
            p { "No page has this address. " a href="/" { "The overview" } " leads to all of them." }
        },
    );
    (StatusCode::NOT_FOUND, Html(page)).into_response()
}

/// What is told when a handler panicked. What it was is said by the panic hook.
fn panicked(_what: Box<dyn std::any::Any + Send + 'static>) -> Response {
    tracing::error!("a request's handler panicked");
    Problem::broken().into_response()
}
