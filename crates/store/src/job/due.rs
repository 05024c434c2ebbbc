//! Which work is to be taken up next: what nobody holds any more, then what is due, then
//! what a clock that was wrong has put off for years. Each is asked by itself, so that an
//! index finds its first row and nothing is sorted.

/// Nobody is at the same: `?1` is now, `?2` further away than anything is held or put off.
const NOBODY_IS_AT_IT: &str = "NOT EXISTS (SELECT 1 FROM jobs AS others \
     WHERE others.state = 'running' AND others.kind = jobs.kind AND others.key = jobs.key \
     AND others.until >= ?1 AND others.until <= ?2)";

/// The questions, in their order, for work of which `which` holds.
pub(super) fn questions(columns: &str, which: &str) -> [String; 3] {
    let ask = |what: &str, order: &str| {
        format!("SELECT {columns} FROM jobs WHERE {which} AND {what} ORDER BY {order} LIMIT 1")
    };
    let waits = |when: &str| {
        ask(&format!("state = 'waiting' AND {when} AND {NOBODY_IS_AT_IT}"), "not_before, id")
    };
    [
        ask("state = 'running' AND (until < ?1 OR until > ?2)", "until, id"),
        waits("not_before <= ?1"),
        waits("not_before > ?2"),
    ]
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::questions;
    use crate::{Place, Store};

    #[test]
    fn the_next_work_is_found_by_an_index_alone() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.db");
        drop(Store::open(&Place::File(file.clone())).unwrap());
        let database = Connection::open(file).unwrap();
        for which in ["kind NOT LIKE 'queue.%'", "kind = ?3"] {
            for (nth, question) in questions("id", which).iter().enumerate() {
                let mut plan = database.prepare(&format!("EXPLAIN QUERY PLAN {question}")).unwrap();
                let bound = rusqlite::params_from_iter((0..plan.parameter_count()).map(|_| 1));
                let rows = plan.query_map(bound, |row| row.get::<_, String>(3)).unwrap();
                let steps: Vec<String> = rows.map(Result::unwrap).collect();
                assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{steps:?}");
                // What nobody holds any more is little, and may be sorted.
                let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE"));
                assert!(nth == 0 || !sorts, "{steps:?}");
            }
        }
    }
}
