//! Archives that are known but not opened, so that nobody takes them for looked at.

use leeward_model::{Content, Reason};

use crate::{Format, Limits, Members, Problem};

/// How they begin, and what they are called.
const KNOWN: &[(&[u8], &str)] = &[
    (b"Rar!\x1a\x07", "RAR"),
    (b"MSCF\0\0\0\0", "cabinet"),
    (b"\x1f\x9d\x90", "compress (.Z)"),
    (b"LZIP\x01", "lzip"),
    (b"LRZI\0", "lrzip"),
    (b"\x89LZO\0\r\n\x1a\n", "lzop"),
    (b"MSWIM\0\0\0", "WIM"),
    (b"xar!\0\x1c", "xar"),
    (b"hsqs", "SquashFS"),
];

pub(super) struct Unopened;

impl Unopened {
    fn known(head: &[u8]) -> Option<&'static str> {
        let found = KNOWN.iter().find(|(magic, _)| head.starts_with(magic));
        // Four letters are few: the major version of that form is always 4.
        found
            .filter(|(magic, _)| *magic != b"hsqs" || head.get(28..30) == Some(&[4, 0]))
            .map(|known| known.1)
    }
}

impl Format for Unopened {
    fn name(&self) -> &'static str {
        "unopened"
    }

    fn is(&self, head: &[u8], _: Option<&[u8]>) -> bool {
        Self::known(head).is_some()
    }

    fn members(
        &self,
        mut content: Content<'_>,
        _: &Limits,
        into: &mut dyn Members,
    ) -> Result<(), Problem> {
        let mut head = [0; 32];
        let mut len = 0;
        while len < head.len() {
            match std::io::Read::read(&mut content, &mut head[len..])? {
                0 => break,
                read => len += read,
            }
        }
        let what = Self::known(&head[..len]).unwrap_or("such");
        into.left_out(b"", Reason::Unopened(format!("{what} files are not opened")), None);
        Ok(())
    }
}
