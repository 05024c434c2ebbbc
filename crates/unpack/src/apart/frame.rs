//! What a child is asked, and what it says to its parent, as frames: a letter, a length,
//! and that many bytes. Both ends are the same program, so the protocol has no versions;
//! the parent trusts nothing in it all the same.

use std::io::{self, Read, Write};

use leeward_model::Reason;

/// The first bytes of an answer, by which a program that is none is told. The number that
/// was asked with follows.
pub(super) const HELLO: &[u8; 8] = b"\0leeward";

/// As much as a frame may hold; chunks are cut to it.
pub(super) const LARGEST: usize = 64 << 10;

/// What a child is asked: to parse what is in its file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// Of this container alone, and not to be guessed.
    pub(super) number: u64,
    /// The name of the form.
    pub(super) form: String,
}

impl Request {
    /// Writes it.
    pub(super) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let len = u8::try_from(self.form.len()).map_err(|_| nonsense())?;
        let mut bytes = self.number.to_le_bytes().to_vec();
        bytes.push(len);
        bytes.extend(self.form.bytes());
        to.write_all(&bytes)
    }

    /// Reads the next, or nothing from a parent that asks no more, or is no more.
    pub(super) fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let mut number = [0; 8];
        match from.read_exact(&mut number) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let mut len = [0];
        from.read_exact(&mut len)?;
        let mut form = vec![0; usize::from(len[0])];
        from.read_exact(&mut form)?;
        Ok(Some(Self { number: u64::from_le_bytes(number), form: text(&form) }))
    }
}

/// A child's word.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// A member begins, by its name.
    Member(Vec<u8>),
    /// A table begins, by its name.
    Table(Vec<u8>),
    /// Bytes of the member or table that has begun.
    Bytes(Vec<u8>),
    /// It is complete.
    End,
    /// It is not, and why.
    Broken(String),
    /// Something was left out.
    LeftOut(Vec<u8>, Reason, Option<u64>),
    /// The container cannot be read on.
    Problem(Reason),
    /// Nothing follows. What was started is fresh if it may serve another container.
    Done {
        /// Whether it has grown by little, in memory and in time of a processor.
        is_fresh: bool,
    },
}

impl Frame {
    /// Writes it.
    pub(super) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Member(name) => put(to, b'm', name),
            Self::Table(name) => put(to, b't', name),
            Self::Bytes(bytes) => put(to, b'b', bytes),
            Self::End => put(to, b'e', &[]),
            Self::Broken(why) => put(to, b'x', why.as_bytes()),
            Self::LeftOut(name, reason, bytes) => {
                let mut body = reason_bytes(reason);
                body.push(u8::from(bytes.is_some()));
                body.extend(bytes.unwrap_or_default().to_le_bytes());
                body.extend(name);
                put(to, b'l', &body)
            }
            Self::Problem(reason) => put(to, b'p', &reason_bytes(reason)),
            Self::Done { is_fresh } => put(to, b'd', &[u8::from(*is_fresh)]),
        }
    }

    /// Reads one. An error of the kind `InvalidData` is nonsense, and one of the kind
    /// `UnexpectedEof` a child that is no more.
    pub(super) fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut head = [0; 5];
        from.read_exact(&mut head)?;
        let [letter, len @ ..] = head;
        let len = u32::from_le_bytes(len) as usize;
        if len > LARGEST {
            return Err(nonsense());
        }
        let mut body = vec![0; len];
        from.read_exact(&mut body)?;
        Ok(match letter {
            b'm' => Self::Member(body),
            b't' => Self::Table(body),
            b'b' => Self::Bytes(body),
            b'e' => Self::End,
            b'x' => Self::Broken(text(&body)),
            b'l' => {
                let (reason, rest) = reason(&body).ok_or_else(nonsense)?;
                let (known, rest) = rest.split_first().ok_or_else(nonsense)?;
                let (bytes, name) = rest.split_first_chunk().ok_or_else(nonsense)?;
                let bytes = (*known == 1).then(|| u64::from_le_bytes(*bytes));
                Self::LeftOut(name.to_vec(), reason, bytes)
            }
            b'p' => Self::Problem(reason(&body).ok_or_else(nonsense)?.0),
            b'd' => Self::Done { is_fresh: body == [1] },
            _ => return Err(nonsense()),
        })
    }
}

