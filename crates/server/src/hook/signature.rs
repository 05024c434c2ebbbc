//! Whether a delivery was sent by whoever has the secret: over the bytes as they came,
//! compared without saying how far they agree.

use axum::http::HeaderMap;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{
    draw,
    setting::{Hook, HookKind},
};

/// How far the clock of a sender that signs a time may be from ours, and how long a
/// delivery may be on its way: seconds.
const CLOCKS_APART: i64 = 300;

/// Whether there is anything that could be a proof.
pub(super) fn is_there(kind: HookKind, headers: &HeaderMap) -> bool {
    names(kind).iter().any(|name| headers.contains_key(*name))
}

/// The headers by which a kind of sender proves itself.
fn names(kind: HookKind) -> &'static [&'static str] {
    match kind {
        HookKind::Github => &["x-hub-signature-256"],
        HookKind::Gitlab => &["webhook-signature", "x-gitlab-token"],
        HookKind::Gitea => &["x-forgejo-signature", "x-gitea-signature", "x-hub-signature-256"],
        HookKind::Bitbucket => &["x-hub-signature"],
        HookKind::Intake => &["webhook-signature", "x-hub-signature-256", "authorization"],
    }
}

/// Whether a delivery is proven. The strongest proof that is there counts, and no
/// weaker one beside it.
pub(super) fn is_right(hook: &Hook, headers: &HeaderMap, body: &[u8], now: i64) -> bool {
    let Some(name) = names(hook.kind).iter().find(|name| headers.contains_key(**name)) else {
        return false;
    };
    let mut values = headers.get_all(*name).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Ok(value) = value.to_str() else { return false };
    #[expect(clippy::disallowed_methods, reason = "what is signed with it, or sent, is compared")]
    let secret = hook.secret.expose();
    match *name {
        "x-gitlab-token" => draw::is_same(value.as_bytes(), secret),
        "authorization" => {
            let token =
                value.split_once(' ').filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
            token.is_some_and(|(_, token)| draw::is_same(token.trim().as_bytes(), secret))
        }
        "webhook-signature" => is_standard(secret, headers, value, body, now),
        "x-hub-signature-256" | "x-hub-signature" => {
            value.strip_prefix("sha256=").is_some_and(|digits| is_digits_of(secret, body, digits))
        }
        _ => is_digits_of(secret, body, value),
    }
}

fn hmac(secret: &[u8], parts: &[&[u8]]) -> Option<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    for part in parts {
        mac.update(part);
    }
    Some(mac.finalize().into_bytes().into())
}

/// Whether hexadecimal digits are of the body's HMAC-SHA256.
fn is_digits_of(secret: &[u8], body: &[u8], digits: &str) -> bool {
    let nibble = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let pair = |pair: &[u8]| match *pair {
        [high, low] => Some(nibble(high)? << 4 | nibble(low)?),
        _ => None,
    };
    let sent: Option<Vec<u8>> = digits.as_bytes().chunks(2).map(pair).collect();
    let Some((sent, ours)) = sent.zip(hmac(secret, &[body])) else { return false };
    draw::is_same(&sent, &ours)
}

