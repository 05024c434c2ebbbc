//! Notices, channels and secrets to test with.

use std::collections::BTreeMap;

use leeward_counterpart::random_value;
use leeward_model::{
    DossierId, Fingerprint, Hint, Incident, IncidentId, Secret, Severity, State, StepName, Validity,
};
use leeward_probe::{Courier, Network, Stop};
use leeward_respond::notify::{
    Channel, Channels, Happening, Next, Notice, Receipt, Reference, Undelivered, deliver,
};

/// 2026-11-27 22:00 UTC.
pub(crate) const NIGHT: i64 = 1_795_816_800;

pub(crate) fn notice(happening: Happening) -> Notice {
    Notice {
        happening,
        at: NIGHT,
        detail: None,
        incident: Incident {
            id: IncidentId(12),
            fingerprint: "lw1_0123456789abcdef0123456789abcdef".parse::<Fingerprint>().unwrap(),
            dossier: DossierId::new("example-api-key"),
            hint: Hint::from_text("Ab3d…9XyZ"),
            severity: Severity::Critical,
            validity: Validity::Active,
            state: State::Open,
            owner: None,
            due: Some(NIGHT + 11 * 3600),
            opened_at: NIGHT - 60,
            updated_at: NIGHT,
            closed_at: None,
            place: "deploy/production.env".to_owned(),
            places: 3,
        },
        title: "Example API key".to_owned(),
        exposure: Some("since 2026-11-20, 7 days".to_owned()),
        next: Some(Next {
            step: StepName::Revoke,
            text: "Delete the key in the console, under API keys.".to_owned(),
            link: Some("https://console.example.com/api-keys".to_owned()),
            command: Some("leeward respond 12".to_owned()),
        }),
        link: Some("https://leeward.example.com/incidents/12".to_owned()),
    }
}

/// A notice whose every foreign text is `text`.
pub(crate) fn hostile(text: &str) -> Notice {
    let mut notice = notice(Happening::Failed(StepName::Revoke));
    notice.detail = Some(text.to_owned());
    notice.incident.place = text.to_owned();
    notice.incident.owner = Some(text.to_owned());
    notice.exposure = Some(text.to_owned());
    notice.title = text.to_owned();
    notice.incident.hint = Hint::from_text(text);
    notice.incident.dossier = DossierId::new(text);
    notice.link = Some(text.to_owned());
    notice.next = Some(Next {
        step: StepName::Revoke,
        text: text.to_owned(),
        link: Some(text.to_owned()),
        command: Some(text.to_owned()),
    });
    notice
}

#[derive(serde::Deserialize)]
struct Configuration {
    alert: Channels,
}

pub(crate) fn channels(toml: &str) -> Result<Channels, String> {
    let read = toml::from_str::<Configuration>(toml);
    read.map(|it| it.alert).map_err(|error| error.message().to_owned())
}

/// The one channel of a configuration.
pub(crate) fn channel(fields: &str) -> Channel {
    let toml = format!("[[alert]]\nname = \"here\"\n{fields}");
    channels(&toml).unwrap().iter().next().unwrap().clone()
}

/// One channel of each kind; where it leads to is of no interest.
pub(crate) const KINDS: [(&str, &str); 8] = [
    (
        "webhook",
        "kind = \"webhook\"\nurl = \"https://hooks.example.com/leeward\"\n\
         secret = { env = \"HOOK_SECRET\" }",
    ),
    ("slack-webhook", "kind = \"slack\"\nurl = { env = \"SLACK_URL\" }"),
    (
        "slack-app",
        "kind = \"slack\"\ntoken = { file = \"slack.token\" }\nchannel = \"C0123456789\"",
    ),
    ("teams", "kind = \"teams\"\nurl = { env = \"TEAMS_URL\" }"),
    (
        "mail",
        "kind = \"mail\"\nserver = \"smtp.example.com\"\nfrom = \"Leeward <leeward@example.com>\"\n\
         to = [\"soc@example.com\", \"cto@example.com\"]\nuser = \"leeward\"\n\
         password = { env = \"SMTP_PASSWORD\" }",
    ),
    (
        "jira-cloud",
        "kind = \"jira\"\nurl = \"https://example.atlassian.net\"\nuser = \"soc@example.com\"\n\
         token = { env = \"JIRA_TOKEN\" }\nproject = \"SEC\"",
    ),
    (
        "jira-own",
        "kind = \"jira\"\nurl = \"https://jira.example.com/jira/\"\n\
         token = { env = \"JIRA_TOKEN\" }\nproject = \"SEC\"\nissue_type = \"Incident\"",
    ),
    (
        "github",
        "kind = \"github\"\nrepository = \"example/security\"\ntoken = { env = \"GH_TOKEN\" }",
    ),
];

/// Values of the references, by name.
pub(crate) struct Values(BTreeMap<String, String>);

impl Values {
    pub(crate) fn new(values: &[(&str, &str)]) -> Self {
        Self(values.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    pub(crate) fn get(&self, reference: &Reference) -> Option<Secret> {
        let name = match reference {
            Reference::Env(name) => name.clone(),
            Reference::File(path) => path.display().to_string(),
        };
        self.0.get(&name).map(|value| Secret::new(value.clone().into_bytes()))
    }
}

pub(crate) fn secret() -> String {
    random_value()
}

pub(crate) fn courier() -> Courier {
    Courier::new(&Network::default(), &["127.0.0.1".to_owned()], Stop::new()).unwrap()
}

/// Makes the letter of a notice for a channel and delivers it.
pub(crate) fn told(
    fields: &str,
    values: &[(&str, &str)],
    notice: &Notice,
) -> Result<Receipt, Undelivered> {
    let channels = channels(&format!("[[alert]]\nname = \"here\"\n{fields}")).unwrap();
    let letters = channels.letters(notice);
    let channel = channels.get(&letters[0].channel).unwrap();
    let values = Values::new(values);
    deliver(channel, &|reference| values.get(reference), &courier(), &letters[0].body)
}
