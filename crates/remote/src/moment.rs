//! The times that services of others write, in the forms there are. What a time means
//! for a cursor is each service's; none trusts a time that lies ahead.

use std::time::SystemTime;

use jiff::{Timestamp, civil::DateTime, fmt::rfc2822, tz::Offset};

/// Above this a number of seconds is one of milliseconds: it would be the year 5138.
const MILLISECONDS: i64 = 100_000_000_000;

/// Seconds since 1970-01-01 UTC of a time as RFC 3339, RFC 2822, HTTP or a number
/// gives it. A time without a zone is taken for UTC.
pub(crate) fn moment(text: &str) -> Option<i64> {
    let text = text.trim();
    // Slack's stamps, and Atlassian's zones without a colon, are neither.
    let seconds = text.split('.').next().and_then(|whole| whole.parse::<i64>().ok());
    if let Some(seconds) = seconds {
        return Some(if seconds.abs() > MILLISECONDS { seconds / 1000 } else { seconds });
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_second());
    }
    if let Ok(at) = Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text) {
        return Some(at.as_second());
    }
    if let Ok(at) = rfc2822::parse(text) {
        return Some(at.timestamp().as_second());
    }
    if let Ok(at) = httpdate::parse_http_date(text) {
        let at = at.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        return i64::try_from(at.as_secs()).ok();
    }
    let at = text.parse::<DateTime>().ok()?;
    Some(Offset::UTC.to_timestamp(at).ok()?.as_second())
}

/// A time by a service's clock that is shown and kept: never one that lies ahead of
/// ours, and none before 1970.
pub(crate) fn past(at: Option<i64>, now: i64) -> Option<i64> {
    at.filter(|at| *at >= 0).map(|at| at.min(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_there_are() {
        for text in [
            "2024-05-01T12:00:00Z",
            "2024-05-01T14:00:00.123+02:00",
            "2024-05-01T14:00:00.000+0200",
            "Wed, 01 May 2024 12:00:00 +0000",
            "Wed, 01 May 2024 12:00:00 GMT",
            "1714564800",
            "1714564800.000200",
            "1714564800000",
            "2024-05-01 12:00:00",
        ] {
            assert_eq!(moment(text), Some(1_714_564_800), "{text}");
        }
        for text in ["", "soon", "2024-13-01T00:00:00Z", "999999999999999999999"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn nothing_lies_ahead() {
        assert_eq!(past(moment("2099-01-01T00:00:00Z"), 1000), Some(1000));
        assert_eq!(past(Some(-1), 1000), None);
    }
}
