//! What was asked of the server, in order, without the value of any key.

use std::time::Duration;

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query's names and values, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The names of its headers, in small letters, in order.
    pub headers: Vec<String>,
    /// What its `Host` header said.
    pub host: Option<String>,
    /// Which key it carried.
    pub key: KeySeen,
    /// Whether it carried `Authorization: Bearer`.
    pub has_bearer: bool,
    /// Whether it carried `x-api-key`.
    pub has_x_api_key: bool,
    /// Whether it had a body.
    pub has_body: bool,
    /// When it came, from the server's start.
    pub at: Duration,
    /// Which connection it came by, from 0.
    pub connection: usize,
    /// The status it was answered with; none where a fault ate the answer.
    pub status: Option<u16>,
}

/// Which key a request carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySeen {
    /// None.
    Nothing,
    /// The key with this place in the world, from 0.
    Known(usize),
    /// One that the world does not have, as its first and last four characters.
    Unknown(String),
}

/// A request that broke the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The request's line, as `GET /v1/files?page=0`.
    pub request: String,
    /// What is wrong with it.
    pub why: String,
}

impl Request {
    /// One that was not made: of this method, for a path with a query, and
    /// with a key in this header (`authorization` or `x-api-key`).
    pub fn planned(method: &str, target: &str, header: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: parse_query(query),
            headers: vec![header.to_ascii_lowercase()],
            host: None,
            key: KeySeen::Nothing,
            has_bearer: header.eq_ignore_ascii_case("authorization"),
            has_x_api_key: header.eq_ignore_ascii_case("x-api-key"),
            has_body: method != "GET",
            at: Duration::ZERO,
            connection: 0,
            status: None,
        }
    }

    /// All values of a name in the query.
    pub fn values(&self, name: &str) -> Vec<&str> {
        let of_name = self.query.iter().filter(|(known, _)| known == name);
        of_name.map(|(_, value)| &**value).collect()
    }

    /// The first value of a name in the query.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values(name).first().copied()
    }

    /// Its line, as `GET /v1/files?page=0`.
    pub fn line(&self) -> String {
        let query: Vec<String> =
            self.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{} {}{mark}{}", self.method, self.path, query.join("&"))
    }
}

/// The names and values of a query, decoded.
pub(crate) fn parse_query(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}
