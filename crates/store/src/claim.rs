//! Who is at work on an incident: a claim for some time, so that two do not revoke and
//! rotate the same key at once.

use leeward_model::IncidentId;

use crate::{store::Store, trouble::Trouble};

/// What came of claiming an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is the caller's until the time that was asked for.
    Yours,
    /// Somebody else is at work on it.
    Theirs {
        /// Who; foreign text.
        holder: String,
        /// Until when: seconds since 1970-01-01 UTC.
        until: i64,
    },
}

impl Store {
    /// Claims an incident until some time. One's own claim is renewed, and one that has
    /// run out is taken over.
    pub fn claim(
        &mut self,
        id: IncidentId,
        holder: &str,
        now: i64,
        until: i64,
    ) -> Result<Claim, Trouble> {
        self.db.write(|db| {
            let there = "SELECT id FROM incidents WHERE id = ?1";
            if db.one(there, &[id.0.into()], |row| row.int(0))?.is_none() {
                return Err(Trouble::NoIncident(id.to_string()));
            }
            let held = "SELECT holder, until FROM claims WHERE incident = ?1";
            let held =
                db.one(held, &[id.0.into()], |row| Ok((row.text(0)?.to_owned(), row.int(1)?)));
            match held? {
                Some((other, until)) if other != holder && until > now => {
                    Ok(Claim::Theirs { holder: other, until })
                }
                _ => {
                    db.execute(
                        "INSERT INTO claims (incident, holder, until) VALUES (?1, ?2, ?3) \
                         ON CONFLICT (incident) DO UPDATE SET holder = excluded.holder, \
                         until = excluded.until",
                        &[id.0.into(), holder.into(), until.into()],
                    )?;
                    Ok(Claim::Yours)
                }
            }
        })
    }

    /// Gives one's claim back. Others' claims stay.
    pub fn release(&mut self, id: IncidentId, holder: &str) -> Result<(), Trouble> {
        self.db.write(|db| {
            let sql = "DELETE FROM claims WHERE incident = ?1 AND holder = ?2";
            db.execute(sql, &[id.0.into(), holder.into()])?;
            Ok(())
        })
    }
}
