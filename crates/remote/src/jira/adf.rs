//! The words of Atlassian's documents (ADF), in which Jira's Cloud keeps its texts. How
//! they look is not kept.

use serde_json::Value;

use crate::words::text_at;

/// The text of a plain field, or of a document (ADF): the words of its nodes, a line
/// for each block, and where links and cards lead
/// (developer.atlassian.com/cloud/jira/platform/apis/document/structure). Goes no
/// deeper than what was parsed, which the parser bounds at 128.
pub(super) fn plain(value: &Value, words: &mut String) {
    match value {
        Value::String(text) => {
            words.push_str(text);
            words.push('\n');
        }
        Value::Array(values) => values.iter().for_each(|value| plain(value, words)),
        Value::Object(node) => {
            if let Some(Value::String(text)) = node.get("text") {
                words.push_str(text);
            }
            for pointer in ["/attrs/url", "/attrs/href", "/attrs/text"] {
                if let Some(text) = text_at(value, pointer) {
                    words.push(' ');
                    words.push_str(&text);
                }
            }
            let marks = node.get("marks").and_then(Value::as_array);
            for link in marks.into_iter().flatten().filter_map(|one| text_at(one, "/attrs/href")) {
                words.push(' ');
                words.push_str(&link);
                words.push(' ');
            }
            if let Some(content) = node.get("content") {
                plain(content, words);
                words.push('\n');
            } else if node.get("type").and_then(Value::as_str) == Some("hardBreak") {
                words.push('\n');
            }
        }
        _ => {}
    }
}
