//! A server on this machine that speaks as a code host does: pages with links, entity
//! tags and the headers of limits, and faults by a plan. It writes down what it was
//! asked.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, Response},
};
use serde_json::Value;

/// A request, as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub headers: HeaderMap,
}

impl Asked {
    pub fn has_credential(&self) -> bool {
        ["authorization", "private-token"].iter().any(|name| self.headers.contains_key(*name))
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// The segments of its path under a base.
    pub fn under<'a>(&'a self, base: &str) -> Vec<&'a str> {
        self.path.strip_prefix(base).unwrap_or("").split('/').collect()
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(value: &Value) -> Self {
        Self { status: 200, headers: Vec::new(), body: value.to_string().into_bytes() }
    }

    pub fn raw(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.into() }
    }

    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: b"{\"message\":\"no\"}".to_vec() }
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// What goes wrong, and how often.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Of a hundred requests, so many go wrong.
    pub of_hundred: u64,
    pub seed: u64,
}

type Site = dyn Fn(&Asked, SocketAddr) -> Reply + Send + Sync;

/// The server.
pub struct Server {
    pub address: SocketAddr,
    pub asked: Arc<Mutex<Vec<Asked>>>,
    pub faults: Arc<Mutex<Faults>>,
    /// What it says the time is, if not the right one: an HTTP date.
    pub date: Arc<Mutex<Option<String>>>,
    _runtime: tokio::runtime::Runtime,
}

impl Server {
    /// Starts one at an address of this machine.
    pub fn start(
        host: [u8; 4],
        site: impl Fn(&Asked, SocketAddr) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener =
            runtime.block_on(tokio::net::TcpListener::bind((Ipv4Addr::from(host), 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let site: Arc<Site> = Arc::new(site);
        let asked = Arc::new(Mutex::new(Vec::new()));
        let faults = Arc::new(Mutex::new(Faults::default()));
        // No time at all, unless a test says one: the real one is not the simulated.
        let date = Arc::new(Mutex::new(Some("-".to_owned())));
        let (log, plan, told) = (Arc::clone(&asked), Arc::clone(&faults), Arc::clone(&date));
        let app = Router::new().fallback(move |request: Request<Body>| {
            let (site, log, plan, told) =
                (Arc::clone(&site), Arc::clone(&log), Arc::clone(&plan), Arc::clone(&told));
            async move {
                let url = request.uri();
                let query = url::form_urlencoded::parse(url.query().unwrap_or("").as_bytes());
                let asked = Asked {
                    path: url.path().to_owned(),
                    query: query.into_owned().collect(),
                    headers: request.headers().clone(),
                };
                let count = {
                    let mut log = log.lock().unwrap();
                    log.push(asked.clone());
                    log.len() as u64
                };
                let reply = site(&asked, address);
                let plan = *plan.lock().unwrap();
                let reply = spoiled(reply, plan, count);
                let mut response = Response::builder().status(reply.status);
                for (name, value) in reply.headers {
                    response = response.header(name, value);
                }
                if let Some(date) = told.lock().unwrap().as_deref() {
                    response = response.header("date", date);
                }
                response.body(Body::from(reply.body)).unwrap()
            }
        });
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self { address, asked, faults, date, _runtime: runtime }
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn spoil(&self, of_hundred: u64, seed: u64) {
        *self.faults.lock().unwrap() = Faults { of_hundred, seed };
    }

    pub fn paths(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|asked| asked.path.clone()).collect()
    }
}

/// A number that depends on both alone.
fn mixed(seed: u64, count: u64) -> u64 {
    let mut mixed =
        seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ count.wrapping_mul(0xD134_2543_DE82_EF95);
    mixed ^= mixed >> 31;
    mixed = mixed.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed ^ (mixed >> 29)
}

/// An answer as it comes when something goes wrong.
fn spoiled(mut reply: Reply, plan: Faults, count: u64) -> Reply {
    let chance = mixed(plan.seed, count);
    if chance % 100 >= plan.of_hundred {
        return reply;
    }
    match (chance / 100) % 8 {
        0 => Reply::status(500),
        1 => Reply::status(502),
        2 => Reply::status(429).with("retry-after", "1"),
        3 => Reply {
            body: b"{\"message\":\"You have exceeded a secondary rate limit.\"}".to_vec(),
            ..Reply::status(403)
        },
        4 => Reply::status(403)
            .with("x-ratelimit-remaining", "0")
            .with("x-ratelimit-reset", "99999999999"),
        // Cut off, though it says it is whole. A text cannot be told from a shorter one.
        5 if reply.body.starts_with(b"[") || reply.body.starts_with(b"{") => {
            reply.body.truncate(reply.body.len() / 2);
            reply
        }
        // Cut off, and the connection with it.
        5 => reply.with("content-length", "100000000"),
        // Elements twice.
        6 => changed(reply, |each| each.extend(each.first().cloned())),
        // Elements in another order.
        _ => changed(reply, |each| each.reverse()),
    }
}

fn changed(reply: Reply, change: impl Fn(&mut Vec<Value>)) -> Reply {
    let Ok(mut value) = serde_json::from_slice::<Value>(&reply.body) else { return reply };
    match &mut value {
        Value::Array(each) => change(each),
        Value::Object(map) => {
            for key in ["items", "workflow_runs", "values", "data"] {
                if let Some(Value::Array(each)) = map.get_mut(key) {
                    change(each);
                }
            }
        }
        _ => {}
    }
    Reply { body: value.to_string().into_bytes(), ..reply }
}

/// A page of a list, by the parameters that a service has for it; never more than
/// three elements, so that everything has several.
pub fn page(all: Vec<Value>, asked: &Asked, size: &str) -> (Vec<Value>, Option<String>) {
    let per = asked.query(size).and_then(|per| per.parse().ok()).unwrap_or(30_usize).min(3);
    let number = asked.query("page").and_then(|page| page.parse().ok()).unwrap_or(1_usize);
    let from = (number - 1) * per;
    let next = (from + per < all.len()).then(|| {
        let mut query = asked.query.clone();
        query.insert("page".to_owned(), (number + 1).to_string());
        let query =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        format!("{}?{query}", asked.path)
    });
    (all.into_iter().skip(from).take(per).collect(), next)
}

/// The same with a `Link` header, as GitHub, GitLab and Gitea have it.
pub fn linked(all: Vec<Value>, asked: &Asked, size: &str, at: SocketAddr) -> Reply {
    let (each, next) = page(all, asked, size);
    let reply = Reply::json(&Value::Array(each)).with("x-ratelimit-remaining", "4999");
    match next {
        Some(next) => reply.with(
            "link",
            format!(
                "<http://{at}/first,;>; rel=\"first\", <http://{at}{next}>; rel=\"next\", \
                 <http://{at}/last>; rel=\"last\""
            ),
        ),
        None => reply,
    }
}

/// A time as services write it.
pub fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).unwrap().to_string()
}

/// Whether something changed at or after what a parameter asks for.
pub fn is_since(asked: &Asked, name: &str, changed: i64) -> bool {
    let since = asked.query(name).map(|text| text.parse::<jiff::Timestamp>().unwrap().as_second());
    since.is_none_or(|since| changed >= since)
}
