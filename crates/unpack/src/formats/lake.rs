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

use leeward_model::{Content, Reason};

use crate::{Format, Limits, Members, Problem, Reads};

/// Apache Parquet.
pub(super) struct Parquet;

/// Where a Parquet file says that what is behind it can be read only with a key.
const ENCRYPTED: &[u8] = b"PARE";

impl Format for Parquet {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn is(&self, head: &[u8], _: Option<&[u8]>) -> bool {
        head.starts_with(b"PAR1") || head.starts_with(ENCRYPTED)
    }

    fn reads(&self) -> Reads {
        Reads::Anywhere
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
        #[cfg(feature = "lake")]
        return parquet::members(content, limits, into);
        #[cfg(not(feature = "lake"))]
        return without(content, limits, into);
    }
}

/// Arrow with an index at its end: an IPC file, and Feather from its second version on.
pub(super) struct ArrowFile;

impl Format for ArrowFile {
    fn name(&self) -> &'static str {
        "arrow"
    }

    fn is(&self, head: &[u8], _: Option<&[u8]>) -> bool {
        head.starts_with(b"ARROW1\0\0")
    }

    fn reads(&self) -> Reads {
        Reads::Anywhere
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
        #[cfg(feature = "lake")]
        return arrow::file(content, limits, into);
        #[cfg(not(feature = "lake"))]
        return without(content, limits, into);
    }
}

/// Arrow, batch by batch.
pub(super) struct ArrowStream;

impl Format for ArrowStream {
    fn name(&self) -> &'static str {
        "arrow-stream"
    }

    /// By its name, or by a first message that is not longer than a schema may be and
    /// begins as one.
    fn is(&self, head: &[u8], name: Option<&[u8]>) -> bool {
        let is_named = name.is_some_and(|name| {
            let name = name.to_ascii_lowercase();
            name.ends_with(b".arrows") || name.ends_with(b".arrow")
        });
        is_named && head.starts_with(&[0xff; 4])
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
        #[cfg(feature = "lake")]
        return arrow::stream(content, limits, into);
        #[cfg(not(feature = "lake"))]
        return without(content, limits, into);
    }
}

/// What is told by a build that has no parser.
#[cfg(not(feature = "lake"))]
fn without(_: Content<'_>, _: &Limits, into: &mut dyn Members) -> Result<(), Problem> {
    let next = "files of columns are looked into by builds with `--features lake`";
    into.left_out(b"", Reason::Limit(next.to_owned()), None);
    Ok(())
}

/// What is told of a file that only its owner can read.
#[cfg(feature = "lake")]
fn encrypted() -> Reason {
    Reason::Limit("encrypted; decrypt it, or scan where it is read".to_owned())
}
