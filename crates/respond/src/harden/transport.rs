//! The way to the provider's API: over plain HTTP, or with the check of the
//! other side's certificate switched off.

use std::ops::Range;

use leeward_dossier::Dossier;
use regex::bytes::{Regex, RegexSet, RegexSetBuilder};

use super::{Spot, is_comment, line, regex};

/// How near a use of the API a switch for one client must stand, in bytes.
const NEAR: usize = 2000;

/// Switches of one client, and what they are called there.
const LOCAL: &[(&str, &str)] = &[
    (r"\bverify(_ssl|_certs)?\s*=\s*False\b", "verify=True, the default"),
    (r"\bssl\._create_unverified_context\b", "ssl.create_default_context()"),
    (r"\bcheck_hostname\s*=\s*False\b", "check_hostname left alone"),
    (r"\bssl\.CERT_NONE\b", "ssl.CERT_REQUIRED, the default"),
    (r#"\brejectUnauthorized['"]?\s*:\s*false\b"#, "rejectUnauthorized left out"),
    (r"\bstrictSSL\s*:\s*false\b", "strictSSL left out"),
    (r"\bInsecureSkipVerify\s*[:=]\s*true\b", "InsecureSkipVerify left out"),
    (r"\bcurl\b[^\n|;&]*\s(-[a-zA-Z]*k[a-zA-Z]*|--insecure)\b", "no --insecure"),
    (r"\bwget\b[^\n|;&]*\s--no-check-certificate\b", "no --no-check-certificate"),
    (r"\bhttps?\b[^\n|;&]*\s--verify=(no|false)\b", "no --verify=no"),
    (r"\bCURLOPT_SSL_VERIFY(PEER|HOST)\s*(,|=>)\s*(false|0)\b", "the option left out"),
    (r#"['"]verify(_peer|_peer_name)?['"]\s*=>\s*false\b"#, "the option left out"),
    (r"\bdanger_accept_invalid_(certs|hostnames)\s*\(\s*true\b", "the call left out"),
    (r"\bVERIFY_NONE\b", "VERIFY_PEER"),
    (r"\b(ssl_verify|verify_ssl|verify_certs)['\x22]?\s*:\s*(?i:false)\b", "the setting left out"),
    (
        r"\b(NoopHostnameVerifier|TrustAllStrategy|ALLOW_ALL_HOSTNAME_VERIFIER|trustAllCerts)\b",
        "the default verifier",
    ),
    (r"\bDangerousAcceptAnyServerCertificateValidator\b", "the default validation"),
    (
        r"ServerCertificate(Custom)?ValidationCallback\s*\+?=[^;\n]*=>\s*true\b",
        "the default validation",
    ),
    (r"\s-SkipCertificateCheck\b", "no -SkipCertificateCheck"),
];

/// Switches of a whole program: anywhere in a file that speaks of the API.
const GLOBAL: &[(&str, &str)] = &[
    (r#"\bNODE_TLS_REJECT_UNAUTHORIZED['"\]]*\s*[:=]\s*['"]?0\b"#, "the variable not set"),
    (r#"\bPYTHONHTTPSVERIFY['"\]]*\s*[:=]\s*['"]?0\b"#, "the variable not set"),
    (r"\b_create_default_https_context\s*=\s*ssl\._create_unverified_context\b", "it left alone"),
];

/// Both checks, for one provider.
pub(super) struct Transport {
    provider: String,
    /// `http://` and a host of the API.
    plain: Option<Regex>,
    /// What says that the API is used.
    used: Option<Regex>,
    any: RegexSet,
    switches: Vec<(Regex, &'static str, bool)>,
}

impl Transport {
    pub(super) fn new(dossier: &Dossier) -> Self {
        let exact = dossier.verify.hosts.iter().map(|host| regex::escape(host));
        // A host of the same domain counts with the path of an API behind it.
        let below = dossier.detect.evidence.hosts.iter();
        let below = below.map(|host| format!(r"[a-z0-9.-]+\.{}(:\d+)?/v\d", regex::escape(host)));
        let hosts: Vec<String> = exact.chain(below).collect();
        let plain = format!(r"(?i)\bhttp://({})", hosts.join("|"));
        let words = dossier.detect.anchors.iter().chain(&dossier.verify.hosts);
        let words: Vec<String> = words.map(|word| regex::escape(word)).collect();
        let all = || GLOBAL.iter().map(|it| (it, true)).chain(LOCAL.iter().map(|it| (it, false)));
        Self {
            provider: dossier.provider.clone(),
            plain: (!hosts.is_empty()).then(|| regex(&plain)).flatten(),
            used: regex(&format!("(?i)({})", words.join("|"))),
            any: RegexSetBuilder::new(all().map(|((pattern, _), _)| pattern))
                .unicode(false)
                .build()
                .unwrap_or_default(),
            switches: all()
                .filter_map(|((pattern, fix), global)| Some((regex(pattern)?, *fix, global)))
                .collect(),
        }
    }

    pub(super) fn check(&self, text: &[u8], spots: &mut Vec<Spot>) {
        let Some(used) = &self.used else { return };
        if !used.is_match(text) {
            return;
        }
        if let Some(plain) = &self.plain {
            for found in plain.find_iter(text) {
                if is_comment(text, found.start()) || goes_on(&text[found.end()..]) {
                    continue;
                }
                spots.push(Spot {
                    id: "plain-http",
                    span: found.range(),
                    title: format!("the API of {} is asked over plain HTTP", self.provider),
                    why:
                        "the key is sent in the clear before any redirect to HTTPS can be followed"
                            .into(),
                    fix: "write https://".into(),
                });
            }
        }
        if self.any.is_match(text) {
            self.switched_off(text, used, spots);
        }
    }

    fn switched_off(&self, text: &[u8], used: &Regex, spots: &mut Vec<Spot>) {
        let mut taken: Vec<Range<usize>> = Vec::new();
        for (switch, fix, global) in &self.switches {
            for found in switch.find_iter(text) {
                let span = found.range();
                let window =
                    &text[span.start.saturating_sub(NEAR)..text.len().min(span.end + NEAR)];
                let overlaps = |one: &Range<usize>| one.start < span.end && span.start < one.end;
                if !(*global || used.is_match(window))
                    || is_comment(text, span.start)
                    || is_something_else(line(text, span.start))
                    || taken.iter().any(overlaps)
                {
                    continue;
                }
                taken.push(span.clone());
                spots.push(Spot {
                    id: "certificate-checks-off",
                    span,
                    title: "certificate checks are switched off".into(),
                    why: format!(
                        "whoever is on the way can answer as {} and take the key from the request",
                        self.provider
                    ),
                    fix: format!(
                        "have {fix}; where a proxy of your own ends TLS, add its certificate to the \
                         trusted ones instead"
                    ),
                });
            }
        }
    }
}

/// Whether a host goes on behind what was found, and so is another one.
fn goes_on(rest: &[u8]) -> bool {
    let is_part =
        |byte: Option<&u8>| byte.is_some_and(|it| it.is_ascii_alphanumeric() || *it == b'-');
    is_part(rest.first()) || rest.first() == Some(&b'.') && is_part(rest.get(1))
}

/// Lines in which the same words mean another thing.
fn is_something_else(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    let begins = [&b"def "[..], b"async def ", b"assert ", b"if "];
    let holds = [&b"jwt"[..], b"decode(", b"signature"];
    begins.iter().any(|word| line.starts_with(word))
        || holds.iter().any(|word| memchr::memmem::find(line, word).is_some())
}

#[cfg(test)]
mod tests {
    use leeward_dossier::Library;

    use super::*;

    #[test]
    fn every_pattern_is_understood() {
        for dossier in Library::builtin().dossiers() {
            let transport = Transport::new(dossier);
            assert_eq!(transport.switches.len(), LOCAL.len() + GLOBAL.len());
            assert_eq!(transport.any.len(), LOCAL.len() + GLOBAL.len());
            assert!(transport.used.is_some() && transport.plain.is_some(), "{}", dossier.id());
        }
    }
}
