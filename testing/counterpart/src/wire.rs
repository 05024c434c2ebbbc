//! A connection whose bytes are counted, and which can be made to send one
//! byte a second. It knows nothing of HTTP.

use std::{
    future::Future as _,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};

/// How a connection is sent on.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    pub(crate) is_slow: AtomicBool,
}

/// A connection that does as its pace says.
pub(crate) struct Wire<S> {
    inner: S,
    pace: Arc<Pace>,
    sent: Arc<AtomicU64>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl<S> Wire<S> {
    pub(crate) fn new(inner: S, pace: Arc<Pace>, sent: Arc<AtomicU64>) -> Self {
        Self { inner, pace, sent, pause: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut bytes = bytes;
        if self.pace.is_slow.load(Ordering::Relaxed) {
            let second = || Box::pin(tokio::time::sleep(Duration::from_secs(1)));
            let pause = self.pause.get_or_insert_with(second);
            ready!(pause.as_mut().poll(context));
            self.pause = None;
            bytes = &bytes[..bytes.len().min(1)];
        }
        let written = ready!(Pin::new(&mut self.inner).poll_write(context, bytes))?;
        self.sent.fetch_add(written as u64, Ordering::Relaxed);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
