//! Which column of a table a sighting is in. The rows of a table are JSON objects, one a
//! line, with a value for each column; the row is the line, and the column is the last
//! name on the way in.

use leeward_model::{Origin, Way};

/// The way to a byte of some bytes at hand: into the column, if they are of a table.
pub fn way_to(origin: Origin<'_>, bytes: &[u8], at: usize) -> Way {
    let inside = origin.inside();
    match origin {
        Origin::Member(member) if member.is_table => match column(bytes, at) {
            Some(column) => inside.to(&column),
            None => inside,
        },
        _ => inside,
    }
}

/// The name of the column whose value a byte is in; of its name, if it is in that.
fn column(bytes: &[u8], at: usize) -> Option<Vec<u8>> {
    let before = bytes.get(..at)?;
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let row = &bytes[start..];
    let (mut name, mut depth, mut next) = (None, 0, 0);
    let mut is_name = false;
    while start + next <= at {
        match row.get(next)? {
            b'"' => {
                let end = next + 1 + string(row.get(next + 1..)?);
                if is_name && depth == 1 {
                    name = Some(&row[next..(end + 1).min(row.len())]);
                    is_name = false;
                }
                next = end;
            }
            b'{' | b'[' => {
                depth += 1;
                is_name = depth == 1;
            }
            b'}' | b']' => depth -= 1,
            b',' if depth == 1 => is_name = true,
            _ => {}
        }
        next += 1;
    }
    serde_json::from_slice::<String>(name?).ok().map(String::into_bytes)
}

/// How long the inside of a string is, up to the quotation mark that ends it.
fn string(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => break,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at.min(text.len())
}

#[cfg(test)]
mod tests {
    use leeward_model::Member;

    use super::*;

    fn at(row: &str, what: &str) -> String {
        let inside = Way::default().to(b"t");
        let member = Member { outer: Origin::Stdin, inside: &inside, is_table: true };
        let bytes = format!("{{\"other\":\"row\"}}\n{row}\n");
        let way = way_to(Origin::Member(&member), bytes.as_bytes(), bytes.find(what).unwrap());
        String::from_utf8(way.from(b"x")).unwrap()
    }

    #[test]
    fn the_column_is_the_last_name() {
        let row = r#"{"a\"b":"1,\"2\"","n":{"in":["x1"],"out":3},"key":"value, \\","z":null}"#;
        assert_eq!(at(row, "1,"), "x!t!a\"b");
        assert_eq!(at(row, "x1"), "x!t!n");
        assert_eq!(at(row, "value"), "x!t!key");
        assert_eq!(at(row, "null"), "x!t!z");
        assert_eq!(at("nothing of JSON", "of"), "x!t");
        assert_eq!(at("{\"cut", "ut"), "x!t");
    }

    #[test]
    fn what_is_no_table_has_no_columns() {
        let inside = Way::default().to(b"t");
        let member = Member { outer: Origin::Stdin, inside: &inside, is_table: false };
        assert_eq!(way_to(Origin::Member(&member), b"{\"a\":\"b\"}", 6), inside);
        assert_eq!(way_to(Origin::Stdin, b"{\"a\":\"b\"}", 6), Way::default());
    }
}
