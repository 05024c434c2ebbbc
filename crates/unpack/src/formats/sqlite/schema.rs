//! What the schema says of a table, as far as its rows need it: the names of columns,
//! and which of them is the row's id. The rest of its SQL is passed over.

use super::record::Value;
use crate::formats::json;

/// A table.
pub(super) struct Table {
    pub(super) name: Vec<u8>,
    pub(super) root: u32,
    /// Names of the columns that are kept, in the order they are kept in.
    columns: Vec<String>,
    /// The column that stands for the row's id, which is not kept twice.
    id: Option<usize>,
}

impl Table {
    /// The schema itself: the texts of views and triggers lie there.
    pub(super) fn schema() -> Self {
        let columns = ["type", "name", "tbl_name", "rootpage", "sql"].map(str::to_owned).to_vec();
        Self { name: b"sqlite_schema".to_vec(), root: 1, columns, id: None }
    }

    /// By what its row in the schema says.
    pub(super) fn of(name: &str, root: u32, sql: &str) -> Self {
        let (mut columns, mut id, mut key) = (Vec::new(), None, Vec::new());
        let tokens = tokens(sql);
        let is_bare = |word: &str| tokens.iter().rev().take(12).any(|token| token.is(word));
        let has_ids = !(is_bare("without") && is_bare("rowid"));
        for definition in definitions(&tokens) {
            let Some(first) = definition.first() else { continue };
            let has = |word: &str| definition.iter().any(|token| token.is(word));
            if ["constraint", "primary", "unique", "check", "foreign"].iter().any(|it| first.is(it))
            {
                if has("primary") {
                    let names = definition.iter().skip_while(|token| token.text != "(").skip(1);
                    key.extend(names.filter(|token| token.text != ",").map(|it| it.text.clone()));
                }
                continue;
            }
            // What is reckoned anew each time is not kept.
            let is_reckoned = has("as") && !has("stored");
            if is_reckoned {
                continue;
            }
            if has("primary") && has("key") {
                key.push(first.text.clone());
                if definition.get(1).is_some_and(|kind| kind.is("integer")) {
                    id = Some(columns.len());
                }
            } else if definition.get(1).is_some_and(|kind| kind.is("integer")) && id.is_none() {
                // `PRIMARY KEY(x)` behind the columns says the same.
                let alone = tokens.windows(4).any(|it| {
                    it[0].is("key")
                        && it[1].text == "("
                        && it[2].text.eq_ignore_ascii_case(&first.text)
                        && it[3].text == ")"
                });
                if alone {
                    id = Some(columns.len());
                }
            }
            columns.push(first.text.clone());
        }
        if !has_ids {
            // Kept by its key: the columns of that come first.
            id = None;
            let of_key = |name: &String| {
                key.iter().position(|key| key.eq_ignore_ascii_case(name)).unwrap_or(usize::MAX)
            };
            columns.sort_by_key(of_key);
        }
        Self { name: name.as_bytes().to_vec(), root, columns, id }
    }

    /// Writes a row as a line.
    pub(super) fn write(&self, rowid: Option<i64>, values: &[Value], line: &mut Vec<u8>) {
        line.push(b'{');
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                line.push(b',');
            }
            match self.columns.get(at) {
                Some(name) => json::string(name, line),
                None => json::string(&format!("column {}", at + 1), line),
            }
            line.push(b':');
            match (value, rowid) {
                (Value::Null, Some(rowid)) if self.id == Some(at) => {
                    line.extend(rowid.to_string().bytes());
                }
                (Value::Null, _) => line.extend(b"null"),
                (Value::Integer(value), _) => line.extend(value.to_string().bytes()),
                (Value::Real(value), _) if value.is_finite() => {
                    line.extend(value.to_string().bytes());
                }
                (Value::Real(_), _) => line.extend(b"null"),
                (Value::Text(text), _) => json::string(text, line),
                (Value::Blob(bytes), _) => json::blob(bytes, line),
            }
        }
        line.extend(b"}\n");
    }
}

/// A word, a name or a sign of SQL.
struct Token {
    text: String,
    /// Whether it stood in quotation marks, so that it is no word of the language.
    is_quoted: bool,
}

impl Token {
    fn is(&self, word: &str) -> bool {
        !self.is_quoted && self.text.eq_ignore_ascii_case(word)
    }
}

/// A schema's longest text; more is not read for names.
const LONGEST: usize = 1 << 20;

fn tokens(sql: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = sql.get(..LONGEST).unwrap_or(sql).chars().peekable();
    while let Some(first) = rest.next() {
        let end = match first {
            '"' | '`' | '\'' => first,
            '[' => ']',
            '-' if rest.peek() == Some(&'-') => {
                rest.by_ref().find(|it| *it == '\n');
                continue;
            }
            '/' if rest.peek() == Some(&'*') => {
                rest.next();
                let mut last = ' ';
                rest.by_ref().find(|it| std::mem::replace(&mut last, *it) == '*' && *it == '/');
                continue;
            }
            _ if first.is_whitespace() => continue,
            _ if first.is_alphanumeric() || first == '_' => {
                let mut text = String::from(first);
                while let Some(next) = rest.next_if(|it| it.is_alphanumeric() || "_$".contains(*it))
                {
                    text.push(next);
                }
                tokens.push(Token { text, is_quoted: false });
                continue;
            }
            _ => {
                tokens.push(Token { text: first.into(), is_quoted: false });
                continue;
            }
        };
        let mut text = String::new();
        while let Some(next) = rest.next() {
            if next != end {
                text.push(next);
            } else if end != ']' && rest.next_if_eq(&end).is_some() {
                text.push(end);
            } else {
                break;
            }
        }
        tokens.push(Token { text, is_quoted: true });
    }
    tokens
}

/// What stands between the outer brackets, cut at their commas.
fn definitions(tokens: &[Token]) -> Vec<&[Token]> {
    let is = |token: &Token, sign: &str| !token.is_quoted && token.text == sign;
    let start = tokens.iter().position(|token| is(token, "(")).map_or(tokens.len(), |at| at + 1);
    let (mut parts, mut depth, mut begin) = (Vec::new(), 0, start);
    for (at, token) in tokens.iter().enumerate().skip(start) {
        if is(token, "(") {
            depth += 1;
        } else if is(token, ")") {
            if depth == 0 {
                parts.push(&tokens[begin..at]);
                break;
            }
            depth -= 1;
        } else if is(token, ",") && depth == 0 {
            parts.push(&tokens[begin..at]);
            begin = at + 1;
        }
    }
    parts
}
