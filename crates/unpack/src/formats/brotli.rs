//! Brotli (RFC 7932), which has no mark: known by the ending of the name alone.

use std::io::Read;

use brotli_decompressor::Decompressor;
use leeward_model::Content;

use super::{named, streams::Packed};
use crate::{Format, Limits, Members, Problem, front::Front};

/// Read at once by the decoder.
const BUFFER: usize = 16 << 10;

pub(super) struct Brotli;

impl Format for Brotli {
    fn name(&self) -> &'static str {
        "brotli"
    }

    fn is(&self, head: &[u8], name: Option<&[u8]>) -> bool {
        // Its streams do not begin so, and texts with that ending mostly do.
        named(name, &[b".br"])
            && !head.iter().take(64).all(|byte| matches!(byte, 9..=13 | 32..=126))
    }

    fn is_opaque(&self) -> bool {
        true
    }

    fn members(
        &self,
        mut content: Content<'_>,
        _: &Limits,
        into: &mut dyn Members,
    ) -> Result<(), Problem> {
        let packed: Packed<'_> = Front::new(&mut content as &mut dyn Read);
        into.member(b"", &mut Decompressor::new(packed, BUFFER))
    }
}
