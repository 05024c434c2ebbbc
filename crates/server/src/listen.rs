//! The socket: who may connect, how long they may take, and how it ends. Whoever is
//! slow on purpose holds a connection for a while, and no more than some.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{Router, body::Body, extract::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::sync::CancellationToken;
use tower::{Service as _, ServiceExt as _};

use crate::{
    edge::Peer,
    limits::Limits,
    server::{Beside, Server},
};

/// The longest head: cookies, a token and an address fit many times.
const LARGEST_HEAD: usize = 32 << 10;

/// How long to wait after the system refused another connection, such as for want of
/// descriptors.
const AFTER_REFUSAL: Duration = Duration::from_millis(200);

/// How often what ended is forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// Serves until it is told to stop: takes connections, and forgets what ended.
///
/// # Errors
/// The socket cannot be used any more.
pub async fn run(
    server: &Server,
    listener: TcpListener,
    stop: CancellationToken,
) -> io::Result<()> {
    let sweeping = async {
        loop {
            tokio::time::sleep(SWEEP_EVERY).await;
            if let Err(trouble) = server.sweep().await {
                tracing::warn!(%trouble, "what ended was not forgotten; it is tried again");
            }
        }
    };
    let serving =
        serve(listener, server.app(Beside::default()), server.limits(), server.proxies(), stop);
    tokio::select! {
        served = serving => served,
        () = sweeping => Ok(()),
    }
}

/// Takes connections until it is told to stop; then lets requests that have begun end.
///
/// # Errors
/// The socket cannot be used any more.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    limits: Limits,
    proxies: &[IpAddr],
    stop: CancellationToken,
) -> io::Result<()> {
    let room = Arc::new(Semaphore::new(usize::from(limits.connections)));
    let crowd = Crowd::default();
    loop {
        // Whoever comes when there is no room waits in the system's queue.
        let room = tokio::select! {
            () = stop.cancelled() => break,
            room = Arc::clone(&room).acquire_owned() => room,
        };
        let Ok(room) = room else { break };
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if is_passing(&error) => {
                tracing::warn!(%error, "a connection was not taken");
                tokio::time::sleep(AFTER_REFUSAL).await;
                continue;
            }
            Err(error) => return Err(error),
        };
        let address = peer.ip().to_canonical();
        let is_many = address.is_loopback() || proxies.contains(&address);
        let Some(seat) =
            crowd.enter(address, if is_many { limits.connections } else { limits.of_one })
        else {
            metrics::counter!("leeward_refused_total", "why" => "crowd").increment(1);
            continue;
        };
        // An answer is one piece; waiting for more would only delay it.
        let _ = stream.set_nodelay(true);
        let app = app.clone();
        let service =
            service_fn(move |request: hyper::Request<Incoming>| answer(app.clone(), request, peer));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_within)
            .max_header_size(LARGEST_HEAD)
            .half_close(false)
            .serve_connection(TokioIo::new(stream), service);
        let stop = stop.clone();
        tokio::spawn(async move {
            let (_room, _seat) = (room, seat);
            let mut connection = pin!(connection);
            // What goes wrong on a connection is its client's to know.
            tokio::select! {
                _ = connection.as_mut() => return,
                () = stop.cancelled() => {}
                () = tokio::time::sleep(limits.connection_for) => {}
            }
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(limits.last_answer_within, connection).await;
        });
    }
    drop(listener);
    // When all places are free, nobody is connected.
    let all = room.acquire_many(u32::from(limits.connections));
    if tokio::time::timeout(limits.finish_within, all).await.is_err() {
        tracing::warn!("requests that did not end in time were cut off");
    }
    Ok(())
}

async fn answer(
    app: Router,
    request: hyper::Request<Incoming>,
    peer: SocketAddr,
) -> Result<axum::response::Response, std::convert::Infallible> {
    let mut request: Request = request.map(Body::new);
    request.extensions_mut().insert(Peer(peer));
    let mut app = app.into_service::<Body>();
    match app.ready().await {
        Ok(app) => app.call(request).await,
        Err(never) => match never {},
    }
}

/// Whether the next connection may be taken all the same.
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    // Out of descriptors or memory: others will be given back.
    let is_full = matches!(error.raw_os_error(), Some(12 | 23 | 24 | 105));
    is_full
        || matches!(
            error.kind(),
            Kind::ConnectionAborted
                | Kind::ConnectionReset
                | Kind::ConnectionRefused
                | Kind::Interrupted
        )
}

/// Who is connected how often. It knows only addresses that are connected now.
#[derive(Clone, Debug, Default)]
struct Crowd(Arc<Mutex<HashMap<IpAddr, u16>>>);

/// A place in the crowd; it is given back when it is dropped.
#[derive(Debug)]
struct Seat(Crowd, IpAddr);

impl Crowd {
    fn enter(&self, address: IpAddr, most: u16) -> Option<Seat> {
        let mut crowd = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = crowd.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Seat(self.clone(), address))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut crowd = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = crowd.get_mut(&self.1) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                crowd.remove(&self.1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_does_not_take_all_places_and_gives_its_own_back() {
        let crowd = Crowd::default();
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        let seats: Vec<_> = (0..3).map_while(|_| crowd.enter(address, 2)).collect();
        assert_eq!(seats.len(), 2);
        assert!(crowd.enter("192.0.2.2".parse().unwrap(), 2).is_some());
        drop(seats);
        assert!(crowd.enter(address, 2).is_some());
        assert!(crowd.0.lock().unwrap().is_empty());
    }
}
