//! Files of columns: Parquet, and Arrow as a file (which is also Feather) and as a stream.
//! Each is one table, of the columns that can hold texts. The parsers are large and come
//! with the feature `lake`; without it these files are told of as not looked into, and
//! their own bytes are looked at as those of any other.

#[cfg(feature = "lake")]
mod arrow;
#[cfg(feature = "lake")]
mod parquet;
#[cfg(feature = "lake")]
mod render;
#[cfg(feature = "lake")]
mod rows;

use leeward_model::Content;

use super::named;
use crate::{Format, Limits, Members, Problem, Reads};

/// Where a Parquet file says that what is behind it can be read only with a key.
const ENCRYPTED: &[u8] = b"PARE";

/// How a form of these is parsed.
type Parser = fn(Content<'_>, &Limits, &mut dyn Members) -> Result<(), Problem>;

/// One form of file of columns.
pub(super) struct Columns {
    name: &'static str,
    is: fn(&[u8], Option<&[u8]>) -> bool,
    reads: Reads,
    parser: Parser,
}

/// Apache Parquet.
pub(super) const PARQUET: Columns = Columns {
    name: "parquet",
    is: |head, _| head.starts_with(b"PAR1") || head.starts_with(ENCRYPTED),
    reads: Reads::Anywhere,
    #[cfg(feature = "lake")]
    parser: parquet::members,
    #[cfg(not(feature = "lake"))]
    parser: without,
};

/// Arrow with an index at its end: an IPC file, and Feather from its second version on.
pub(super) const ARROW_FILE: Columns = Columns {
    name: "arrow",
    is: |head, _| head.starts_with(b"ARROW1\0\0"),
    reads: Reads::Anywhere,
    #[cfg(feature = "lake")]
    parser: arrow::file,
    #[cfg(not(feature = "lake"))]
    parser: without,
};

/// Arrow, batch by batch: by its name and the mark of a message, since it has none of its
/// own.
pub(super) const ARROW_STREAM: Columns = Columns {
    name: "arrow-stream",
    is: |head, name| named(name, &[b".arrows", b".arrow"]) && head.starts_with(&[0xff; 4]),
    reads: Reads::Forward,
    #[cfg(feature = "lake")]
    parser: arrow::stream,
    #[cfg(not(feature = "lake"))]
    parser: without,
};

impl Format for Columns {
    fn name(&self) -> &'static str {
        self.name
    }

    fn is(&self, head: &[u8], name: Option<&[u8]>) -> bool {
        (self.is)(head, name)
    }

    fn reads(&self) -> Reads {
        self.reads
    }

    fn is_apart(&self) -> bool {
        true
    }

    fn members(
        &self,
        content: Content<'_>,
        limits: &Limits,
        into: &mut dyn Members,
    ) -> Result<(), Problem> {
        (self.parser)(content, limits, into)
    }
}

/// What is told by a build that has no parser.
#[cfg(not(feature = "lake"))]
fn without(_: Content<'_>, _: &Limits, into: &mut dyn Members) -> Result<(), Problem> {
    let next = "files of columns are looked into by builds with `--features lake`";
    into.left_out(b"", leeward_model::Reason::Unopened(next.to_owned()), None);
    Ok(())
}
