//! Which work is to be taken up next: what nobody holds any more, then what is due; what a
//! clock that was wrong has held or put off for years counts as either. Each is asked by
//! itself, so that an index finds its first row and nothing is sorted, whatever a database
//! believes of how much there is.

use crate::db::Value;

/// Nobody is at the same: `?1` is now, `?2` further away than anything is held or put off.
/// As a number, which no planner makes a join of: one row is looked up.
const NOBODY_IS_AT_IT: &str = "(SELECT count(*) FROM jobs AS others \
     WHERE others.state = 'running' AND others.kind = jobs.kind AND others.key = jobs.key \
     AND others.until >= ?1 AND others.until <= ?2) = 0";

/// Which work is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Which<'a> {
    /// All but what lies in a queue of its own.
    OutsideQueues,
    /// One kind.
    Of(&'a str),
}

/// A question, and what is bound to it.
pub(super) type Question<'a> = (String, Vec<Value<'a>>);

/// The questions, in their order.
pub(super) fn questions<'a>(
    columns: &str,
    which: Which<'a>,
    now: i64,
    far: i64,
) -> [Question<'a>; 4] {
    let ask = |what: &str, order: &str, mut bound: Vec<Value<'a>>| {
        let of = match which {
            Which::OutsideQueues => "kind NOT LIKE 'queue.%'".to_owned(),
            Which::Of(kind) => {
                bound.push(kind.into());
                format!("kind = ?{}", bound.len())
            }
        };
        let sql =
            format!("SELECT {columns} FROM jobs WHERE {of} AND {what} ORDER BY {order} LIMIT 1");
        (sql, bound)
    };
    let held = |when: &str, at: i64| {
        ask(&format!("state = 'running' AND until {when} ?1"), "until, id", vec![at.into()])
    };
    let waits = |when: &str| {
        let what = format!("state = 'waiting' AND not_before {when} AND {NOBODY_IS_AT_IT}");
        ask(&what, "not_before, id", vec![now.into(), far.into()])
    };
    [held("<", now), held(">", far), waits("<= ?1"), waits("> ?2")]
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::{Which, questions};
    use crate::{Place, Store};

    #[test]
    fn the_next_work_is_found_by_an_index_alone() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.db");
        drop(Store::open(&Place::File(file.clone())).unwrap());
        let database = Connection::open(file).unwrap();
        for which in [Which::OutsideQueues, Which::Of("queue.scan")] {
            for (question, bound) in questions("id", which, 1, 2) {
                let mut plan = database.prepare(&format!("EXPLAIN QUERY PLAN {question}")).unwrap();
                let bound = rusqlite::params_from_iter(bound);
                let rows = plan.query_map(bound, |row| row.get::<_, String>(3)).unwrap();
                let steps: Vec<String> = rows.map(Result::unwrap).collect();
                let is_whole =
                    |step: &String| step.starts_with("SCAN jobs") || step.contains("TEMP B-TREE");
                assert!(!steps.iter().any(is_whole), "{question}: {steps:?}");
            }
        }
    }
}
