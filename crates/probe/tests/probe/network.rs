//! The way there: the provider's real name through a proxy and TLS, bad
//! certificates, names and ports that lead nowhere, and addresses that no key
//! travels to.

use std::sync::Arc;

use leeward_counterpart::{Counterpart, Key, Proxy, Tls, Tunnel, World, random_value};
use leeward_dossier::Library;
use leeward_model::Validity;
use leeward_probe::{BadNetwork, Base, Depth, Desk, Network, Settings, Work, hosts, plan};

use crate::{
    asking::{STANDARD, assess, at, learn, learn_from, library, question, said, to},
    canned::Canned,
    others::{OURS, own},
};

const TARGET: &str = "api.mistral.ai:443";

/// A server that holds the provider's name, with a key that it knows.
fn named(tls: Tls) -> (Counterpart, String) {
    let value = random_value();
    let world = World::furnished().key(Key::standard(&value));
    (Counterpart::setup(world).tls(tls).start(), value)
}

/// Settings without a base address: the real name, through a proxy.
fn through(proxy: String, server: &Counterpart) -> Settings {
    let mut settings = to("mistral", "http://127.0.0.1:1");
    settings.network.bases.clear();
    settings.network.proxy = Some(proxy);
    settings.network.issuers = vec![server.ca_pem().unwrap().as_bytes().to_vec()];
    settings
}

#[track_caller]
fn verify(settings: Settings, value: &str) -> (Validity, String) {
    said(learn(settings, Depth::Validity, question(STANDARD, value)))
}

#[test]
fn the_real_name_is_reached_through_the_proxy_alone() {
    let (server, value) = named(Tls::Valid);
    let proxy = Proxy::start().sends(TARGET, server.address());
    let assessment = assess(through(proxy.url(), &server), &value);
    assert!(assessment.grants.len() > 10);
    let tunnels = proxy.tunnels();
    assert!(!tunnels.is_empty());
    for tunnel in tunnels {
        let Tunnel { target, is_connect, .. } = tunnel;
        assert_eq!((target.as_str(), is_connect), (TARGET, true));
    }
    for request in server.requests() {
        assert_eq!(request.host.as_deref(), Some("api.mistral.ai"));
        assert!(!request.headers.iter().any(|name| name.starts_with("proxy-")), "{request:?}");
    }
    server.assert_no_violations();
}

#[test]
fn a_bad_certificate_is_named_and_nothing_is_sent() {
    for (tls, says) in [
        (Tls::Expired, "has expired: check this machine's clock"),
        (Tls::WrongHost, "is for another name: somebody else answers"),
        (Tls::UnknownIssuer, "name its certificate with `--ca FILE`"),
    ] {
        let (server, value) = named(tls);
        let proxy = Proxy::start().sends(TARGET, server.address());
        let (validity, why) = verify(through(proxy.url(), &server), &value);
        assert_eq!(validity, Validity::Unknown);
        assert!(why.starts_with("the certificate of `api.mistral.ai`"), "{why}");
        assert!(why.contains(says), "{why}");
        assert!(server.requests().is_empty());
        assert_eq!(proxy.tunnels().len(), 1, "asked once: it will not get better");
    }
}

#[test]
fn a_bad_certificate_of_ones_own_gateway_is_named_too() {
    for (tls, says) in [
        (Tls::Expired, "has expired"),
        (Tls::WrongHost, "is for another name"),
        (Tls::UnknownIssuer, "comes from an issuer"),
    ] {
        let (server, value) = named(tls);
        let mut settings = at(&server);
        settings.network.issuers = vec![server.ca_pem().unwrap().as_bytes().to_vec()];
        let (validity, why) = verify(settings, &value);
        assert_eq!(validity, Validity::Unknown);
        assert!(why.starts_with(&format!("the certificate of `127.0.0.1` {says}")), "{why}");
        assert!(server.requests().is_empty());
    }
}

#[test]
fn an_issuer_that_is_not_named_is_not_trusted() {
    let (server, value) = named(Tls::Valid);
    let proxy = Proxy::start().sends(TARGET, server.address());
    let mut settings = through(proxy.url(), &server);
    settings.network.issuers.clear();
    assert!(verify(settings, &value).1.contains("comes from an issuer that this machine"));
    assert!(server.requests().is_empty());
}

