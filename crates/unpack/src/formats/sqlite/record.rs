//! A row as it lies in a database: a list of types, then the values.

use super::{pages::varint, text};

/// What texts are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

/// A value of a row.
#[derive(Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// The values of a record, as far as they are there.
pub(super) fn read(record: &[u8], encoding: Encoding) -> Vec<Value> {
    let Some((head, _)) = varint(record) else { return Vec::new() };
    let head = usize::try_from(head).unwrap_or(usize::MAX).min(record.len());
    let (types, mut body) = record.split_at(head);
    let mut types = varint(types).map_or(&[][..], |(_, types)| types);
    let mut values = Vec::new();
    while let Some((kind, rest)) = varint(types) {
        types = rest;
        let len = match kind {
            0..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            8 | 9 => 0,
            _ => kind.saturating_sub(12) / 2,
        };
        // A value that is cut is a value all the same.
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let (bytes, rest) = body.split_at(len.min(body.len()));
        body = rest;
        values.push(match kind {
            0 | 10 | 11 => Value::Null,
            8 => Value::Integer(0),
            9 => Value::Integer(1),
            7 => match bytes.first_chunk() {
                Some(bytes) => Value::Real(f64::from_be_bytes(*bytes)),
                None => Value::Null,
            },
            1..=6 => {
                let sign = bytes.first().map_or(0, |first| (*first as i8) >> 7);
                let all =
                    bytes.iter().fold(i64::from(sign), |sum, byte| sum << 8 | i64::from(*byte));
                Value::Integer(all)
            }
            _ if kind % 2 == 1 => Value::Text(text(bytes, encoding)),
            _ => Value::Blob(bytes.to_vec()),
        });
    }
    values
}
