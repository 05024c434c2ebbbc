//! What scans found nothing in, kept and asked for: marks in rows of many thousands, and
//! notes. Rows are written as a scan goes on, and brought together when it ends. How a
//! running scan uses it is `memory`'s business.

use leeward_model::Mark;

use crate::{store::Store, trouble::Trouble};

/// How many rules are remembered: those of the version in use and of the one before, each
/// with and without `--confidence low`. Those used last stay.
const MOST_RULES: i64 = 4;
/// The most marks kept under the same rules; the oldest rows go first. They are all held
/// in memory, 16 bytes each, while a scan asks for them.
pub(crate) const MOST_MARKS: usize = 8 << 20;
/// The most notes, and the most bytes of one; those not used for longest go first. What
/// has no note is looked at mark by mark.
const MOST_NOTES: i64 = 4_096;
const NOTE_BYTES: usize = 4 << 20;
/// Marks in a row that was brought together: 4 MiB, well below what one statement takes.
const ROW: usize = 256 << 10;
/// Rows that are not full, from which on they are brought together.
const LOOSE_ROWS: usize = 8;

/// Within how many seconds it is not written down again that something was used: a scan
/// that finds everything as it was writes nothing, and so waits for no disk.
const RECENT: i64 = 6 * 3600;

/// The number of some rules in this database.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RulesId(i64);

impl Store {
    /// Notes that these rules are used, and forgets what was judged under older ones.
    pub(crate) fn use_rules(&mut self, rules: &str, now: i64) -> Result<RulesId, Trouble> {
        let known = "SELECT id, used_at FROM judged_rules WHERE rules = ?1";
        let known = self.db.one(known, &[rules.into()], |row| Ok((row.int(0)?, row.int(1)?)))?;
        if let Some((id, _)) = known.filter(|(_, used_at)| now - used_at < RECENT) {
            return Ok(RulesId(id));
        }
        self.db.write(|db| {
            let known = "SELECT id FROM judged_rules WHERE rules = ?1";
            let id = match db.one(known, &[rules.into()], |row| row.int(0))? {
                Some(id) => {
                    let used = "UPDATE judged_rules SET used_at = ?1 WHERE id = ?2";
                    db.execute(used, &[now.into(), id.into()])?;
                    id
                }
                None => {
                    let last = "SELECT coalesce(max(id), 0) FROM judged_rules";
                    let id = db.one(last, &[], |row| row.int(0))?.unwrap_or(0) + 1;
                    let new = "INSERT INTO judged_rules (id, rules, used_at) VALUES (?1, ?2, ?3)";
                    db.execute(new, &[id.into(), rules.into(), now.into()])?;
                    id
                }
            };
            let old = "SELECT id FROM judged_rules WHERE id <> ?1 ORDER BY used_at DESC, id DESC";
            let all = db.query(old, &[id.into()], |row| row.int(0))?;
            for old in all.into_iter().skip(MOST_RULES as usize - 1) {
                for table in ["judged_marks", "judged_notes"] {
                    db.execute(&format!("DELETE FROM {table} WHERE rules = ?1"), &[old.into()])?;
                }
                db.execute("DELETE FROM judged_rules WHERE id = ?1", &[old.into()])?;
            }
            Ok(RulesId(id))
        })
    }

    /// Every mark under some rules, in order.
    pub(crate) fn marks(&mut self, rules: RulesId) -> Result<Vec<Mark>, Trouble> {
        let mut marks = Vec::new();
        let all = "SELECT marks FROM judged_marks WHERE rules = ?1 ORDER BY id DESC";
        self.db.each(all, &[rules.0.into()], |row| {
            let room = MOST_MARKS.saturating_sub(marks.len());
            marks.extend(row.bytes(0)?.as_chunks().0.iter().take(room).map(|it| Mark(*it)));
            Ok(())
        })?;
        in_order(&mut marks);
        Ok(marks)
    }

    /// Adds marks, which are in order.
    pub(crate) fn add_marks(&mut self, rules: RulesId, marks: &[Mark]) -> Result<(), Trouble> {
        self.db.write(|db| add(db, rules, marks))
    }

