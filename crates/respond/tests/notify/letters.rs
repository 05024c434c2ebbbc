//! Letters: one for each channel that wants it, the same one for the same
//! happening, and readable after an update.

use leeward_model::StepName;
use leeward_respond::notify::{Happening, Notice, deliver};

use crate::{
    sample::{KINDS, NIGHT, Values, channels, courier, notice, told},
    server::{Server, answer},
};

fn keys(notice: &Notice) -> Vec<String> {
    let toml = format!(
        "[[alert]]\nname = \"a\"\n{}\n[[alert]]\nname = \"b\"\n{}\n[[alert]]\nname = \"c\"\n{}\n\
         on = [\"closed\"]",
        KINDS[0].1, KINDS[1].1, KINDS[3].1
    );
    channels(&toml).unwrap().letters(notice).into_iter().map(|letter| letter.key).collect()
}

#[test]
fn each_channel_gets_one_and_the_same_happening_makes_the_same() {
    let first = keys(&notice(Happening::Opened));
    assert_eq!(first.len(), 2, "the third wants closed ones only");
    assert_ne!(first[0], first[1], "each is delivered by itself");
    assert!(first[0].starts_with("lwa1-") && first[0].len() == 37, "{}", first[0]);
    // Made again by a run that ended before it was recorded, of an incident that went on.
    let mut later = notice(Happening::Opened);
    later.at += 5_000;
    later.incident.places = 9;
    later.incident.owner = Some("somebody".to_owned());
    assert_eq!(keys(&later), first);
}

#[test]
fn what_happens_again_is_told_again() {
    let at = |happening, at| keys(&Notice { at, ..notice(happening) });
    let day = 24 * 3600;
    assert_ne!(at(Happening::Reopened, NIGHT), at(Happening::Reopened, NIGHT + 1));
    let failed = Happening::Failed(StepName::Revoke);
    assert_eq!(at(failed, NIGHT), at(failed, NIGHT + 60), "once a day");
    assert_ne!(at(failed, NIGHT), at(failed, NIGHT + day));
    assert_ne!(at(failed, NIGHT), at(Happening::Failed(StepName::Rotate), NIGHT));
    assert_eq!(at(Happening::Overdue, NIGHT), at(Happening::Overdue, NIGHT + 9 * day), "once");
    let mut later = notice(Happening::Overdue);
    later.incident.due = Some(NIGHT + day);
    assert_ne!(keys(&later), at(Happening::Overdue, NIGHT), "another due time");
    assert_eq!(at(Happening::Closed, NIGHT).len(), 3);
}

/// As version 1 wrote it, with a field that a later version may add. It must
/// be understood for as long as there is a version 1.
const OLD: &str = r#"{"schema":"leeward.alert/1","delivery":"lwa1-00000000000000000000000000000000","summary":"[CRITICAL] Live Example API key in a.env (incident 1)","happening":"failed","step":"update-dependents","at":"2026-11-27T22:00:00Z","detail":null,"incident":{"id":1,"fingerprint":"lw1_0123456789abcdef0123456789abcdef","dossier":"example-api-key","title":"Example API key","hint":"Ab3d…9XyZ","severity":"critical","validity":"active","state":"open","owner":null,"due":null,"opened_at":"2026-11-27T21:59:00Z","updated_at":"2026-11-27T22:00:00Z","closed_at":null,"place":"a.env","places":1},"exposure":null,"next":null,"link":null,"mood":"grim"}"#;

#[test]
fn an_old_letter_is_delivered() {
    let server = Server::always(answer(200, "ok"));
    let values = Values::new(&[("SLACK_URL", &server.url())]);
    let deliver_it = |body: &str| {
        let channel = crate::sample::channel(KINDS[1].1);
        deliver(&channel, &|reference| values.get(reference), &courier(), body)
    };
    deliver_it(OLD).unwrap();
    let text = server.only().json()["text"].as_str().unwrap().to_owned();
    assert_eq!(
        text,
        "[CRITICAL] Step update-dependents failed: live Example API key in a.env (incident 1)"
    );
    for body in ["", "{}", &OLD.replace("alert/1", "alert/2"), &OLD.replace("failed", "danced")] {
        let undelivered = deliver_it(body).expect_err("not a letter");
        assert!(undelivered.forever, "{undelivered}");
        assert!(!undelivered.why.contains("danced"), "{undelivered}");
    }
}

#[test]
fn a_reference_without_a_value_is_named_and_tried_again() {
    for (_, fields) in KINDS {
        if fields.contains("\"mail\"") {
            continue;
        }
        let undelivered = told(fields, &[], &notice(Happening::Opened)).expect_err("no value");
        assert!(undelivered.why.contains("holds nothing: put the value there"), "{undelivered}");
        assert!(!undelivered.forever && undelivered.again_in.is_some());
    }
}
