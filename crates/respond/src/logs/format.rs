//! What a line of a log says of a request: common and combined access logs,
//! Envoy's default text, and JSON of whatever shape, told by the names of its
//! fields.

use serde_json::Value;

use super::{moment, network};

/// A request as a log has it; foreign text, not cleaned.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) at: Option<i64>,
    pub(super) address: Option<String>,
    pub(super) path: Option<String>,
    pub(super) model: Option<String>,
    pub(super) user_agent: Option<String>,
}

/// A request and the text it was read from, if that is a part of the line.
#[derive(Debug, Default)]
pub(super) struct Understood {
    pub(super) request: Request,
    pub(super) text: String,
}

/// The requests on a line; none if its form is not known. More than one only
/// where a line is a list.
pub(super) fn understand(line: &[u8]) -> Vec<Understood> {
    let text = String::from_utf8_lossy(line);
    if let Some(requests) = json(&text) {
        return requests;
    }
    let request = access(&text).or_else(|| envoy(&text));
    request.into_iter().map(|request| Understood { request, text: String::new() }).collect()
}

/// Fields in which each fact is, the most telling first; the last parts of
/// paths in lower case, without `_` and `-`.
const ADDRESS: &[&str] = &[
    "remoteaddr",
    "remoteip",
    "clientip",
    "clientaddr",
    "clienthost",
    "clientaddress",
    "downstreamremoteaddress",
    "downstreamdirectremoteaddress",
    "requesteripaddress",
    "sourceip",
    "srcip",
    "realip",
    "ipaddress",
    "xforwardedfor",
    "httpxforwardedfor",
    "ip",
    "client",
];
const TIME: &[&str] = &[
    "starttime",
    "timestamp",
    "@timestamp",
    "timeiso8601",
    "timelocal",
    "startutc",
    "startlocal",
    "time",
    "ts",
    "datetime",
    "createdat",
    "msec",
    "date",
    "endtime",
    "eventtime",
];
const PATH: &[&str] = &[
    "requestpath",
    "path",
    "requesturi",
    "uri",
    "requesturl",
    "httppath",
    "url",
    "request",
    "apiroute",
    "calltype",
];
const MODEL: &[&str] = &["model", "modelgroup", "modelname", "modelid", "requestmodel"];
const AGENT: &[&str] =
    &["useragent", "httpuseragent", "requestuseragent", "requestuser-agent", "agent", "browser"];

/// The most fields of one line that are looked at.
const MOST_FIELDS: usize = 2000;
/// The most requests of one line.
const MOST_ITEMS: usize = 100_000;

fn json(text: &str) -> Option<Vec<Understood>> {
    // Containers and syslog write something of their own before it.
    let start = text.find(['{', '['])?;
    if !is_preamble(&text[..start]) {
        return None;
    }
    match serde_json::from_str::<Value>(text[start..].trim_end_matches(',')).ok()? {
        Value::Object(object) => {
            let request = fields(&Value::Object(object))?;
            Some(vec![Understood { request, text: String::new() }])
        }
        Value::Array(items) => {
            let read =
                |item: &Value| Some(Understood { request: fields(item)?, text: item.to_string() });
            let all: Vec<Understood> = items.iter().take(MOST_ITEMS).filter_map(read).collect();
            (!all.is_empty()).then_some(all)
        }
        _ => None,
    }
}

/// Short, and without quotes, as a time and a stream's name are.
fn is_preamble(before: &str) -> bool {
    before.len() <= 200 && !before.contains(['"', '{', '['])
}

/// The facts among the fields of an object that looks like a log's.
fn fields(value: &Value) -> Option<Request> {
    let mut all = Vec::new();
    flatten(value, "", &mut all);
    let pick = |names: &[&str], fits: &dyn Fn(&str) -> bool| -> Option<String> {
        names.iter().find_map(|name| {
            let is_it = |(key, text): &&(String, String)| key == name && fits(text);
            all.iter().find(is_it).map(|(_, text)| text.clone())
        })
    };
    let some = |text: &str| !matches!(text, "" | "-");
    let at = pick(TIME, &|text| moment::read(text).is_some());
    let address = pick(ADDRESS, &|text| network::address(text).is_some());
    let path = pick(PATH, &|text| some(text) && !text.contains('{'));
    let request = Request {
        at: at.as_deref().and_then(moment::read),
        path: path.as_deref().map(route),
        model: pick(MODEL, &some),
        user_agent: pick(AGENT, &some),
        address,
    };
    let says = [request.address.is_some(), request.path.is_some(), request.model.is_some()];
    (request.at.is_some() || says.contains(&true)).then_some(request)
}

