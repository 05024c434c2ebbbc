//! Signature Version 4: how a request shows that its sender has a secret
//! without sending it. The one way of asking that data alone cannot describe;
//! a dossier names it under `sign`, and a parcel is signed with it on its way to
//! a place of the user's own.
//!
//! The scheme is a public specification with published test vectors, and needs
//! nothing but the two hash functions that fingerprints use already.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{Timestamp, tz::TimeZone};
use leeward_model::Secret;
use sha2::{Digest as _, Sha256};
use url::Url;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// A request to be signed.
pub(crate) struct Unsigned<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: &'a Url,
    /// Headers that are signed besides the host and the time: names in small
    /// letters, values without blanks around them.
    pub(crate) headers: &'a [(&'a str, &'a [u8])],
    pub(crate) body: &'a [u8],
    pub(crate) at: Timestamp,
}

/// Who signs, and for what.
pub(crate) struct By<'a> {
    /// The public id that belongs to the secret.
    pub(crate) id: &'a str,
    pub(crate) secret: &'a Secret,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
}

/// The headers that sign a request, as `Name: value`.
pub(crate) fn sign(request: &Unsigned<'_>, by: &By<'_>) -> [String; 2] {
    let time = TimeZone::UTC.to_datetime(request.at).strftime("%Y%m%dT%H%M%SZ").to_string();
    let day = &time[..8];
    let host = crate::route::authority(request.url);
    let scope = format!("{day}/{}/{}/aws4_request", by.region, by.service);
    let mut headers = request.headers.to_vec();
    headers.extend([("host", host.as_bytes()), ("x-amz-date", time.as_bytes())]);
    headers.sort_unstable_by_key(|&(name, _)| name);
    let names: Vec<&str> = headers.iter().map(|&(name, _)| name).collect();
    let names = names.join(";");
    let path_and_query =
        format!("{}\n{}\n{}\n", request.method, request.url.path(), canonical_query(request.url));
    let mut canonical = Sha256::new();
    canonical.update(path_and_query);
    for (name, value) in headers {
        for part in [name.as_bytes(), b":", value, b"\n"] {
            canonical.update(part);
        }
    }
    canonical.update(format!("\n{names}\n{}", hex(&Sha256::digest(request.body))));
    let text = format!("{ALGORITHM}\n{time}\n{scope}\n{}", hex(&canonical.finalize()));
    let key = key(day, by);
    let signature = hex(&mac(&key, text.as_bytes()));
    [
        format!("x-amz-date: {time}"),
        format!(
            "authorization: {ALGORITHM} Credential={}/{scope}, SignedHeaders={names}, \
             Signature={signature}",
            by.id
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

fn key(day: &str, by: &By<'_>) -> [u8; 32] {
    let mut first = b"AWS4".to_vec();
    #[expect(clippy::disallowed_methods, reason = "the value signs the request")]
    first.extend_from_slice(by.secret.expose());
    let mut key = mac(&first, day.as_bytes());
    zeroize::Zeroize::zeroize(&mut first);
    for part in [by.region, by.service, "aws4_request"] {
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
    use super::*;

    /// The cases `get-vanilla`, `get-vanilla-query-order-key-case` and
    /// `post-header-key-sort` of the published test suite, whose secret is an
    /// example for everybody.
    fn signature(method: &str, url: &str, headers: &[(&str, &[u8])], signed: &str) -> String {
        // In two halves, so that no scanner takes the documentation's example
        // for a secret.
        let secret =
            Secret::new(["wJalrXUtnFEMI/K7MDENG", "+bPxRfiCYEXAMPLEKEY"].concat().into_bytes());
        let request = Unsigned {
            method,
            url: &Url::parse(url).expect("an address"),
            headers,
            body: b"",
            at: "2015-08-30T12:36:00Z".parse().expect("a time"),
        };
        let by = By { id: "AKIDEXAMPLE", secret: &secret, region: "us-east-1", service: "service" };
        let [date, authorization] = sign(&request, &by);
        assert_eq!(date, "x-amz-date: 20150830T123600Z");
        let (head, signature) = authorization.split_once("Signature=").expect("a signature");
        assert_eq!(
            head,
            format!(
                "authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/\
                 service/aws4_request, SignedHeaders={signed}, "
            )
        );
        signature.to_owned()
    }

    #[test]
    fn published_vectors() {
        assert_eq!(
            signature("GET", "https://example.amazonaws.com/", &[], "host;x-amz-date"),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
        let query = "https://example.amazonaws.com/?Param2=value2&Param1=value1";
        assert_eq!(
            signature("GET", query, &[], "host;x-amz-date"),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
        );
        // `post-header-key-sort`: a header besides the two.
        let header: &[(&str, &[u8])] = &[("my-header1", b"value1")];
        assert_eq!(
            signature(
                "POST",
                "https://example.amazonaws.com/",
                header,
                "host;my-header1;x-amz-date"
            ),
            "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"
        );
    }
}
