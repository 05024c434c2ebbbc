//! What an answer means, or its absence: which row of the dossier applies, the
//! JSON of a genuine success, and the evidence. An answer that is not the API's
//! own means nothing, whatever its status.
//!
//! This is where a body ends: what goes on is JSON for counting, from which the
//! value itself has been taken out, should the provider have repeated it.

use jiff::Timestamp;
use leeward_dossier::{
    Dossier,
    probe::{Answer, Meaning, Probe},
};
use leeward_model::{Evidence, Secret};
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::Value;
use url::Url;

use crate::{
    client::Incoming,
    count::at,
    route::{authority, path_and_query},
    trouble::Trouble,
};

/// What a question came to.
pub(crate) struct Reply {
    pub(crate) meaning: Meaning,
    /// Why it means that, with the host and the status.
    pub(crate) why: String,
    /// The status, if an answer came.
    pub(crate) status: Option<u16>,
    /// The JSON of a genuine success.
    pub(crate) json: Option<Value>,
    pub(crate) evidence: Vec<Evidence>,
}

/// What it took to get an answer.
pub(crate) struct Spent {
    /// How often the question was sent; 0 if it never was.
    pub(crate) attempts: u32,
    pub(crate) millis: u64,
}

/// What an answer, or its absence, comes to.
pub(crate) fn reply(
    dossier: &Dossier,
    probe: &Probe,
    url: &Url,
    secret: &Secret,
    answer: Result<Incoming, Trouble>,
    spent: Spent,
) -> Reply {
    let status = match &answer {
        Ok(Incoming { status, .. }) | Err(Trouble::Wait { status, .. }) => Some(*status),
        Err(_) => None,
    };
    let correlation =
        answer.as_ref().ok().and_then(|incoming| correlation(dossier, &incoming.headers));
    let correlation = correlation.map(|text| hide(&text, secret));
    let (meaning, said, mut json) = match answer.and_then(|incoming| read(dossier, probe, incoming))
    {
        Ok(read) => read,
        Err(trouble) => (Meaning::Unknown, hide(&trouble.to_string(), secret), None),
    };
    if let Some(json) = &mut json {
        hide_in(json, secret);
    }
    let host = authority(url);
    let why = match status {
        Some(status) => format!("{host} answered {status}: {said}"),
        None => said.clone(),
    };
    let evidence = Evidence {
        probe: probe.id.clone(),
        method: probe.method.name().to_owned(),
        host,
        path: path_and_query(url),
        status,
        meaning: said,
        at: Timestamp::now().as_second(),
        attempts: spent.attempts,
        millis: spent.millis,
        correlation,
    };
    // What was never sent is no evidence.
    let evidence = if spent.attempts > 0 { vec![evidence] } else { Vec::new() };
    Reply { meaning, why, status, json, evidence }
}

type Read = (Meaning, String, Option<Value>);

/// What an answer that came means. An answer that is not the API's own means
/// nothing, whatever its status.
fn read(dossier: &Dossier, probe: &Probe, incoming: Incoming) -> Result<Read, Trouble> {
    let Incoming { status, headers, body } = incoming;
    if (300..400).contains(&status) {
        return Err(Trouble::Redirect { to: destination(&headers) });
    }
    let encoding = headers.get(reqwest::header::CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| encoding != "identity") {
        return Err(Trouble::Compressed);
    }
    if is_page(&headers, &body) {
        return Err(Trouble::Page);
    }
    let json: Option<Value> = serde_json::from_slice(&body).ok();
    if (200..300).contains(&status) {
        let json = json.as_ref().ok_or(Trouble::NotJson)?;
        let is_there = |pointers: &String| at(json, pointers).is_some_and(|it| !it.is_null());
        if !probe.expect.iter().all(is_there) || !lists_what_it_should(probe, json) {
            return Err(Trouble::OtherJson);
        }
    }
    let is_success = (200..300).contains(&status);
    let is_object = json.as_ref().is_some_and(Value::is_object);
    let success = json.filter(|_| is_success);
    let is_empty = body.trim_ascii().is_empty();
    let Some(answer) = row(dossier, probe, status, &body) else {
        return Ok((Meaning::Unknown, "the dossier does not say what that means".to_owned(), None));
    };
    // What refuses or half accepts a value must speak as the API does, or say
    // nothing; what accepts it must speak. A 402 is a text at times, and a row
    // that names words knows them.
    let speaks = is_success
        || is_object
        || answer.says.is_some()
        || match answer.means {
            Meaning::Active => false,
            Meaning::Restricted => is_empty || status == 402,
            Meaning::Inactive => is_empty,
            Meaning::Unknown => true,
        };
    if speaks {
        Ok((answer.means, answer.why.clone(), success))
    } else {
        Err(Trouble::OtherSpeaker { status })
    }
}

