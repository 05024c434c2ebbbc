//! What a scanner must never call, although it could: what hands out contents
//! or links to them, what starts something, and whatever changes something,
//! but for revoking and replacing a key and for moving the spending
//! limit. A test that means it lifts one with
//! `Setup::allow`.

use crate::contract::Operation;

/// How paths end that are never read, and why.
const ENDINGS: &[(&str, &str)] = &[
    ("/url", "makes a link that needs no key"),
    ("/signed-url", "makes a link that needs no key"),
    ("/extracted-text-signed-url", "makes a link that needs no key"),
    ("/content", "hands out contents"),
    ("/text_content", "hands out contents"),
    ("/sample", "hands out contents"),
    ("/history", "hands out contents"),
    ("/messages", "hands out contents"),
    ("/records", "hands out contents"),
    ("/dataset-records/{dataset_record_id}", "hands out contents"),
    ("/chat-completion-events/{event_id}", "hands out contents"),
    ("/similar-events", "hands out contents"),
    ("/selected-events", "hands out contents"),
    ("/events/list", "hands out contents"),
    ("/spans", "hands out contents"),
    ("/spans/{span_id}", "hands out contents"),
    ("/trace/otel", "hands out contents"),
    ("/trace/events", "hands out contents"),
    ("/logs", "hands out contents"),
    ("/options", "hands out contents"),
    ("/to-jsonl", "makes an export"),
    ("/auth_url", "starts a sign-in"),
    ("/stream", "does not end"),
];

/// What may be changed.
const CHANGES: &[(&str, &str)] = &[
    ("DELETE", "/v1/admin/api-keys/{key_id}"),
    ("POST", "/v1/admin/api-keys"),
    ("POST", "/v1/admin/spend-limit"),
];

/// Why an operation must not be called, if so.
pub(crate) fn reason(operation: &Operation) -> Option<&'static str> {
    let (method, path) = (operation.method.as_str(), operation.path.as_str());
    if method == "GET" {
        let ending = ENDINGS.iter().find(|(ending, _)| path.ends_with(ending));
        return ending.map(|(_, why)| *why);
    }
    (!CHANGES.contains(&(method, path))).then_some("is more than a question")
}
