//! The desk: each secret once, at the provider's pace, without holding up
//! whoever hands in, and with an end that keeps what is known.

use std::{
    thread,
    time::{Duration, Instant},
};

use leeward_counterpart::{Counterpart, Fault, Key, World, random_value};
use leeward_model::Validity;
use leeward_probe::{Depth, Desk, Question, Rate, Stop, Work};

use crate::asking::{CODESTRAL, STANDARD, at, library, question};

/// The most questions that the desk has under way at once.
const AT_ONCE: usize = 16;

/// A server that knows so many live keys.
fn knowing(count: usize, fault: Option<Fault>) -> (Counterpart, Vec<String>) {
    let values: Vec<String> = (0..count).map(|_| random_value()).collect();
    let world = values.iter().fold(World::new(), |world, value| world.key(Key::standard(value)));
    let setup = Counterpart::setup(world);
    let server = match fault {
        Some(fault) => setup.fault(fault).start(),
        None => setup.start(),
    };
    (server, values)
}

fn questions(values: &[String]) -> impl Iterator<Item = Question> {
    values.iter().map(|value| question(STANDARD, value))
}

/// Waits until something holds, and stops the test if it never does.
#[track_caller]
fn until(holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(30), "it never came to that");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A value that was first seen under another name is asked about as what it is
/// in the end.
#[test]
fn a_value_is_asked_about_as_what_it_turned_out_to_be() {
    let (server, values) = knowing(1, None);
    let desk = Desk::open(library(), at(&server), Work::default()).unwrap();
    assert!(desk.offer(question(CODESTRAL, &values[0])).is_ok());
    let learnt = desk.close(questions(&values));
    let only: Vec<_> = learnt.into_values().collect();
    assert_eq!(only.len(), 1);
    assert_eq!(only[0].dossier.as_str(), STANDARD);
    assert_eq!(only[0].verification.validity, Validity::Active);
}

#[test]
fn ten_thousand_findings_of_a_thousand_secrets_are_a_thousand_requests() {
    const RATE: usize = 400;
    let (server, values) = knowing(1_000, None);
    let mut settings = at(&server);
    settings.manners.rate = Rate::per_second(RATE as f64).unwrap();
    let desk = Desk::open(library(), settings, Work::default()).unwrap();
    let tally = desk.tally();
    // As a scan does it: handed in when there is room, and else at the end.
    let mut rest = Vec::new();
    for _ in 0..10 {
        rest.extend(questions(&values).filter_map(|question| desk.offer(question).err()));
    }
    let learnt = desk.close(rest.into_iter().map(|question| *question));
    assert_eq!(learnt.len(), 1_000);
    assert!(learnt.values().all(|learnt| learnt.verification.validity == Validity::Active));
    assert_eq!(tally.snapshot(), (1_000, 1_000, 1_000));
    assert_eq!(server.count("/v1/models"), 1_000);
    assert_eq!(server.requests().len(), 1_000);

    assert!(server.peak_in_flight() <= AT_ONCE, "{}", server.peak_in_flight());
    assert!(server.peak_connections() <= 2 * AT_ONCE, "{}", server.peak_connections());
    let times: Vec<Duration> = server.requests().iter().map(|request| request.at).collect();
    for (first, begin) in times.iter().enumerate() {
        let within = times[first..].iter().take_while(|at| **at - *begin < Duration::from_secs(1));
        // Those under way may be held up on a busy machine and come together.
        let most = RATE + 1 + AT_ONCE;
        assert!(within.count() <= most, "more than {most} in the second from {begin:?}");
    }
    server.assert_no_violations();
}

#[test]
fn what_was_handed_in_early_is_not_asked_again_at_the_end() {
    let (server, values) = knowing(3, None);
    let desk = Desk::open(library(), at(&server), Work::default()).unwrap();
    for question in questions(&values) {
        desk.offer(question).unwrap();
    }
    let learnt = desk.close(questions(&values));
    assert_eq!((learnt.len(), server.requests().len()), (3, 3));
}

