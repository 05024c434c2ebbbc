//! Which values are ours and which are other people's, by fingerprints alone. Of other
//! people's nothing else is kept but the kind and the day they were first met; of ours
//! what the operator calls them.

use std::collections::HashMap;

use leeward_model::{DossierId, Fingerprint};

use crate::{db::Value, line, store::Store, trouble::Trouble};

/// A value of ours, by its fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OurKey {
    /// Its identity.
    pub fingerprint: Fingerprint,
    /// What the operator calls it; never a value.
    pub label: String,
}

/// How many values of other people were met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strangers {
    /// In all.
    pub total: u64,
    /// By kind, the most first.
    pub by_dossier: Vec<(DossierId, u64)>,
}

impl Store {
    /// Adds values of ours; how many were not known. A known one takes the new label.
    pub fn ours_add(&mut self, keys: &[OurKey], now: i64) -> Result<u64, Trouble> {
        self.db.write(|db| {
            let mut new = 0;
            for key in keys {
                let print = key.fingerprint.to_string();
                let sql = "UPDATE ours SET label = ?2 WHERE fingerprint = ?1";
                let bound: [Value<'_>; 2] = [print.as_str().into(), key.label.as_str().into()];
                if db.execute(sql, &bound)? > 0 {
                    continue;
                }
                let sql = "INSERT INTO ours (fingerprint, label, added_at) VALUES (?1, ?2, ?3)";
                let bound: [Value<'_>; 3] = [print.into(), key.label.as_str().into(), now.into()];
                new += db.execute(sql, &bound)?;
            }
            Ok(new)
        })
    }

    /// Takes a value of ours out; whether it was among them.
    pub fn ours_remove(&mut self, fingerprint: &Fingerprint) -> Result<bool, Trouble> {
        self.db.write(|db| {
            let sql = "DELETE FROM ours WHERE fingerprint = ?1";
            Ok(db.execute(sql, &[fingerprint.to_string().into()])? > 0)
        })
    }

    /// Values of ours, by label.
    pub fn ours(&mut self) -> Result<Vec<OurKey>, Trouble> {
        let sql = "SELECT fingerprint, label FROM ours ORDER BY label, fingerprint";
        self.db.query(sql, &[], |row| {
            let fingerprint = line::fingerprint(row.text(0)?)?;
            Ok(OurKey { fingerprint, label: row.text(1)?.to_owned() })
        })
    }

    /// Every fingerprint by which a value is known for ours: those that were added, and
    /// those of incidents that are not closed, these with their kind.
    pub fn our_fingerprints(&mut self) -> Result<HashMap<Fingerprint, Option<DossierId>>, Trouble> {
        let mut all = HashMap::new();
        self.db.each("SELECT fingerprint FROM ours", &[], |row| {
            all.insert(line::fingerprint(row.text(0)?)?, None);
            Ok(())
        })?;
        let sql = "SELECT fingerprint, dossier FROM incidents WHERE closed = 0";
        self.db.each(sql, &[], |row| {
            let dossier = DossierId::new(row.text(1)?);
            all.insert(line::fingerprint(row.text(0)?)?, Some(dossier));
            Ok(())
        })?;
        Ok(all)
    }

    /// How many values are known for ours.
    pub fn our_count(&mut self) -> Result<u64, Trouble> {
        let sql = "SELECT (SELECT count(*) FROM incidents WHERE closed = 0) + \
                   (SELECT count(*) FROM ours WHERE fingerprint NOT IN \
                   (SELECT fingerprint FROM incidents WHERE closed = 0))";
        let count = self.db.one(sql, &[], |row| row.int(0))?;
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
    }

    /// Notes values of other people that were met outside a page.
    pub fn met_strangers(
        &mut self,
        strangers: &[(Fingerprint, DossierId)],
        at: i64,
    ) -> Result<(), Trouble> {
        if strangers.is_empty() {
            return Ok(());
        }
        self.db.write(|db| crate::page::note_strangers(db, strangers, at.div_euclid(86_400)))
    }

    /// How many values of other people were met.
    pub fn strangers(&mut self) -> Result<Strangers, Trouble> {
        let sql = "SELECT dossier, count(*) FROM strangers GROUP BY dossier \
                   ORDER BY 2 DESC, dossier";
        let by_dossier = self.db.query(sql, &[], |row| {
            Ok((DossierId::new(row.text(0)?), u64::try_from(row.int(1)?).unwrap_or(0)))
        })?;
        let total = by_dossier.iter().map(|(_, count)| count).sum();
        Ok(Strangers { total, by_dossier })
    }
}
