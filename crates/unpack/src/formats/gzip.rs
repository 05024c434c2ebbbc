//! gzip (RFC 1952): one member, from however many streams lie behind one another.

use flate2::read::MultiGzDecoder;
use leeward_model::Content;

use crate::{Format, Limits, Members, Problem};

pub(super) struct Gzip;

impl Format for Gzip {
    fn name(&self) -> &'static str {
        "gzip"
    }

    fn is(&self, head: &[u8], _: Option<&[u8]>) -> bool {
        head.starts_with(&[0x1f, 0x8b, 8])
    }

    fn is_opaque(&self) -> bool {
        true
    }

    fn members(
        &self,
        content: Content<'_>,
        _: &Limits,
        into: &mut dyn Members,
    ) -> Result<(), Problem> {
        into.member(b"", &mut MultiGzDecoder::new(content))
    }
}
