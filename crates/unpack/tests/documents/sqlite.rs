use rusqlite::{Connection, params};

use crate::fixture::{open, value};

/// The bytes of a database that was filled so.
fn made(fill: impl FnOnce(&Connection)) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let database = Connection::open(&path).unwrap();
    fill(&database);
    database.close().unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn rows_are_found_at_the_start_in_the_middle_and_at_the_end() {
    let keys = [value(), value(), value()];
    let bytes = made(|database| {
        database
            .execute_batch("CREATE TABLE settings (id INTEGER PRIMARY KEY, name TEXT, value TEXT)")
            .unwrap();
        for row in 1..=3000 {
            let key = match row {
                1 => keys[0].as_str(),
                1500 => &keys[1],
                3000 => &keys[2],
                _ => "nothing of interest",
            };
            database
                .execute(
                    "INSERT INTO settings (name, value) VALUES (?1, ?2)",
                    params![format!("n{row}"), key],
                )
                .unwrap();
        }
    });
    let opened = open("app.db", &bytes);
    for (key, row) in keys.iter().zip([1, 1500, 3000]) {
        assert_eq!(opened.places(key), [format!("!settings:{row}")]);
    }
    let rows = &opened.texts["!settings"];
    assert!(rows.starts_with(&format!("{{\"id\":1,\"name\":\"n1\",\"value\":\"{}\"}}\n", keys[0])));
    assert!(opened.coverage.is_complete(), "{:?}", opened.reasons());
}

#[test]
fn every_kind_of_value_and_table_reads_as_the_library_reads_it() {
    for encoding in ["UTF-8", "UTF-16le", "UTF-16be"] {
        let long = "é".repeat(70_000) + &value();
        let bytes = made(|database| {
            database
                .execute_batch(&format!(
                    "PRAGMA encoding = '{encoding}'; PRAGMA page_size = 1024;
                     CREATE TABLE \"odd \"\"name\" (a, [b c] REAL DEFAULT (1+2), `d` BLOB,
                        e INT GENERATED ALWAYS AS (a * 2) VIRTUAL, f TEXT -- a note, with (
                        , CHECK (length(f) > 0));
                     CREATE TABLE keyed (x TEXT, y TEXT, z INT, PRIMARY KEY (z, y)) WITHOUT ROWID;
                     CREATE VIEW v AS SELECT a FROM \"odd \"\"name\";
                     CREATE INDEX i ON keyed (x);"
                ))
                .unwrap();
            database
                .execute(
                    "INSERT INTO \"odd \"\"name\" (a, \"b c\", d, f) VALUES (?1, ?2, ?3, ?4)",
                    params![-70_000_000_000_i64, 2.5, vec![0_u8, 255, 1], long],
                )
                .unwrap();
            for z in 0..500 {
                database
                    .execute(
                        "INSERT INTO keyed VALUES (?1, ?2, ?3)",
                        params![format!("x{z}"), format!("y{z}"), z],
                    )
                    .unwrap();
            }
        });
        let opened = open("app.db", &bytes);
        let row = &opened.texts["!odd \"name"];
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        let wanted =
            serde_json::json!({"a": -70_000_000_000_i64, "b c": 2.5, "d": "AP8B", "f": long});
        assert_eq!(row, wanted);
        let keyed = &opened.texts["!keyed"];
        assert_eq!(keyed.lines().count(), 500);
        assert!(keyed.contains("{\"z\":77,\"y\":\"y77\",\"x\":\"x77\"}"), "{keyed}");
        assert!(opened.texts["!sqlite_schema"].contains("CREATE VIEW v"));
        assert!(opened.coverage.is_complete(), "{:?}", opened.reasons());
    }
}

#[test]
fn a_damaged_database_costs_what_is_damaged() {
    let key = value();
    let mut bytes = made(|database| {
        database.execute_batch("CREATE TABLE a (v TEXT); CREATE TABLE b (v TEXT);").unwrap();
        for row in 0..2000 {
            database.execute("INSERT INTO a VALUES (?1)", params![format!("row {row}")]).unwrap();
        }
        database.execute("INSERT INTO b VALUES (?1)", params![key]).unwrap();
    });
    // Some page of the first table.
    let at = bytes.windows(8).position(|here| here == b"row 1000").unwrap() / 4096 * 4096;
    bytes[at..at + 64].fill(0xee);
    let opened = open("app.db", &bytes);
    assert_eq!(opened.places(&key), ["!b:1"]);
    assert!(opened.texts["!a"].contains("row 1999"));
    assert!(opened.reasons().iter().any(|told| told.starts_with("app.db!a: Corrupt")));
}

#[test]
fn no_damage_makes_it_hang_or_panic() {
    let bytes = made(|database| {
        database
            .execute_batch("CREATE TABLE a (v TEXT, w BLOB); CREATE INDEX i ON a (v);")
            .unwrap();
        for row in 0..400 {
            let blob = vec![row as u8; row * 40];
            database
                .execute("INSERT INTO a VALUES (?1, ?2)", params![format!("row {row}"), blob])
                .unwrap();
        }
    });
    let mut seed = 7_u64;
    let mut random = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize
    };
    for _ in 0..60 {
        let mut broken = bytes.clone();
        for _ in 0..40 {
            let at = random() % broken.len();
            // Headers of pages are where it matters.
            let at = if random() % 2 == 0 { at / 4096 * 4096 + random() % 16 } else { at };
            broken[at.max(100)] = random() as u8;
        }
        broken.truncate(broken.len() - random() % 9000);
        open("app.db", &broken);
    }
}
