//! Which way questions go: base addresses, certificates, proxies. Nothing of
//! what is scanned has a say in it.

use std::fs;

use leeward_counterpart::{Counterpart, Key, Proxy, Tls, Tunnel, World as Provider};

use crate::{
    fixture::{Run, World, key, line},
    provider,
};

/// A name that leads nowhere but through a proxy.
const GATEWAY: &str = "gateway.example";

#[test]
fn what_makes_no_sense_is_2_and_one_line() {
    let (world, value) = (World::new(), key());
    let text = world.write("no-certificate.pem", "nothing of the kind\n");
    world.write("app.env", line(&value));
    let text = text.to_str().unwrap();
    for (args, says) in [
        (&["--base-url", "http://10.0.0.1"][..], "HTTPS"),
        (&["--base-url", "http://169.254.169.254/latest"], "HTTPS"),
        (&["--base-url", "http://gateway.example"], "HTTPS"),
        (&["--base-url", "https://me:word@gateway.example"], "user name"),
        (&["--base-url", "ftp://gateway.example"], "ftp"),
        (&["--base-url", "gateway"], "https://HOST"),
        (&["--base-url", "nobody=https://gateway.example"], "`nobody`"),
        (&["--rate", "0"], "--rate"),
        (&["--rate=-1"], "--rate"),
        (&["--rate", "nan"], "--rate"),
        (&["--rate", "100000"], "--rate"),
        (&["--allow", "nonsense"], "`nonsense`"),
        (&["--allow", "models"], "`models`"),
        (&["--ca", text], "certificate"),
        (&["--ca", "gone.pem"], "gone.pem"),
    ] {
        for command in [&["verify"][..], &["assess"], &["scan", "--verify"]] {
            let args = [command, args].concat();
            let run = world.hand_in(&args, &value).exits(2);
            let complaint = run.err.lines().next().unwrap_or_default();
            assert!(complaint.starts_with("error: "), "{args:?}: {}", run.err);
            assert!(complaint.contains(says), "{args:?}: {}", run.err);
            assert_eq!(run.out, "", "{args:?}");
        }
    }
}

#[test]
fn a_base_address_may_have_a_path() {
    let (world, value) = (World::new(), key());
    let server = provider::with(Key::standard(&value));
    for end in ["", "/", "/v1", "/v1/"] {
        let url = format!("mistral={}{end}", server.url());
        let args = ["verify", "--rate", "500", "--base-url", &url];
        world.hand_in(&args, &value).exits(1);
    }
    server.assert_no_violations();
}

#[test]
fn a_base_address_is_the_only_one() {
    let (world, value) = (World::new(), key());
    let server = provider::with(Key::standard(&value));
    let other = format!("openai={}", server.url());
    let run = world.hand_in(&["verify", "--base-url", &other], &value).exits(3);
    assert!(run.out.contains("is the only host to be asked"), "{}", run.out);
    assert!(server.requests().is_empty());
}

/// A provider with a certificate, whose authority lies in a file.
fn secured(world: &World, value: &str, tls: Tls) -> (Counterpart, String) {
    let provider = Provider::furnished().key(Key::standard(value));
    let server = Counterpart::setup(provider).tls(tls).start();
    let file = world.beside("authority.pem");
    fs::write(&file, server.ca_pem().unwrap()).unwrap();
    (server, file.to_str().unwrap().to_owned())
}

#[test]
fn a_certificate_counts_only_when_its_authority_is_trusted() {
    for (tls, is_good) in [
        (Tls::Valid, true),
        (Tls::Expired, false),
        (Tls::WrongHost, false),
        (Tls::UnknownIssuer, false),
    ] {
        let (world, value) = (World::new(), key());
        let (server, file) = secured(&world, &value, tls);
        let code = if is_good { 1 } else { 3 };
        world.ask_about(&server, &["verify", "--ca", &file], &value).exits(code);
        let run = world.ask_about(&server, &["verify"], &value).exits(3);
        assert!(run.out.contains("certificate"), "{tls:?}: {}", run.out);
        assert_eq!(server.requests().is_empty(), !is_good, "{tls:?}");
    }
}

