//! The files of a Slack export: one folder a channel and one file a day in it, each a
//! list of messages; beside them lists of users, channels and integrations.
//!
//! Facts: slack.com/help/articles/220556107 ("How to read Slack data exports"): `ts`
//! tells a message from others of its channel, `thread_ts` names its thread, `edited`
//! says when it was changed, `files` the files it shared, by name and not by content.
//! Exports with edits keep the older text at `previous_message` or `original`.

use serde_json::Value;

use super::{Message, strings};
use crate::{known::print_of, moment::moment, words::text_at};

/// Fields that say nothing: who reacted, pictures, and addresses that want a login.
const SKIPPED: &[&str] = &[
    "type",
    "ts",
    "thread_ts",
    "client_msg_id",
    "team",
    "user",
    "user_team",
    "source_team",
    "user_profile",
    "bot_profile",
    "bot_id",
    "app_id",
    "icons",
    "reactions",
    "replies",
    "reply_users",
    "latest_reply",
    "parent_user_id",
    "block_id",
    "style",
    "thumb_64",
    "thumb_80",
    "thumb_160",
    "thumb_360",
    "thumb_480",
    "thumb_720",
    "thumb_800",
    "thumb_960",
    "thumb_1024",
    "permalink",
    "permalink_public",
    "external_type",
    "filetype",
    "mimetype",
    "mode",
    "pretty_type",
    "file_access",
    "color",
];

/// The messages of a file. What is no list of messages is one text.
pub(super) fn messages(name: &str, file: &Value) -> Vec<Message> {
    let channel = name.rsplit('/').nth(1).unwrap_or_default();
    let list = file.as_array().filter(|list| list.iter().any(|one| one.get("ts").is_some()));
    let Some(list) = list else {
        let mut words = String::new();
        strings(file, &[], &mut words);
        let version = format!("{:016x}", print_of(&[words.as_bytes()]));
        return vec![Message { id: name.to_owned(), version, words, ..Message::default() }];
    };
    list.iter().enumerate().map(|(index, message)| one(channel, name, index, message)).collect()
}

fn one(channel: &str, name: &str, index: usize, message: &Value) -> Message {
    let ts = text_at(message, "/ts");
    let id = ts.as_ref().map_or_else(|| format!("{name} {index}"), |ts| format!("{channel} {ts}"));
    let edited = text_at(message, "/edited/ts");
    let mut words = String::new();
    strings(message, SKIPPED, &mut words);
    // The same text stands in `text` and in `blocks`: that is no other version.
    let version =
        edited.clone().unwrap_or_else(|| format!("{:016x}", print_of(&[words.as_bytes()])));
    let author = ["/user_profile/real_name", "/username", "/user"];
    Message {
        id,
        version,
        author: author.iter().find_map(|pointer| text_at(message, pointer)),
        at: edited.or(ts).as_deref().and_then(moment),
        words,
    }
}
