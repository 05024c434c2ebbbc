//! How long things may take and how many there may be, where a test needs other numbers
//! than people do. What nobody changes stands where it is used.

use std::time::Duration;

/// How long things may take, and how many there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long a request and its answer may take. A list of a page takes a tenth of a
    /// second; asking a provider of identities takes two of its answers.
    pub answer_within: Duration,
    /// How long a delivery to a webhook may take to arrive, so that slow ones do not keep
    /// others out.
    pub arrives_within: Duration,
    /// How long the head of a request may take, from the connection's opening or the
    /// answer before it: who waits for longer connects again.
    pub head_within: Duration,
    /// How long a connection is used for new requests.
    pub connection_for: Duration,
    /// How long its last answer may then take to be read: who reads a byte a second does
    /// not do so forever.
    pub last_answer_within: Duration,
    /// How long requests that have begun may take when the server ends.
    pub finish_within: Duration,
    /// Connections at once. Each takes some kilobytes, and a request of the largest kind
    /// is bounded elsewhere.
    pub connections: u16,
    /// Connections at once from one address, so that one cannot take them all. Addresses
    /// of this machine and of its proxies stand for many.
    pub of_one: u16,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            answer_within: seconds(30),
            arrives_within: seconds(20),
            head_within: seconds(15),
            connection_for: seconds(300),
            last_answer_within: seconds(60),
            finish_within: seconds(10),
            connections: 512,
            of_one: 64,
        }
    }
}
