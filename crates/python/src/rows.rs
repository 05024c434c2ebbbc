//! Texts, row by row, as the scan sees them: borrowed, wherever they are kept.

use std::ops::Range;

use arrow_array::{
    Array as _, GenericByteArray, GenericByteViewArray,
    types::{ByteArrayType, ByteViewType},
};
use arrow_buffer::ArrowNativeType as _;

/// Some texts.
pub(crate) trait Rows: Sync {
    /// How many there are.
    fn count(&self) -> usize;

    /// The bytes of one; of what is null, none.
    fn row(&self, at: usize) -> &[u8];

    /// The bytes of neighbours, if they lie behind one another.
    fn run(&self, rows: Range<usize>) -> Option<&[u8]> {
        let _ = rows;
        None
    }
}

impl Rows for Vec<&[u8]> {
    fn count(&self) -> usize {
        self.len()
    }

    fn row(&self, at: usize) -> &[u8] {
        self[at]
    }
}

impl<T: ByteArrayType> Rows for GenericByteArray<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn row(&self, at: usize) -> &[u8] {
        if self.is_null(at) { &[] } else { self.run(at..at + 1).unwrap_or_default() }
    }

    fn run(&self, rows: Range<usize>) -> Option<&[u8]> {
        let offset = |at: usize| usize::try_from(self.value_offsets()[at].to_i64()?).ok();
        self.value_data().get(offset(rows.start)?..offset(rows.end)?)
    }
}

impl<T: ByteViewType + ?Sized> Rows for GenericByteViewArray<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn row(&self, at: usize) -> &[u8] {
        if self.is_null(at) { &[] } else { self.value(at).as_ref() }
    }
}
