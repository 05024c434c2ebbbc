//! `leeward serve` and `leeward backup`, as whoever runs them sees them.

#![cfg(all(unix, feature = "serve"))]

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::fixture::World;

/// A server that runs, where it listens, and what it printed.
struct Serving {
    child: Child,
    at: String,
    link: Option<String>,
}

impl Serving {
    fn start(world: &World, args: &[&str], is_new: bool) -> Self {
        let mut command = world.leeward(&world.work());
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--offline"])
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().expect("it says where it listens").unwrap();
        let at = first.strip_prefix("leeward listens on http://").unwrap().to_owned();
        let mut line = || lines.next().unwrap().unwrap();
        let link = is_new.then(|| {
            let said = line();
            assert!(said.starts_with("nobody has an account yet"), "{said}");
            line().trim().to_owned()
        });
        Self { child, at, link }
    }

    fn ask(&self, head: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.at).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let (at, length) = (&self.at, body.len());
        write!(
            stream,
            "{head} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\ncontent-length: {length}\r\n\
             content-type: application/x-www-form-urlencoded\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Ends it as a service manager does; what it wrote to standard error.
    fn end(self) -> String {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let begun = Instant::now();
        let output = self.child.wait_with_output().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stderr).unwrap()
    }
}

#[test]
fn a_server_is_set_up_by_its_link_and_ends_when_told_to() {
    let world = World::new();
    let config = world.write("leeward.toml", "[serve]\nlog = \"json\"\n");
    let args = ["--store", "a.db", "--config", config.to_str().unwrap()];
    let serving = Serving::start(&world, &args, true);
    assert!(serving.ask("GET /healthz", "").starts_with("HTTP/1.1 200"));
    assert!(serving.ask("GET /readyz", "").starts_with("HTTP/1.1 200"));
    let link = serving.link.clone().unwrap();
    let path = link.strip_prefix(&format!("http://{}", serving.at)).unwrap().to_owned();
    let form = "name=root&password=correct-horse-battery&again=correct-horse-battery";
    let made = serving.ask(&format!("POST {path}"), form);
    assert!(made.starts_with("HTTP/1.1 303"), "{made}");
    let said = serving.ask("GET /api/v1/incidents?q=hush-hush", "");
    assert!(said.starts_with("HTTP/1.1 401"), "{said}");
    let log = serving.end();
    assert!(!log.contains("WARNING"), "it listens on this machine alone");
    let secret = path.trim_start_matches("/setup/");
    assert!(!log.contains(secret) && !log.contains("hush-hush") && !log.contains("horse"), "{log}");
    let mut routes = Vec::new();
    for line in log.lines().filter(|line| line.starts_with('{')) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        routes.extend(line["route"].as_str().map(str::to_owned));
    }
    assert!(routes.contains(&"/setup/{link}".to_owned()), "{log}");
    // The account is there; no more links.
    let again = Serving::start(&world, &["--store", "a.db"], false);
    let form = "name=root&password=correct-horse-battery";
    assert!(again.ask("POST /sign-in", form).starts_with("HTTP/1.1 303"));
    again.end();
}

#[test]
fn a_server_that_others_reach_in_the_clear_says_so_and_a_taken_port_is_named() {
    let world = World::new();
    let serving = Serving::start(&world, &["--store", "a.db"], true);
    let taken = world.run(["serve", "--listen", &serving.at, "--store", "b.db"]).exits(2);
    assert!(
        taken.err.contains("cannot listen on") && taken.err.contains("`[serve]`"),
        "{}",
        taken.err
    );
    serving.end();
    let config = world.write("bad.toml", "[serve]\npublic_url = \"leeward.example\"\n");
    let bad =
        world.run(["serve", "--config", config.to_str().unwrap(), "--store", "b.db"]).exits(2);
    assert!(bad.err.contains("`serve.public_url`"), "{}", bad.err);
    let config = world.write(
        "hook.toml",
        "[[serve.hook]]\nsource = \"a\"\nkind = \"github\"\nsecret = { env = \"NOT_SET\" }\n",
    );
    let bad =
        world.run(["serve", "--config", config.to_str().unwrap(), "--store", "b.db"]).exits(2);
    assert!(bad.err.contains("the variable `NOT_SET`"), "{}", bad.err);
    let plain = world.write(
        "plain.toml",
        "[[serve.hook]]\nsource = \"a\"\nkind = \"github\"\nsecret = \"hush-hush-hush-hush\"\n",
    );
    let bad = world.run(["serve", "--config", plain.to_str().unwrap(), "--store", "b.db"]).exits(2);
    assert!(!bad.err.contains("hush"), "{}", bad.err);
}

#[test]
fn a_server_that_sends_nothing_clones_nothing() {
    let world = World::new();
    let asked = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    asked.set_nonblocking(true).unwrap();
    world.write("list", format!("http://{}/a.git", asked.local_addr().unwrap()));
    world.run(["fleet", "add", "list", "--store", "a.db"]).exits(0);
    let serving = Serving::start(&world, &["--store", "a.db"], true);
    std::thread::sleep(Duration::from_secs(3));
    serving.end();
    assert!(asked.accept().is_err(), "nobody was asked for the repository");
    let status = world.run(["watch", "--status", "--store", "a.db"]).exits(0);
    assert!(status.out.contains("1 to do, 0 being done"), "{}", status.out);
}

#[test]
fn a_copy_is_made_once_and_is_what_was_there() {
    let world = World::new();
    world.write("app.env", format!("MISTRAL_API_KEY={}\n", leeward_counterpart::random_value()));
    world.run(["scan", "app.env", "--record", "--store", "a.db"]).exits(1);
    let copied = world.run(["backup", "copy.db", "--store", "a.db"]).exits(0);
    assert!(copied.err.contains("head"), "{}", copied.err);
    let refused = world.run(["backup", "copy.db", "--store", "a.db"]).exits(2);
    assert!(refused.err.contains("there is such a file already"), "{}", refused.err);
    let listed = |store: &str| {
        world.run(["incident", "list", "--store", store, "--format", "json"]).exits(0).json()["incidents"]
            .clone()
    };
    assert_eq!(listed("copy.db"), listed("a.db"));
    world.run(["incident", "verify-log", "--store", "copy.db"]).exits(0);
    let none = world.run(["backup", "other.db", "--store", "none.db"]).exits(2);
    assert!(none.err.contains("nothing has been recorded"), "{}", none.err);
    assert!(!fs::exists(world.work().join("other.db")).unwrap());
    let server = world.run(["backup", "x.db", "--store", "postgres://u@127.0.0.1:1/d"]).exits(2);
    assert!(server.err.contains("pg_dump"), "{}", server.err);
}
