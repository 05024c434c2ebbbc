//! Slack: a message of blocks, by an incoming webhook or as an app.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Receipt, Reference, Undelivered, answer,
    escape::{shorten, slack, slack_code},
    page::{Fact, Page, Piece},
    request::{Carrier, Header, Place, Request},
};

/// The most characters of a header block.
const LONGEST_HEADER: usize = 150;

/// The most characters of a section's text.
const LONGEST_TEXT: usize = 3_000;

#[derive(Clone, Debug)]
pub(super) struct Slack {
    pub(super) way: Way,
}

/// How a message gets there.
#[derive(Clone, Debug)]
pub(super) enum Way {
    /// To an address that is made for one channel.
    Webhook(Reference),
    /// `chat.postMessage`.
    Api { api: String, token: Reference, channel: String },
}

/// What `chat.postMessage` answers.
#[derive(Deserialize)]
struct Posted {
    ok: bool,
    #[serde(default)]
    error: String,
}

impl Slack {
    pub(super) fn place(&self) -> Place {
        match &self.way {
            Way::Webhook(url) => Place::Kept(url.clone()),
            Way::Api { api, .. } => Place::Plain(format!("{api}/chat.postMessage")),
        }
    }

    pub(super) fn references(&self) -> Vec<&Reference> {
        match &self.way {
            Way::Webhook(reference) | Way::Api { token: reference, .. } => vec![reference],
        }
    }

    fn request(&self, page: &Page) -> Request {
        let mut message = message(page);
        let request = Request::new("POST", self.place());
        match &self.way {
            Way::Webhook(_) => request.json(message.to_string()),
            Way::Api { token, channel, .. } => {
                message["channel"] = json!(channel);
                message["parse"] = json!("none");
                message["link_names"] = json!(false);
                request
                    .header("Authorization", Header::Bearer(token.clone()))
                    .json(message.to_string())
            }
        }
    }

    pub(super) fn deliver(
        &self,
        carrier: &Carrier<'_>,
        page: &Page,
    ) -> Result<Receipt, Undelivered> {
        let (host, answer) = carrier.send(self.request(page))?;
        let text = String::from_utf8_lossy(&answer.body);
        let posted = serde_json::from_str::<Posted>(&text).ok();
        let name = match &posted {
            Some(posted) if !posted.ok => posted.error.as_str(),
            _ if !(200..300).contains(&answer.status) => text.trim(),
            // A webhook says `ok`, the API says so in JSON; anything else is not Slack.
            None if matches!(self.way, Way::Api { .. }) => {
                return Err(Undelivered::mend(format!(
                    "`{host}` did not answer as Slack does: check `api` and the proxy"
                )));
            }
            _ => return Ok(Receipt::new(format!("posted to `{host}`"))),
        };
        let hint = words(name);
        if !(200..300).contains(&answer.status) {
            return Err(answer::refused(&host, &answer, hint.map_or("", |(hint, _)| hint)));
        }
        let (hint, outlook) =
            hint.unwrap_or(("look the name up in its documentation", Outlook::Mend));
        // The name is foreign; only what looks like one is quoted.
        let is_name = name.len() <= 60 && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let name = if is_name { format!(" (`{name}`)") } else { String::new() };
        let why = format!("Slack says no{name}: {hint}");
        Err(match outlook {
            Outlook::Soon => {
                Undelivered { again_in: answer::wait(&answer), ..Undelivered::soon(why) }
            }
            Outlook::Mend => Undelivered::mend(why),
            Outlook::Never => Undelivered::never(why),
        })
    }

    pub(super) fn preview(&self, page: &Page) -> String {
        self.request(page).shown()
    }
}

enum Outlook {
    Soon,
    Mend,
    Never,
}

/// What Slack's names for errors mean for the user.
fn words(name: &str) -> Option<(&'static str, Outlook)> {
    Some(match name {
        "invalid_auth" | "not_authed" | "token_revoked" | "token_expired" | "account_inactive" => {
            ("the token is not valid: put a new one in its place", Outlook::Mend)
        }
        "missing_scope" | "not_allowed_token_type" | "no_permission" => {
            ("the app may not post: give it the scope `chat:write`", Outlook::Mend)
        }
        "channel_not_found" => {
            ("there is no such channel, or the app does not see it: write its id", Outlook::Mend)
        }
        "not_in_channel" => ("invite the app to the channel", Outlook::Mend),
        "is_archived" | "channel_is_archived" => {
            ("the channel is archived: name another", Outlook::Mend)
        }
        "restricted_action"
        | "action_prohibited"
        | "posting_to_general_channel_denied"
        | "ekm_access_denied"
        | "team_access_not_granted" => {
            ("the workspace forbids it: ask one of its administrators", Outlook::Mend)
        }
        "no_service" | "no_service_id" | "no_team" | "team_disabled" | "invalid_token"
        | "no_active_hooks" => {
            ("the webhook was taken away: make another and keep its address", Outlook::Mend)
        }
        "ratelimited" | "rate_limited" | "message_limit_exceeded" => {
            ("it asks for patience", Outlook::Soon)
        }
        "internal_error"
        | "fatal_error"
        | "service_unavailable"
        | "request_timeout"
        | "rollup_error" => ("Slack is in trouble", Outlook::Soon),
        "invalid_blocks"
        | "invalid_blocks_format"
        | "msg_too_long"
        | "no_text"
        | "invalid_payload" => {
            ("it does not take the message: simplify the template, or report this", Outlook::Never)
        }
        _ => return None,
    })
}

fn message(page: &Page) -> Value {
    // A header's text counts with its escapes.
    let mut header = slack(&page.title);
    let mut most = LONGEST_HEADER;
    while header.chars().count() > LONGEST_HEADER {
        most -= 5;
        header = slack(&shorten(&page.title, most));
    }
    let mut blocks = vec![json!({
        "type": "header",
        "text": {"type": "plain_text", "text": header, "emoji": false},
    })];
    match &page.own {
        Some(lines) => blocks.push(section(lines.iter().map(|line| pieces(line)).collect())),
        None => {
            blocks.push(section(vec![pieces(&page.lead)]));
            for part in [&page.todo, &page.facts] {
                if !part.is_empty() {
                    blocks.push(section(part.iter().map(fact).collect()));
                }
            }
        }
    }
    json!({
        // Shown where blocks are not: in a notification, to a screen reader.
        "text": slack(&page.title),
        "blocks": blocks,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

fn section(lines: Vec<String>) -> Value {
    // Lines that would be too much are left out whole: half of one could be
    // half of an escape.
    let mut text = String::new();
    for line in lines {
        if text.chars().count() + line.chars().count() + 2 > LONGEST_TEXT {
            text.push('…');
            break;
        }
        text.push_str(&line);
        text.push('\n');
    }
    // Verbatim: nothing in it becomes a link or a mention but what is written as one.
    let text = if text.trim().is_empty() { "…" } else { text.trim_end() };
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}})
}

fn fact((name, value): &Fact) -> String {
    format!("*{name}:* {}", pieces(value))
}

fn pieces(pieces: &[Piece]) -> String {
    let show = |piece: &Piece| match piece {
        Piece::Text(text) => slack(text),
        Piece::Code(text) => slack_code(text),
        Piece::Link { words, to } => format!("<{}|{words}>", to.replace('&', "&amp;")),
        Piece::Raw(text) => text.clone(),
    };
    pieces.iter().map(show).collect()
}
