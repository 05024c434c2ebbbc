//! The queue as a real NATS server has it.

use std::{sync::Arc, time::Duration};

use leeward_fleet::{
    Placed, Queue as _,
    nats::{Address, BadSetup, Login, Nats, Setup, syncs},
};

use crate::promises;

pub(crate) fn address(server: &leeward_servers::Nats) -> Address {
    Address { url: server.url(), login: Login::Anyone, ca: None }
}

pub(crate) fn setup() -> Setup {
    Setup { replicas: 1, allow_single: true, lease: Duration::from_secs(1), ..Setup::default() }
}

#[test]
fn jetstream_is_a_queue() {
    let mut servers = Vec::new();
    promises::all(&mut |_| {
        let server = leeward_servers::Nats::start("");
        let ends = promises::Ends {
            server: Arc::new(Nats::server(&address(&server), &setup()).unwrap()),
            worker: Arc::new(Nats::worker(&address(&server)).unwrap()),
        };
        servers.push(server);
        ends
    });
}

#[test]
fn a_full_stream_holds_the_server_back_and_a_large_result_comes_in_pieces() {
    let server = leeward_servers::Nats::start("");
    let setup = Setup { most_jobs: 2, most_workers: 1, ..setup() };
    let office = Nats::server(&address(&server), &setup).unwrap();
    let worker = Nats::worker(&address(&server)).unwrap();
    assert_eq!(office.publish("a", b"1").unwrap(), Placed::Kept);
    assert_eq!(office.publish("a", b"1").unwrap(), Placed::Known);
    assert_eq!(office.publish("b", b"2").unwrap(), Placed::Kept);
    assert_eq!(office.publish("c", b"3").unwrap(), Placed::Full);
    let wait = Duration::from_millis(200);
    let held = worker.pull(wait).unwrap().unwrap();
    assert!(worker.pull(wait).unwrap().is_none(), "no more at once than there are workers");
    held.ack().unwrap();
    assert_eq!(office.publish("c", b"3").unwrap(), Placed::Kept);
    let large: Vec<u8> = (0..3_000_000u32).map(|nth| (nth % 251) as u8).collect();
    assert_eq!(worker.report("a", &large).unwrap(), Placed::Kept);
    assert_eq!(worker.report("a", &large).unwrap(), Placed::Known);
    let result = office.collect(wait).unwrap().unwrap();
    assert!(result.bytes() == large);
    result.ack().unwrap();
    assert!(office.collect(wait).unwrap().is_none());
}

#[test]
fn what_would_lose_work_is_refused() {
    let server = leeward_servers::Nats::start("");
    let strict = Setup { replicas: 3, allow_single: false, ..setup() };
    let refused = Nats::server(&address(&server), &strict).unwrap_err();
    assert!(
        matches!(&refused, BadSetup::Unsafe(why) if why.contains("--queue-allow-single")),
        "{refused}"
    );
    drop(Nats::server(&address(&server), &setup()).unwrap());
    let one = Setup { replicas: 1, allow_single: false, ..setup() };
    let refused = Nats::server(&address(&server), &one).unwrap_err();
    assert!(matches!(&refused, BadSetup::Unsafe(why) if why.contains("1 server")), "{refused}");
    let mut client =
        std::net::TcpStream::connect(server.monitor().trim_start_matches("http://")).unwrap();
    use std::io::{Read as _, Write as _};
    client.write_all(b"GET /varz HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(syncs(body.as_bytes()), Ok(()));
    let nowhere = Address { url: "nats://127.0.0.1:1".to_owned(), login: Login::Anyone, ca: None };
    assert!(Nats::worker(&nowhere).unwrap_err().to_string().contains("is reached"));
}

#[test]
fn a_server_without_room_for_results_is_told_what_to_do() {
    let server = leeward_servers::Nats::with_room("64MB", "");
    let refused = Nats::server(&address(&server), &setup()).unwrap_err();
    assert!(
        matches!(&refused, BadSetup::Unsafe(why)
            if why.contains("1024 MiB") && why.contains("--queue-results")),
        "{refused}"
    );
    let fewer = Setup { most_result_bytes: 32 << 20, ..setup() };
    let office = Nats::server(&address(&server), &fewer).unwrap();
    assert_eq!(office.publish("a", b"1").unwrap(), Placed::Kept);
}