fn flatten(value: &Value, key: &str, all: &mut Vec<(String, String)>) {
    if all.len() >= MOST_FIELDS {
        return;
    }
    let shorten = |name: &str| -> String {
        let name = name.rsplit('.').next().unwrap_or(name);
        name.chars()
            .filter(|c| !matches!(c, '_' | '-' | ':'))
            .flat_map(char::to_lowercase)
            .collect()
    };
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(name, value)| flatten(value, &shorten(name), all));
        }
        Value::Array(items) => items.iter().for_each(|value| flatten(value, key, all)),
        Value::String(text) => all.push((key.to_owned(), text.clone())),
        Value::Number(number) => all.push((key.to_owned(), number.to_string())),
        Value::Bool(_) | Value::Null => {}
    }
}

/// The path of `GET /path HTTP/1.1`, of an address, or alone.
fn route(request: &str) -> String {
    let mut words = request.split_whitespace();
    let first = words.next().unwrap_or_default();
    let is_method = first.len() >= 3 && first.bytes().all(|byte| byte.is_ascii_uppercase());
    let target = if is_method { words.next().unwrap_or_default() } else { first };
    match target.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]).to_owned(),
        None => target.to_owned(),
    }
}

/// `addr - user [time] "request" status size "referrer" "agent" …`, also with
/// a virtual host in front.
fn access(text: &str) -> Option<Request> {
    let (before, rest) = text.split_once('[')?;
    let (time, rest) = rest.split_once(']')?;
    let at = moment::read(time)?;
    let address = before.split_whitespace().find_map(|word| network::address(word).map(|_| word));
    let named = before.split_whitespace().next();
    let quoted = quoted(rest);
    let request = quoted.first()?;
    named?;
    let agent = quoted.get(2).filter(|agent| !matches!(agent.as_str(), "" | "-"));
    Some(Request {
        at: Some(at),
        address: address.or(named).map(str::to_owned),
        path: Some(route(request)),
        model: None,
        user_agent: agent.cloned(),
    })
}

/// `[time] "request" status flags … "forwarded" "agent" "id" "authority" "upstream" …`
fn envoy(text: &str) -> Option<Request> {
    let rest = text.strip_prefix('[')?;
    let (time, rest) = rest.split_once(']')?;
    let at = moment::read(time)?;
    let quoted = quoted(rest);
    let request = quoted.first()?;
    // Between them stand other quoted fields in some versions; the id is sure.
    let id = quoted.iter().position(|text| is_uuid(text)).filter(|&at| at >= 3).unwrap_or(3);
    let forwarded = quoted.get(id - 2).filter(|text| network::address(text).is_some());
    let behind = rest.rsplit('"').next().unwrap_or_default();
    let remote = behind.split_whitespace().nth(3).filter(|text| network::address(text).is_some());
    let agent = quoted.get(id - 1).filter(|agent| !matches!(agent.as_str(), "" | "-"));
    Some(Request {
        at: Some(at),
        address: remote.map(str::to_owned).or_else(|| forwarded.cloned()),
        path: Some(route(request)),
        model: None,
        user_agent: agent.cloned(),
    })
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// The texts between quotes, escapes undone as far as quotes go.
fn quoted(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut open: Option<String> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (&mut open, letter) {
            (Some(held), '\\') => held.extend(letters.next()),
            (Some(_), '"') => all.extend(open.take()),
            (Some(held), letter) => held.push(letter),
            (None, '"') => open = Some(String::new()),
            (None, _) => {}
        }
        if all.len() >= 32 {
            break;
        }
    }
    all
}
