//! What a sign-in by a provider needs at its end, in a cookie that only the browser which
//! began it has: signed, so that nobody can make one up, and kept by nobody else, so that
//! nobody can fill the server's memory by beginning flows.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{clock, draw};

/// How long somebody may take at the provider: seconds.
pub(super) const LASTS: i64 = 600;

/// What a flow needs at its end.
#[derive(Deserialize, Serialize)]
pub(super) struct Flow {
    pub(super) state: String,
    pub(super) nonce: String,
    #[serde(deserialize_with = "draw::read", serialize_with = "draw::write")]
    pub(super) verifier: Zeroizing<String>,
    pub(super) next: String,
    pub(super) until: i64,
}

/// The name of the cookie of a flow.
pub(super) fn cookie_name(is_https: bool) -> &'static str {
    if is_https { "__Host-leeward-flow" } else { "leeward-flow" }
}

fn signature(key: &str, body: &str) -> Option<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
    mac.update(b"leeward flow v1\0");
    mac.update(body.as_bytes());
    Some(mac.finalize().into_bytes().to_vec())
}

/// A flow, signed.
pub(super) fn sealed(flow: &Flow, key: &str) -> Option<String> {
    let body = URL_SAFE_NO_PAD.encode(Zeroizing::new(serde_json::to_vec(flow).ok()?));
    let signature = URL_SAFE_NO_PAD.encode(signature(key, &body)?);
    Some(format!("{body}.{signature}"))
}

/// A flow that was signed here, and is not over.
pub(super) fn opened(text: &str, key: &str) -> Option<Flow> {
    let (body, signed) = text.split_once('.')?;
    let signed = URL_SAFE_NO_PAD.decode(signed).ok()?;
    if !draw::is_same(&signed, &signature(key, body)?) {
        return None;
    }
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(body).ok()?);
    let flow: Flow = serde_json::from_slice(&bytes).ok()?;
    (flow.until > clock::now()).then_some(flow)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(until: i64) -> Flow {
        Flow {
            state: "s".to_owned(),
            nonce: "n".to_owned(),
            verifier: draw::value(),
            next: "/".to_owned(),
            until,
        }
    }

    #[test]
    fn a_flow_is_opened_by_whom_it_was_sealed_by_and_in_time() {
        let (key, other) = (draw::value(), draw::value());
        let text = sealed(&flow(clock::now() + 60), &key).unwrap();
        assert!(opened(&text, &key).is_some());
        assert!(opened(&text, &other).is_none());
        assert!(opened(&format!("x{text}"), &key).is_none());
        assert!(opened("", &key).is_none() && opened("a.b", &key).is_none());
        let old = sealed(&flow(clock::now() - 1), &key).unwrap();
        assert!(opened(&old, &key).is_none());
    }
}
