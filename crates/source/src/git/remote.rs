//! The address of a remote repository: which addresses are safe to hand to
//! `git`, and how to hand them over and show them without the credentials in
//! them.

use std::fmt;

/// A remote repository's address, checked.
#[derive(Clone, PartialEq, Eq)]
pub struct RemoteUrl {
    /// As handed to git: without password, and without user name unless SSH
    /// needs it.
    address: String,
    scheme: &'static str,
    /// User name and password, still percent-encoded.
    credentials: Option<(String, String)>,
}

/// Why an address is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadUrl {
    /// It is not one of the kinds that are fetched.
    Scheme,
    /// It has a form that `git` or `ssh` could take for an option or command.
    Unsafe,
    /// An SSH address with a password in it.
    Password,
}

impl fmt::Display for BadUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => {
                "the address is not one that is fetched: \
                 use https://, ssh://, git:// or user@host:path; http:// only on this machine"
            }
            Self::Unsafe => "the address has a form that could be taken for an option or a command",
            Self::Password => "the address has a password, which ssh does not take; use a key",
        })
    }
}

impl std::error::Error for BadUrl {}

impl RemoteUrl {
    /// Whether a target is meant as the address of a remote repository and
    /// not as a path.
    pub fn is_meant(target: &str) -> bool {
        target.contains("://") || target.contains("::") || scp_like(target).is_some()
    }

    /// Checks an address. `file://` is taken only if the caller says so, and `http://`
    /// only on this machine, where nobody listens in.
    pub fn parse(text: &str, allow_file: bool) -> Result<Self, BadUrl> {
        if text.starts_with('-') || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(BadUrl::Unsafe);
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Self::parse_scp(text);
        };
        let scheme = ["https", "http", "ssh", "git", "file"]
            .into_iter()
            .find(|known| scheme.eq_ignore_ascii_case(known))
            .filter(|scheme| *scheme != "file" || allow_file)
            .ok_or(BadUrl::Scheme)?;
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        check_host(host, scheme == "file")?;
        if scheme == "http" && !is_this_machine(host) {
            return Err(BadUrl::Scheme);
        }
        let credentials = user.map(|user| {
            let (name, password) = user.split_once(':').unwrap_or((user, ""));
            (name.to_owned(), password.to_owned())
        });
        let mut address = format!("{scheme}://");
        if let (Some((name, password)), "ssh") = (&credentials, scheme) {
            check_user(name)?;
            if !password.is_empty() {
                return Err(BadUrl::Password);
            }
            address.push_str(name);
            address.push('@');
        }
        address.push_str(host);
        // A query may hold a token and has no meaning for git.
        address.push_str(path.split(['?', '#']).next().unwrap_or_default());
        Ok(Self { address, scheme, credentials: credentials.filter(|_| speaks_http(scheme)) })
    }

    fn parse_scp(text: &str) -> Result<Self, BadUrl> {
        if text.contains("::") {
            return Err(BadUrl::Scheme);
        }
        let (user, host, path) = scp_like(text).ok_or(BadUrl::Scheme)?;
        check_user(user)?;
        check_host(host, false)?;
        if path.is_empty() || path.starts_with('-') {
            return Err(BadUrl::Unsafe);
        }
        Ok(Self { address: text.to_owned(), scheme: "ssh", credentials: None })
    }

    /// The same with credentials that were kept elsewhere. They go along over HTTPS, and
    /// over HTTP on this machine.
    #[must_use]
    pub fn with_credentials(self, name: &str, password: &str) -> Self {
        // They are as they are, and kept as they would stand in an address.
        let encoded = |text: &str| text.replace('%', "%25");
        let credentials = speaks_http(self.scheme).then(|| (encoded(name), encoded(password)));
        Self { credentials, ..self }
    }

    /// The address without credentials, as handed to git and as shown.
    pub fn as_str(&self) -> &str {
        &self.address
    }

    pub(super) fn scheme(&self) -> &'static str {
        self.scheme
    }

    /// The value of an `Authorization` header for the credentials.
    pub(super) fn authorization(&self) -> Option<String> {
        let (name, password) = self.credentials.as_ref()?;
        let mut plain = percent_decoded(name);
        plain.push(b':');
        plain.extend(percent_decoded(password));
        Some(format!("Authorization: Basic {}", base64(&plain)))
    }

    /// Every spelling of the credentials, longest first, to be cut out of
    /// what others say.
    pub(super) fn secrets(&self) -> Vec<String> {
        let Some((name, password)) = &self.credentials else { return Vec::new() };
        let decoded = |text: &str| String::from_utf8_lossy(&percent_decoded(text)).into_owned();
        let mut secrets = vec![name.clone(), password.clone(), decoded(name), decoded(password)];
        secrets.extend(
            self.authorization().and_then(|header| header.rsplit(' ').next().map(str::to_owned)),
        );
        // Short names, such as `git`, are words of other texts too.
        secrets.retain(|secret| secret.len() >= 4);
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        secrets
    }
}

impl fmt::Debug for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

impl fmt::Display for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

/// `user@host:path` in its parts. The user is required: `host:path` cannot be
/// told from a path with a colon.
fn scp_like(text: &str) -> Option<(&str, &str, &str)> {
    let (before, path) = text.split_once(':')?;
    let (user, host) = before.split_once('@')?;
    let is_plain = !before.contains('/') && !host.is_empty() && !path.starts_with(':');
    is_plain.then_some((user, host, path))
}

