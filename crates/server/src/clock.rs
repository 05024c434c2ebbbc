//! What time it is, in the seconds that everything here is counted in.

/// Seconds since 1970-01-01 UTC.
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
