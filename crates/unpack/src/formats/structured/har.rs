//! Archives of HTTP traffic (HAR 1.2): bodies that are kept in base64. All else stands
//! in the JSON as it is.

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use leeward_model::{Content, Reason};
use serde_json::Value;

use super::{begins_with, each};
use crate::{Format, Limits, Members, Problem, Reads};

/// With or without its padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(crate) struct Har;

impl Format for Har {
    fn name(&self) -> &'static str {
        "har"
    }

    fn is(&self, head: &[u8], name: Option<&[u8]>) -> bool {
        let has = |word: &[u8]| head.windows(word.len()).any(|here| here == word);
        let is_named = name.is_some_and(|name| name.to_ascii_lowercase().ends_with(b".har"));
        begins_with(head, &["log"])
            && (is_named || has(b"\"creator\"") || has(b"\"entries\"") || has(b"\"pages\""))
    }

    fn reads(&self) -> Reads {
        Reads::Anywhere
    }

    fn is_apart(&self) -> bool {
        true
    }

    fn members(
        &self,
        content: Content<'_>,
        _: &Limits,
        into: &mut dyn Members,
    ) -> Result<(), Problem> {
        each(content, &["log", "entries"], |number, entry: Value| {
            let request = entry.get("request").and_then(|it| it.get("postData"));
            let response = entry.get("response").and_then(|it| it.get("content"));
            for (name, body) in [("request", request), ("response", response)] {
                let Some(body) = body else { continue };
                if body.get("encoding").and_then(Value::as_str) != Some("base64") {
                    continue;
                }
                let Some(text) = body.get("text").and_then(Value::as_str) else { continue };
                let name = format!("entry {number} {name}");
                match LENIENT.decode(text.trim()) {
                    Ok(bytes) => into.member(name.as_bytes(), &mut bytes.as_slice())?,
                    Err(_) => {
                        let reason = Reason::Corrupt("a body that is not base64".into());
                        into.left_out(name.as_bytes(), reason, Some(text.len() as u64));
                    }
                }
            }
            Ok(())
        })
    }
}