fn check_user(user: &str) -> Result<(), BadUrl> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.+~%".contains(c);
    let is_safe = !user.is_empty() && !user.starts_with('-') && user.chars().all(is_plain);
    if is_safe { Ok(()) } else { Err(BadUrl::Unsafe) }
}

fn check_host(host: &str, may_be_empty: bool) -> Result<(), BadUrl> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:[]".contains(c);
    let is_safe = !host.starts_with('-') && host.chars().all(is_plain);
    if is_safe && (may_be_empty || !host.is_empty()) { Ok(()) } else { Err(BadUrl::Unsafe) }
}

/// Whether a host, with its port, is this machine, told by its name alone.
fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let is_loopback = |address: std::net::Ipv4Addr| address.is_loopback();
    name == "localhost" || name == "[::1]" || name.parse().is_ok_and(is_loopback)
}

/// Whether credentials travel in a header.
fn speaks_http(scheme: &str) -> bool {
    matches!(scheme, "https" | "http")
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(&byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).filter(|_| byte == b'%');
        let hex = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        out.push(hex.unwrap_or(byte));
        at += if hex.is_some() { 3 } else { 1 };
    }
    out
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = [0, 1, 2].map(|at| chunk.get(at).copied().unwrap_or_default());
        let word = u32::from_be_bytes([0, word[0], word[1], word[2]]);
        for place in 0..4 {
            let digit = ALPHABET[(word >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_forms_are_taken() {
        let parse = |text: &str| RemoteUrl::parse(text, false).map(|url| url.address);
        let same = |text: &str| assert_eq!(parse(text).as_deref(), Ok(text));
        same("https://example.com/a/b.git");
        same("ssh://git@example.com:22/a");
        same("git@example.com:a/b.git");
        same("git://example.com/a");
        assert_eq!(parse("HTTPS://example.com/a?token=x").as_deref(), Ok("https://example.com/a"));
        assert_eq!(
            RemoteUrl::parse("file:///srv/a.git", true).unwrap().as_str(),
            "file:///srv/a.git"
        );
    }

    #[test]
    fn tricks_are_refused() {
        for text in [
            "--upload-pack=touch x",
            "-oProxyCommand=x",
            "ext::sh -c x",
            "ext::sh",
            "EXT::sh",
            "fd::7",
            "file:///etc",
            "http://example.com/a",
            "ssh://-oProxyCommand=x/a",
            "ssh://-x@example.com/a",
            "ssh://u:p@example.com/a",
            "git@-oProxyCommand=x:a",
            "-x@example.com:a",
            "git@example.com:-x",
            "git@example.com::x",
            "https:///a",
            "https://exa mple.com/a",
            "https://example.com\n/a",
            "https://$(x)/a",
            "/srv/a",
            "",
        ] {
            assert!(RemoteUrl::parse(text, false).is_err(), "{text}");
        }
    }

    #[test]
    fn in_the_clear_only_on_this_machine() {
        for here in ["127.0.0.1:3000", "127.9.9.9", "localhost", "localhost:80", "[::1]:3000"] {
            let url = RemoteUrl::parse(&format!("http://{here}/a.git"), false).unwrap();
            assert!(url.with_credentials("me", "word").authorization().is_some());
        }
        for other in [
            "example.com",
            "localhost.example.com",
            "127.0.0.1.example.com",
            "127.0.0.1@example.com",
            "10.0.0.1",
            "0x7f.1",
            "[::1].example.com",
            "[::2]",
            "",
        ] {
            assert!(RemoteUrl::parse(&format!("http://{other}/a"), false).is_err(), "{other}");
        }
    }

    #[test]
    fn credentials_are_kept_apart() {
        let url = RemoteUrl::parse("https://me%40x:se%2Fcret@example.com/a", false).unwrap();
        assert_eq!(url.to_string(), "https://example.com/a");
        assert_eq!(format!("{url:?}"), "https://example.com/a");
        // printf 'me@x:se/cret' | base64
        assert_eq!(url.authorization().unwrap(), "Authorization: Basic bWVAeDpzZS9jcmV0");
        assert!(url.secrets().contains(&"se/cret".to_owned()));
    }

    #[test]
    fn credentials_from_elsewhere_are_as_they_are() {
        let url = RemoteUrl::parse("https://example.com/a", false).unwrap();
        let url = url.with_credentials("me", "50%25:x");
        // printf 'me:50%25:x' | base64
        assert_eq!(url.authorization().unwrap(), "Authorization: Basic bWU6NTAlMjU6eA==");
        assert_eq!(url.as_str(), "https://example.com/a");
        let clear = RemoteUrl::parse("git://example.com/a", false).unwrap();
        assert_eq!(clear.with_credentials("me", "word").authorization(), None);
    }

    #[test]
    fn base64_pads() {
        assert_eq!(
            ["", "f", "fo", "foo"].map(|s| base64(s.as_bytes())),
            ["", "Zg==", "Zm8=", "Zm9v"]
        );
    }

    #[test]
    fn paths_are_not_addresses() {
        assert!(!RemoteUrl::is_meant("./a:b"));
        assert!(!RemoteUrl::is_meant("C:\\x"));
        assert!(RemoteUrl::is_meant("git@example.com:a"));
        assert!(RemoteUrl::is_meant("ext::sh -c x"));
    }
}
