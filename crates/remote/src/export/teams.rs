//! The files of a Teams export, in the three shapes there are.
//!
//! - The export interface of Microsoft Graph (`getAllMessages`): a list at `value` of
//!   `chatMessage`, with `id`, `body.content` in HTML, `from.user.displayName`,
//!   `lastModifiedDateTime` and `attachments` (learn.microsoft.com/graph/api/resources/
//!   chatmessage and /microsoftteams/export-teams-content).
//! - The export of one's own account: `messages.json` with `conversations`, each with a
//!   `MessageList` of `id`, `content`, `displayName` and `originalarrivaltime`
//!   (support.microsoft.com, "Export or delete your data in Microsoft Teams free").
//! - Transcripts of eDiscovery: an HTML page for each conversation, which the caller
//!   takes as one text.

use serde_json::Value;

use super::{Message, strings};
use crate::{known::print_of, moment::moment, words::text_at};

/// Fields of a message that say nothing.
const SKIPPED: &[&str] = &[
    "id",
    "@odata.type",
    "@odata.context",
    "etag",
    "replyToId",
    "messageType",
    "messagetype",
    "contentType",
    "createdDateTime",
    "lastModifiedDateTime",
    "lastEditedDateTime",
    "deletedDateTime",
    "originalarrivaltime",
    "locale",
    "importance",
    "reactions",
    "userIdentityType",
    "channelIdentity",
    "chatId",
    "tenantId",
    "version",
];

/// The messages of a file. What is neither shape is one text.
pub(super) fn messages(name: &str, file: &Value) -> Vec<Message> {
    let of_graph = file.pointer("/value").or(Some(file)).and_then(Value::as_array);
    if let Some(list) = of_graph.filter(|list| list.iter().any(|one| one.get("body").is_some())) {
        return list.iter().map(|message| one(name, "", message)).collect();
    }
    if let Some(conversations) = file.pointer("/conversations").and_then(Value::as_array) {
        return conversations
            .iter()
            .flat_map(|conversation| {
                let id = text_at(conversation, "/id").unwrap_or_default();
                let list = conversation.pointer("/MessageList").and_then(Value::as_array);
                list.into_iter().flatten().map(move |message| one(name, &id, message))
            })
            .collect();
    }
    let mut words = String::new();
    strings(file, &[], &mut words);
    let version = format!("{:016x}", print_of(&[words.as_bytes()]));
    vec![Message { id: name.to_owned(), version, words, ..Message::default() }]
}

fn one(name: &str, conversation: &str, message: &Value) -> Message {
    let mut words = String::new();
    strings(message, SKIPPED, &mut words);
    let of_text = format!("{:016x}", print_of(&[words.as_bytes()]));
    // A message is known within its conversation alone.
    let within = ["/chatId", "/channelIdentity/channelId"];
    let within = within.iter().find_map(|pointer| text_at(message, pointer));
    let within = within.unwrap_or_else(|| {
        if conversation.is_empty() { name.to_owned() } else { conversation.to_owned() }
    });
    let id = text_at(message, "/id").unwrap_or_else(|| of_text.clone());
    let changed = ["/lastModifiedDateTime", "/createdDateTime", "/originalarrivaltime"];
    let author =
        ["/from/user/displayName", "/from/application/displayName", "/displayName", "/from"];
    Message {
        id: format!("{within} {id}"),
        version: text_at(message, "/lastModifiedDateTime").unwrap_or(of_text),
        author: author.iter().find_map(|pointer| text_at(message, pointer)),
        at: changed.iter().find_map(|pointer| text_at(message, pointer)).and_then(|at| moment(&at)),
        words,
    }
}
