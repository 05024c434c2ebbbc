//! What stands before every request and after every answer, whatever it is for: an id,
//! the name in `Host`, the headers that keep a browser strict, a line in the log, and
//! the numbers.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::{draw, problem::Problem, server::Server, setting::Public};

/// Who is at the other end of the connection. Put there by whoever accepts it.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Where a request comes from, as far as it can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin(pub(crate) IpAddr);

impl Origin {
    /// As it stands in the log.
    pub(crate) fn text(self) -> String {
        self.0.to_string()
    }

    /// What is counted: for IPv6 the network of one customer.
    pub(crate) fn network(self) -> String {
        match self.0 {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }
}

/// Who was found to ask, for the line in the log.
#[derive(Clone, Debug)]
pub(crate) struct Actor(pub(crate) String);

/// The name of the header with a request's id.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What pages may load: their own style, script and pictures, and nothing of others.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; \
     base-uri 'none'";

pub(crate) async fn edge(
    State(server): State<Server>,
    mut request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let id = draw::value()[..16].to_owned();
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let method = request.method().clone();
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
    let origin = origin(peer, request.headers(), &server.proxies);
    request.extensions_mut().insert(origin);
    // What only says that the server is there is asked by machines that know no name.
    let is_probe = matches!(path.as_deref(), Some("/healthz" | "/readyz"));
    let mut response = if is_probe || is_ours(request.headers(), &server.public) {
        next.run(request).await
    } else {
        Problem::misdirected().into_response()
    };
    if response.status() == StatusCode::REQUEST_TIMEOUT {
        response = Problem::too_slow().into_response();
    }
    let actor = response.extensions().get::<Actor>().map(|actor| actor.0.clone());
    strict(response.headers_mut(), server.public.is_https);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let status = response.status().as_u16();
    // Never the path as it was asked for, which may hold a link's value, and no query.
    let path = path.unwrap_or_else(|| "-".to_owned());
    let elapsed = begun.elapsed();
    tracing::info!(
        target: "leeward::request",
        request = %id,
        method = %method,
        route = %path,
        status,
        ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        address = %origin.text(),
        account = actor.as_deref().unwrap_or("-"),
        "answered"
    );
    let labels = [
        ("route", path),
        ("method", known(method.as_str()).to_owned()),
        ("status", status.to_string()),
    ];
    metrics::counter!("leeward_http_requests_total", &labels).increment(1);
    metrics::histogram!("leeward_http_request_seconds", &labels[..1]).record(elapsed.as_secs_f64());
    response
}

/// A method that is known: anybody can make others up.
fn known(method: &str) -> &'static str {
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        .into_iter()
        .find(|known| *known == method)
        .unwrap_or("other")
}

/// Where a request comes from: whoever is at the other end, unless that is one of our
/// proxies, which says who was at theirs.
fn origin(peer: Option<IpAddr>, headers: &HeaderMap, proxies: &[IpAddr]) -> Origin {
    let mut address = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).to_canonical();
    if !proxies.contains(&address) {
        return Origin(address);
    }
    let said = headers.get_all("x-forwarded-for").iter().rev();
    let said = said.filter_map(|value| value.to_str().ok());
    for before in said.flat_map(|value| value.rsplit(',')) {
        // What cannot be read was written by whoever asks; what stands before it too.
        let Ok(before) = before.trim().parse::<IpAddr>() else { break };
        address = before.to_canonical();
        if !proxies.contains(&address) {
            break;
        }
    }
    Origin(address)
}

/// Whether the name in `Host` is one by which the server is reached. A page of somebody
/// else's, whose name was made to lead here, asks with its own name. An address is
/// nobody's name.
fn is_ours(headers: &HeaderMap, public: &Public) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let Ok(host) = host.to_str() else { return false };
    let host = host.to_ascii_lowercase();
    if host == public.authority {
        return true;
    }
    let name = match host.strip_prefix('[') {
        Some(rest) => return rest.split(']').next().is_some_and(|it| it.parse::<IpAddr>().is_ok()),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<Ipv4Addr>().is_ok()
}

fn strict(headers: &mut HeaderMap, is_https: bool) {
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Without a referrer of our own pages, browsers send forms with the origin `null`.
    set(header::REFERRER_POLICY, "same-origin");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    );
    if is_https {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains");
    }
    // What is public and never changes says so itself.
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: &str, said: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in said {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let proxies = ["127.0.0.1".parse().unwrap(), "10.0.0.1".parse().unwrap()];
        origin(Some(peer.parse().unwrap()), &headers, &proxies).text()
    }

    #[test]
    fn only_our_proxies_are_believed() {
        assert_eq!(from("192.0.2.1", &["198.51.100.1"]), "192.0.2.1", "nobody's proxy");
        assert_eq!(from("127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(from("::ffff:127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(from("127.0.0.1", &["203.0.113.9, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(from("127.0.0.1", &["203.0.113.9", "198.51.100.1, 10.0.0.1"]), "198.51.100.1");
        assert_eq!(from("127.0.0.1", &["nonsense"]), "127.0.0.1");
        assert_eq!(from("127.0.0.1", &[]), "127.0.0.1");
    }

    #[test]
    fn a_name_of_somebody_else_is_not_ours() {
        let public = Public {
            url: "https://leeward.example".to_owned(),
            authority: "leeward.example".to_owned(),
            is_https: true,
        };
        let ours = |hosts: &[&str]| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(header::HOST, host.parse().unwrap());
            }
            is_ours(&headers, &public)
        };
        for host in
            ["leeward.example", "LEEWARD.example", "127.0.0.1:8321", "[::1]:8321", "localhost"]
        {
            assert!(ours(&[host]), "{host}");
        }
        for host in ["evil.example", "leeward.example:81", "127.0.0.1.evil.example", "", "[x"] {
            assert!(!ours(&[host]), "{host}");
        }
        assert!(!ours(&[]) && !ours(&["leeward.example", "leeward.example"]));
    }

    #[test]
    fn a_network_of_ipv6_is_one_customer() {
        let network = |text: &str| Origin(text.parse().unwrap()).network();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::9"));
        assert_ne!(network("2001:db8:1:2::9"), network("2001:db8:1:3::9"));
    }
}