#[test]
fn a_proxys_password_is_asked_for_and_sent() {
    let (server, value) = named(Tls::Valid);
    let proxy = Proxy::with_password("me", "open sesame").sends(TARGET, server.address());
    let (validity, why) = verify(through(proxy.url(), &server), &value);
    assert_eq!(validity, Validity::Unknown);
    assert!(
        why.starts_with("the proxy demands a password, or refuses the one given: put it"),
        "{why}"
    );
    let with = proxy.url().replace("http://", "http://me:open%20sesame@");
    assert_eq!(verify(through(with, &server), &value).0, Validity::Active);
    // One that is wrong is in no message.
    let wrong = proxy.url().replace("http://", "http://me:shibboleth@");
    let why = verify(through(wrong, &server), &value).1;
    assert!(why.starts_with("the proxy demands") && !why.contains("shibboleth"), "{why}");
}

#[test]
fn a_proxy_that_does_not_let_us_through_is_named() {
    let (server, value) = named(Tls::Valid);
    let proxy = Proxy::start();
    let (validity, why) = verify(through(proxy.url(), &server), &value);
    assert_eq!(validity, Validity::Unknown);
    assert!(why.starts_with("the proxy did not let the request through"), "{why}");
}

#[test]
fn hosts_of_no_proxy_are_reached_without_it() {
    let (server, value) = named(Tls::Valid);
    let proxy = Proxy::start();
    let mut settings = through(proxy.url(), &server);
    settings.network.bases = vec![Base::new("mistral", &server.url()).unwrap()];
    settings.network.no_proxy = Some("127.0.0.1".to_owned());
    assert_eq!(verify(settings, &value).0, Validity::Active);
    assert!(proxy.tunnels().is_empty());
}

#[test]
fn a_proxy_that_is_not_understood_is_not_quoted() {
    for proxy in ["me:swordfish@proxy", "ftp://me:swordfish@proxy", "http://", "::swordfish"] {
        let network = Network { proxy: Some(proxy.to_owned()), ..Network::default() };
        let settings = Settings { network, ..Settings::default() };
        let error = Desk::open(library(), settings, Work::default()).err().unwrap();
        assert!(matches!(error, BadNetwork::Proxy), "{proxy}: {error:?}");
        assert!(!format!("{error} {error:?}").contains("swordfish"));
    }
}

#[test]
fn a_certificate_that_is_none_is_not_taken() {
    let network = Network { issuers: vec![b"not PEM".to_vec()], ..Network::default() };
    let settings = Settings { network, ..Settings::default() };
    let error = Desk::open(library(), settings, Work::default()).err().unwrap();
    assert!(matches!(error, BadNetwork::Issuer(0)), "{error:?}");
}

#[test]
fn a_name_that_leads_nowhere() {
    let settings = to("mistral", "https://nowhere.invalid");
    let (validity, why) = verify(settings, &random_value());
    assert_eq!(validity, Validity::Unknown);
    assert!(why.starts_with("the name `nowhere.invalid` leads nowhere"), "{why}");
}

#[test]
fn a_port_that_nobody_listens_on() {
    // No test is given this port, as it might be any that was free a moment ago.
    let settings = to("mistral", "http://127.0.0.1:1");
    let (validity, why) = verify(settings, &random_value());
    assert_eq!(validity, Validity::Unknown);
    assert!(why.starts_with("no connection to `127.0.0.1` (connection refused)"), "{why}");
}

#[test]
fn a_port_that_speaks_no_tls() {
    let server = Counterpart::start(World::new());
    let settings = to("mistral", &server.url().replace("http://", "https://"));
    let why = verify(settings, &random_value()).1;
    assert!(why.starts_with("no encrypted connection to `127.0.0.1`"), "{why}");
    assert!(server.requests().is_empty());
}

