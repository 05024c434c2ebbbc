//! A JSON object of which one field is read or replaced, and everything else
//! kept to the letter: other keys of a secret are not ours to reformat.

use leeward_model::Secret;
use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::Trouble;

/// The fields of an object in their order, as they are written.
#[derive(Default)]
pub(super) struct Fields<'a>(Vec<(String, &'a str)>);

impl<'a> Fields<'a> {
    /// Reads an object.
    pub(super) fn read(text: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    /// How many fields there are besides one.
    pub(super) fn others(&self, name: &str) -> usize {
        self.0.iter().filter(|(known, _)| known != name).count()
    }

    /// A field's value, if there is such a field.
    pub(super) fn get(&self, name: &str) -> Option<Field> {
        let (_, raw) = self.0.iter().rev().find(|(known, _)| known == name)?;
        Some(match serde_json::from_str::<String>(raw) {
            Ok(text) => Field::Text(Secret::new(text.into_bytes())),
            Err(_) => Field::Other,
        })
    }

    /// The object with a field replaced in its place, or added at the end.
    pub(super) fn with(&self, name: &str, value: &Secret) -> Result<Zeroizing<Vec<u8>>, Trouble> {
        let value = quoted(value)?;
        let kept: usize = self.0.iter().map(|(known, raw)| 2 * known.len() + raw.len() + 8).sum();
        // Large enough that the value is not copied about.
        let mut text = Zeroizing::new(Vec::with_capacity(kept + 6 * name.len() + value.len() + 16));
        let mut fields: Vec<(&str, &str)> =
            self.0.iter().map(|(known, raw)| (known.as_str(), *raw)).collect();
        match fields.iter_mut().rfind(|(known, _)| *known == name) {
            Some((_, raw)) => *raw = &value,
            None => fields.push((name, &value)),
        }
        text.push(b'{');
        for (index, (name, raw)) in fields.into_iter().enumerate() {
            if index > 0 {
                text.push(b',');
            }
            text.extend_from_slice(key(name).as_bytes());
            text.push(b':');
            text.extend_from_slice(raw.as_bytes());
        }
        text.push(b'}');
        Ok(text)
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> de::Visitor<'de> for Reader {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some((name, raw)) = map.next_entry::<String, &RawValue>()? {
                    fields.push((name, raw.get()));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// What a field holds.
pub(super) enum Field {
    /// A text.
    Text(Secret),
    /// A number, a list, nothing: no value that was put there.
    Other,
}

impl Field {
    pub(super) fn is(&self, value: &Secret) -> bool {
        matches!(self, Self::Text(text) if is_same(text, value))
    }
}

/// A value as a JSON string.
pub(super) fn quoted(value: &Secret) -> Result<Zeroizing<String>, Trouble> {
    #[expect(clippy::disallowed_methods, reason = "it is written for whom the user named")]
    let text = std::str::from_utf8(value.expose()).map_err(|_| not_text())?;
    let mut quoted = Zeroizing::new(Vec::with_capacity(6 * text.len() + 2));
    serde_json::to_writer(&mut *quoted, text).map_err(|_| not_text())?;
    // JSON is UTF-8.
    String::from_utf8(std::mem::take(&mut *quoted)).map(Zeroizing::new).map_err(|_| not_text())
}

/// A name as a JSON string.
pub(super) fn key(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}

/// Whether two values are the same, in a time that does not tell where they
/// differ.
pub fn is_same(one: &Secret, other: &Secret) -> bool {
    #[expect(clippy::disallowed_methods, reason = "the two are compared, and stay here")]
    one.expose().ct_eq(other.expose()).into()
}

fn not_text() -> Trouble {
    Trouble::Refused("the value is not text in UTF-8, which this place cannot hold".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_fields_are_kept_to_the_letter() {
        let before = br#"{"b": 1.50, "a\u0022": {"x" : [1e400]}, "k": "old", "z":null}"#;
        let fields = Fields::read(before).expect("an object");
        assert_eq!(fields.others("k"), 3);
        let text = |name: &str| {
            let text = fields.with(name, &Secret::new(*b"ne\"w")).expect("text");
            String::from_utf8(text.to_vec()).expect("UTF-8")
        };
        assert_eq!(text("k"), r#"{"b":1.50,"a\"":{"x" : [1e400]},"k":"ne\"w","z":null}"#);
        assert_eq!(
            text("new"),
            r#"{"b":1.50,"a\"":{"x" : [1e400]},"k":"old","z":null,"new":"ne\"w"}"#
        );
        assert!(fields.get("k").expect("a field").is(&Secret::new(*b"old")));
        assert!(!fields.get("z").expect("a field").is(&Secret::new(*b"null")));
        assert!(fields.get("y").is_none());
    }
}
