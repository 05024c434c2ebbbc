//! What an HTTP answer means for a letter, where a service does not say it
//! better itself.

use std::time::{Duration, SystemTime};

use leeward_probe::Delivered;

use super::Undelivered;

/// Lets an answer pass that says that it was done.
pub(super) fn good(host: &str, answer: Delivered) -> Result<Delivered, Undelivered> {
    if (200..300).contains(&answer.status) { Ok(answer) } else { Err(refused(host, &answer, "")) }
}

/// What an answer means that is not a good one. `hint` says what this service
/// means by it, if anything.
pub(super) fn refused(host: &str, answer: &Delivered, hint: &str) -> Undelivered {
    let status = answer.status;
    let advice = match status {
        _ if !hint.is_empty() => hint,
        300..=399 => "it has moved: write the address that it moved to",
        401 => "the token is not accepted: put a valid one in its place",
        403 => "it may not do this: give it the permission, or take another token",
        404 => "there is nothing there, or nothing that it may see: check the address and names",
        407 => "the proxy wants to know who asks",
        410 => {
            "it is gone for good: take the alert out of the configuration, or give it another \
                address"
        }
        408 | 425 | 429 => "it asks for patience",
        500.. => "the other side is in trouble",
        _ => "it does not take what was sent",
    };
    let why = format!("`{host}` answered {status}: {advice}");
    let asked = wait(answer);
    match status {
        408 | 425 | 429 | 500.. => Undelivered { again_in: asked, ..Undelivered::soon(why) },
        300..=399 | 401 | 403 | 404 | 407 => Undelivered::mend(why),
        _ => Undelivered::never(why),
    }
}

/// What it means that no answer came.
pub(super) fn not_sent(trouble: leeward_probe::Undelivered) -> Undelivered {
    // Names that lead nowhere and certificates may be mended by others than the
    // user, so that all of these are tried as soon as any.
    Undelivered::soon(trouble.why)
}

/// How long the other side asks us to wait.
pub(super) fn wait(answer: &Delivered) -> Option<Duration> {
    let text = answer.header("retry-after")?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds.ceil().max(0.0)).ok();
    }
    let then = httpdate::parse_http_date(text).ok()?;
    Some(then.duration_since(SystemTime::now()).unwrap_or_default())
}

/// Now, in seconds since 1970-01-01 UTC.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
