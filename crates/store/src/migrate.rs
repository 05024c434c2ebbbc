//! Brings a database to the schema of this version, one step after the other, each
//! kept as a whole or not at all. Two programs may do so at once: the second waits
//! and finds it done.

use crate::{db::Db, trouble::Trouble};

/// Name and statements of each version, from 1. What was released is not changed;
/// a new version is a new file.
const MIGRATIONS: &[(&str, &str)] = &[
    ("state", include_str!("../migrations/0001_state.sql")),
    ("letters", include_str!("../migrations/0002_letters.sql")),
    ("honey", include_str!("../migrations/0003_honey.sql")),
    ("watch", include_str!("../migrations/0004_watch.sql")),
    ("accounts", include_str!("../migrations/0005_accounts.sql")),
    ("overview", include_str!("../migrations/0006_overview.sql")),
    ("judged", include_str!("../migrations/0007_judged.sql")),
    ("work", include_str!("../migrations/0008_work.sql")),
];

/// The newest version that is known.
pub(crate) const NEWEST: i64 = MIGRATIONS.len() as i64;

/// The version of a database; 0 if it is empty.
pub(crate) fn version(db: &mut Db) -> Result<i64, Trouble> {
    if !db.has_table("leeward_schema")? {
        return Ok(0);
    }
    let newest = "SELECT coalesce(max(version), 0) FROM leeward_schema";
    Ok(db.one(newest, &[], |row| row.int(0))?.unwrap_or(0))
}

/// Brings a database up to a version, which is [`NEWEST`] but in tests.
pub(crate) fn migrate(db: &mut Db, wanted: i64) -> Result<(), Trouble> {
    loop {
        let found = version(db)?;
        if found > NEWEST {
            return Err(Trouble::Newer { schema: found, known: NEWEST });
        }
        if found >= wanted {
            return Ok(());
        }
        db.rebuild(step)?;
    }
}

/// One version further, if nobody else was faster.
fn step(db: &mut Db) -> Result<(), Trouble> {
    db.batch(
        "CREATE TABLE IF NOT EXISTS leeward_schema (version BIGINT PRIMARY KEY, name TEXT NOT NULL)",
    )?;
    let found = version(db)?;
    let Some((name, sql)) = usize::try_from(found).ok().and_then(|found| MIGRATIONS.get(found))
    else {
        return Ok(());
    };
    let is_lite = matches!(db, Db::Lite(_));
    db.batch(&for_backend(sql, is_lite))?;
    let done = "INSERT INTO leeward_schema (version, name) VALUES (?1, ?2)";
    db.execute(done, &[(found + 1).into(), (*name).into()])?;
    Ok(())
}

/// The statements of a migration that one backend runs.
fn for_backend(sql: &str, is_lite: bool) -> String {
    let mut is_ours = true;
    let mut ours = String::new();
    for line in sql.lines() {
        match line.trim() {
            "-- @sqlite" => is_ours = is_lite,
            "-- @postgres" => is_ours = !is_lite,
            "-- @both" => is_ours = true,
            _ if is_ours => {
                ours.push_str(line);
                ours.push('\n');
            }
            _ => {}
        }
    }
    if is_lite {
        // What makes the column the row's own number, without an index beside it.
        ours = ours.replace("BIGINT PRIMARY KEY", "INTEGER PRIMARY KEY");
    }
    ours
}
