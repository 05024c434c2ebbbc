//! JSON-RPC 2.0, one document a line: what comes in is sorted, and what does
//! not fit is refused by the protocol's own codes. What a client wrote is never
//! repeated but its identifier.

use std::io::BufRead;

use serde_json::{Map, Number, Value, json};

/// A longer line is not kept.
const MOST: usize = 64 * 1024 * 1024;

/// More messages of one batch are not answered.
const BATCH: usize = 64;

/// The identifier of a request: a text or a number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Id {
    Text(String),
    Number(Number),
    /// Of a message that cannot be read.
    None,
}

impl Id {
    /// Of a message that cannot be read.
    pub(super) const NONE: Self = Self::None;

    /// An identifier, if it is one.
    pub(super) fn of(value: Option<&Value>) -> Option<Self> {
        match value? {
            Value::String(text) => Some(Self::Text(text.clone())),
            Value::Number(number) => Some(Self::Number(number.clone())),
            _ => None,
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Number(number) => number.clone().into(),
            Self::None => Value::Null,
        }
    }
}

/// A request.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) id: Id,
    pub(super) method: String,
    pub(super) params: Map<String, Value>,
}

/// One message.
#[derive(Debug)]
pub(super) enum Message {
    /// A request.
    Call(Call),
    /// A notification: its method and parameters.
    Notice(String, Map<String, Value>),
    /// An answer to a question that was never put.
    Answer,
    /// None of these.
    Bad(Id, Refusal, &'static str),
}

/// What one line holds.
#[derive(Debug)]
pub(super) enum Line {
    /// A message.
    One(Message),
    /// A batch.
    Many(Vec<Message>),
}

/// Why something is not answered, by the protocol's codes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refusal {
    /// Not JSON.
    Parse,
    /// Not a request.
    Invalid,
    /// No such method.
    Method,
    /// Not its parameters.
    Params,
}

impl Refusal {
    fn code(self) -> i32 {
        match self {
            Self::Parse => -32_700,
            Self::Invalid => -32_600,
            Self::Method => -32_601,
            Self::Params => -32_602,
        }
    }
}

/// An answer.
pub(super) fn result(id: &Id, result: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id.json(), "result": result })
}

/// A refusal.
pub(super) fn refused(id: &Id, refusal: Refusal, why: &str) -> Value {
    json!({
        "jsonrpc": "2.0",
        "id": id.json(),
        "error": { "code": refusal.code(), "message": why },
    })
}

/// The next line that says something; nothing at the end of the input.
pub(super) fn next(input: &mut impl BufRead) -> Option<Line> {
    loop {
        let mut line = Vec::new();
        let mut is_whole = true;
        loop {
            let part = match input.fill_buf() {
                Ok(part) => part,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(_) => return None,
            };
            if part.is_empty() {
                if line.is_empty() && is_whole {
                    return None;
                }
                break;
            }
            let end = part.iter().position(|byte| *byte == b'\n');
            let taken = end.unwrap_or(part.len());
            if line.len() + taken > MOST {
                is_whole = false;
                line = Vec::new();
            } else if is_whole {
                line.extend_from_slice(&part[..taken]);
            }
            input.consume(end.map_or(taken, |end| end + 1));
            if end.is_some() {
                break;
            }
        }
        if !is_whole {
            let why = "a line of more than 64 MiB";
            return Some(Line::One(Message::Bad(Id::NONE, Refusal::Invalid, why)));
        }
        if !line.trim_ascii().is_empty() {
            return Some(read(&line));
        }
    }
}

fn read(line: &[u8]) -> Line {
    match serde_json::from_slice(line) {
        Ok(Value::Array(items)) if !items.is_empty() && items.len() <= BATCH => {
            Line::Many(items.into_iter().map(message).collect())
        }
        Ok(value) => Line::One(message(value)),
        Err(_) => Line::One(Message::Bad(Id::NONE, Refusal::Parse, "not JSON")),
    }
}

fn message(value: Value) -> Message {
    let Value::Object(mut fields) = value else {
        return Message::Bad(Id::NONE, Refusal::Invalid, "not a request");
    };
    let id = Id::of(fields.get("id"));
    let bad = |why| Message::Bad(id.clone().unwrap_or(Id::NONE), Refusal::Invalid, why);
    if fields.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return bad("`jsonrpc` is not \"2.0\"");
    }
    let Some(method) = fields.remove("method") else {
        let is_answer = fields.contains_key("result") || fields.contains_key("error");
        return if is_answer { Message::Answer } else { bad("`method` is missing") };
    };
    let Value::String(method) = method else { return bad("`method` is not a text") };
    let params = match fields.remove("params") {
        None => Map::new(),
        Some(Value::Object(params)) => params,
        Some(_) => return bad("`params` is not an object"),
    };
    match (id, fields.contains_key("id")) {
        (Some(id), _) => Message::Call(Call { id, method, params }),
        (None, false) => Message::Notice(method, params),
        (None, true) => {
            Message::Bad(Id::NONE, Refusal::Invalid, "`id` is neither a text nor a number")
        }
    }
}