/// Whether every list that a question counts is one. A list that a provider
/// leaves out because it is empty may be missing, but only from an answer that
/// says nothing else.
fn lists_what_it_should(probe: &Probe, json: &Value) -> bool {
    const PAGING: [&str; 8] =
        ["page", "token", "cursor", "total", "more", "count", "object", "limit"];
    let is_paging = |key: &String| {
        let key = key.to_ascii_lowercase();
        PAGING.iter().any(|word| key.contains(word))
    };
    let is_bare = json.as_object().is_some_and(|fields| fields.keys().all(is_paging));
    probe.finds.iter().all(|find| match at(json, &find.list) {
        Some(list) if find.list.is_empty() => list.is_array(),
        Some(Value::Array(_) | Value::Object(_)) => true,
        Some(_) => false,
        None => is_bare,
    })
}

/// What the dossier says of an answer: the first row that applies.
pub(crate) fn row<'d>(
    dossier: &'d Dossier,
    probe: &'d Probe,
    status: u16,
    body: &[u8],
) -> Option<&'d Answer> {
    let known = probe.answers.iter().chain(&dossier.verify.answers);
    known.into_iter().find(|answer| applies(answer, status, body))
}

fn applies(answer: &Answer, status: u16, body: &[u8]) -> bool {
    answer.status.contains(&status)
        && answer.says.as_ref().is_none_or(|text| {
            let text = text.to_ascii_lowercase();
            body.to_ascii_lowercase().windows(text.len().max(1)).any(|part| part == text.as_bytes())
        })
}

/// Whether an answer is a page for people, by its type or by how it begins.
pub(crate) fn is_page(headers: &HeaderMap, body: &[u8]) -> bool {
    let kind = headers.get(reqwest::header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    kind.starts_with(b"text/html")
        || kind.starts_with(b"application/xhtml")
        || text.starts_with(b"<") && !kind.ends_with(b"xml")
}

/// A text of a provider that may repeat the value it was sent, with the hint
/// in the value's place, whatever the size of its letters.
pub(crate) fn hide(text: &str, secret: &Secret) -> String {
    /// What is shorter stands in words that are no secret.
    const SHORTEST: usize = 8;
    #[expect(clippy::disallowed_methods, reason = "the value is looked for, to be taken out")]
    let value = std::str::from_utf8(secret.expose()).unwrap_or_default();
    if value.len() < SHORTEST {
        return text.to_owned();
    }
    let hint = secret.hint();
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    // A host comes to us in small letters, and who knows what else does.
    let begins = |text: &str| {
        text.as_bytes()
            .get(..value.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(value.as_bytes()))
    };
    while let Some(letter) = rest.chars().next() {
        if begins(rest) && rest.is_char_boundary(value.len()) {
            shown.push_str(hint.as_str());
            rest = &rest[value.len()..];
        } else {
            shown.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    shown
}

/// As [`hide`], in every text of an answer: names are kept, and ids are asked
/// with.
pub(crate) fn hide_in(json: &mut Value, secret: &Secret) {
    match json {
        Value::String(text) => *text = hide(text, secret),
        Value::Array(items) => items.iter_mut().for_each(|item| hide_in(item, secret)),
        Value::Object(fields) => fields.values_mut().for_each(|field| hide_in(field, secret)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The host that a redirect names.
pub(crate) fn destination(headers: &HeaderMap) -> Option<String> {
    let to = headers.get(reqwest::header::LOCATION)?.to_str().ok()?;
    Some(authority(&Url::parse(to).ok()?))
}

/// The provider's own name for the exchange, under the headers that the
/// dossier lists.
pub(crate) fn correlation(dossier: &Dossier, headers: &HeaderMap) -> Option<String> {
    const LONGEST: usize = 128;
    let names = dossier.verify.correlation.iter();
    let text = names.into_iter().find_map(|name| headers.get(name.as_str())?.to_str().ok())?;
    (text.len() <= LONGEST).then(|| text.to_owned())
}
