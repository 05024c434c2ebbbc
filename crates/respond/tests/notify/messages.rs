//! How each message reads. Look at a changed one as somebody who was just
//! woken by it.

use leeward_model::{Severity, State, StepName, Validity};
use leeward_respond::notify::{Happening, Next, Notice, preview};

use crate::sample::{KINDS, NIGHT, channel, notice};

/// One of each happening, as they would follow each other.
fn story() -> Vec<(&'static str, Notice)> {
    let next = |step, text: &str, link: Option<&str>| {
        let command = Some("leeward respond 12".to_owned());
        Some(Next { step, text: text.to_owned(), link: link.map(str::to_owned), command })
    };
    let mut unchecked = notice(Happening::Opened);
    unchecked.incident.validity = Validity::Unchecked;
    unchecked.incident.severity = Severity::High;
    unchecked.incident.places = 1;
    let mut failed = notice(Happening::Failed(StepName::Revoke));
    failed.detail = Some("the provider answered 403: the admin key may not delete keys".to_owned());
    failed.incident.owner = Some("dana@example.com".to_owned());
    let mut overdue = notice(Happening::Overdue);
    overdue.at = NIGHT + 12 * 3600;
    overdue.incident.validity = Validity::Unknown;
    let mut contained = notice(Happening::Contained);
    contained.incident.state = State::Contained;
    contained.incident.validity = Validity::Inactive;
    contained.next = next(StepName::Rotate, "Put a new key where the old one was used.", None);
    let mut closed = notice(Happening::Closed);
    closed.incident.state = State::Closed;
    closed.incident.validity = Validity::Inactive;
    closed.incident.closed_at = Some(NIGHT);
    closed.exposure = Some("from 2026-11-20 to 2026-11-27, 7 days".to_owned());
    closed.next = None;
    let mut reopened = notice(Happening::Reopened);
    reopened.incident.state = State::Reopened;
    reopened.detail = Some("it lies in `deploy/old.env` again".to_owned());
    vec![
        ("opened", notice(Happening::Opened)),
        ("opened-unchecked", unchecked),
        ("alive", notice(Happening::Alive)),
        ("failed", failed),
        ("overdue", overdue),
        ("contained", contained),
        ("closed", closed),
        ("reopened", reopened),
    ]
}

#[test]
fn each_place_is_told_in_its_own_format() {
    for (name, fields) in KINDS {
        let shown = preview(&channel(fields), &notice(Happening::Opened));
        insta::assert_snapshot!(name, shown);
    }
}

#[test]
fn each_happening_reads_well() {
    let mail = channel(KINDS[4].1);
    for (name, notice) in story() {
        let shown = preview(&mail, &notice);
        let text = shown.split("--- plain text\n").nth(1).unwrap();
        insta::assert_snapshot!(format!("text-{name}"), text.split("\n--- HTML").next().unwrap());
    }
}

#[test]
fn a_template_replaces_all_but_the_title() {
    let template = "template = \"\"\"\n*{severity}* {state}: {title} {hint} in {place}\n\
                    owner {owner}, due {due}, incident {incident}\n{next_step}\n{link}\n\"\"\"";
    let shown =
        ["slack-webhook", "teams", "mail", "jira-cloud", "jira-own", "github"].map(|name| {
            let (_, fields) = KINDS.into_iter().find(|(kind, _)| *kind == name).unwrap();
            preview(&channel(&format!("{fields}\n{template}")), &notice(Happening::Opened))
        });
    insta::assert_snapshot!(shown.join("\n=====\n"));
}
