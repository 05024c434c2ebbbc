//! What `[[alert]]` tables may say, and what each mistake is answered with.

use leeward_model::{Severity, StepName};
use leeward_respond::notify::{Happening, Kind};

use crate::sample::{KINDS, channel, channels, notice};

#[test]
fn each_kind_is_read_and_says_what_it_needs() {
    let kinds = [
        (Kind::Webhook, "the variable `HOOK_SECRET`"),
        (Kind::Slack, "the variable `SLACK_URL`"),
        (Kind::Slack, "the file `slack.token`"),
        (Kind::Teams, "the variable `TEAMS_URL`"),
        (Kind::Mail, "the variable `SMTP_PASSWORD`"),
        (Kind::Jira, "the variable `JIRA_TOKEN`"),
        (Kind::Jira, "the variable `JIRA_TOKEN`"),
        (Kind::Github, "the variable `GH_TOKEN`"),
    ];
    for ((_, fields), (kind, needed)) in KINDS.into_iter().zip(kinds) {
        let channel = channel(fields);
        assert_eq!(channel.kind(), kind);
        let references: Vec<String> =
            channel.references().into_iter().map(ToString::to_string).collect();
        assert_eq!(references, [needed], "{fields}");
    }
}

#[test]
fn a_channel_hears_what_it_asked_for() {
    let quiet = channel(
        "kind = \"slack\"\nurl = { env = \"U\" }\nseverity = \"critical\"\non = [\"failed\", \"overdue\"]",
    );
    assert!(quiet.wants(&notice(Happening::Failed(StepName::Revoke))));
    assert!(!quiet.wants(&notice(Happening::Opened)));
    let usual = channel(KINDS[1].1);
    let mut notice = notice(Happening::Opened);
    notice.incident.severity = Severity::High;
    assert!(usual.wants(&notice) && !quiet.wants(&notice));
    notice.incident.severity = Severity::Medium;
    assert!(!usual.wants(&notice), "high and worse is what most want to be told");
}

#[test]
fn mistakes_are_named() {
    let error = |fields: &str| {
        let toml = format!("[[alert]]\nname = \"here\"\n{fields}");
        channels(&toml).expect_err("a mistake")
    };
    let errors = [
        error("kind = \"pager\""),
        error("kind = \"slack\"\nurl = { env = \"U\" }\ncolour = \"red\""),
        error("kind = \"slack\"\nurl = { env = \"U\" }\nrepository = \"a/b\""),
        error("kind = \"slack\"\nurl = \"https://hooks.slack.com/services/T/B/X\""),
        error("kind = \"slack\"\nurl = { env = \"U\", file = \"f\" }"),
        error("kind = \"slack\"\ntoken = { env = \"T\" }"),
        error("kind = \"slack\"\nurl = { env = \"U\" }\ntemplate = \"{value}\""),
        error("kind = \"slack\"\nurl = { env = \"U\" }\nseverity = \"bad\""),
        error("kind = \"slack\"\nurl = { env = \"U\" }\non = [\"opened\", \"moved\"]"),
        error("kind = \"teams\"\nurl = \"https://x.example.com\""),
        error("kind = \"webhook\"\nurl = \"https://x.example.com\""),
        error("kind = \"webhook\"\nurl = \"http://x.example.com\"\nsecret = { env = \"S\" }"),
        error(
            "kind = \"webhook\"\nurl = \"https://x\"\nsecret = { env = \"S\" }\ntemplate = \"a\"",
        ),
        error("kind = \"mail\"\nserver = \"mx.example.com\"\nfrom = \"a@b.c\"\nto = []"),
        error(
            "kind = \"mail\"\nserver = \"mx.example.com\"\nfrom = \"a@b.c\\nBcc: d@e.f\"\nto = [\"a@b.c\"]",
        ),
        error(
            "kind = \"mail\"\nserver = \"mx.example.com\"\nfrom = \"a@b.c\"\nto = [\"a@b.c\"]\ntls = \"none\"",
        ),
        error(
            "kind = \"mail\"\nserver = \"mx.example.com\"\nfrom = \"a@b.c\"\nto = [\"a@b.c\"]\nuser = \"u\"",
        ),
        error(
            "kind = \"jira\"\nurl = \"https://j.example.com\"\ntoken = { env = \"T\" }\nproject = \"SEC\\\" OR 1\"",
        ),
        error("kind = \"github\"\nrepository = \"../..\"\ntoken = { env = \"T\" }"),
        error("kind = \"github\"\nrepository = \"a/b\"\ntoken = \"ghp_written_down\""),
        error("kind = \"github\"\nrepository = \"a/b\"\ntoken = { value = \"ghp_written_down\" }"),
        error("kind = \"github\"\nrepository = \"a/b\"\ntoken = 12"),
    ];
    let errors = errors.join("\n");
    assert!(!errors.contains("written_down") && !errors.contains("services/T"), "{errors}");
    insta::assert_snapshot!(errors);
    let twice = format!("[[alert]]\nname = \"a\"\n{0}\n[[alert]]\nname = \"a\"\n{0}", KINDS[1].1);
    let error = channels(&twice).expect_err("twice");
    assert_eq!(error, "two alerts are called `a`: give one another name");
}
