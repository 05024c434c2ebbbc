//! How long secrets lay open, kept beside their incidents so that many can be counted:
//! computed from the case and its events by the same code that tells the timeline, for
//! what events have come since the last time.

use std::collections::BTreeSet;

use leeward_model::{Case, Event, Fingerprint, IncidentId, Timeline};

use crate::{
    case,
    db::{Db, Value},
    log,
    store::Store,
    trouble::Trouble,
};

/// What of secrets lies open now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exposed {
    /// Secrets that are not proven dead, of incidents that are not closed.
    pub count: u64,
    /// Since when the oldest of them lies open: seconds since 1970-01-01 UTC.
    pub since: Option<i64>,
    /// Events that are not taken account of yet.
    pub behind: u64,
}

impl Store {
    /// Takes account of the next events, at most so many. How many are left.
    pub fn measure_exposures(&mut self, most: u32) -> Result<u64, Trouble> {
        let (done, head) = self.db.read(progress)?;
        if done >= head {
            return Ok(0);
        }
        let upto = head.min(done.saturating_add(i64::from(most)));
        self.db.write(|db| {
            // Another may have been here in the meantime.
            let (done, _) = progress(db)?;
            if done >= upto {
                return Ok(());
            }
            let sql = "SELECT DISTINCT incident FROM events \
                       WHERE sequence > ?1 AND sequence <= ?2 AND incident IS NOT NULL";
            let changed: BTreeSet<i64> =
                db.query(sql, &[done.into(), upto.into()], |row| row.int(0))?.into_iter().collect();
            let mut rows: Vec<Vec<Value<'_>>> = Vec::new();
            for id in changed {
                if let Some((case, events)) = story(db, IncidentId(id))?
                    && let Some(window) = Timeline::of(&case, &events).window
                {
                    rows.push(vec![id.into(), window.from.into(), window.until.into()]);
                }
            }
            db.insert(
                "exposures (incident, from_at, until_at)",
                &rows,
                "ON CONFLICT (incident) DO UPDATE SET from_at = excluded.from_at, \
                 until_at = excluded.until_at",
            )?;
            db.execute("UPDATE measured SET sequence = ?1 WHERE one = 1", &[upto.into()])?;
            Ok(())
        })?;
        Ok(u64::try_from(head - upto).unwrap_or(0))
    }

    /// What lies open now.
    pub fn exposed(&mut self) -> Result<Exposed, Trouble> {
        self.db.read(|db| {
            let (done, head) = progress(db)?;
            let sql = "SELECT count(*), min(from_at) FROM exposures JOIN incidents \
                       ON incidents.id = exposures.incident \
                       WHERE until_at IS NULL AND incidents.closed = 0";
            let found = db.one(sql, &[], |row| Ok((row.int(0)?, row.maybe_int(1)?)))?;
            let (count, since) = found.unwrap_or((0, None));
            Ok(Exposed {
                count: u64::try_from(count).unwrap_or(0),
                since,
                behind: u64::try_from(head - done).unwrap_or(0),
            })
        })
    }
}

/// The last event that is taken account of, and the last there is.
fn progress(db: &mut Db) -> Result<(i64, i64), Trouble> {
    let sql = "SELECT sequence FROM measured WHERE one = 1";
    let done = db.one(sql, &[], |row| row.int(0))?.unwrap_or(0);
    Ok((done, log::head(db)?.0.sequence))
}

fn story(db: &mut Db, id: IncidentId) -> Result<Option<(Case, Vec<Event>)>, Trouble> {
    let sql = "SELECT fingerprint FROM incidents WHERE id = ?1";
    let print: Option<Fingerprint> =
        db.one(sql, &[id.0.into()], |row| crate::line::fingerprint(row.text(0)?))?;
    let Some(print) = print else { return Ok(None) };
    let Some(case) = case::case(db, &print)? else { return Ok(None) };
    let sql = format!("SELECT {} FROM events WHERE incident = ?1 ORDER BY sequence", log::COLUMNS);
    let events = db.query(&sql, &[id.0.into()], log::read)?;
    Ok(Some((case, events)))
}
