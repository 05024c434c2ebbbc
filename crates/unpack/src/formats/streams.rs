//! What compressed streams have in common: each is one nameless member, from however many
//! streams of the form lie behind one another. What lies behind the last is a member too.

use std::io::{self, Read};

use leeward_model::Content;

use crate::{BEHIND, Format, Limits, Members, Problem, front::Front};

/// How much of a stream's beginning says that it is one.
const HEAD: usize = 32;

/// Compressed bytes on their way.
pub(super) type Packed<'r> = Front<&'r mut dyn Read>;

/// A way to compress: all that one form of compressed file has of its own.
pub(super) trait Codec: Sync {
    /// As of [`Format::name`].
    fn name(&self) -> &'static str;

    /// Whether a file of this form begins so.
    fn is(&self, head: &[u8]) -> bool {
        self.begins(head)
    }

    /// As of [`Format::has_window`].
    fn has_window(&self) -> bool {
        false
    }

    /// Whether a stream begins with some bytes, 32 of them if there are as many.
    fn begins(&self, head: &[u8]) -> bool;

    /// Begins to unpack a stream.
    ///
    /// # Errors
    /// If it does not begin as it should.
    fn begin<'r>(
        &self,
        packed: Packed<'r>,
        limits: &Limits,
    ) -> io::Result<Box<dyn Unpacked<'r> + 'r>>;
}

/// One stream that is being unpacked.
pub(super) trait Unpacked<'r>: Read {
    /// The compressed bytes behind it, once it was read to its end.
    ///
    /// # Errors
    /// If the end is not where or what it should be.
    fn behind(self: Box<Self>) -> io::Result<Packed<'r>>;
}

impl<C: Codec> Format for C {
    fn name(&self) -> &'static str {
        Codec::name(self)
    }

    fn is(&self, head: &[u8], _: Option<&[u8]>) -> bool {
        Codec::is(self, head)
    }

    fn is_opaque(&self) -> bool {
        true
    }

    fn has_window(&self) -> bool {
        Codec::has_window(self)
    }

    fn members(
        &self,
        mut content: Content<'_>,
        limits: &Limits,
        into: &mut dyn Members,
    ) -> Result<(), Problem> {
        let packed = Front::new(&mut content as &mut dyn Read);
        let mut joined = Joined { codec: self, limits, state: Some(State::Between(packed)) };
        into.member(b"", &mut joined)?;
        let Some(State::Between(mut rest)) = joined.state else { return Ok(()) };
        rest.skip_zeros()?;
        if rest.is_at_end()? { Ok(()) } else { into.member(BEHIND, &mut rest) }
    }
}

/// Streams behind one another, read as one.
struct Joined<'c, 'r> {
    codec: &'c dyn Codec,
    limits: &'c Limits,
    /// Nothing once a stream is broken.
    state: Option<State<'r>>,
}

enum State<'r> {
    Between(Packed<'r>),
    Within(Box<dyn Unpacked<'r> + 'r>),
}

impl Read for Joined<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.state.take() {
                None => return Ok(0),
                Some(State::Between(mut packed)) => {
                    if !self.codec.begins(packed.peek(HEAD)?) {
                        // Files are filled up with zeros on tapes, and by xz.
                        packed.skip_zeros()?;
                    }
                    if !self.codec.begins(packed.peek(HEAD)?) {
                        self.state = Some(State::Between(packed));
                        return Ok(0);
                    }
                    self.state = Some(State::Within(self.codec.begin(packed, self.limits)?));
                }
                Some(State::Within(mut unpacked)) => {
                    let read = unpacked.read(buffer)?;
                    if read > 0 || buffer.is_empty() {
                        self.state = Some(State::Within(unpacked));
                        return Ok(read);
                    }
                    self.state = Some(State::Between(unpacked.behind()?));
                }
            }
        }
    }
}
