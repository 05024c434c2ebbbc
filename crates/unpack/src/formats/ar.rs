//! ar, which Debian packages and static libraries are, with the long names of GNU and BSD.

use std::io::Read;

use leeward_model::{Content, Reason};

use super::tar::{Body, named};
use crate::{BEHIND, Format, Limits, Members, Problem, front::Front};

const MAGIC: &[u8] = b"!<arch>\n";
const HEADER: usize = 60;

/// A table of long names, or one of them, is read up to this size.
const NAMES: u64 = 4 << 20;

pub(super) struct Ar;

impl Format for Ar {
    fn name(&self) -> &'static str {
        "ar"
    }

    fn is(&self, head: &[u8], _: Option<&[u8]>) -> bool {
        head.starts_with(MAGIC)
    }

    fn members(
        &self,
        mut content: Content<'_>,
        _: &Limits,
        into: &mut dyn Members,
    ) -> Result<(), Problem> {
        let mut front = Front::new(&mut content as &mut dyn Read);
        front.skip(MAGIC.len() as u64)?;
        let mut names = Vec::new();
        while !front.is_at_end()? {
            let Some((name, mut size)) = front.peek(HEADER)?.first_chunk().and_then(header) else {
                // Sizes are all that leads from one header to the next.
                into.member(BEHIND, &mut front)?;
                let reason = Reason::Corrupt("a header is damaged".to_owned());
                into.left_out(BEHIND, reason, None);
                return Ok(());
            };
            front.skip(HEADER as u64)?;
            let padding = size % 2;
            let mut body = Body { front: &mut front, left: size };
            let name = match name.as_slice() {
                b"//" if size <= NAMES => {
                    body.read_to_end(&mut names)?;
                    // They may be anything, like those of members.
                    into.member(b"(names)", &mut names.as_slice())?;
                    front.skip(padding)?;
                    continue;
                }
                [b'/', digits @ ..] if digits.first().is_some_and(u8::is_ascii_digit) => {
                    let at = number(digits).and_then(|at| usize::try_from(at).ok());
                    let long = at.and_then(|at| names.get(at..)).unwrap_or_default();
                    let long = long.split(|byte| *byte == b'\n').next().unwrap_or_default();
                    long.strip_suffix(b"/").unwrap_or(long).to_vec()
                }
                [b'#', b'1', b'/', digits @ ..] => {
                    let len = number(digits).filter(|len| *len <= size.min(NAMES)).unwrap_or(0);
                    let mut long = Vec::new();
                    (&mut body).take(len).read_to_end(&mut long)?;
                    size -= len;
                    long.truncate(long.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1));
                    long
                }
                [short @ .., b'/'] if !short.is_empty() => short.to_vec(),
                short => short.to_vec(),
            };
            body.left = size.min(body.left);
            into.member(named(&name), &mut body)?;
            let left = body.left;
            front.skip(left)?;
            front.skip(padding)?;
        }
        Ok(())
    }
}

/// The name and size that a header says.
fn header(header: &[u8; HEADER]) -> Option<(Vec<u8>, u64)> {
    if !header.ends_with(b"`\n") {
        return None;
    }
    Some((header[..16].trim_ascii_end().to_vec(), number(&header[48..58])?))
}

fn number(field: &[u8]) -> Option<u64> {
    std::str::from_utf8(field).ok()?.trim_ascii().parse().ok()
}
