//! RPM packages: two headers, the texts of which are scripts among others, and the files,
//! as a compressed cpio.

use std::io::Read;

use leeward_model::Content;

use super::tar::Body;
use crate::{Format, Limits, Members, Problem, front::Front};

const LEAD: u64 = 96;

pub(super) struct Rpm;

impl Format for Rpm {
    fn name(&self) -> &'static str {
        "rpm"
    }

    fn is(&self, head: &[u8], _: Option<&[u8]>) -> bool {
        head.starts_with(&[0xed, 0xab, 0xee, 0xdb])
    }

    fn members(
        &self,
        mut content: Content<'_>,
        _: &Limits,
        into: &mut dyn Members,
    ) -> Result<(), Problem> {
        let mut front = Front::new(&mut content as &mut dyn Read);
        front.skip(LEAD)?;
        for (name, is_padded) in [(&b"(signature)"[..], true), (b"(header)", false)] {
            let [0x8e, 0xad, 0xe8, _, _, _, _, _, sizes @ ..] = front.peek(16)? else {
                return Err(Problem::corrupt("a header is damaged"));
            };
            let Some((entries, rest)) = sizes.split_first_chunk() else {
                return Err(Problem::corrupt("it ends too early"));
            };
            let bytes = rest.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
            let size = 16 * u64::from(u32::from_be_bytes(*entries)) + u64::from(bytes);
            front.skip(16)?;
            let mut body = Body { front: &mut front, left: size };
            into.member(name, &mut body)?;
            let left = body.left;
            front.skip(left)?;
            if is_padded {
                front.skip((8 - size % 8) % 8)?;
            }
        }
        into.member(b"payload", &mut front)
    }
}
