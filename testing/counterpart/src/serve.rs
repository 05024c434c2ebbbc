//! Takes connections and answers requests: writes each down, checks it, lets a
//! fault strike or else gives the proper answer. What that is comes from
//! `answer`.

use std::{
    io,
    net::TcpListener,
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use http_body_util::BodyExt as _;
use hyper::{
    Request as Incoming, Response, body::Incoming as Body, header, server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;

use crate::{
    answer::{Asked, Desk},
    check::no_operation,
    contract::{Contract, Route},
    counterpart::{Shared, locked},
    fault::{Cut, Fault},
    key::hint,
    record::{KeySeen, Request, Violation, parse_query},
    status::{self, Reply},
    stream::{self, Sent},
    wire::{Pace, Wire},
    world::Host,
};

/// Takes connections for ever.
pub(crate) async fn accept(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    shared: Arc<Shared>,
) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let acceptor = tls.map(TlsAcceptor::from);
    let connections = AtomicUsize::new(0);
    loop {
        // The other side may be gone already.
        let Ok((stream, _)) = listener.accept().await else { continue };
        let number = connections.fetch_add(1, Ordering::Relaxed);
        let (shared, acceptor) = (Arc::clone(&shared), acceptor.clone());
        tokio::spawn(async move {
            let _counted = shared.connections.count();
            let Some(acceptor) = acceptor else {
                return talk(stream, &shared, number).await;
            };
            match acceptor.accept(stream).await {
                Ok(stream) => talk(stream, &shared, number).await,
                Err(_) => {
                    shared.failed_handshakes.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
}

/// Answers what comes by one connection.
async fn talk(stream: impl AsyncRead + AsyncWrite + Unpin, shared: &Shared, number: usize) {
    let pace = Arc::new(Pace::default());
    let wire = Wire::new(stream, Arc::clone(&pace), Arc::clone(&shared.sent));
    let service = service_fn(|incoming| respond(incoming, shared, &pace, number));
    // A connection that ends badly is what faults are for.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(wire), service).await;
}

async fn respond(
    incoming: Incoming<Body>,
    shared: &Shared,
    pace: &Pace,
    connection: usize,
) -> io::Result<Response<Sent>> {
    let _counted = shared.in_flight.count();
    let (head, body) = incoming.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let Seen { request, shown, host } = Seen::of(&head, &body, shared, connection);
    let route = Contract::published().route(host, &request.method, &request.path);
    check(shared, &request, route.as_ref(), host, &body);
    let key = if let KeySeen::Known(place) = request.key { Some(place) } else { None };
    let place = {
        let mut requests = locked(&shared.requests);
        requests.push(request.clone());
        requests.len() - 1
    };
    let fault = {
        let mut rules = locked(&shared.rules);
        rules.iter_mut().find_map(|rule| {
            let strikes = rule.strikes(&request.method, &request.path, key);
            strikes.then(|| rule.fault.clone())
        })
    };
    let proper = || {
        let Some(route) = &route else { return status::no_route() };
        let answer = || {
            let world = &mut *locked(&shared.world);
            let mut desk = Desk { world, contract: Contract::published(), host };
            desk.answer(&Asked { request: &request, route, key, body: &body })
        };
        // A bug here must not look like a fault that was asked for.
        panic::catch_unwind(AssertUnwindSafe(answer)).unwrap_or_else(|_| {
            let why = "the server itself panicked".to_owned();
            locked(&shared.violations).push(Violation { request: request.line(), why });
            Reply::empty(500)
        })
    };
    let response = match fault {
        None => send(proper()),
        // What is done is done, whatever becomes of the answer.
        Some(Fault::AfterDoing(fault)) => {
            let done = proper();
            struck(*fault, || done, pace, shown.as_deref()).await?
        }
        Some(fault) => struck(fault, proper, pace, shown.as_deref()).await?,
    };
    locked(&shared.requests)[place].status = Some(response.status().as_u16());
    Ok(response)
}

/// A request as it came, and what must not be written down.
struct Seen {
    request: Request,
    shown: Option<String>,
    host: Host,
}

impl Seen {
    fn of(
        head: &hyper::http::request::Parts,
        body: &[u8],
        shared: &Shared,
        connection: usize,
    ) -> Self {
        let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let named = header("x-api-key");
        let shown = bearer.or(named).map(str::to_owned);
        let world = locked(&shared.world);
        let key = match &shown {
            None => KeySeen::Nothing,
            Some(value) => {
                world.place_of(value).map_or_else(|| KeySeen::Unknown(hint(value)), KeySeen::Known)
            }
        };
        let host = head.uri.host().or(header("host")).map(str::to_owned);
        // A path or a query with a key in it is told without it.
        let mut values: Vec<&str> = world.keys.iter().map(|key| &*key.value).collect();
        values.extend(shown.as_deref().filter(|value| value.len() >= 12));
        let is_in = |text: &str| values.iter().any(|value| text.contains(*value));
        let without = |text: &str| {
            let hidden = |text: String, value: &&str| text.replace(*value, "KEY");
            values.iter().fold(text.to_owned(), hidden)
        };
        let query = parse_query(head.uri.query().unwrap_or_default());
        let query = query.iter().map(|(name, value)| (without(name), without(value))).collect();
        let request = Request {
            method: head.method.to_string(),
            path: without(head.uri.path()),
            query,
            headers: head.headers.keys().map(|name| name.as_str().to_owned()).collect(),
            host: host.clone(),
            key,
            has_bearer: bearer.is_some(),
            has_x_api_key: named.is_some(),
            has_body: !body.is_empty(),
            at: shared.start.elapsed(),
            connection,
            status: None,
        };
        let astray = head
            .headers
            .iter()
            .filter(|(name, _)| !["authorization", "x-api-key"].contains(&name.as_str()))
            .any(|(_, value)| is_in(&String::from_utf8_lossy(value.as_bytes())));
        if astray || is_in(&head.uri.to_string()) || is_in(&String::from_utf8_lossy(body)) {
            let why = "a key stands elsewhere than in its header".to_owned();
            locked(&shared.violations).push(Violation { request: request.line(), why });
        }
        let host = host.as_deref().and_then(Host::named).unwrap_or(world.host);
        drop(world);
        Self { request, shown, host }
    }
}

/// Writes down what is wrong with a request.
fn check(shared: &Shared, request: &Request, route: Option<&Route>, host: Host, body: &[u8]) {
    let breaches = match route {
        None => vec![no_operation(host)],
        Some(route) => {
            let operation = route.operation;
            let is_allowed = |(method, path): &(String, String)| {
                *method == operation.method && *path == operation.path
            };
            let was_refused = locked(&shared.requests).iter().any(|earlier| {
                earlier.path == request.path
                    && earlier.key == request.key
                    && earlier.has_x_api_key
                    && matches!(earlier.status, Some(401 | 403))
            });
            let is_lifted = shared.allowed.iter().any(is_allowed);
            let contract = Contract::published();
            let mut breaches = contract.breaches(request, route, is_lifted, was_refused);
            let of_body = contract.body_misfits(operation, body);
            breaches.extend(of_body.into_iter().map(|it| format!("`{}` {}", it.name, it.why)));
            breaches
        }
    };
    let violation = |why| Violation { request: request.line(), why };
    locked(&shared.violations).extend(breaches.into_iter().map(violation));
}

/// What a fault makes of an answer.
async fn struck(
    fault: Fault,
    proper: impl FnOnce() -> Reply,
    pace: &Pace,
    shown: Option<&str>,
) -> io::Result<Response<Sent>> {
    let page = "<!doctype html><title>Sign in</title><p>Accept the terms to go on.";
    let reply = match fault {
        Fault::Hang => std::future::pending().await,
        Fault::Drop(Cut::BeforeAnswer) => return Err(io::Error::other("closed on purpose")),
        Fault::Drop(Cut::InBody) => return Ok(streamed(stream::broken_off())),
        Fault::Slow(time) => {
            tokio::time::sleep(time).await;
            proper()
        }
        Fault::SlowLoris => {
            pace.is_slow.store(true, Ordering::Relaxed);
            proper()
        }
        Fault::Endless => return Ok(streamed(stream::endless())),
        Fault::GzipBomb => Reply::typed(200, "application/json", stream::gzip_bomb())
            .with("content-encoding", "gzip"),
        Fault::BadGzip => {
            Reply::typed(200, "application/json", "{}").with("content-encoding", "gzip")
        }
        Fault::Redirect(url) => Reply::empty(302).with("location", url),
        Fault::CaptivePortal => Reply::typed(200, "text/html; charset=utf-8", page),
        Fault::Html(code) => {
            let body = format!("<!doctype html><title>{code}</title><h1>Request blocked</h1>");
            Reply::typed(code, "text/html; charset=utf-8", body)
        }
        Fault::Empty(code) => Reply::empty(code),
        Fault::Status(code, body) => Reply::typed(code, "application/json", body),
        Fault::RateLimit(retry_after) => {
            let mut reply = status::limited("");
            reply.headers.retain(|(name, _)| *name != "retry-after");
            reply.headers.extend(retry_after.header().map(|value| ("retry-after", value)));
            reply
        }
        Fault::NotJson => Reply::typed(200, "application/json", "this is not JSON"),
        Fault::WrongShape => {
            Reply::typed(200, "application/json", r#"["another",{"kind":7},null]"#)
        }
        Fault::TruncatedJson => {
            let mut reply = proper();
            reply.body.truncate(reply.body.len() / 2);
            reply
        }
        Fault::AfterDoing(_) => unreachable!("it was done before"),
        Fault::EchoKey(code) => {
            let shown = shown.unwrap_or("none");
            let body = serde_json::json!({
                "object": "error",
                "message": format!("Invalid API key: {shown}"),
                "detail": [{"loc": ["header", "authorization"], "input": format!("Bearer {shown}")}],
            });
            Reply::json(code, &body).with("x-received-key", shown)
        }
    };
    Ok(send(reply))
}

fn send(reply: Reply) -> Response<Sent> {
    let mut response = Response::builder().status(reply.status);
    let headers = reply.headers.into_iter().chain(status::gateway_headers());
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(stream::whole(reply.body)).unwrap()
}

fn streamed(body: Sent) -> Response<Sent> {
    let mut response = Response::new(body);
    let kind = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
