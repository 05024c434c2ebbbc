//! cpio in the forms with ASCII headers ("newc", "crc"): what packages of RPM and the
//! first file systems of Linux are. Several lie behind one another there, and what is
//! behind the last may be compressed.

use std::io::{BufRead as _, Read};

use leeward_model::{Content, Reason};

use super::tar::{Body, named};
use crate::{BEHIND, Format, Limits, Members, Problem, front::Front};

const HEADER: usize = 110;

/// Names are read up to this size.
const NAME: u64 = 64 << 10;

pub(super) struct Cpio;

impl Format for Cpio {
    fn name(&self) -> &'static str {
        "cpio"
    }

    fn is(&self, head: &[u8], _: Option<&[u8]>) -> bool {
        is_header(head)
    }

    fn members(
        &self,
        mut content: Content<'_>,
        _: &Limits,
        into: &mut dyn Members,
    ) -> Result<(), Problem> {
        let mut front = Front::new(&mut content as &mut dyn Read);
        let mut has_ended = false;
        while !front.is_at_end()? {
            if has_ended {
                front.skip_zeros()?;
            }
            if !is_header(front.peek(HEADER)?) {
                if !front.is_at_end()? {
                    into.member(BEHIND, &mut front)?;
                }
                if !has_ended {
                    let reason = Reason::Corrupt("a header is damaged".to_owned());
                    into.left_out(BEHIND, reason, None);
                }
                return Ok(());
            }
            let header = front.peek(HEADER)?;
            let (size, len) = (field(header, 6), field(header, 11));
            front.consume(HEADER);
            let mut name = Vec::new();
            Body { front: &mut front, left: len.min(NAME) }.read_to_end(&mut name)?;
            front.skip(len.saturating_sub(NAME))?;
            front.skip(padding(HEADER as u64 + len))?;
            while name.last() == Some(&0) {
                name.pop();
            }
            has_ended = name == b"TRAILER!!!";
            if size > 0 {
                let mut body = Body { front: &mut front, left: size };
                into.member(named(&name), &mut body)?;
                let left = body.left;
                front.skip(left)?;
            }
            front.skip(padding(size))?;
        }
        Ok(())
    }
}

fn is_header(head: &[u8]) -> bool {
    head.get(..HEADER).is_some_and(|head| {
        (head.starts_with(b"070701") || head.starts_with(b"070702"))
            && head[6..].iter().all(u8::is_ascii_hexdigit)
    })
}

/// A field of a header, which has only hexadecimal digits.
fn field(header: &[u8], index: usize) -> u64 {
    let digits = &header[6 + 8 * index..][..8];
    digits.iter().fold(0, |number, digit| {
        number << 4 | u64::from(char::from(*digit).to_digit(16).unwrap_or(0))
    })
}

fn padding(len: u64) -> u64 {
    (4 - len % 4) % 4
}
