//! Ends and links of the log as they leave the database: for evidence that
//! others check, and back from where they were noted.

use std::{fmt, str::FromStr};

use leeward_model::{Event, EventKind, IncidentId};

use crate::{
    log::{self, Head},
    store::Store,
    trouble::Trouble,
};

/// The text is not a sequence, a colon and 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAHead;

impl fmt::Display for NotAHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a head is written as `SEQUENCE:HASH`, with 64 hexadecimal digits")
    }
}

impl std::error::Error for NotAHead {}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.sequence, self.hash)
    }
}

impl FromStr for Head {
    type Err = NotAHead;

    fn from_str(text: &str) -> Result<Self, NotAHead> {
        let (sequence, hash) = text.split_once(':').ok_or(NotAHead)?;
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        match sequence.parse() {
            Ok(sequence) if is_hash && sequence >= 0 => {
                Ok(Self { sequence, hash: hash.to_ascii_lowercase() })
            }
            _ => Err(NotAHead),
        }
    }
}

impl Store {
    /// What the events of an incident are bound to: the hash of the event
    /// before each of them.
    pub fn links(&mut self, of: IncidentId) -> Result<Vec<Head>, Trouble> {
        let sql = "SELECT sequence, hash FROM events WHERE sequence IN \
                   (SELECT sequence - 1 FROM events WHERE incident = ?1) ORDER BY sequence";
        self.db.query(sql, &[of.0.into()], |row| {
            Ok(Head { sequence: row.int(0)?, hash: row.text(1)?.to_owned() })
        })
    }

    /// The log after an event, oldest first.
    pub fn events_after(&mut self, sequence: i64) -> Result<Vec<Event>, Trouble> {
        let columns = log::COLUMNS;
        let sql = format!("SELECT {columns} FROM events WHERE sequence > ?1 ORDER BY sequence");
        self.db.query(&sql, &[sequence.into()], log::read)
    }

    /// The newest event of a kind.
    pub fn last_of(&mut self, kind: EventKind) -> Result<Option<Event>, Trouble> {
        let columns = log::COLUMNS;
        let sql =
            format!("SELECT {columns} FROM events WHERE kind = ?1 ORDER BY sequence DESC LIMIT 1");
        self.db.one(&sql, &[kind.name().into()], log::read)
    }

    /// How many incidents there are, closed ones too.
    pub fn count(&mut self) -> Result<u64, Trouble> {
        let count = self.db.one("SELECT COUNT(*) FROM incidents", &[], |row| row.int(0))?;
        Ok(count.unwrap_or_default().max(0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_back() {
        let head = Head { sequence: 12, hash: "ab".repeat(32) };
        assert_eq!(head.to_string().parse(), Ok(head));
        for wrong in ["", "12", "12:ab", ":ab", &format!("-1:{}", "a".repeat(64))] {
            assert_eq!(wrong.parse::<Head>(), Err(NotAHead), "{wrong}");
        }
    }
}
