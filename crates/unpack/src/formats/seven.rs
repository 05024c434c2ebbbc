//! 7z. What is encrypted is told by name, or as a whole if its list of names is.

use std::io::{BufReader, Read};

use leeward_model::{Content, Reason};
use sevenz_rust2::{Archive, BlockDecoder, Error, Password};

use super::{tar::named, xz};
use crate::{Bound, Format, Limits, Members, Problem, format::encrypted};

pub(super) struct Seven;

impl Format for Seven {
    fn name(&self) -> &'static str {
        "7z"
    }

    fn is(&self, head: &[u8], _: Option<&[u8]>) -> bool {
        head.starts_with(b"7z\xbc\xaf\x27\x1c")
    }

    fn reads(&self) -> crate::Reads {
        crate::Reads::Anywhere
    }

    fn is_opaque(&self) -> bool {
        true
    }

    fn has_window(&self) -> bool {
        true
    }

    /// A byte of its list of names can become two hundred in memory.
    fn is_apart(&self) -> bool {
        true
    }

    fn members(
        &self,
        content: Content<'_>,
        limits: &Limits,
        into: &mut dyn Members,
    ) -> Result<(), Problem> {
        let Content::Seekable(content) = content else {
            return Err(Problem::corrupt("7z is read in any order"));
        };
        let mut content = BufReader::new(content);
        let password = Password::empty();
        let memory =
            usize::try_from(limits.window >> 10).unwrap_or(usize::MAX).saturating_add(1 << 10);
        let archive =
            Archive::read_with_memory_limit(&mut content, &password, memory).map_err(problem)?;
        for block in 0..archive.blocks.len() {
            let decoder = BlockDecoder::new_with_memory_limit(
                1,
                memory,
                block,
                &archive,
                &password,
                &mut content,
            );
            let (mut current, mut stopped) = (None, None);
            let ended = decoder.for_each_entries(&mut |entry, bytes: &mut dyn Read| {
                let name = entry.name().as_bytes();
                current = Some(name.to_vec());
                if entry.is_directory() && entry.size() == 0 {
                    return Ok(true);
                }
                stopped = into.member(named(name), bytes).err();
                Ok(stopped.is_none())
            });
            match (stopped, ended, current) {
                (Some(problem), ..) => return Err(problem),
                (None, Ok(_), _) => {}
                (None, Err(error), Some(name)) => into.left_out(&name, reason(error), None),
                // Nothing of the block can be read; others stand for themselves.
                (None, Err(error), None) => {
                    let reason = reason(error);
                    let decoder = BlockDecoder::new(1, block, &archive, &password, &mut content);
                    for entry in decoder.entries() {
                        let name = named(entry.name().as_bytes());
                        into.left_out(name, reason.clone(), Some(entry.size()));
                    }
                }
            }
        }
        Ok(())
    }
}

fn problem(error: Error) -> Problem {
    Problem::Because(reason(error))
}

fn reason(error: Error) -> Reason {
    match error {
        Error::PasswordRequired | Error::MaybeBadPassword(_) => encrypted(),
        Error::MaxMemLimited { .. } => Reason::Limit(Bound::WINDOW.0.to_owned()),
        Error::UnsupportedCompressionMethod(method) if method.contains("AES") => encrypted(),
        Error::UnsupportedCompressionMethod(_)
        | Error::Unsupported(_)
        | Error::ExternalUnsupported => Reason::Unopened(error.to_string()),
        Error::Io(error, _) => crate::format::reason(&xz::named(error)),
        other => Reason::Corrupt(other.to_string()),
    }
}
