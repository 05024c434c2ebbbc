//! What goes wrong on purpose, where and how often. How each fault is put on
//! the wire is in `serve` and `stream`.

use std::time::Duration;

/// Something that goes wrong with an answer.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Never answers, and keeps the connection.
    Hang,
    /// Closes the connection.
    Drop(Cut),
    /// Answers properly, later.
    Slow(Duration),
    /// Sends one byte a second, from the first of the head.
    SlowLoris,
    /// 10 GB of a body, as fast as it is read.
    Endless,
    /// 1 MB that inflates to 1 GB.
    GzipBomb,
    /// Says that the body is gzip; it is not.
    BadGzip,
    /// Sends the caller elsewhere with a 302.
    Redirect(String),
    /// A sign-in page with status 200, whatever was asked.
    CaptivePortal,
    /// A page of a firewall, with this status.
    Html(u16),
    /// No body, with this status.
    Empty(u16),
    /// A body in JSON, with this status.
    Status(u16, String),
    /// Too many requests.
    RateLimit(RetryAfter),
    /// Text that says it is JSON, with status 200.
    NotJson,
    /// JSON of another kind, with status 200.
    WrongShape,
    /// The proper answer, cut in its middle; its length fits.
    TruncatedJson,
    /// A body and a header that repeat the key that came, with this status.
    EchoKey(u16),
    /// Does what was asked, and only then goes wrong.
    AfterDoing(Box<Self>),
}

/// Where a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Before the first byte.
    BeforeAnswer,
    /// In the middle of a body that was to be longer.
    InBody,
}

/// How long a caller is told to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// So many seconds.
    Seconds(u64),
    /// Until a date that is so many seconds away.
    Date(i64),
    /// Not told.
    Unsaid,
}

/// A fault, and when it strikes.
#[derive(Debug, Clone)]
pub struct Rule {
    pub(crate) fault: Fault,
    path: Option<String>,
    method: Option<&'static str>,
    key: Option<usize>,
    times: Times,
    met: usize,
}

#[derive(Debug, Clone, Copy)]
enum Times {
    Always,
    First(usize),
    After(usize),
    EverySecond,
}

impl Fault {
    /// Strikes every request.
    pub fn always(self) -> Rule {
        Rule { fault: self, path: None, method: None, key: None, times: Times::Always, met: 0 }
    }

    /// After what was asked has been done.
    #[must_use]
    pub fn after_doing(self) -> Self {
        Self::AfterDoing(Box::new(self))
    }

    /// Strikes the requests for a path, or for whatever is below it where it
    /// ends with `*`.
    pub fn on(self, path: impl Into<String>) -> Rule {
        Rule { path: Some(path.into()), ..self.always() }
    }
}

impl Rule {
    /// Only the requests with a method.
    #[must_use]
    pub fn when(self, method: &'static str) -> Self {
        Self { method: Some(method), ..self }
    }

    /// Only the requests with the key at a place in the world.
    #[must_use]
    pub fn for_key(self, place: usize) -> Self {
        Self { key: Some(place), ..self }
    }

    /// Only the first so many of these requests.
    #[must_use]
    pub fn first(self, calls: usize) -> Self {
        Self { times: Times::First(calls), ..self }
    }

    /// All but the first so many of these requests.
    #[must_use]
    pub fn after(self, calls: usize) -> Self {
        Self { times: Times::After(calls), ..self }
    }

    /// The first, the third and so on of these requests.
    #[must_use]
    pub fn every_second(self) -> Self {
        Self { times: Times::EverySecond, ..self }
    }

    /// Whether it strikes a request, which it counts.
    pub(crate) fn strikes(&mut self, method: &str, path: &str, key: Option<usize>) -> bool {
        let is_meant = self.path.as_deref().is_none_or(|meant| match meant.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => path == meant,
        });
        let is_meant = is_meant && self.method.is_none_or(|meant| meant == method);
        if !is_meant || self.key.is_some() && self.key != key {
            return false;
        }
        self.met += 1;
        match self.times {
            Times::Always => true,
            Times::First(calls) => self.met <= calls,
            Times::After(calls) => self.met > calls,
            Times::EverySecond => self.met % 2 == 1,
        }
    }
}

impl From<Fault> for Rule {
    fn from(fault: Fault) -> Self {
        fault.always()
    }
}

impl RetryAfter {
    /// As it stands in the header.
    pub(crate) fn header(self) -> Option<String> {
        match self {
            Self::Seconds(seconds) => Some(seconds.to_string()),
            Self::Date(seconds) => {
                let then = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
                let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
                Some(printer.timestamp_to_rfc9110_string(&then).unwrap())
            }
            Self::Unsaid => None,
        }
    }
}
