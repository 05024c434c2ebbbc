//! Bodies that are made while they are sent, and those that are not what they
//! say: endless ones, bombs, ones that break off.

use std::{
    convert::Infallible,
    io::{self, Write as _},
    pin::Pin,
    sync::LazyLock,
    task::{Context, Poll},
};

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress};
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use hyper::body::{Body, Frame, SizeHint};

/// The body of any answer.
pub(crate) type Sent = UnsyncBoxBody<Bytes, io::Error>;

const MEGABYTE: usize = 1 << 20;

/// How much a body without end has.
const ENDLESS: u64 = 10 << 30;

/// How many megabytes come out of a bomb.
const BOMB: usize = 1024;

/// A body that is all there.
pub(crate) fn whole(body: impl Into<Bytes>) -> Sent {
    Full::new(body.into()).map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// A body that goes on and on, as if it were JSON.
pub(crate) fn endless() -> Sent {
    let opening = Bytes::from_static(b"{\"object\":\"list\",\"data\":[\"");
    Parts { next: Some(opening), filler: Some(Bytes::from(vec![b'a'; 65_536])), left: ENDLESS }
        .boxed_unsync()
}

/// A body that says to be longer than it is, and breaks off.
pub(crate) fn broken_off() -> Sent {
    let opening = Bytes::from_static(b"{\"object\":\"list\",\"data\":[");
    Parts { next: Some(opening), filler: None, left: 4096 }.boxed_unsync()
}

/// One part, then a filler as long as there is something left; without a
/// filler, an error.
struct Parts {
    next: Option<Bytes>,
    filler: Option<Bytes>,
    left: u64,
}

impl Body for Parts {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        if let Some(part) = self.next.take() {
            self.left = self.left.saturating_sub(part.len() as u64);
            self.next = self.filler.clone();
            return Poll::Ready(Some(Ok(Frame::data(part))));
        }
        if self.filler.is_none() && self.left != u64::MAX {
            // The first part goes out before the connection breaks.
            self.left = u64::MAX;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(io::Error::other("broken off on purpose"))))
    }

    fn size_hint(&self) -> SizeHint {
        // With a length for the one that breaks off, in chunks otherwise.
        if self.filler.is_none() { SizeHint::with_exact(self.left) } else { SizeHint::default() }
    }
}

/// A gzip file of 1 GB of nothing: one compressed megabyte, again and again.
pub(crate) fn gzip_bomb() -> Bytes {
    static BOMB_FILE: LazyLock<Bytes> = LazyLock::new(|| {
        let megabyte = vec![0; MEGABYTE];
        let mut block = Vec::with_capacity(MEGABYTE);
        let mut compress = Compress::new(Compression::best(), false);
        // A full flush forgets what came before, so that the block can follow
        // itself.
        compress.compress_vec(&megabyte, &mut block, FlushCompress::Full).unwrap();
        let mut of_block = Crc::new();
        of_block.update(&megabyte);
        let mut sum = Crc::new();
        let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
        for _ in 0..BOMB {
            file.write_all(&block).unwrap();
            sum.combine(&of_block);
        }
        // An empty last block, the checksum and the length.
        file.extend([3, 0]);
        file.extend(sum.sum().to_le_bytes());
        file.extend(sum.amount().to_le_bytes());
        file.into()
    });
    BOMB_FILE.clone()
}
