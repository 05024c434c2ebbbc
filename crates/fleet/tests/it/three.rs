//! Three NATS servers that keep everything together: any one of them may be killed, and the
//! other two go on with what was there.

use std::{
    fmt,
    time::{Duration, Instant},
};

use leeward_fleet::{
    Placed, Queue as _,
    nats::{Address, Login, Nats, Setup},
};

/// How long the servers may take to agree who leads, on a machine that is busy.
const AGREED: Duration = Duration::from_secs(90);

/// Does something again until it is done.
fn until_done<T, E: fmt::Display>(mut this: impl FnMut() -> Result<T, E>) -> T {
    let begun = Instant::now();
    loop {
        match this() {
            Ok(done) => return done,
            Err(error) => assert!(begun.elapsed() < AGREED, "{error}"),
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn each_of_three_servers_may_be_killed_and_the_others_go_on() {
    let mut servers = leeward_servers::Nats::three();
    let url = servers.each_ref().map(leeward_servers::Nats::url).join(",");
    let address = Address { url, login: Login::Anyone, ca: None };
    // As people set it up: three replicas, and fewer are refused.
    let setup = Setup { lease: Duration::from_secs(30), ..Setup::default() };
    let office = until_done(|| Nats::server(&address, &setup));
    let worker = until_done(|| Nats::worker(&address));
    let wait = Duration::from_millis(500);
    for (down, server) in servers.iter_mut().enumerate() {
        let (before, after) = (format!("before {down}"), format!("after {down}"));
        until_done(|| office.publish(&before, before.as_bytes()));
        let held = until_done(|| worker.pull(wait)?.ok_or_else(none));
        server.kill();
        // What is being done goes on, and so does what comes.
        until_done(|| held.progress()?.then_some(()).ok_or_else(none));
        let placed = until_done(|| worker.report(&before, b"its result"));
        assert!(matches!(placed, Placed::Kept | Placed::Known));
        until_done(|| held.ack());
        until_done(|| office.publish(&after, after.as_bytes()));
        let next = until_done(|| worker.pull(wait)?.ok_or_else(none));
        assert_eq!(next.bytes(), after.as_bytes());
        until_done(|| next.ack());
        let result = until_done(|| office.collect(wait)?.ok_or_else(none));
        assert_eq!(result.bytes(), b"its result");
        until_done(|| result.ack());
        server.begin();
    }
}

fn none() -> leeward_fleet::Trouble {
    leeward_fleet::Trouble::Failed("there is nothing yet".to_owned())
}
