//! Numbers and times in words that people use.

use std::time::Duration;

use jiff::Timestamp;

/// `1 file`, `2 files`, `1,204 files`.
pub(crate) fn count(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(n as u64), if n == 1 { one } else { many })
}

/// `1,204,331`.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `512 bytes`, `84.2 MB`: powers of ten, as disks and providers count.
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if n < 1000 {
        return count(n as usize, "byte", "bytes");
    }
    let mut value = n as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// `512 bytes`, `220 MB`, `1.2 GB`: as [`bytes`], without a `.0`.
pub(crate) fn size(n: u64) -> String {
    bytes(n).replacen(".0 ", " ", 1)
}

/// `0.42 s`, `3 ms`, `2 min 5 s`.
pub(crate) fn elapsed(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 0.0995 {
        format!("{} ms", time.as_millis())
    } else if seconds < 9.995 {
        format!("{seconds:.2} s")
    } else if seconds < 60.0 {
        format!("{seconds:.0} s")
    } else {
        format!("{} min {} s", time.as_secs() / 60, time.as_secs() % 60)
    }
}

/// How long something has lasted: `less than a minute`, `3 days`, `2 years`.
pub(crate) fn span(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const MONTH: i64 = 2_629_746;
    const YEAR: i64 = 12 * MONTH;
    let (unit, one, many) = if seconds < MINUTE {
        return "less than a minute".to_owned();
    } else if seconds < HOUR {
        (MINUTE, "minute", "minutes")
    } else if seconds < DAY {
        (HOUR, "hour", "hours")
    } else if seconds < 60 * DAY {
        (DAY, "day", "days")
    } else if seconds < 2 * YEAR {
        (MONTH, "month", "months")
    } else {
        (YEAR, "year", "years")
    };
    count((seconds / unit) as usize, one, many)
}

/// `2026-11-20T09:30:00Z`; `None` for a time that no calendar holds, which a
/// commit may claim.
pub(crate) fn rfc3339(seconds: i64) -> Option<String> {
    Timestamp::from_second(seconds).ok().map(|time| time.to_string())
}

/// `2026-11-20`, in UTC.
pub(crate) fn date(seconds: i64) -> Option<String> {
    let text = rfc3339(seconds)?;
    text.find('T').map(|end| text[..end].to_owned())
}

/// `2026-11-20 09:30 UTC`.
pub(crate) fn minute(seconds: i64) -> Option<String> {
    let text = rfc3339(seconds)?;
    let (date, time) = text.split_once('T')?;
    Some(format!("{date} {} UTC", time.get(..5)?))
}

/// `on 2026-11-20 (3 days ago)`, honest about times that cannot be right.
pub(crate) fn when(seconds: i64, now: i64) -> String {
    match date(seconds) {
        None => "at an impossible time".to_owned(),
        Some(date) if seconds > now => format!("on {date} (in the future, says its clock)"),
        Some(date) => format!("on {date} ({} ago)", span(now.saturating_sub(seconds))),
    }
}

/// `a`, `a and b`, `a, b and c`, `a, b, c and 4 more`.
pub(crate) fn list(items: &[String], most: usize) -> String {
    if items.len() > most + 1 {
        let rest = items.len() - most;
        return format!("{} and {} more", items[..most].join(", "), grouped(rest as u64));
    }
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// A name of sensible length: hostile ones have thousands of characters.
pub(crate) fn clip(name: &str) -> String {
    const LONGEST: usize = 100;
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// The same with a capital letter at its beginning.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_like_prose() {
        assert_eq!(count(1, "file", "files"), "1 file");
        assert_eq!(count(1_204_331, "file", "files"), "1,204,331 files");
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(999), "999 bytes");
        assert_eq!(bytes(999_999), "1.0 MB");
        assert_eq!(bytes(84_230_000), "84.2 MB");
        assert_eq!(bytes(u64::MAX), "18446.7 PB");
        assert_eq!(size(220_000_000), "220 MB");
        assert_eq!(size(220_400_000), "220.4 MB");
    }

    #[test]
    fn times_read_like_prose() {
        assert_eq!(elapsed(Duration::from_millis(3)), "3 ms");
        assert_eq!(elapsed(Duration::from_millis(420)), "0.42 s");
        assert_eq!(elapsed(Duration::from_secs(125)), "2 min 5 s");
        assert_eq!(span(59), "less than a minute");
        assert_eq!(span(3 * 86_400), "3 days");
        assert_eq!(span(400 * 86_400), "13 months");
        assert_eq!(minute(0).as_deref(), Some("1970-01-01 00:00 UTC"));
        assert_eq!(minute(i64::MAX), None);
        assert_eq!(when(0, 86_400), "on 1970-01-01 (1 day ago)");
        assert_eq!(when(86_400, 0), "on 1970-01-02 (in the future, says its clock)");
        assert_eq!(when(i64::MAX, 0), "at an impossible time");
        assert_eq!(when(i64::MIN, i64::MAX), "at an impossible time");
    }

    #[test]
    fn lists_end_in_and() {
        let items: Vec<String> = ["a", "b", "c", "d"].map(String::from).to_vec();
        assert_eq!(list(&items[..2], 3), "a and b");
        assert_eq!(list(&items, 3), "a, b, c and d");
        assert_eq!(list(&items, 2), "a, b and 2 more");
    }
}
