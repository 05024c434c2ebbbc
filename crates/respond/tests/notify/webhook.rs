//! A webhook: what arrives, that its signature can be checked as documented,
//! and what is made of each answer.

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
    time::Duration,
};

use leeward_respond::notify::{Happening, Receipt, Undelivered};

use crate::{
    sample::{notice, secret, told},
    server::{Answer, Seen, Server, answer, nowhere},
};

const DOCUMENTATION: &str = include_str!("../../../../docs/alerts.md");

fn tell(url: &str, secret: &str) -> Result<Receipt, Undelivered> {
    let fields = format!("kind = \"webhook\"\nurl = \"{url}/leeward\"\nsecret = {{ env = \"S\" }}");
    told(&fields, &[("S", secret)], &notice(Happening::Opened))
}

fn refused(given: Answer) -> Undelivered {
    let server = Server::always(given);
    tell(&server.url(), &secret()).expect_err("refused")
}

#[test]
fn it_arrives_signed() {
    let server = Server::always(answer(204, ""));
    let secret = secret();
    let receipt = tell(&server.url(), &secret).unwrap();
    assert!(receipt.text.ends_with("took it with 204"), "{receipt:?}");
    let seen = server.only();
    assert_eq!(seen.line(), "POST /leeward");
    assert_eq!(seen.header("content-type"), "application/json");
    assert_eq!(seen.json()["schema"], "leeward.alert/1");
    assert_eq!(seen.json()["delivery"], seen.header("leeward-delivery"));
    assert!(!format!("{seen:?}").contains(&secret));
    checks_in("python", "python3", &["python3", "--version"], &seen, &secret);
    checks_in("sh", "sh", &["openssl", "version"], &seen, &secret);
}

/// Runs what the documentation says to check a signature with: it accepts what
/// was sent and nothing else.
fn checks_in(language: &str, program: &str, needs: &[&str], seen: &Seen, secret: &str) {
    let is_there = Command::new(needs[0]).arg(needs[1]).stdout(Stdio::null()).status();
    if !is_there.is_ok_and(|status| status.success()) {
        println!("not run: there is no `{}`", needs[0]);
        return;
    }
    let block = DOCUMENTATION.split(&format!("```{language}\n")).nth(1).unwrap();
    let code = block.split("```").next().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("check");
    fs::write(&file, code).unwrap();
    let is_accepted = |signature: &str, body: &str, secret: &str| {
        let mut child = Command::new(program)
            .arg(&file)
            .env("LEEWARD_SECRET", secret)
            .env("SIGNATURE", signature)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
        child.wait().unwrap().success()
    };
    let signature = seen.header("leeward-signature");
    assert!(is_accepted(signature, &seen.body, secret), "{language}: {signature}");
    assert!(!is_accepted(signature, &seen.body.replace("critical", "low"), secret), "{language}");
    assert!(!is_accepted(signature, &seen.body, "another"), "{language}");
    let (time, rest) = signature.split_once(',').unwrap();
    let earlier: i64 = time[2..].parse::<i64>().unwrap() - 1;
    assert!(!is_accepted(&format!("t={earlier},{rest}"), &seen.body, secret), "{language}");
    assert!(!is_accepted("", &seen.body, secret), "{language}");
}

#[test]
fn what_may_pass_is_tried_again() {
    let down = tell(&nowhere(), &secret()).expect_err("nothing listens");
    assert!(!down.forever && down.again_in.is_none(), "{down:?}");
    assert!(!refused(answer(500, "")).forever);
    assert!(!refused(answer(503, "")).forever);
    let busy = refused(answer(429, "").header("Retry-After", 90));
    assert_eq!(busy.again_in, Some(Duration::from_secs(90)));
    let dated = refused(answer(503, "").header("Retry-After", "Fri, 01 Jan 2100 00:00:00 GMT"));
    assert!(dated.again_in > Some(Duration::from_secs(3600)), "{dated:?}");
    for odd in ["soon", "-1", "1e400", ""] {
        assert!(!refused(answer(429, "").header("Retry-After", odd)).forever, "{odd}");
    }
}

#[test]
fn what_a_person_must_mend_waits_and_what_is_gone_is_gone() {
    for status in [301, 401, 403, 404] {
        let undelivered = refused(answer(status, "").header("Location", "http://127.0.0.1:1/x"));
        assert!(!undelivered.forever, "{undelivered}");
        assert_eq!(undelivered.again_in, Some(Duration::from_secs(6 * 3600)), "{undelivered}");
    }
    for status in [400, 410, 413, 422] {
        assert!(refused(answer(status, "what you sent: x")).forever, "{status}");
    }
    let gone = refused(answer(410, ""));
    assert!(gone.why.contains("answered 410: it is gone for good"), "{gone}");
}
