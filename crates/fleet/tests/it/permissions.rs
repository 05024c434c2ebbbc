//! What the accounts of `packaging/fleet` may do, and may not, on a real server.

use std::{path::Path, sync::Arc, time::Duration};

use async_nats::ConnectOptions;
use futures_util::StreamExt as _;
use leeward_fleet::{
    Key, Placed, Planning, Queue as _,
    nats::{Address, Login, Nats},
};
use leeward_model::Secret;
use leeward_store::Place;

use crate::{fixture::*, nats::setup};

const PASSWORDS: [(&str, &str); 2] =
    [("LEEWARD_QUEUE_SERVER_PASSWORD", "one"), ("LEEWARD_QUEUE_WORKER_PASSWORD", "two")];

fn server() -> leeward_servers::Nats {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/fleet/accounts.conf");
    let mut text = std::fs::read_to_string(file).unwrap();
    for (name, password) in PASSWORDS {
        text = text.replace(&format!("${name}"), &format!("\"{password}\""));
    }
    leeward_servers::Nats::start(&text)
}

fn address(server: &leeward_servers::Nats, user: &str, password: &str) -> Address {
    let login = Login::Password(user.to_owned(), Secret::new(password.as_bytes()));
    Address { url: server.url(), login, ca: None }
}

#[test]
fn both_ends_may_do_their_work_and_a_worker_nothing_else() {
    let server = server();
    let office =
        Arc::new(Nats::server(&address(&server, "leeward-server", "one"), &setup()).unwrap());
    let worker = Nats::worker(&address(&server, "leeward-worker", "two")).unwrap();

    // The whole way, with a value that nothing on the way may hold.
    let directory = tempfile::tempdir().unwrap();
    let (line, value) = leak();
    repository(&directory.path().join("a"), &[line]);
    let place = Place::File(directory.path().join("a.db"));
    let mut serving = Office::new(place, Arc::clone(&office) as _, Key::generate());
    serving.add(&url(&directory.path().join("a")));
    serving.hand_out();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let workplace = workplace(&directory.path().join("work"), Planning::default());
    assert_eq!(work(&worker, &workplace).len(), 1);
    for path in files(&server.data()) {
        let bytes = std::fs::read(&path).unwrap_or_default();
        assert!(!stands(&bytes, &value), "a value is in {}", path.display());
    }
    let result = office.collect(Duration::from_secs(2)).unwrap().unwrap();
    let text = String::from_utf8(result.bytes().to_vec()).unwrap();
    assert!(text.contains("\"value\":") && !text.contains(&value), "{text}");
    result.put_back(Duration::ZERO).unwrap();
    assert_eq!(serving.take_in(), [leeward_fleet::Taken::Done(1)]);

    // With a worker's word, by hand.
    office.bury("kept", b"{}", "a reason").unwrap();
    assert_eq!(office.publish("j", b"{}").unwrap(), Placed::Kept);
    worker.report("r", b"{}").unwrap();
    let depth = office.depth().unwrap();
    runtime.block_on(async {
        let client = ConnectOptions::new()
            .user_and_password("leeward-worker".to_owned(), "two".to_owned())
            .custom_inbox_prefix("_INBOX_leeward_worker")
            .request_timeout(Some(Duration::from_millis(400)))
            .connect(server.url())
            .await
            .unwrap();
        for (subject, body) in [
            ("leeward.1.jobs", "{}"),
            ("leeward.1.dead", "{}"),
            ("$JS.API.CONSUMER.MSG.NEXT.LEEWARD_RESULTS_1.server", "{\"batch\":1}"),
            ("$JS.API.STREAM.INFO.LEEWARD_RESULTS_1", ""),
            ("$JS.API.STREAM.NAMES", ""),
            ("$JS.API.STREAM.DELETE.LEEWARD_JOBS_1", ""),
            ("$JS.API.STREAM.PURGE.LEEWARD_JOBS_1", ""),
            ("$JS.API.STREAM.MSG.GET.LEEWARD_RESULTS_1", "{\"seq\":1}"),
            ("$JS.API.STREAM.MSG.GET.LEEWARD_DEAD_1", "{\"seq\":1}"),
            ("$JS.API.DIRECT.GET.LEEWARD_RESULTS_1", "{\"seq\":1}"),
            ("$JS.API.CONSUMER.CREATE.LEEWARD_RESULTS_1", "{}"),
            ("$JS.API.CONSUMER.DELETE.LEEWARD_JOBS_1.workers", ""),
            ("$JS.ACK.LEEWARD_RESULTS_1.server.1.1.1.1.1", "+ACK"),
        ] {
            let answer = client.request(subject, body.into()).await;
            assert!(answer.is_err(), "{subject}: {answer:?}");
        }
        for subject in ["leeward.1.results", "leeward.1.jobs", "_INBOX_leeward_server.>", ">"] {
            let mut heard = client.subscribe(subject).await.unwrap();
            worker_speaks(&office);
            let heard = tokio::time::timeout(Duration::from_millis(200), heard.next()).await;
            assert!(!matches!(heard, Ok(Some(_))), "{subject}: {heard:?}");
        }
    });
    assert_eq!(office.depth().unwrap(), depth, "nothing was added and nothing taken");
    let wrong = Nats::worker(&address(&server, "leeward-worker", "wrong")).unwrap_err();
    assert!(wrong.to_string().contains("--queue-credentials"), "{wrong}");
    assert!(Nats::server(&address(&server, "leeward-worker", "two"), &setup()).is_err());
}

/// Something that a listener would hear.
fn worker_speaks(office: &Arc<Nats>) {
    let office = Arc::clone(office);
    let speaking = std::thread::spawn(move || {
        // The same key again: known, so it adds nothing.
        office.publish("j", b"{}").unwrap();
    });
    speaking.join().unwrap();
}