#[test]
fn a_run_that_is_stopped_keeps_what_it_knows() {
    let (server, values) = knowing(60, None);
    server.inject(Fault::Hang.always().after(10));
    let stop = Stop::new();
    let work = Work { stop: stop.clone(), ..Work::default() };
    let desk = Desk::open(library(), at(&server), work).unwrap();
    let tally = desk.tally();
    let ends = thread::spawn(move || desk.close(values.iter().map(|v| question(STANDARD, v))));
    until(|| tally.snapshot().0 >= 10 && server.requests().len() == 10 + AT_ONCE);
    stop.cancel();
    let learnt = ends.join().unwrap();
    assert_eq!(learnt.len(), 60);
    let (known, open): (Vec<_>, Vec<_>) = learnt
        .values()
        .map(|learnt| &learnt.verification)
        .partition(|verification| verification.validity == Validity::Active);
    assert_eq!(known.len(), 10);
    for verification in open {
        assert_eq!(verification.validity, Validity::Unknown);
        assert!(verification.why.starts_with("stopped before an answer came"), "{verification:?}");
    }
    assert_eq!(server.requests().len(), 10 + AT_ONCE, "nothing is asked once it is stopped");
}

#[test]
fn a_run_that_has_no_more_time_keeps_what_it_knows() {
    let (server, values) = knowing(40, None);
    server.inject(Fault::Hang.always().after(5));
    // Long enough for five answers on a busy machine.
    let work = Work { within: Some(Duration::from_secs(3)), ..Work::default() };
    let desk = Desk::open(library(), at(&server), work).unwrap();
    let learnt = desk.close(questions(&values));
    assert_eq!(learnt.len(), 40);
    let of = |validity| {
        learnt.values().filter(|learnt| learnt.verification.validity == validity).count()
    };
    assert_eq!((of(Validity::Active), of(Validity::Unknown)), (5, 35));
}

#[test]
fn a_stop_within_an_assessment_keeps_what_was_counted() {
    let value = random_value();
    let world = World::furnished().key(Key::standard(&value));
    let server = Counterpart::setup(world).fault(Fault::Hang.on("/v1/libraries")).start();
    let stop = Stop::new();
    let work = Work { depth: Depth::Reach, stop: stop.clone(), ..Work::default() };
    let desk = Desk::open(library(), at(&server), work).unwrap();
    let ends = thread::spawn(move || desk.close([question(STANDARD, &value)]));
    until(|| server.count("/v1/libraries") == 1);
    stop.cancel();
    let learnt = ends.join().unwrap().into_values().next().unwrap();
    assert_eq!(learnt.verification.validity, Validity::Active);
    let assessment = learnt.assessment.unwrap();
    assert!(assessment.grants.iter().any(|grant| grant.id == "files"));
    let gap = assessment.gaps.iter().find(|gap| gap.probe == "conversations").unwrap();
    assert!(gap.why.starts_with("stopped") && !gap.by_choice, "{gap:?}");
    assert_eq!(server.count("/v1/conversations"), 0);
}

#[test]
fn a_slow_provider_holds_nobody_up() {
    let (server, values) = knowing(400, Some(Fault::Hang));
    let stop = Stop::new();
    let work = Work { stop: stop.clone(), ..Work::default() };
    let desk = Desk::open(library(), at(&server), work).unwrap();
    // Nobody is ever answered, and still every call returns.
    let refused: Vec<_> = questions(&values).filter_map(|q| desk.offer(q).err()).collect();
    assert!(!refused.is_empty() && refused.len() < values.len(), "{}", refused.len());
    stop.cancel();
    let learnt = desk.close(refused.into_iter().map(|question| *question));
    assert_eq!(learnt.len(), 400);
    assert!(learnt.values().all(|learnt| learnt.verification.validity == Validity::Unknown));
}
