//! STIX 2.1 objects as texts: the words, patterns and payloads in them, one a line.
//! Facts from the OASIS standard "STIX Version 2.1"
//! (docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html): 4.7 indicators and their
//! `pattern`, 4.13 notes, 4.14 observed data (whose deprecated `objects` holds the
//! observables inline), 6.1 artifacts with `payload_bin` in base64. Signatures and
//! relations are not followed.

use base64::{Engine as _, alphabet, engine::general_purpose};
use leeward_model::RemotePlace;
use serde_json::Value;
use url::Url;

use crate::{
    item::{ItemKey, Text},
    known::print_of,
    moment::{moment, past},
    words::{fitting, text_at},
};

/// The most bytes that one object becomes.
const LARGEST: usize = 16 << 20;

/// Base64 as it is met: with padding or without.
const LENIENT: general_purpose::GeneralPurpose = general_purpose::GeneralPurpose::new(
    &alphabet::STANDARD,
    general_purpose::GeneralPurposeConfig::new()
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What names things and times, not contents.
const SAYS_NOTHING: &[&str] = &[
    "type",
    "spec_version",
    "id",
    "created",
    "modified",
    "created_by_ref",
    "object_refs",
    "object_marking_refs",
    "granular_markings",
    "valid_from",
    "valid_until",
    "pattern_type",
    "pattern_version",
    "first_observed",
    "last_observed",
    "number_observed",
];

/// An object as a text; `None` for what has no type and id.
pub(crate) fn text(
    object: &Value,
    source: &str,
    service: &str,
    link: Option<&Url>,
    now: i64,
) -> Option<Text> {
    let (kind, id) = (text_at(object, "/type")?, text_at(object, "/id")?);
    let mut lines = Vec::new();
    flattened(object, "", &mut lines);
    let version = text_at(object, "/modified").or_else(|| text_at(object, "/created"));
    let version = version.unwrap_or_else(|| format!("{:016x}", print_of(&[&lines])));
    let id = fitting(&id);
    let reference = text_at(object, "/external_references/0/url");
    let url = link.map(Url::to_string).or(reference).unwrap_or_else(|| format!("stix:{id}"));
    let at = text_at(object, "/modified").or_else(|| text_at(object, "/created"));
    Some(Text {
        key: ItemKey { id: id.clone(), version: fitting(&version) },
        place: RemotePlace {
            source: source.to_owned(),
            service: service.to_owned(),
            item: id,
            url,
            path: text_at(object, "/name")
                .filter(|_| matches!(kind.as_str(), "file" | "artifact"))
                .map(|name| fitting(&name).into_bytes()),
            author: text_at(object, "/created_by_ref").map(|by| fitting(&by)),
            at: past(at.as_deref().and_then(moment), now),
            is_public: None,
        },
        bytes: lines,
    })
}

/// The objects of a bundle, or the object itself.
pub(crate) fn objects(value: &Value) -> Option<Vec<&Value>> {
    match text_at(value, "/type").as_deref() {
        Some("bundle") => Some(match value.pointer("/objects") {
            Some(Value::Array(objects)) => objects.iter().collect(),
            _ => Vec::new(),
        }),
        Some(_) if text_at(value, "/id").is_some_and(|id| id.contains("--")) => Some(vec![value]),
        _ => None,
    }
}

/// Goes no deeper than what was parsed, which the parser bounds at 128.
fn flattened(value: &Value, name: &str, lines: &mut Vec<u8>) {
    if lines.len() >= LARGEST {
        return;
    }
    match value {
        Value::String(text) if name == "payload_bin" => match LENIENT.decode(text.trim()) {
            Ok(bytes) => line(name, &bytes, lines),
            Err(_) => line(name, text.as_bytes(), lines),
        },
        Value::String(text) => line(name, text.as_bytes(), lines),
        Value::Number(number) => line(name, number.to_string().as_bytes(), lines),
        Value::Array(values) => values.iter().for_each(|value| flattened(value, name, lines)),
        Value::Object(fields) => {
            for (name, value) in fields {
                if !SAYS_NOTHING.contains(&name.as_str()) || value.is_object() {
                    flattened(value, name, lines);
                }
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

fn line(name: &str, bytes: &[u8], lines: &mut Vec<u8>) {
    lines.extend_from_slice(name.as_bytes());
    lines.extend_from_slice(b": ");
    let room = LARGEST.saturating_sub(lines.len());
    lines.extend_from_slice(&bytes[..bytes.len().min(room)]);
    lines.push(b'\n');
}