#[test]
fn a_base_address_is_the_only_host() {
    let server = Counterpart::start(World::furnished());
    let settings = at(&server);
    let other = question("openai-api-key", &random_value());
    let (validity, why) = said(learn(settings.clone(), Depth::Reach, other));
    assert_eq!(validity, Validity::Unchecked);
    assert_eq!(why, format!("not asked: `{}` is the only host to be asked", server.address()));
    assert!(server.requests().is_empty());

    let hosts = hosts(&library(), &settings);
    assert_eq!(hosts.len(), 1);
    assert_eq!(hosts[0].host, server.address().to_string());
    for dossier in library().dossiers() {
        for planned in plan(&library(), dossier, &settings, Depth::Reach) {
            let asked = planned.unasked.is_none();
            assert!(!asked || planned.host == server.address().to_string(), "{planned:?}");
        }
    }
}

#[test]
fn another_host_of_the_same_dossier_is_not_asked_beside_a_base() {
    let value = random_value();
    let server = Counterpart::start(World::furnished().key(Key::standard(&value)));
    let assessment = assess(crate::asking::allowing(&server, &["plan"]), &value);
    let gap = assessment.gaps.iter().find(|gap| gap.probe == "plan").unwrap();
    assert!(gap.why.ends_with("is the only host to be asked"), "{gap:?}");
}

#[test]
fn without_a_base_only_hosts_of_dossiers_are_asked() {
    let hosts = hosts(&library(), &Settings::default());
    let hosts: Vec<&str> = hosts.iter().map(|host| host.host.as_str()).collect();
    // Those of questions that need a person's word among them: a firewall is
    // set up once.
    assert_eq!(
        hosts,
        [
            "api.mistral.ai",
            "api.openai.com",
            "codestral.mistral.ai",
            "console.mistral.ai",
            "sts.amazonaws.com",
        ]
    );
}

#[test]
fn a_dossiers_host_that_leads_inside_is_refused() {
    for host in ["localhost", "127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]"] {
        let mut library = Library::builtin();
        library.add(own(host));
        let mut settings = to("none", "http://127.0.0.1:1");
        settings.network.bases.clear();
        let asked = question(OURS, &random_value());
        let learnt = learn_from(Arc::new(library), settings, Depth::Validity, asked);
        let evidence = learnt.verification.evidence.clone();
        let (validity, why) = said(learnt);
        assert_eq!(validity, Validity::Unknown);
        assert!(why.starts_with(&format!("`{host}` leads to ")), "{why}");
        assert!(why.contains("which is not a public address, so nothing was sent"), "{why}");
        assert_eq!((evidence[0].status, evidence[0].attempts), (None, 1));
    }
}

#[test]
fn a_base_may_be_on_ipv6() {
    let Some(server) = Canned::on("[::1]:0", 200, "", r#"{"data":[]}"#) else {
        return; // This machine has none.
    };
    let settings = to("mistral", &server.url());
    assert_eq!(verify(settings, &random_value()).0, Validity::Active);
    assert!(server.seen()[0].starts_with("GET /v1/models HTTP/1.1\r\n"));
}

#[test]
fn a_base_may_have_a_path() {
    let server = Canned::start(200, "", r#"{"data":[]}"#);
    let settings = to("mistral", &format!("{}/gateway/v1", server.url()));
    assert_eq!(verify(settings, &random_value()).0, Validity::Active);
    assert!(server.seen()[0].starts_with("GET /gateway/v1/models HTTP/1.1\r\n"));
}

#[test]
fn a_request_says_who_asks_and_little_else() {
    let value = random_value();
    let server = Canned::start(200, "", r#"{"data":[]}"#);
    let mut settings = to("mistral", &server.url());
    settings.network.user_agent = "our audit, ask ada@example.com".to_owned();
    verify(settings, &value);
    let seen = server.seen();
    let mut lines: Vec<&str> = seen[0].trim_end().lines().skip(1).collect();
    lines.sort_unstable();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert_eq!(lines[0], "accept: application/json");
    assert_eq!(lines[1], format!("authorization: Bearer {value}"));
    assert!(lines[2].starts_with("host: 127.0.0.1:"));
    assert_eq!(lines[3], "user-agent: our audit, ask ada@example.com");
}
