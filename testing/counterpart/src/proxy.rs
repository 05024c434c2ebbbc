//! A proxy that opens tunnels (`CONNECT`), passes plain requests on, may ask
//! for a password, and writes down which hosts were asked for. It never leaves
//! this machine: a name goes where the test sends it, or nowhere.

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::TcpStream,
    sync::oneshot,
};

use crate::counterpart::{locked, run};

/// The most that a request's head may have.
const HEAD: usize = 16 * 1024;

/// A proxy that runs until it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// One time that the proxy was asked for a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tunnel {
    /// The host and port, as asked for.
    pub target: String,
    /// Whether it was a tunnel, and not a plain request.
    pub is_connect: bool,
    /// Whether the right password came with it, where one is needed.
    pub is_authorized: bool,
}

#[derive(Debug, Default)]
struct Shared {
    /// What must stand in `Proxy-Authorization`.
    password: Option<String>,
    routes: Mutex<BTreeMap<String, SocketAddr>>,
    tunnels: Mutex<Vec<Tunnel>>,
}

impl Proxy {
    /// A proxy for everybody.
    pub fn start() -> Self {
        Self::begin(None)
    }

    /// A proxy that answers 407 to whoever does not say these.
    pub fn with_password(user: &str, password: &str) -> Self {
        Self::begin(Some(format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))))
    }

    fn begin(password: Option<String>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { password, ..Shared::default() });
        let (stop, stopped) = oneshot::channel();
        let accepting = accept(listener, Arc::clone(&shared));
        let thread = run(async move {
            tokio::select! { () = accepting => (), _ = stopped => () }
        });
        Self { address, shared, stop: Some(stop), thread: Some(thread) }
    }

    /// Sends whoever asks for a host and port (`api.example:443`) to an
    /// address of this machine.
    #[must_use]
    pub fn sends(self, target: &str, to: SocketAddr) -> Self {
        assert!(to.ip().is_loopback(), "{to} is not on this machine");
        locked(&self.shared.routes).insert(target.to_owned(), to);
        self
    }

    /// Its URL, without a password.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// All that was asked of it, in order.
    pub fn tunnels(&self) -> Vec<Tunnel> {
        locked(&self.shared.tunnels).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let shared = Arc::clone(&shared);
        // A tunnel that breaks is its users' business.
        tokio::spawn(async move { pass(stream, &shared).await.ok() });
    }
}

/// Serves one connection.
async fn pass(mut caller: TcpStream, shared: &Shared) -> io::Result<()> {
    let (head, rest) = read_head(&mut caller).await?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, asked) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let is_connect = method == "CONNECT";
    let target = if is_connect { Some(asked.to_owned()) } else { plain_target(asked) };
    let Some(target) = target else { return refuse(&mut caller, "400 Bad Request", "").await };
    let given = lines.clone().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("proxy-authorization").then(|| value.trim().to_owned())
    });
    let is_authorized = shared.password.is_none() || given == shared.password;
    let tunnel = Tunnel { target: target.clone(), is_connect, is_authorized };
    locked(&shared.tunnels).push(tunnel);
    if !is_authorized {
        let ask = "Proxy-Authenticate: Basic realm=\"proxy\"\r\n";
        return refuse(&mut caller, "407 Proxy Authentication Required", ask).await;
    }
    let known = locked(&shared.routes).get(&target).copied();
    let local = target.parse().ok().filter(|address: &SocketAddr| address.ip().is_loopback());
    let Some(to) = known.or(local) else {
        return refuse(&mut caller, "502 Bad Gateway", "").await;
    };
    let Ok(mut other) = TcpStream::connect(to).await else {
        return refuse(&mut caller, "502 Bad Gateway", "").await;
    };
    if is_connect {
        caller.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    } else {
        // The password is for this proxy only.
        let is_kept = |line: &&str| !line.to_ascii_lowercase().starts_with("proxy-");
        let head: Vec<&str> = head.split("\r\n").filter(is_kept).collect();
        other.write_all(head.join("\r\n").as_bytes()).await?;
    }
    other.write_all(&rest).await?;
    copy_bidirectional(&mut caller, &mut other).await.map(drop)
}

/// The head of a request with the empty line that ends it, and what came after.
async fn read_head(caller: &mut TcpStream) -> io::Result<(String, Vec<u8>)> {
    let mut read = Vec::new();
    loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let rest = read.split_off(end + 4);
            return Ok((String::from_utf8_lossy(&read).into_owned(), rest));
        }
        if read.len() > HEAD || caller.read_buf(&mut read).await? == 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
}

/// The host and port of a URL that is asked for in plain HTTP.
fn plain_target(url: &str) -> Option<String> {
    let rest = url.strip_prefix("http://")?;
    let host = rest.split('/').next()?;
    Some(if host.contains(':') { host.to_owned() } else { format!("{host}:80") })
}

async fn refuse(caller: &mut TcpStream, status: &str, headers: &str) -> io::Result<()> {
    let answer =
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n");
    caller.write_all(answer.as_bytes()).await
}
