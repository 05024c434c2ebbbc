//! What an answer to an administrator's request means: which row of the dossier
//! applies, and the JSON of a genuine success. An answer that is not the API's
//! own means nothing, whatever its status.

use leeward_dossier::administer::{Administer, Errand, Outcome, Ruling};
use reqwest::header::CONTENT_ENCODING;
use serde_json::Value;
use zeroize::Zeroize as _;

use super::RefusedKind;
use crate::{
    answer::{destination, is_page},
    client::Incoming,
    count::at,
    trouble::Trouble,
};

/// What an answer that came means, and the JSON of a success. An answer that is
/// not the API's own means nothing, whatever its status.
pub(super) fn read(
    administer: &Administer,
    errand: &Errand,
    incoming: &Incoming,
) -> Result<(Outcome, String, Option<Value>), Trouble> {
    let Incoming { status, headers, body } = incoming;
    if (300..400).contains(status) {
        return Err(Trouble::Redirect { to: destination(headers) });
    }
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(Trouble::Compressed);
    }
    if is_page(headers, body) {
        return Err(Trouble::Page);
    }
    let is_empty = body.trim_ascii().is_empty();
    let mut json: Option<Value> = serde_json::from_slice(body).ok();
    let Some(ruling) = row(administer, errand, *status, body) else {
        let why = "the dossier does not say what that means: nothing was read from it".to_owned();
        wipe(json.as_mut());
        return Ok((Outcome::NotUnderstood, why, None));
    };
    let is_object = json.as_ref().is_some_and(Value::is_object);
    if ruling.means != Outcome::Done {
        wipe(json.as_mut());
        let speaks = is_object || is_empty || ruling.says.is_some() || *status == 402;
        if !speaks && *status < 500 && *status != 429 {
            return Err(Trouble::OtherSpeaker { status: *status });
        }
        return Ok((ruling.means, ruling.why.clone(), None));
    }
    if json.is_none() && !(is_empty && errand.expect.is_empty()) {
        return Err(Trouble::NotJson);
    }
    let holds = |pointers: &String| {
        json.as_ref().and_then(|json| at(json, pointers)).is_some_and(|it| !it.is_null())
    };
    if !errand.expect.iter().all(holds) {
        wipe(json.as_mut());
        return Err(Trouble::OtherJson);
    }
    Ok((Outcome::Done, ruling.why.clone(), json))
}

/// What the dossier says of an answer: the first row that applies.
fn row<'a>(
    administer: &'a Administer,
    errand: &'a Errand,
    status: u16,
    body: &[u8],
) -> Option<&'a Ruling> {
    let says = |text: &String| {
        let text = text.to_ascii_lowercase();
        body.to_ascii_lowercase().windows(text.len().max(1)).any(|part| part == text.as_bytes())
    };
    let mut known = errand.answers.iter().chain(&administer.answers);
    known.find(|row| row.status.contains(&status) && row.says.as_ref().is_none_or(says))
}

/// What a refusal by the API comes to.
pub(super) fn refused(outcome: Outcome) -> RefusedKind {
    match outcome {
        Outcome::NotAnAdmin => RefusedKind::NotAnAdmin,
        Outcome::NotAllowed => RefusedKind::NotAllowed,
        Outcome::Gone => RefusedKind::Gone,
        Outcome::NotNow => RefusedKind::NotNow,
        Outcome::Done | Outcome::NotUnderstood => RefusedKind::NotUnderstood,
    }
}

/// What the lack of an answer comes to, where nothing can have been done.
pub(super) fn kind(trouble: &Trouble) -> RefusedKind {
    match trouble {
        Trouble::Page
        | Trouble::Redirect { .. }
        | Trouble::NotJson
        | Trouble::OtherJson
        | Trouble::OtherSpeaker { .. }
        | Trouble::Compressed
        | Trouble::Endless { .. }
        | Trouble::Unsendable => RefusedKind::NotUnderstood,
        Trouble::Name { .. }
        | Trouble::Inside { .. }
        | Trouble::Connect { .. }
        | Trouble::Certificate { .. }
        | Trouble::Encryption { .. }
        | Trouble::ProxyPassword
        | Trouble::Proxy
        | Trouble::Slow { .. }
        | Trouble::Cut { .. }
        | Trouble::Wait { .. }
        | Trouble::Stopped
        | Trouble::Lost => RefusedKind::NotNow,
    }
}

/// Wipes every text of an answer that nobody will read.
pub(super) fn wipe(json: Option<&mut Value>) {
    match json {
        Some(Value::String(text)) => text.zeroize(),
        Some(Value::Array(items)) => items.iter_mut().for_each(|item| wipe(Some(item))),
        Some(Value::Object(fields)) => fields.values_mut().for_each(|field| wipe(Some(field))),
        _ => {}
    }
}
