//! The few lines that every test begins with: settings that lead to a server
//! on this machine, a question about a value, and what was learnt.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use leeward_counterpart::Counterpart;
use leeward_dossier::Library;
use leeward_model::{Assessment, DossierId, Fingerprint, Grant, Secret, Validity};
use leeward_probe::{Base, Depth, Desk, Learnt, Manners, Network, Question, Rate, Settings, Work};
use serde_json::Value;

pub(crate) const STANDARD: &str = "mistral-api-key";
pub(crate) const ADMIN: &str = "mistral-admin-key";
pub(crate) const CODESTRAL: &str = "mistral-codestral-key";

pub(crate) fn library() -> Arc<Library> {
    Arc::new(Library::builtin())
}

/// Settings that send the values of a family to one address, fast, and ask
/// once.
pub(crate) fn to(family: &str, url: &str) -> Settings {
    let rate = Rate::per_second(1000.0).unwrap();
    Settings {
        network: Network {
            bases: vec![Base::new(family, url).unwrap()],
            connect_within: Duration::from_secs(20),
            answer_within: Duration::from_secs(20),
            ..Network::default()
        },
        manners: Manners { rate, attempts: 1, when_limited: 1, patience: Duration::from_secs(5) },
        ..Settings::default()
    }
}

pub(crate) fn at(server: &Counterpart) -> Settings {
    to("mistral", &server.url())
}

/// As [`at`], with leave to ask some of the questions that need it.
pub(crate) fn allowing(server: &Counterpart, probes: &[&str]) -> Settings {
    let allowed = probes.iter().map(|&probe| probe.to_owned()).collect();
    Settings { allowed, ..at(server) }
}

/// As [`at`], for a server that never answers in time.
pub(crate) fn impatient(server: &Counterpart) -> Settings {
    let mut settings = at(server);
    settings.network.answer_within = Duration::from_millis(300);
    settings
}

pub(crate) fn question(dossier: &str, value: &str) -> Question {
    let secret = Secret::new(value.as_bytes());
    Question {
        dossier: DossierId::new(dossier),
        fingerprint: Fingerprint::new("test", &secret),
        secret,
        companions: Vec::new(),
    }
}

/// What is learnt of one value.
#[track_caller]
pub(crate) fn learn(settings: Settings, depth: Depth, question: Question) -> Learnt {
    learn_from(library(), settings, depth, question)
}

#[track_caller]
pub(crate) fn learn_from(
    library: Arc<Library>,
    settings: Settings,
    depth: Depth,
    question: Question,
) -> Learnt {
    let desk = Desk::open(library, settings, Work { depth, ..Work::default() }).unwrap();
    let fingerprint = question.fingerprint;
    desk.close([question]).remove(&fingerprint).unwrap()
}

/// Whether a value is live, as said by a server, and why.
#[track_caller]
pub(crate) fn verify(server: &Counterpart, dossier: &str, value: &str) -> (Validity, String) {
    said(learn(at(server), Depth::Validity, question(dossier, value)))
}

pub(crate) fn said(learnt: Learnt) -> (Validity, String) {
    let why = learnt.verification.why;
    assert!(!why.is_empty() && !why.contains('\n'), "one line: {why:?}");
    (learnt.verification.validity, why)
}

/// What a live standard key reaches.
#[track_caller]
pub(crate) fn assess(settings: Settings, value: &str) -> Assessment {
    learn(settings, Depth::Reach, question(STANDARD, value)).assessment.unwrap()
}

#[track_caller]
pub(crate) fn grant<'a>(assessment: &'a Assessment, id: &str) -> &'a Grant {
    let of_id = assessment.grants.iter().find(|grant| grant.id == id);
    of_id.unwrap_or_else(|| panic!("nothing was counted as `{id}`: {:?}", assessment.gaps))
}

/// What the server says to the bearer of a value, past the prober.
pub(crate) fn get(server: &Counterpart, path: &str, value: &str) -> Value {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let head = format!(
        "GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\nauthorization: Bearer \
         {value}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

/// The lines of all requests that a server saw.
pub(crate) fn lines(server: &Counterpart) -> Vec<String> {
    server.requests().iter().map(leeward_counterpart::Request::line).collect()
}
