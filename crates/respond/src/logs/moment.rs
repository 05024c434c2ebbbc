//! Times as logs write them, as seconds since 1970. A time without an offset is
//! taken for UTC.

use jiff::{Timestamp, civil::DateTime, fmt::strtime, tz::TimeZone};

/// Reads a time.
pub(super) fn read(text: &str) -> Option<i64> {
    let text = text.trim().trim_matches(['[', ']', '"']);
    if text.is_empty() || text.len() > 64 {
        return None;
    }
    number(text).or_else(|| dated(text).filter(|_| text.contains(':')))
}

/// Seconds since 1970, or thousandths, millionths and billionths of them.
fn number(text: &str) -> Option<i64> {
    let digits = text.split('.').next()?;
    if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let value: i64 = digits.parse().ok()?;
    let seconds = match digits.len() {
        9..=10 => value,
        12..=13 => value / 1000,
        15..=16 => value / 1_000_000,
        18..=19 => value / 1_000_000_000,
        _ => return None,
    };
    Some(seconds)
}

fn dated(text: &str) -> Option<i64> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_second());
    }
    if let Ok(at) = strtime::parse("%d/%b/%Y:%H:%M:%S %z", text).and_then(|it| it.to_timestamp()) {
        return Some(at.as_second());
    }
    // `2026/01/02 03:04:05`, `2026-01-02 03:04:05,123`, `… UTC`.
    let plain = text.trim_end_matches("UTC").trim().replace(',', ".");
    let plain = match plain.get(..10) {
        Some(day) if day.matches('/').count() == 2 => day.replace('/', "-") + &plain[10..],
        _ => plain,
    };
    // Some leave out the colon of an offset, or put a space before it.
    let joined = plain.replacen(' ', "T", 1).replace(' ', "");
    if let Ok(at) = joined.parse::<Timestamp>() {
        return Some(at.as_second());
    }
    let at: DateTime = joined.parse().ok()?;
    TimeZone::UTC.to_timestamp(at).ok().map(Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_the_usual_forms() {
        for text in [
            "1767323045",
            "1767323045.123",
            "1767323045123",
            "1767323045123456",
            "1767323045123456789",
            "2026-01-02T03:04:05Z",
            "2026-01-02T03:04:05.999Z",
            "2026-01-02T04:04:05+01:00",
            "2026-01-02T04:04:05+0100",
            "2026-01-02 03:04:05",
            "2026-01-02 03:04:05,123",
            "2026-01-02 03:04:05.123456+00:00",
            "2026/01/02 03:04:05",
            "2026-01-02 03:04:05 UTC",
            "02/Jan/2026:03:04:05 +0000",
            "[02/Jan/2026:04:04:05 +0100]",
            "2026-01-02T03:04:05",
        ] {
            assert_eq!(read(text), Some(1_767_323_045), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "-",
            "12",
            "yesterday",
            "99/Xyz/2026:00:00:00 +0000",
            "1e9",
            "20260102",
            "éééééééééé/",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
