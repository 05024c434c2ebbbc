//! What the services of this crate do with foreign text: which characters bytes are,
//! a field of a JSON value, a name that fits into a key.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use serde_json::Value;
use url::Url;

use crate::known::print_of;

/// The most bytes of a name that goes into a key, a place or a gap.
pub(crate) const LONGEST_NAME: usize = 400;

/// Bytes as text: by the charset that is given, by a byte order mark, or by what the
/// answer's content type says. What is no such text is replaced, not refused. Without
/// a charset it is UTF-8, or else Windows-1252, which any bytes are.
pub(crate) fn decoded(bytes: &[u8], given: Option<&str>, content_type: Option<&str>) -> String {
    let label = |name: &str| Encoding::for_label(name.trim().as_bytes());
    let marked = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let said = || content_type.and_then(charset_of).and_then(label);
    let encoding = given.and_then(label).or(marked).or_else(said);
    let guess = || if std::str::from_utf8(bytes).is_ok() { UTF_8 } else { WINDOWS_1252 };
    encoding.unwrap_or_else(guess).decode(bytes).0.into_owned()
}

/// Whether bytes must be decoded before anything can be found in them: those of a
/// charset in which ASCII is not ASCII.
pub(crate) fn needs_decoding(
    bytes: &[u8],
    given: Option<&str>,
    content_type: Option<&str>,
) -> bool {
    given.is_some()
        || Encoding::for_bom(bytes).is_some_and(|(encoding, _)| encoding != UTF_8)
        || content_type
            .and_then(charset_of)
            .and_then(|name| Encoding::for_label(name.as_bytes()))
            .is_some_and(|encoding| !encoding.is_ascii_compatible())
}

/// The charset that a content type names.
fn charset_of(content_type: &str) -> Option<&str> {
    let (_, rest) = content_type.split_once("charset=")?;
    Some(rest.split(';').next().unwrap_or(rest).trim().trim_matches('"'))
}

/// What a field holds, if it is a text, a number or a truth value.
pub(crate) fn text_at(value: &Value, pointer: &str) -> Option<String> {
    match value.pointer(pointer)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The target with `rel="next"` of a `Link` header (RFC 8288).
pub(crate) fn next_link(header: &str) -> Option<&str> {
    header.split(',').find_map(|link| {
        let (target, rest) = link.split_once('>')?;
        let is_next = rest.split(';').any(|parameter| {
            parameter.split_once('=').is_some_and(|(name, value)| {
                name.trim() == "rel" && value.trim().trim_matches('"') == "next"
            })
        });
        Some(target.trim().strip_prefix('<')?).filter(|_| is_next)
    })
}

/// The address of a service, as the operator wrote it.
pub(crate) fn base(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim()).map_err(|error| format!("no address: {error}"))?;
    if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
        return Err("must begin with `https://` or `http://`".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user or a password; give the source `token_env` instead".to_owned());
    }
    Ok(url)
}

/// The usual value of a setting that is on.
pub(crate) fn yes() -> bool {
    true
}

/// A name that fits: a long one is cut, and its fingerprint keeps it apart.
pub(crate) fn fitting(name: &str) -> String {
    let name = name.trim();
    if name.len() <= LONGEST_NAME {
        return name.to_owned();
    }
    let cut = name.floor_char_boundary(LONGEST_NAME);
    format!("{}…{:016x}", &name[..cut], print_of(&[name.as_bytes()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_charset_is_read_anyway() {
        assert_eq!(decoded(b"caf\xe9", None, None), "café");
        assert_eq!(decoded(b"caf\xe9", Some("utf-8"), None), "caf\u{fffd}");
        assert_eq!(decoded("ключ".as_bytes(), None, Some("text/html; charset=nonsense")), "ключ");
        assert_eq!(decoded(b"k\0e\0y\0", Some("utf-16le"), None), "key");
        assert_eq!(decoded(b"\xff\xfek\0e\0y\0", None, None), "key");
        assert!(needs_decoding(b"", None, Some("text/plain; charset=\"utf-16le\"")));
        assert!(!needs_decoding(b"", None, Some("text/plain; charset=windows-1252")));
    }

    #[test]
    fn a_name_stays_short_and_itself() {
        let (one, other) = ("é".repeat(500), "é".repeat(501));
        assert!(fitting(&one).len() < 450);
        assert_ne!(fitting(&one), fitting(&other));
    }
}
