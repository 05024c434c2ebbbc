//! One way to speak to both databases: the same SQL, with `?1` for what is bound,
//! numbers and texts in and out, and transactions that take the one lock of all
//! writers. Which queries there are is other modules' business.

mod lite;
mod post;

use std::{borrow::Cow, path::Path};

pub(crate) use self::{lite::Lite, post::Post};
use crate::{place::Url, trouble::Trouble};

/// What is bound to a placeholder.
#[derive(Clone, Debug)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Text(Cow<'a, str>),
    Bytes(Cow<'a, [u8]>),
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(Cow::Borrowed(bytes))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(number: Option<i64>) -> Self {
        number.map_or(Self::Null, Self::Int)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(printable(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        if text.contains('\0') {
            return Self::Text(Cow::Owned(printable(&text).into_owned()));
        }
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::from)
    }
}

/// A text as both databases keep it: PostgreSQL has no NUL in a text.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        return Cow::Owned(text.replace('\0', "\u{fffd}"));
    }
    Cow::Borrowed(text)
}

/// A row of an answer. Columns count from 0; one of another type than asked for
/// means that the database is not what it should be.
pub(crate) enum Row<'r> {
    Lite(&'r rusqlite::Row<'r>),
    Post(&'r postgres::Row),
}

impl Row<'_> {
    pub(crate) fn int(&self, column: usize) -> Result<i64, Trouble> {
        match self {
            Self::Lite(row) => Ok(row.get_ref(column)?.as_i64()?),
            Self::Post(row) => Ok(row.try_get(column)?),
        }
    }

    pub(crate) fn maybe_int(&self, column: usize) -> Result<Option<i64>, Trouble> {
        match self {
            Self::Lite(row) => Ok(row.get_ref(column)?.as_i64_or_null()?),
            Self::Post(row) => Ok(row.try_get(column)?),
        }
    }

    pub(crate) fn text(&self, column: usize) -> Result<&str, Trouble> {
        match self {
            Self::Lite(row) => Ok(row.get_ref(column)?.as_str()?),
            Self::Post(row) => Ok(row.try_get(column)?),
        }
    }

    pub(crate) fn maybe_text(&self, column: usize) -> Result<Option<&str>, Trouble> {
        match self {
            Self::Lite(row) => Ok(row.get_ref(column)?.as_str_or_null()?),
            Self::Post(row) => Ok(row.try_get(column)?),
        }
    }

    pub(crate) fn bytes(&self, column: usize) -> Result<&[u8], Trouble> {
        match self {
            Self::Lite(row) => Ok(row.get_ref(column)?.as_blob()?),
            Self::Post(row) => Ok(row.try_get(column)?),
        }
    }
}

/// A connection.
pub(crate) enum Db {
    Lite(Box<Lite>),
    Post(Box<Post>),
}

/// The most rows that one statement inserts, and the most things that one asks for.
const MOST_AT_ONCE: usize = 128;

impl Db {
    /// Opens a file; `None` if it is not there and may not be made.
    pub(crate) fn file(path: &Path, make: bool) -> Result<Option<Self>, Trouble> {
        Ok(Lite::open(path, make)?.map(|lite| Self::Lite(Box::new(lite))))
    }

    /// Connects to a server.
    pub(crate) fn server(url: &Url) -> Result<Self, Trouble> {
        Ok(Self::Post(Box::new(Post::connect(url)?)))
    }

