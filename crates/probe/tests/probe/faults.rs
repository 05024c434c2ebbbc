//! Whatever answers in the API's place, or fails to, leaves a key unknown with
//! one line that says what to do. It is never called live or dead, and nothing
//! of it is held beyond a bound.

use leeward_counterpart::{Counterpart, Cut, Fault, Key, RetryAfter, Rule, World, random_value};
use leeward_model::Validity;
use leeward_probe::Depth;

use crate::{
    asking::{STANDARD, at, impatient, learn, question, said, to},
    canned::Canned,
};

/// A server that knows a live key, with one fault, and that key.
fn broken(fault: impl Into<Rule>) -> (Counterpart, String) {
    let value = random_value();
    let world = World::new().key(Key::standard(&value));
    (Counterpart::setup(world).fault(fault).start(), value)
}

/// That a fault leaves a live key unknown, and is named.
#[track_caller]
fn check(fault: Fault, says: &str) {
    let (server, value) = broken(fault);
    check_at(&server, &value, says);
}

#[track_caller]
fn check_at(server: &Counterpart, value: &str, says: &str) {
    let (validity, why) = said(learn(at(server), Depth::Validity, question(STANDARD, value)));
    assert_eq!(validity, Validity::Unknown, "{why}");
    assert!(why.contains(says), "{why}");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn an_answer_that_never_comes() {
    for fault in [Fault::Hang, Fault::SlowLoris] {
        let (server, value) = broken(fault);
        let settings = impatient(&server);
        let (validity, why) = said(learn(settings, Depth::Validity, question(STANDARD, &value)));
        assert_eq!(validity, Validity::Unknown);
        assert!(why.contains("did not answer within"), "{why}");
        assert!(!why.contains("within 0 s"), "{why}");
    }
}

#[test]
fn a_connection_that_is_cut() {
    check(Fault::Drop(Cut::BeforeAnswer), "ended the connection");
    check(Fault::Drop(Cut::InBody), "ended the connection");
}

#[test]
fn an_answer_without_end_is_not_held() {
    let (server, value) = broken(Fault::Endless);
    check_at(&server, &value, "more than 2 MB");
    // What the sockets between hold comes on top of what was read.
    assert!(server.bytes_sent() < 64 << 20, "{}", server.bytes_sent());
}

#[test]
fn a_compressed_answer_is_not_inflated() {
    check(Fault::GzipBomb, "compressed, which was not asked for");
    check(Fault::BadGzip, "compressed, which was not asked for");
}

#[test]
fn a_key_does_not_follow_a_redirect() {
    let elsewhere = Counterpart::start(World::new());
    let (server, value) = broken(Fault::Redirect(format!("{}/v1/models", elsewhere.url())));
    check_at(&server, &value, &format!("to `{}`", elsewhere.address()));
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn a_key_does_not_follow_a_redirect_on_its_own_host() {
    check(Fault::Redirect("/v1/models/".to_owned()), "sends elsewhere");
}

#[test]
fn a_page_for_people_says_nothing_whatever_its_status() {
    let page = "a page for people answered and not the API";
    check(Fault::CaptivePortal, page);
    for status in [401, 402, 403, 404, 422] {
        check(Fault::Html(status), page);
    }
}

#[test]
fn a_page_that_says_it_is_json_is_a_page() {
    for page in ["<html>Sign in</html>", "\n <!doctype html>", "\u{feff}<HTML>"] {
        check(Fault::Status(401, page.to_owned()), "a page for people");
    }
}

/// A status has its meaning only in the words of the API.
#[test]
fn others_who_use_the_same_statuses_say_nothing() {
    let other = "in words that are not the API's";
    let text = |status, text: &str| Fault::Status(status, text.to_owned());
    check(text(400, "Client sent an HTTP request to an HTTPS server."), other);
    check(text(401, "Wi-Fi login required"), other);
    check(text(403, "error code: 1020"), other);
    check(text(422, "\"no\""), other);
    let envelope = r#"{"code":401,"message":"invalid token","data":null}"#;
    check(text(200, envelope), "is JSON, but not what the API answers");
}

#[test]
fn a_service_that_fails() {
    for status in [500, 502, 503] {
        check(Fault::Status(status, "{}".to_owned()), "the service failed");
        check(Fault::Html(status), "a page for people");
    }
    check(Fault::Status(418, "{}".to_owned()), "the dossier does not say what that means");
}

#[test]
fn a_limit_that_does_not_end_in_time() {
    check(Fault::RateLimit(RetryAfter::Seconds(1)), "a rate or spending limit");
    check(Fault::RateLimit(RetryAfter::Unsaid), "a rate or spending limit");
    check(Fault::RateLimit(RetryAfter::Date(-60)), "a rate or spending limit");
    check(Fault::RateLimit(RetryAfter::Date(86_400)), "asks to wait 86");
    check(Fault::RateLimit(RetryAfter::Seconds(1_000_000_000)), "to wait 1000000000 s");
}

#[test]
fn an_answer_that_is_not_the_apis() {
    check(Fault::NotJson, "not the JSON that the API sends");
    check(Fault::TruncatedJson, "not the JSON that the API sends");
    check(Fault::Empty(200), "not the JSON that the API sends");
    check(Fault::WrongShape, "is JSON, but not what the API answers");
    check(Fault::Status(200, r#"{"ok":true}"#.to_owned()), "is JSON, but not what the API answers");
}

#[test]
fn every_second_call_limited_still_verifies_all() {
    let values: Vec<String> = (0..12).map(|_| random_value()).collect();
    let world = values.iter().fold(World::new(), |world, value| world.key(Key::standard(value)));
    let limit = Fault::RateLimit(RetryAfter::Seconds(0)).always().every_second();
    let server = Counterpart::setup(world).fault(limit).start();
    let mut settings = at(&server);
    // The bad luck of one key: it may meet the limit again and again.
    settings.manners.when_limited = 30;
    let work = leeward_probe::Work::default();
    let desk = leeward_probe::Desk::open(crate::asking::library(), settings, work).unwrap();
    let learnt = desk.close(values.iter().map(|value| question(STANDARD, value)));
    assert_eq!(learnt.len(), values.len());
    for learnt in learnt.values() {
        assert_eq!(learnt.verification.validity, Validity::Active, "{learnt:?}");
    }
}

#[test]
fn a_key_that_is_repeated_to_us_is_kept_nowhere() {
    for status in [200, 400, 401, 403, 404, 429, 500] {
        let (server, value) = broken(Fault::EchoKey(status));
        for depth in [Depth::Validity, Depth::Reach] {
            let learnt = learn(at(&server), depth, question(STANDARD, &value));
            assert!(!format!("{learnt:?}").contains(&value), "{status}");
        }
    }
}

#[test]
fn a_key_in_what_is_kept_of_an_answer_is_taken_out() {
    let value = random_value();
    let headers = format!("mistral-correlation-id: {value}\r\n");
    let body = format!(
        r#"{{"data":[{{"id":"ft:{value}","type":"fine-tuned","filename":"{value}"}}],
            "id":"{value}","api_key":{{"id":"1","name":"my {value}"}},"{value}":[]}}"#
    );
    let server = Canned::start(200, &headers, &body);
    let settings = to("mistral", &server.url());
    let learnt = learn(settings, Depth::Reach, question(STANDARD, &value));
    assert_eq!(learnt.verification.validity, Validity::Active);
    let text = format!("{learnt:?}");
    assert!(!text.contains(&value), "{text}");
    // It is not sent back to them in an address either.
    for request in server.seen() {
        assert!(!request.lines().next().unwrap().contains(&value));
    }
}

#[test]
fn a_redirect_that_names_the_key_is_not_repeated() {
    let value = random_value();
    let to_where = format!("https://{value}.example.com/{value}");
    let (server, value) = {
        let world = World::new().key(Key::standard(&value));
        (Counterpart::setup(world).fault(Fault::Redirect(to_where)).start(), value)
    };
    let learnt = learn(at(&server), Depth::Validity, question(STANDARD, &value));
    let text = format!("{learnt:?}").to_lowercase();
    assert!(!text.contains(&value.to_lowercase()), "{text}");
}

#[test]
fn a_value_that_no_header_can_carry_is_not_sent() {
    let (server, value) = broken(Fault::Hang);
    for value in [format!("{value}\nx-more: 1"), format!("{value}\0")] {
        let (validity, why) = said(learn(at(&server), Depth::Validity, question(STANDARD, &value)));
        assert_eq!(validity, Validity::Unknown);
        assert!(why.starts_with("the value has characters that no header can carry"), "{why}");
    }
    assert!(server.requests().is_empty());
}

#[test]
fn one_broken_list_is_a_gap_and_no_more() {
    let value = random_value();
    let world = World::furnished().key(Key::standard(&value));
    let server = Counterpart::setup(world)
        .fault(Fault::CaptivePortal.on("/v1/files"))
        .fault(Fault::Status(403, r#"{"detail":"Forbidden"}"#.to_owned()).on("/v1/observability/*"))
        .start();
    let assessment = crate::asking::assess(at(&server), &value);
    let gaps: Vec<&str> =
        assessment.gaps.iter().filter(|gap| !gap.by_choice).map(|gap| gap.probe.as_str()).collect();
    assert_eq!(gaps, ["files"]);
    let extract = assessment.actions.iter().find(|action| action.id == "extract-data").unwrap();
    assert!(extract.because.contains("not known: files"), "{}", extract.because);
    assert!(extract.because.contains("refused: datasets of observability"), "{}", extract.because);
}
