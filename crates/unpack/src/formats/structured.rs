//! Containers that are JSON: notebooks, archives of HTTP traffic, source maps. Their own
//! bytes are a text that is looked at as it is; what is handed out is what stands in one
//! string of it and has lines of its own, or is in another encoding. They are read as a
//! stream: what is held at a time is one cell, one entry, one source.
//!
//! `notebook`, `har` and `source_map` are one form each.

pub(super) mod har;
pub(super) mod notebook;
pub(super) mod source_map;

use std::{fmt, io::BufReader, marker::PhantomData};

use leeward_model::Content;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use crate::Problem;

/// Whether a text begins as an object whose first key is one of these.
fn begins_with(head: &[u8], keys: &[&str]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let Some(rest) = head.strip_prefix(b"{") else { return false };
    let Some(rest) = rest.trim_ascii_start().strip_prefix(b"\"") else { return false };
    keys.iter()
        .any(|key| rest.strip_prefix(key.as_bytes()).is_some_and(|rest| rest.starts_with(b"\"")))
}

/// Reads what lies in lists at the end of a path of keys, one item after the other.
fn each<'de, T: Deserialize<'de>>(
    content: Content<'_>,
    path: &'static [&'static str],
    mut take: impl FnMut(usize, T) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let mut stopped = None;
    let mut count = 0;
    let mut call = |item: T| {
        count += 1;
        take(count, item).map_err(|problem| stopped = Some(problem)).is_ok()
    };
    let mut reader = serde_json::Deserializer::from_reader(BufReader::new(content));
    let walk = Walk { path, call: &mut call, kind: PhantomData };
    let walked = walk.deserialize(&mut reader);
    match (stopped, walked) {
        (Some(problem), _) => Err(problem),
        (None, Ok(())) => Ok(()),
        (None, Err(error)) if error.is_io() => Err(Problem::corrupt("it cannot be read on")),
        (None, Err(error)) => {
            let (line, column) = (error.line(), error.column());
            Err(Problem::corrupt(format!("not what JSON is, at {line}:{column}")))
        }
    }
}

/// A step along a path; at its end, a list.
struct Walk<'c, F, T> {
    path: &'static [&'static str],
    call: &'c mut F,
    kind: PhantomData<T>,
}

impl<'de, F: FnMut(T) -> bool, T: Deserialize<'de>> DeserializeSeed<'de> for Walk<'_, F, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, F: FnMut(T) -> bool, T: Deserialize<'de>> Visitor<'de> for Walk<'_, F, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match self.path.split_first() {
                Some((first, path)) if key == *first => {
                    map.next_value_seed(Walk { path, call: &mut *self.call, kind: PhantomData })?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if !self.path.is_empty() {
            // A list on the way: each of its items goes on.
            let path = self.path;
            while list
                .next_element_seed(Walk { path, call: &mut *self.call, kind: PhantomData })?
                .is_some()
            {}
            return Ok(());
        }
        while let Some(item) = list.next_element::<T>()? {
            if !(self.call)(item) {
                return Err(serde::de::Error::custom("no more is wanted"));
            }
        }
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A text that is one string, or a list of its lines.
fn lines(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(lines) => {
            let lines: Option<Vec<&str>> = lines.iter().map(Value::as_str).collect();
            lines.map(|lines| lines.concat())
        }
        _ => None,
    }
}