    /// Several statements without anything bound.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), Trouble> {
        match self {
            Self::Lite(lite) => lite.batch(sql),
            Self::Post(post) => post.batch(sql),
        }
    }

    /// A statement; how many rows it changed.
    pub(crate) fn execute(&mut self, sql: &str, bound: &[Value<'_>]) -> Result<u64, Trouble> {
        match self {
            Self::Lite(lite) => lite.execute(sql, bound),
            Self::Post(post) => post.execute(sql, bound),
        }
    }

    /// Shows each row of an answer as it comes.
    pub(crate) fn each(
        &mut self,
        sql: &str,
        bound: &[Value<'_>],
        mut show: impl FnMut(&Row<'_>) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        match self {
            Self::Lite(lite) => lite.each(sql, bound, &mut show),
            Self::Post(post) => post.each(sql, bound, &mut show),
        }
    }

    /// Every row of an answer.
    pub(crate) fn query<T>(
        &mut self,
        sql: &str,
        bound: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, Trouble>,
    ) -> Result<Vec<T>, Trouble> {
        let mut rows = Vec::new();
        self.each(sql, bound, |row| {
            rows.push(read(row)?);
            Ok(())
        })?;
        Ok(rows)
    }

    /// The first row of an answer, if there is one.
    pub(crate) fn one<T>(
        &mut self,
        sql: &str,
        bound: &[Value<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T, Trouble>,
    ) -> Result<Option<T>, Trouble> {
        Ok(self.query(sql, bound, read)?.into_iter().next())
    }

    /// Inserts rows, many at once. `into` names table and columns, `tail` what is done
    /// about rows that are there; between them stand the values.
    pub(crate) fn insert(
        &mut self,
        into: &str,
        rows: &[Vec<Value<'_>>],
        tail: &str,
    ) -> Result<(), Trouble> {
        for rows in portions(rows) {
            let width = rows.first().map_or(0, Vec::len);
            let mut sql = format!("INSERT INTO {into} VALUES ");
            for row in 0..rows.len() {
                sql.push_str(if row == 0 { "(" } else { ", (" });
                sql.push_str(&placeholders(row * width, width));
                sql.push(')');
            }
            sql.push(' ');
            sql.push_str(tail);
            let bound: Vec<Value<'_>> = rows.iter().flatten().cloned().collect();
            self.execute(&sql, &bound)?;
        }
        Ok(())
    }

    /// Asks for many things at once: `(…)` in the statement becomes as many
    /// placeholders as there are.
    pub(crate) fn each_of(
        &mut self,
        sql: &str,
        wanted: &[Value<'_>],
        mut show: impl FnMut(&Row<'_>) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        for wanted in portions(wanted) {
            let sql = sql.replace("(…)", &format!("({})", placeholders(0, wanted.len())));
            self.each(&sql, wanted, &mut show)?;
        }
        Ok(())
    }

    /// Like [`Self::each_of`], for a statement that changes something; `?1` is `first`.
    pub(crate) fn execute_of(
        &mut self,
        sql: &str,
        first: Value<'_>,
        wanted: &[Value<'_>],
    ) -> Result<(), Trouble> {
        for wanted in portions(wanted) {
            let sql = sql.replace("(…)", &format!("({})", placeholders(1, wanted.len())));
            let mut bound = vec![first.clone()];
            bound.extend_from_slice(wanted);
            self.execute(&sql, &bound)?;
        }
        Ok(())
    }

    /// Does something that writes, alone among all writers: kept as a whole or not at
    /// all.
    pub(crate) fn write<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        match self {
            Self::Lite(lite) => lite.begin("BEGIN IMMEDIATE")?,
            Self::Post(post) => {
                post.begin("BEGIN; SELECT one FROM head WHERE one = 1 FOR UPDATE")?;
            }
        }
        self.finish(work)
    }

    /// Does something that reads, and sees one moment throughout.
    pub(crate) fn read<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        match self {
            Self::Lite(lite) => lite.begin("BEGIN")?,
            Self::Post(post) => post.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?,
        }
        self.finish(work)
    }

    /// Changes the schema, alone among all that do.
    pub(crate) fn rebuild<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        match self {
            Self::Lite(lite) => lite.begin("BEGIN IMMEDIATE")?,
            // Any number that no other program is likely to lock.
            Self::Post(post) => {
                post.begin("BEGIN; SELECT pg_advisory_xact_lock(7809633240153386610)")?;
            }
        }
        self.finish(work)
    }

    fn finish<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let done = work(self);
        match (self, &done) {
            (Self::Lite(lite), Ok(_)) => lite.commit()?,
            (Self::Lite(lite), Err(_)) => lite.rollback(),
            (Self::Post(post), Ok(_)) => post.commit()?,
            (Self::Post(post), Err(_)) => post.rollback(),
        }
        done
    }

    /// Whether there is such a table.
    pub(crate) fn has_table(&mut self, name: &str) -> Result<bool, Trouble> {
        let sql = match self {
            Self::Lite(_) => "SELECT count(*) FROM sqlite_master WHERE name = ?1",
            Self::Post(_) => {
                "SELECT CAST(CASE WHEN to_regclass(?1) IS NULL THEN 0 ELSE 1 END AS BIGINT)"
            }
        };
        Ok(self.one(sql, &[name.into()], |row| row.int(0))?.is_some_and(|count| count > 0))
    }
}

/// Portions of a few sizes only, so that as few statements are prepared: each is a
/// power of two.
fn portions<T>(mut rest: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = rest.len().min(MOST_AT_ONCE);
        let size = if size == 0 { return None } else { 1 << size.ilog2() };
        let (portion, others) = rest.split_at(size);
        rest = others;
        Some(portion)
    })
}

/// `?3, ?4` for two after the second.
fn placeholders(after: usize, count: usize) -> String {
    let names: Vec<String> = (after + 1..=after + count).map(|nth| format!("?{nth}")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_are_whole_and_of_few_sizes() {
        let all: Vec<usize> = (0..300).collect();
        let sizes: Vec<usize> = portions(&all).map(<[usize]>::len).collect();
        assert_eq!(sizes, [128, 128, 32, 8, 4]);
        assert_eq!(portions(&all).flatten().copied().collect::<Vec<_>>(), all);
        assert_eq!(portions::<u8>(&[]).count(), 0);
    }
}