/// Runs a command with variables, where the gateway is only reached by proxy.
fn through(world: &World, variables: &[(&str, &str)], args: &[&str]) -> Run {
    let base = format!("https://{GATEWAY}");
    let mut command = world.leeward(&world.work());
    command.args(args).args(["--base-url", &base, "--rate", "500", "--ask-within", "20"]);
    command.env_remove("HTTPS_PROXY");
    Run::of(&command.envs(variables.iter().copied()).output().unwrap())
}

#[test]
fn the_proxy_of_the_environment_is_used() {
    let (world, value) = (World::new(), key());
    let (server, file) = secured(&world, &value, Tls::Valid);
    world.write("app.env", line(&value));
    let target = format!("{GATEWAY}:443");
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let proxy = Proxy::start().sends(&target, server.address());
        let variables = [(name, &*proxy.url())];
        let args = ["scan", "--verify", "--format", "json", "--ca", &file];
        let finding = through(&world, &variables, &args).exits(1).finding();
        assert_eq!(finding["verification"]["validity"], "active", "{name}: {finding:#}");
        let tunnel = Tunnel { target: target.clone(), is_connect: true, is_authorized: true };
        assert_eq!(proxy.tunnels(), [tunnel], "{name}");
    }
    server.assert_no_violations();
}

/// A scanned project that names a proxy or an address of its own is not
/// listened to.
#[test]
fn what_is_scanned_names_no_proxy_and_no_address() {
    let (world, value) = (World::new(), key());
    let (server, file) = secured(&world, &value, Tls::Valid);
    let target = format!("{GATEWAY}:443");
    let ours = Proxy::start().sends(&target, server.address());
    let theirs = Proxy::start().sends(&target, server.address());
    let decoy = provider::with(Key::standard(&value));
    let (proxy, url) = (theirs.url(), decoy.url());
    let text = format!(
        "HTTPS_PROXY={proxy}\nhttps_proxy={proxy}\nALL_PROXY={proxy}\nNO_PROXY=*\n\
         MISTRAL_BASE_URL={url}\nMISTRAL_SERVER_URL={url}\nSSL_CERT_FILE=/dev/null\n{}",
        line(&value)
    );
    for name in [".env", ".envrc", "sub/.env.local"] {
        world.write(name, &text);
    }
    world.write("app.env", format!("client = mistral://{value}@{}\n", decoy.address()));
    let args = ["scan", "--verify", "--format", "json", "--ca", &file];
    let finding = through(&world, &[("HTTPS_PROXY", &ours.url())], &args).exits(1).finding();
    assert_eq!(finding["verification"]["validity"], "active", "{finding:#}");
    assert_eq!(ours.tunnels().len(), 1);
    assert_eq!(theirs.tunnels(), []);
    assert!(decoy.requests().is_empty());
}

#[test]
fn the_password_of_a_proxy_is_used_and_never_shown() {
    let (world, value, password) = (World::new(), key(), "Correct7Horse3Battery");
    let (server, file) = secured(&world, &value, Tls::Valid);
    world.write("app.env", line(&value));
    let target = format!("{GATEWAY}:443");
    let proxy = Proxy::with_password("me", password).sends(&target, server.address());
    let host = proxy.address();
    for (variable, validity) in [
        (format!("http://me:{password}@{host}"), Some("active")),
        (format!("http://me:{password}x@{host}"), Some("unknown")),
        (format!("http://{host}"), Some("unknown")),
        (format!("gopher://me:{password}@{host}"), None),
        (format!("http://me:{password}@{host}:port"), None),
    ] {
        for format in [
            "human", "json", "jsonl", "sarif", "csv", "markdown", "html", "junit", "gitlab",
            "github",
        ] {
            let args = ["scan", "--verify", "--format", format, "--ca", &file];
            let run = through(&world, &[("HTTPS_PROXY", &variable)], &args);
            for (stream, text) in [("out", &run.out), ("err", &run.err)] {
                assert!(!text.contains(password), "{format} on {stream}, {validity:?}");
                assert!(!text.contains(&value), "{format} on {stream}, {validity:?}");
            }
            let run = run.exits(if validity.is_some() { 1 } else { 2 });
            if format == "json"
                && let Some(validity) = validity
            {
                assert_eq!(run.finding()["verification"]["validity"], validity);
            }
        }
    }
}
