//! A web server of the test's own, a clock that nobody waits for, and the loop that
//! asks a service until it rests.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, extract::Request, http::Response};
use leeward_model::Secret;
use leeward_probe::{Network, Stop};
use leeward_remote::{Client, Clock, Cursor, Item, Next, Opened, Page, Setting, Text, Trouble};

/// What the server's clock shows when a test begins: 2026-11-28 12:00 UTC.
pub(crate) const NOW: i64 = 1_795_867_200;

/// A request as a handler sees it.
pub(crate) struct Asked {
    /// The path with its query.
    pub(crate) target: String,
    /// By lower-case name.
    pub(crate) headers: HashMap<String, String>,
}

impl Asked {
    /// The path alone.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    /// A parameter of the query.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let url = url::Url::parse(&format!("http://x{}", self.target)).unwrap();
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

/// What a handler answers.
#[derive(Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// An answer with this body.
pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Reply {
    Reply { status: 200, headers: vec![], body: body.into() }
}

/// An answer without one.
pub(crate) fn status(status: u16) -> Reply {
    Reply { status, ..Reply::default() }
}

impl Reply {
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A server on 127.0.0.1 for as long as it is held.
pub(crate) struct Site {
    pub(crate) base: String,
    /// What was asked, in order.
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
    _runtime: tokio::runtime::Runtime,
}

impl Site {
    pub(crate) fn new(handler: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, handler) = (Arc::clone(&asked), Arc::new(handler));
        let router = Router::new().fallback(move |request: Request| {
            let (log, handler) = (Arc::clone(&log), Arc::clone(&handler));
            async move {
                let target = request.uri().to_string();
                log.lock().unwrap().push(target.clone());
                let headers = request.headers().iter().map(|(name, value)| {
                    (name.to_string(), value.to_str().unwrap_or_default().to_owned())
                });
                let reply = handler(&Asked { target, headers: headers.collect() });
                let mut response = Response::builder().status(reply.status);
                for (name, value) in reply.headers {
                    response = response.header(name, value);
                }
                response.body(Body::from(reply.body)).unwrap()
            }
        });
        runtime.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base, asked, _runtime: runtime }
    }

    /// How often a path that begins so was asked for.
    pub(crate) fn count(&self, prefix: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|path| path.starts_with(prefix)).count()
    }
}

/// A clock that waits by moving on.
pub(crate) struct Hands(pub(crate) AtomicI64);

impl Clock for Hands {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn pause(&self, time: Duration, _: &Stop) {
        self.0.fetch_add(i64::try_from(time.as_secs()).unwrap(), Ordering::SeqCst);
    }
}

/// A source as the operator writes it.
pub(crate) fn setting(text: &str) -> Setting {
    toml::from_str(text).unwrap()
}

/// A service and its client.
pub(crate) struct Source {
    pub(crate) opened: Opened,
    pub(crate) client: Client,
    pub(crate) clock: Arc<Hands>,
}

pub(crate) fn source(text: &str) -> Source {
    with_credential(text, None)
}

pub(crate) fn with_credential(text: &str, credential: Option<Secret>) -> Source {
    let mut setting = setting(text);
    setting.rate.get_or_insert(1000.0);
    let opened = leeward_remote::open(&setting).unwrap_or_else(|error| panic!("{error}"));
    let clock = Arc::new(Hands(AtomicI64::new(NOW)));
    let network = Network {
        user_agent: "leeward-test".to_owned(),
        bases: vec![],
        proxy: None,
        no_proxy: None,
        issuers: vec![],
        connect_within: Duration::from_secs(5),
        answer_within: Duration::from_secs(20),
    };
    let client = opened
        .client(&setting, &network, credential, Arc::<Hands>::clone(&clock), Stop::new())
        .unwrap();
    Source { opened, client, clock }
}

impl Source {
    pub(crate) fn page(&mut self, from: Option<&Cursor>) -> Result<Page, Trouble> {
        self.opened.service.page(&mut self.client, from)
    }

    /// Everything until it rests, and where.
    pub(crate) fn look(&mut self, from: Option<Cursor>) -> (Page, Cursor) {
        self.look_through(from, 0)
    }

    /// The same, through so many troubles.
    pub(crate) fn look_through(
        &mut self,
        from: Option<Cursor>,
        mut troubles: u32,
    ) -> (Page, Cursor) {
        let mut all =
            Page { items: vec![], gaps: vec![], next: Next::Later(Cursor(String::new())) };
        let mut cursor = from;
        for _ in 0..1000 {
            let page = match self.page(cursor.as_ref()) {
                Ok(page) => page,
                Err(_) if troubles > 0 => {
                    troubles -= 1;
                    continue;
                }
                Err(trouble) => panic!("{trouble}"),
            };
            all.items.extend(page.items);
            all.gaps.extend(page.gaps);
            match page.next {
                Next::More(next) => cursor = Some(next),
                Next::Later(next) => return (all, next),
            }
        }
        panic!("it never rests");
    }
}

/// The texts among items.
pub(crate) fn texts(page: &Page) -> Vec<&Text> {
    page.items
        .iter()
        .map(|item| match item {
            Item::Text(text) => text,
            Item::Repository(repository) => panic!("{repository:?}"),
        })
        .collect()
}

/// The ids of items.
pub(crate) fn ids(page: &Page) -> Vec<String> {
    page.items.iter().map(|item| item.key().id.clone()).collect()
}

/// The reasons of gaps.
pub(crate) fn whys(page: &Page) -> String {
    page.gaps.iter().map(|gap| format!("{}: {}\n", gap.what, gap.why)).collect()
}
