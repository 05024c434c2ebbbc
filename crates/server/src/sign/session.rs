//! The cookie of a session: how it is named and read, how long a session lasts, and
//! what follows from its value.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::draw;

/// Seconds after which a session that nobody used has ended.
pub(crate) const IDLE: i64 = 2 * 3600;

/// Seconds after which a session has ended in any case: a day's work.
pub(crate) const LONGEST: i64 = 12 * 3600;

/// The name of the cookie. With the prefix a browser takes it from this host alone, and
/// over an encrypted connection only.
pub(crate) fn name(is_https: bool) -> &'static str {
    if is_https { "__Host-leeward-session" } else { "leeward-session" }
}

/// What is kept of a session's value.
pub(crate) fn hash(value: &str) -> String {
    draw::hash(&["session", value])
}

/// What forms of a session carry: it follows from the session's value, which nobody else
/// has, and does not lead back to it.
pub(crate) fn csrf(value: &str) -> String {
    draw::hash(&["csrf", value])
}

/// A cookie that a browser sent; none if it sent several of that name.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let sent = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut values = sent.flat_map(|value| value.split(';')).filter_map(|pair| {
        let (known, value) = pair.trim().split_once('=')?;
        (known == name).then_some(value)
    });
    values.next().filter(|value| values.next().is_none() && !value.is_empty())
}

/// The header that gives a browser a cookie, for so many seconds; none takes it away.
pub(crate) fn set(name: &str, value: &str, seconds: i64, is_https: bool) -> Option<HeaderValue> {
    let secure = if is_https { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    let mut header = HeaderValue::from_str(&text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others_and_only_once() {
        let read = |sent: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in sent {
                headers.append(header::COOKIE, value.parse().unwrap());
            }
            cookie(&headers, "s").map(str::to_owned)
        };
        assert_eq!(read(&["a=1; s=2;b=3"]), Some("2".to_owned()));
        assert_eq!(read(&["a=1", "s=x=y"]), Some("x=y".to_owned()));
        for none in [&["a=1"][..], &["s="], &["xs=1"], &["s=1; s=2"], &["s=1", "s=1"], &["s"]] {
            assert_eq!(read(none), None, "{none:?}");
        }
    }

    #[test]
    fn the_cookie_is_for_this_server_alone() {
        let header = set(name(true), "v", 9, true).unwrap();
        assert_eq!(
            header.to_str().unwrap(),
            "__Host-leeward-session=v; Path=/; Max-Age=9; HttpOnly; SameSite=Lax; Secure"
        );
        assert!(header.is_sensitive());
    }
}