fn put(to: &mut impl Write, letter: u8, body: &[u8]) -> io::Result<()> {
    let body = &body[..body.len().min(LARGEST)];
    to.write_all(&[letter])?;
    to.write_all(&(body.len() as u32).to_le_bytes())?;
    to.write_all(body)
}

fn nonsense() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "nonsense")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Longer details of a reason are cut.
const DETAIL: usize = 1 << 10;

/// A reason: its kind, the length of its detail, the detail.
fn reason_bytes(reason: &Reason) -> Vec<u8> {
    let kind = match reason {
        Reason::Limit(_) => b'l',
        Reason::Unreadable(_) => b'u',
        Reason::Excluded => b'e',
        Reason::NotAFile => b'n',
        Reason::SymbolicLink => b's',
        Reason::TooLarge => b't',
        Reason::OutsideTarget(_) => b'o',
        Reason::Unopened(_) => b'p',
        // The rest is said by sources, not by parsers.
        _ => b'c',
    };
    let detail = reason.detail().unwrap_or_default().as_bytes();
    let detail = &detail[..detail.len().min(DETAIL)];
    let mut bytes = vec![kind];
    bytes.extend((detail.len() as u16).to_le_bytes());
    bytes.extend(detail);
    bytes
}

fn reason(bytes: &[u8]) -> Option<(Reason, &[u8])> {
    let (kind, rest) = bytes.split_first()?;
    let (len, rest) = rest.split_first_chunk()?;
    let (detail, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*len)))?;
    let detail = text(detail);
    let reason = match kind {
        b'l' => Reason::Limit(detail),
        b'u' => Reason::Unreadable(detail),
        b'e' => Reason::Excluded,
        b'n' => Reason::NotAFile,
        b's' => Reason::SymbolicLink,
        b't' => Reason::TooLarge,
        b'o' => Reason::OutsideTarget(detail),
        b'p' => Reason::Unopened(detail),
        b'c' => Reason::Corrupt(detail),
        _ => return None,
    };
    Some((reason, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let frames = [
            Frame::Member(b"a\xffb".to_vec()),
            Frame::Table(vec![]),
            Frame::Bytes(vec![7; LARGEST]),
            Frame::End,
            Frame::Broken("odd".into()),
            Frame::LeftOut(b"n".to_vec(), Reason::Limit("x".into()), Some(9)),
            Frame::LeftOut(vec![], Reason::Excluded, None),
            Frame::Problem(Reason::Corrupt("y".into())),
            Frame::Problem(Reason::Unopened("z".into())),
            Frame::Done { is_fresh: true },
            Frame::Done { is_fresh: false },
        ];
        let mut bytes = Vec::new();
        frames.iter().for_each(|frame| frame.write(&mut bytes).unwrap());
        let mut from = bytes.as_slice();
        for frame in frames {
            assert_eq!(Frame::read(&mut from).unwrap(), frame);
        }
    }

    #[test]
    fn what_is_asked_is_heard() {
        let asked = |number| Request { number, form: "pdf".to_owned() };
        let mut bytes = Vec::new();
        [7, u64::MAX].iter().for_each(|number| asked(*number).write(&mut bytes).unwrap());
        let mut from = bytes.as_slice();
        assert_eq!(Request::read(&mut from).unwrap(), Some(asked(7)));
        assert_eq!(Request::read(&mut from).unwrap(), Some(asked(u64::MAX)));
        assert_eq!(Request::read(&mut from).unwrap(), None);
        assert!(Request::read(&mut &bytes[..9]).is_err());
    }

    proptest! {
        #[test]
        fn nonsense_is_an_error_and_nothing_worse(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = Frame::read(&mut bytes.as_slice());
        }
    }
}