    /// Brings rows together where there are many small ones, and forgets the oldest of
    /// too many.
    pub(crate) fn tidy_marks(&mut self, rules: RulesId) -> Result<(), Trouble> {
        self.db.write(|db| {
            let all = "SELECT id, many FROM judged_marks WHERE rules = ?1 ORDER BY id DESC";
            let rows = db.query(all, &[rules.0.into()], |row| Ok((row.int(0)?, row.int(1)?)))?;
            let (mut loose, mut total) = (Vec::new(), 0);
            for (id, many) in rows {
                total += usize::try_from(many).unwrap_or(0);
                if total > MOST_MARKS {
                    db.execute("DELETE FROM judged_marks WHERE id = ?1", &[id.into()])?;
                } else if many < ROW as i64 {
                    loose.push(id);
                }
            }
            if loose.len() < LOOSE_ROWS {
                return Ok(());
            }
            let mut marks = Vec::new();
            for id in loose {
                let one = "SELECT marks FROM judged_marks WHERE id = ?1";
                db.each(one, &[id.into()], |row| {
                    marks.extend(row.bytes(0)?.as_chunks().0.iter().map(|it| Mark(*it)));
                    Ok(())
                })?;
                db.execute("DELETE FROM judged_marks WHERE id = ?1", &[id.into()])?;
            }
            in_order(&mut marks);
            add(db, rules, &marks)
        })
    }

    /// A note, if there is one, and whether it is to be written down that it was used.
    pub(crate) fn judged_note(
        &mut self,
        rules: RulesId,
        mark: Mark,
        now: i64,
    ) -> Result<Option<(Vec<u8>, bool)>, Trouble> {
        let one = "SELECT what, used_at FROM judged_notes WHERE rules = ?1 AND mark = ?2";
        let bound = [rules.0.into(), mark.0.as_slice().into()];
        self.db.one(one, &bound, |row| Ok((row.bytes(0)?.to_vec(), now - row.int(1)? >= RECENT)))
    }

    /// Keeps notes, says which were used, and forgets the oldest of too many.
    pub(crate) fn keep_notes(
        &mut self,
        rules: RulesId,
        new: &[(Mark, Vec<u8>)],
        used: &[Mark],
        now: i64,
    ) -> Result<(), Trouble> {
        if new.is_empty() && used.is_empty() {
            return Ok(());
        }
        self.db.write(|db| {
            for mark in used {
                let sql = "UPDATE judged_notes SET used_at = ?1 WHERE rules = ?2 AND mark = ?3";
                db.execute(sql, &[now.into(), rules.0.into(), mark.0.as_slice().into()])?;
            }
            for (mark, what) in new.iter().filter(|(_, what)| what.len() <= NOTE_BYTES) {
                let sql = "INSERT INTO judged_notes (rules, mark, used_at, what) \
                           VALUES (?1, ?2, ?3, ?4) ON CONFLICT (rules, mark) \
                           DO UPDATE SET used_at = excluded.used_at, what = excluded.what";
                let key = mark.0.as_slice();
                db.execute(sql, &[rules.0.into(), key.into(), now.into(), what[..].into()])?;
            }
            let border = "SELECT used_at FROM judged_notes WHERE rules = ?1 \
                          ORDER BY used_at DESC LIMIT 1 OFFSET ?2";
            let border = db.one(border, &[rules.0.into(), MOST_NOTES.into()], |row| row.int(0))?;
            if let Some(border) = border {
                let old = "DELETE FROM judged_notes WHERE rules = ?1 AND used_at <= ?2";
                db.execute(old, &[rules.0.into(), border.into()])?;
            }
            Ok(())
        })
    }
}

fn add(db: &mut crate::db::Db, rules: RulesId, marks: &[Mark]) -> Result<(), Trouble> {
    for marks in marks.chunks(ROW) {
        let last = "SELECT coalesce(max(id), 0) FROM judged_marks";
        let id = db.one(last, &[], |row| row.int(0))?.unwrap_or(0) + 1;
        let bytes: Vec<u8> = marks.iter().flat_map(|mark| mark.0).collect();
        let new = "INSERT INTO judged_marks (id, rules, many, marks) VALUES (?1, ?2, ?3, ?4)";
        let many = marks.len() as i64;
        db.execute(new, &[id.into(), rules.0.into(), many.into(), bytes[..].into()])?;
    }
    Ok(())
}

/// Rows are in order, and mostly one after the other: nothing is moved that is in place.
fn in_order(marks: &mut Vec<Mark>) {
    marks.sort();
    marks.dedup();
}
