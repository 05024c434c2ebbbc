//! Paths as SARIF wants them: relative, percent-encoded, and never leading out
//! of the directory that was scanned.

use std::fmt::Write as _;

/// What every address is relative to.
pub(super) const BASE: &str = "%SRCROOT%";

/// The address of a path. Leading slashes, `.` and `..` go, as nothing may
/// point outside; the path as it was stands in the location's properties.
pub(super) fn relative(path: &[u8]) -> String {
    let segments = segments(path);
    let mut uri = String::with_capacity(path.len());
    for segment in segments {
        if !uri.is_empty() {
            uri.push('/');
        }
        for &byte in segment {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                uri.push(char::from(byte));
            } else {
                // Writing into a string cannot fail.
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    if uri.is_empty() { "unnamed".to_owned() } else { uri }
}

/// The path that every format gives to a service that shows files: without
/// leading slashes, `.` and `..`, and otherwise as it is; foreign bytes.
pub(crate) fn inside(path: &[u8]) -> Vec<u8> {
    segments(path).join(&b'/')
}

fn segments(path: &[u8]) -> Vec<&[u8]> {
    let mut segments: Vec<&[u8]> = Vec::new();
    for segment in path.split(|&b| b == b'/') {
        match segment {
            b"" | b"." => {}
            b".." => {
                segments.pop();
            }
            other => segments.push(other),
        }
    }
    segments
}

/// Whether a text is plainly a web address.
pub(crate) fn is_web(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty()
            && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/?=&:@+,%#".contains(&b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stay_inside() {
        assert_eq!(relative(b"src/a b.py"), "src/a%20b.py");
        assert_eq!(relative(b"./src//a.py"), "src/a.py");
        assert_eq!(relative(b"/etc/passwd"), "etc/passwd");
        assert_eq!(relative(b"../../../x"), "x");
        assert_eq!(relative(b"a/../../x"), "x");
        assert_eq!(relative(b"file:///x"), "file%3A/x");
        assert_eq!(relative(b"javascript:alert(1)"), "javascript%3Aalert%281%29");
        assert_eq!(relative(b"a%00\0\xff\\.."), "a%2500%00%FF%5C..");
        assert_eq!(relative(b"git:commit/1f"), "git%3Acommit/1f");
        assert_eq!(relative(b".."), "unnamed");
        assert_eq!(inside(b"./src/../a b\xff"), b"a b\xff");
    }

    #[test]
    fn only_web_addresses_pass() {
        assert!(is_web("https://example.com/a.git"));
        assert!(!is_web("https://"));
        assert!(!is_web("https://a b"));
        assert!(!is_web("/srv/repo"));
        assert!(!is_web("javascript:alert(1)"));
    }
}