/// Standard Webhooks, which GitLab signs by: HMAC-SHA256 over id, time and body, and a
/// time that is now. The key may be written as `whsec_` and base64.
fn is_standard(secret: &[u8], headers: &HeaderMap, sent: &str, body: &[u8], now: i64) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(id), Some(time)) = (header("webhook-id"), header("webhook-timestamp")) else {
        return false;
    };
    let is_now = time.parse::<i64>().is_ok_and(|at| now.saturating_sub(at).abs() <= CLOCKS_APART);
    if !is_now {
        return false;
    }
    let coded = secret.strip_prefix(b"whsec_").map(|coded| STANDARD.decode(coded));
    let key = match coded {
        Some(Ok(key)) => Zeroizing::new(key),
        Some(Err(_)) => return false,
        None => Zeroizing::new(secret.to_vec()),
    };
    let signed: [&[u8]; 5] = [id.as_bytes(), b".", time.as_bytes(), b".", body];
    let Some(ours) = hmac(&key, &signed) else { return false };
    sent.split(' ')
        .filter_map(|one| one.strip_prefix("v1,"))
        .any(|one| STANDARD.decode(one).is_ok_and(|theirs| draw::is_same(&theirs, &ours)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::hook_of;

    const NOW: i64 = 1_800_000_000;

    fn digits(secret: &str, body: &[u8]) -> String {
        let bytes = hmac(secret.as_bytes(), &[body]).unwrap();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn right(kind: HookKind, secret: &str, sent: &[(&'static str, String)], body: &[u8]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(*name, value.parse().unwrap());
        }
        is_right(&hook_of(kind, secret), &headers, body, NOW)
    }

    #[test]
    fn the_published_example_of_github_is_right() {
        let secret = "It's a Secret to Everybody";
        let expected = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let sent = |digits: &str| vec![("x-hub-signature-256", format!("sha256={digits}"))];
        let body = b"Hello, World!";
        assert!(right(HookKind::Github, secret, &sent(expected), body));
        assert!(right(HookKind::Github, secret, &sent(&expected.to_uppercase()), body));
        assert!(!right(HookKind::Github, secret, &sent(expected), b"Hello, World?"));
        for forged in
            ["", "00", &expected[1..], &format!("{expected}00"), &expected.replace('7', "é")]
        {
            // What no header can carry is not sent.
            if let Ok(value) = format!("sha256={forged}").parse::<axum::http::HeaderValue>() {
                let mut headers = HeaderMap::new();
                headers.insert("x-hub-signature-256", value);
                assert!(
                    !is_right(&hook_of(HookKind::Github, secret), &headers, body, NOW),
                    "{forged}"
                );
            }
        }
        let twice = [sent(expected), sent(expected)].concat();
        assert!(!right(HookKind::Github, secret, &twice, body), "which of the two?");
        let weak = vec![("x-hub-signature", format!("sha1={}", &expected[..40]))];
        assert!(!right(HookKind::Github, secret, &weak, body));
    }

    #[test]
    fn each_sender_proves_itself_its_way() {
        let secret = draw::value();
        let of = digits(&secret, b"body");
        for (kind, name, value) in [
            (HookKind::Gitea, "x-gitea-signature", of.clone()),
            (HookKind::Gitea, "x-forgejo-signature", of.clone()),
            (HookKind::Gitea, "x-hub-signature-256", format!("sha256={of}")),
            (HookKind::Bitbucket, "x-hub-signature", format!("sha256={of}")),
            (HookKind::Gitlab, "x-gitlab-token", secret.to_string()),
            (HookKind::Intake, "authorization", format!("Bearer {}", *secret)),
            (HookKind::Intake, "x-hub-signature-256", format!("sha256={of}")),
        ] {
            assert!(right(kind, &secret, &[(name, value.clone())], b"body"), "{name}");
            assert!(!right(kind, &draw::value(), &[(name, value)], b"body"), "{name}");
            assert!(!right(kind, &secret, &[(name, String::new())], b"body"), "{name}");
        }
    }

    #[test]
    fn a_signed_time_is_now_and_a_weaker_proof_does_not_help() {
        let key = b"0123456789abcdef0123456789abcdef";
        let secret = format!("whsec_{}", STANDARD.encode(key));
        let sent = |id: &str, at: i64, body: &[u8]| {
            let at = at.to_string();
            let signed = hmac(key, &[id.as_bytes(), b".", at.as_bytes(), b".", body]).unwrap();
            vec![
                ("webhook-id", id.to_owned()),
                ("webhook-timestamp", at),
                ("webhook-signature", format!("v1,AAAA v1,{}", STANDARD.encode(signed))),
            ]
        };
        let is_right =
            |sent: &[(&'static str, String)]| right(HookKind::Gitlab, &secret, sent, b"x");
        assert!(is_right(&sent("1", NOW, b"x")));
        assert!(!is_right(&sent("1", NOW - 301, b"x")), "replayed later");
        assert!(!is_right(&sent("1", NOW + 301, b"x")));
        assert!(!is_right(&sent("1", NOW, b"y")));
        let mut other = sent("1", NOW, b"x");
        other[0].1 = "2".to_owned();
        assert!(!is_right(&other), "the id is signed");
        other.push(("x-gitlab-token", secret.clone()));
        assert!(!is_right(&other), "a wrong signature is wrong whatever stands beside it");
    }
}
