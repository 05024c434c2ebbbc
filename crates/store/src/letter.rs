//! Alerts on their way: kept until they are delivered, however often that fails and
//! whatever is started anew in between. Whoever delivers them does so at least once;
//! two that deliver at the same time may both deliver one.

use leeward_model::IncidentId;

use crate::{
    db::{Row, Value},
    store::Store,
    trouble::Trouble,
};

/// An alert to be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Where to, as the configuration calls it.
    pub channel: String,
    /// What it is about.
    pub incident: Option<IncidentId>,
    /// What makes it the same alert: one is posted once to each channel.
    pub key: String,
    /// What is delivered; never a value.
    pub body: String,
    /// Not to be delivered before: seconds since 1970-01-01 UTC.
    pub not_before: i64,
}

/// An alert that is not delivered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Its number.
    pub id: i64,
    /// What was posted; `not_before` is when it is tried next.
    pub letter: Letter,
    /// How often it was tried in vain.
    pub attempts: u64,
    /// When it was last tried in vain, and why that failed.
    pub failure: Option<(i64, String)>,
}

/// The columns of a [`Posted`], in the order of [`read`].
const COLUMNS: &str = "id, channel, incident, key, body, not_before, attempts, failed_at, failure";

fn read(row: &Row<'_>) -> Result<Posted, Trouble> {
    let failure = row.maybe_text(8)?.unwrap_or_default();
    Ok(Posted {
        id: row.int(0)?,
        letter: Letter {
            channel: row.text(1)?.to_owned(),
            incident: row.maybe_int(2)?.map(IncidentId),
            key: row.text(3)?.to_owned(),
            body: row.text(4)?.to_owned(),
            not_before: row.int(5)?,
        },
        attempts: u64::try_from(row.int(6)?).unwrap_or(0),
        failure: row.maybe_int(7)?.map(|at| (at, failure.to_owned())),
    })
}

impl Store {
    /// Posts alerts; how many were not posted before.
    pub fn post(&mut self, letters: &[Letter]) -> Result<u64, Trouble> {
        self.db.write(|db| {
            let next = "SELECT coalesce(max(id), 0) + 1 FROM letters";
            let mut id = db.one(next, &[], |row| row.int(0))?.unwrap_or(1);
            let mut posted = 0;
            for letter in letters {
                let sql = "INSERT INTO letters \
                           (id, channel, incident, key, body, not_before, attempts) \
                           VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0) ON CONFLICT (channel, key) DO NOTHING";
                let bound: [Value<'_>; 6] = [
                    id.into(),
                    letter.channel.as_str().into(),
                    letter.incident.map(|id| id.0).into(),
                    letter.key.as_str().into(),
                    letter.body.as_str().into(),
                    letter.not_before.into(),
                ];
                let new = db.execute(sql, &bound)?;
                id += i64::from(new > 0);
                posted += new;
            }
            Ok(posted)
        })
    }

    /// Alerts to be delivered now, oldest first.
    pub fn due_letters(&mut self, now: i64, most: u64) -> Result<Vec<Posted>, Trouble> {
        let sql = format!(
            "SELECT {COLUMNS} FROM letters WHERE done_at IS NULL AND not_before <= ?1 \
             ORDER BY id LIMIT ?2"
        );
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.db.query(&sql, &[now.into(), most.into()], read)
    }

    /// Alerts that are not delivered, due or not, oldest first.
    pub fn open_letters(&mut self) -> Result<Vec<Posted>, Trouble> {
        let sql = format!("SELECT {COLUMNS} FROM letters WHERE done_at IS NULL ORDER BY id");
        self.db.query(&sql, &[], read)
    }

    /// Notes that an alert was delivered.
    pub fn letter_done(&mut self, id: i64, at: i64) -> Result<(), Trouble> {
        self.db.write(|db| {
            let sql = "UPDATE letters SET done_at = ?2 WHERE id = ?1 AND done_at IS NULL";
            db.execute(sql, &[id.into(), at.into()])?;
            Ok(())
        })
    }

    /// Notes that an alert could not be delivered, why, and when it is tried next.
    pub fn letter_failed(
        &mut self,
        id: i64,
        at: i64,
        why: &str,
        next_at: i64,
    ) -> Result<(), Trouble> {
        self.db.write(|db| {
            let sql = "UPDATE letters SET attempts = attempts + 1, failed_at = ?2, failure = ?3, \
                       not_before = ?4 WHERE id = ?1 AND done_at IS NULL";
            db.execute(sql, &[id.into(), at.into(), why.into(), next_at.into()])?;
            Ok(())
        })
    }
}
