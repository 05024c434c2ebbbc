//! Every text in a value: strings, the names of fields, and what strings that
//! are JSON themselves hold. A protocol grows fields faster than a list of
//! them would.

use leeward_detect::{Scratch, Sighting};
use serde_json::Value;

use super::mask::Mask;
use crate::look::Look;

/// How deep JSON lies in JSON before it is no longer unpacked.
const LAYERS: u8 = 4;

/// What stands in the place of a text that could not be masked.
const WITHHELD: &str = "[withheld: leeward found a key here that it could not take out]";

/// What a value holds.
#[derive(Default)]
pub(crate) struct Found {
    /// One sighting of each value.
    pub(crate) sightings: Vec<Sighting>,
    /// What to replace.
    pub(crate) mask: Mask,
}

impl Found {
    /// Looks at a value and everything in it.
    pub(crate) fn of(value: &Value, look: &Look, scratch: &mut Scratch) -> Self {
        let mut found = Self::default();
        found.within(value, LAYERS, look, scratch);
        // What names a value may stand in another field.
        if matches!(value, Value::Object(_) | Value::Array(_)) {
            let whole = serde_json::to_string_pretty(value).unwrap_or_default();
            found.text(&whole, look, scratch);
        }
        found
    }

    fn within(&mut self, value: &Value, layers: u8, look: &Look, scratch: &mut Scratch) {
        match value {
            Value::String(text) => {
                self.text(text, look, scratch);
                if let Some(inner) = unpacked(text, layers) {
                    self.within(&inner, layers - 1, look, scratch);
                }
            }
            Value::Array(items) => {
                items.iter().for_each(|item| self.within(item, layers, look, scratch));
            }
            Value::Object(fields) => {
                for (name, field) in fields {
                    self.text(name, look, scratch);
                    self.within(field, layers, look, scratch);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn text(&mut self, text: &str, look: &Look, scratch: &mut Scratch) {
        for sighting in look.at_whatever_it_says(text.as_bytes(), scratch) {
            self.mask.add(text, &sighting);
            if !self.sightings.iter().any(|known| known.fingerprint == sighting.fingerprint) {
                self.sightings.push(sighting);
            }
        }
    }
}

/// A value of the same shape without what was found in it; if something can
/// still be found, without any text at all.
pub(crate) fn masked(value: &Value, found: &Found, look: &Look, scratch: &mut Scratch) -> Value {
    let masked = mapped(value, LAYERS, &|text| found.mask.apply(text));
    if Found::of(&masked, look, scratch).sightings.is_empty() {
        masked
    } else {
        mapped(value, 0, &|text| {
            if text.len() < 16 { text.to_owned() } else { WITHHELD.to_owned() }
        })
    }
}

/// A value without some bytes, wherever they stand in a text.
pub(crate) fn without<'v>(value: &Value, parts: impl Iterator<Item = (&'v [u8], String)>) -> Value {
    let mut mask = Mask::default();
    for (part, token) in parts {
        mask.replace(part, &token);
    }
    mapped(value, 0, &|text| mask.apply(text))
}

fn mapped(value: &Value, layers: u8, to: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => {
            let plain = to(text);
            if let Some(inner) = unpacked(&plain, layers) {
                let other = mapped(&inner, layers - 1, to);
                if other != inner {
                    return Value::String(other.to_string());
                }
            }
            Value::String(plain)
        }
        Value::Array(items) => items.iter().map(|item| mapped(item, layers, to)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, field)| (to(name), mapped(field, layers, to))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// A text that is JSON itself.
fn unpacked(text: &str, layers: u8) -> Option<Value> {
    let is_json = layers > 0 && text.trim_start().starts_with(['{', '[', '"']);
    is_json.then(|| serde_json::from_str(text).ok()).flatten()
}
