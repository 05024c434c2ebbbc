//! Certificates are as good or bad as they say, and the proxy leads where a
//! test sends it and nowhere else.

use leeward_counterpart::{Counterpart, Key, Proxy, Tls, World, random_value};

use crate::client::{connect, get_tls, talk};

fn secured(tls: Tls) -> (Counterpart, String) {
    let key = random_value();
    let world = World::furnished().key(Key::standard(&key));
    (Counterpart::setup(world).tls(tls).start(), key)
}

#[test]
fn only_a_valid_certificate_lets_a_caller_through() {
    let (server, key) = secured(Tls::Valid);
    for host in ["127.0.0.1", "localhost", "api.mistral.ai"] {
        let stream = connect(server.address());
        let answer = get_tls(stream, host, server.ca_pem().unwrap(), "/v1/models", &key);
        assert_eq!(answer.unwrap().status, 200);
    }
    assert!(server.url().starts_with("https://127.0.0.1:"));
    for (tls, why) in [
        (Tls::Expired, "Expired"),
        (Tls::WrongHost, "NotValidForName"),
        (Tls::UnknownIssuer, "UnknownIssuer"),
    ] {
        let (server, key) = secured(tls);
        let stream = connect(server.address());
        let answer = get_tls(stream, "127.0.0.1", server.ca_pem().unwrap(), "/v1/models", &key);
        let error = format!("{:?}", answer.err().unwrap());
        assert!(error.contains(why), "{tls:?}: {error}");
        assert!(server.requests().is_empty());
    }
}

#[test]
fn a_proxy_leads_where_it_was_told() {
    let (server, key) = secured(Tls::Valid);
    let proxy = Proxy::start().sends("api.mistral.ai:443", server.address());
    let mut stream = connect(proxy.address());
    let opened = open(&mut stream, "api.mistral.ai:443", "");
    assert!(opened.starts_with("HTTP/1.1 200"), "{opened}");
    let pem = server.ca_pem().unwrap();
    let answer = get_tls(stream, "api.mistral.ai", pem, "/v1/models", &key);
    assert_eq!(answer.unwrap().status, 200);
    let opened = open(&mut connect(proxy.address()), "example.com:443", "");
    assert!(opened.starts_with("HTTP/1.1 502"), "{opened}");
    let targets: Vec<String> = proxy.tunnels().into_iter().map(|tunnel| tunnel.target).collect();
    assert_eq!(targets, ["api.mistral.ai:443", "example.com:443"]);
}

#[test]
fn a_proxy_may_ask_for_a_password() {
    let server = Counterpart::start(World::new());
    let proxy = Proxy::with_password("ada", "open sesame");
    let target = server.address().to_string();
    let refused = open(&mut connect(proxy.address()), &target, "");
    assert!(refused.starts_with("HTTP/1.1 407"), "{refused}");
    let given = "Proxy-Authorization: Basic YWRhOm9wZW4gc2VzYW1l\r\n";
    let opened = open(&mut connect(proxy.address()), &target, given);
    assert!(opened.starts_with("HTTP/1.1 200"), "{opened}");
    let authorized: Vec<bool> =
        proxy.tunnels().into_iter().map(|tunnel| tunnel.is_authorized).collect();
    assert_eq!(authorized, [false, true]);
}

#[test]
fn a_plain_request_is_passed_on_without_the_password() {
    let key = random_value();
    let server = Counterpart::start(World::furnished().key(Key::standard(&key)));
    let proxy = Proxy::with_password("ada", "open sesame");
    let url = format!("{}/v1/models", server.url());
    let request = format!(
        "GET {url} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\
         proxy-authorization: Basic YWRhOm9wZW4gc2VzYW1l\r\n\r\n",
        server.address(),
    );
    let read = talk(&mut connect(proxy.address()), &request).unwrap();
    assert!(read.starts_with(b"HTTP/1.1 200"));
    assert!(!server.requests()[0].headers.contains(&"proxy-authorization".to_owned()));
    server.assert_no_violations();
}

/// Asks a proxy for a tunnel, and reads the head of its answer.
fn open(stream: &mut std::net::TcpStream, target: &str, headers: &str) -> String {
    use std::io::{Read as _, Write as _};
    write!(stream, "CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{headers}\r\n").unwrap();
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        let mut one = [0];
        stream.read_exact(&mut one).unwrap();
        read.push(one[0]);
    }
    String::from_utf8(read).unwrap()
}
