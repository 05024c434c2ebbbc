//! A stream of any length, such as standard input: one thread reads pieces,
//! the others inspect them. A stream that fits one piece is inspected whole on
//! the calling thread, without starting any. Where somebody wants the stream as a
//! whole too, it is handed on while it is read. Nothing here is spooled to disk.

use std::{
    io::{self, Cursor, Read},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

use leeward_model::{Blob, Coverage, Inspect, NotScanned, Origin, Reason, Wanted, Worker as _};

use crate::{
    Progress,
    piece::{Cut, Cutter, Filled, Measured},
    tee,
};

/// How much of a long stream says what it is.
const HEAD: usize = 4 << 10;

/// What a stream is called where a file would have its path.
const NAME: &[u8] = b"-";

/// Reads standard input, as [`scan`] does, and on Linux makes room in its pipe
/// first: with the usual 64 KiB both ends mostly wait for each other.
pub fn scan_stdin<I: Inspect>(threads: usize, inspect: &I, progress: &Progress) -> Coverage {
    let stdin = io::stdin();
    #[cfg(target_os = "linux")]
    // Refused if it is no pipe, or more than an ordinary user may have.
    let _ = rustix::pipe::fcntl_setpipe_size(&stdin, 1 << 20);
    scan(stdin, threads, inspect, progress)
}

/// Reads a stream to its end and hands it out, as a whole if it fits one piece
/// and else in pieces to `threads` threads. At most `threads + 2` pieces are
/// in memory, however long the stream or its lines.
pub fn scan<I: Inspect>(
    reader: impl Read,
    threads: usize,
    inspect: &I,
    progress: &Progress,
) -> Coverage {
    scan_cut(reader, Cut::DEFAULT, threads, inspect, progress)
}

fn scan_cut<I: Inspect>(
    reader: impl Read,
    cut: Cut,
    threads: usize,
    inspect: &I,
    progress: &Progress,
) -> Coverage {
    progress.expect(1);
    let mut cutter = Cutter::new(Heeding { reader, progress }, cut);
    let mut buffer = vec![0; cut.buffer()];
    let (mut bytes_scanned, mut error) = (0, None);
    match cutter.fill(&mut buffer) {
        Some(first) if first.piece.is_some() => {
            let stream = Stream { cut, threads: threads.max(1), inspect, progress };
            (bytes_scanned, error) = stream.long(cutter, buffer, first);
        }
        first => {
            if let Some(first) = first {
                inspect.worker().inspect(Blob::whole(&buffer[..first.len], Origin::Stdin));
                progress.add_bytes(first.len as u64);
                bytes_scanned = first.len as u64;
            }
            error = error.or(cutter.into_error());
        }
    }
    progress.add(0);
    let mut coverage = Coverage { bytes_scanned, ..Coverage::default() };
    let reason = match error {
        _ if progress.is_cancelled() => Some(Reason::stopped()),
        Some(error) => Some(Reason::Unreadable(error.to_string())),
        None => None,
    };
    match reason {
        Some(reason) => {
            coverage.not_scanned.push(NotScanned { path: NAME.to_vec(), reason, bytes: None });
        }
        None => coverage.files_scanned = 1,
    }
    coverage
}

/// A reader that ends when somebody asks to stop.
struct Heeding<'a, R> {
    reader: R,
    progress: &'a Progress,
}

impl<R: Read> Read for Heeding<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.progress.is_cancelled() { Ok(0) } else { self.reader.read(buffer) }
    }
}

/// A reader that says at once why it ended, if it has.
struct Ending<R> {
    reader: R,
    error: Option<io::Error>,
}

impl<R: Read> Read for Ending<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.error.take() {
            Some(error) => Err(error),
            None => self.reader.read(buffer),
        }
    }
}

/// A reader that tells people how far it is.
struct Adding<'a, R> {
    reader: R,
    progress: &'a Progress,
}

impl<R: Read> Read for Adding<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.progress.add_bytes(read as u64);
        Ok(read)
    }
}

struct Stream<'a, I> {
    cut: Cut,
    threads: usize,
    inspect: &'a I,
    progress: &'a Progress,
}

impl<I: Inspect> Stream<'_, I> {
    /// Hands out a stream that does not fit one piece, the first of which is at hand, in
    /// the way it is wanted. How many bytes there were, and why no more.
    fn long<R: Read>(
        &self,
        cutter: Cutter<R>,
        buffer: Vec<u8>,
        first: Filled,
    ) -> (u64, Option<io::Error>) {
        let head = buffer[..first.len.min(HEAD)].to_vec();
        let mut worker = self.inspect.worker();
        let wanted = worker.wants(Origin::Stdin, &head);
        if wanted == Wanted::Pieces {
            let mut cutter = cutter;
            let bytes = self.in_pieces(&mut cutter, buffer, first);
            return (bytes, cutter.into_error());
        }
        // From its beginning once more.
        let (rest, error) = cutter.into_parts();
        let reader = buffer[..first.len].to_vec();
        let reader = Cursor::new(reader).chain(Ending { reader: rest, error });
        if wanted == Wanted::Whole {
            let reader = Adding { reader, progress: self.progress };
            return tee::whole(&mut worker, Origin::Stdin, &head, reader);
        }
        drop(worker);
        tee::both(self.inspect, Origin::Stdin, &head, reader, |reader| {
            let (mut cutter, mut buffer) = (Cutter::new(reader, self.cut), buffer);
            let bytes = match cutter.fill(&mut buffer) {
                Some(first) => self.in_pieces(&mut cutter, buffer, first),
                None => 0,
            };
            (bytes, cutter.into_error())
        })
    }

    /// Hands out pieces, the first of which is at hand, until the reader ends.
    /// Answers how many bytes there were.
    fn in_pieces<R: Read>(
        &self,
        cutter: &mut Cutter<R>,
        mut buffer: Vec<u8>,
        mut filled: Filled,
    ) -> u64 {
        let mut bytes = 0;
        let measured = Mutex::new(Vec::new());
        thread::scope(|scope| {
            let (full, to_inspect) = mpsc::sync_channel(1);
            let (empty, to_fill) = mpsc::channel();
            // Owned by the threads alone, so that sending to nobody fails.
            let to_inspect = Arc::new(Mutex::new(to_inspect));
            let measured = &measured;
            // One buffer more than there are threads, so that reading goes on
            // while all of them work.
            let mut unmade = self.threads;
            for _ in 0..self.threads {
                let (to_inspect, empty) = (Arc::clone(&to_inspect), empty.clone());
                scope.spawn(move || self.work(&to_inspect, &empty, measured));
            }
            drop((to_inspect, empty));
            loop {
                bytes += filled.own().len() as u64;
                if full.send((buffer, filled)).is_err() {
                    // All threads panicked; the scope passes it on.
                    return;
                }
                buffer = match to_fill.try_recv() {
                    Ok(used) => used,
                    Err(_) if unmade > 0 => {
                        unmade -= 1;
                        vec![0; self.cut.buffer()]
                    }
                    Err(_) => match to_fill.recv() {
                        Ok(used) => used,
                        Err(_) => return,
                    },
                };
                match cutter.fill(&mut buffer) {
                    Some(next) => filled = next,
                    None => return,
                }
            }
        });
        let measured = measured.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.inspect.pieces_done(Origin::Stdin, &Measured::starts(measured));
        bytes
    }

    fn work(
        &self,
        to_inspect: &Mutex<Receiver<(Vec<u8>, Filled)>>,
        empty: &Sender<Vec<u8>>,
        measured: &Mutex<Vec<Measured>>,
    ) {
        let mut worker = self.inspect.worker();
        loop {
            let next = to_inspect.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok((buffer, filled)) = next else { return };
            let bytes = &buffer[..filled.len];
            worker.inspect(Blob { bytes, origin: Origin::Stdin, piece: filled.piece, base: None });
            if let Some(piece) = filled.piece {
                let piece = Measured::of(self.cut, bytes, piece);
                measured.lock().unwrap_or_else(PoisonError::into_inner).push(piece);
            }
            self.progress.add_bytes(filled.own().len() as u64);
            // The reader may have gone: then nobody needs the buffer.
            let _ = empty.send(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_model::{Content, Piece, Position, Trace};
    use proptest::prelude::*;

    /// Keeps everything it is given.
    #[derive(Default)]
    struct Keep {
        seen: Mutex<Vec<(Vec<u8>, Option<Piece>)>>,
        starts: Mutex<Option<Vec<Position>>>,
    }

    struct Keeper<'a>(&'a Keep);

    impl<'k> Inspect for &'k Keep {
        type Worker = Keeper<'k>;

        fn worker(&self) -> Keeper<'k> {
            Keeper(self)
        }

        fn pieces_done(&self, _: Origin<'_>, starts: &[Position]) {
            assert!(self.starts.lock().unwrap().replace(starts.to_vec()).is_none());
        }
    }

    impl leeward_model::Worker for Keeper<'_> {
        fn inspect(&mut self, blob: Blob<'_>) -> Trace {
            self.0.seen.lock().unwrap().push((blob.bytes.to_vec(), blob.piece));
            Trace::default()
        }
    }

    impl Keep {
        /// The own bytes of all pieces, in order.
        fn text(&self) -> Vec<u8> {
            let mut seen = self.seen.lock().unwrap();
            seen.sort_by_key(|(_, piece)| piece.map(|piece| piece.index));
            seen.iter()
                .flat_map(|(bytes, piece)| match piece {
                    Some(piece) => &bytes[piece.own_start..piece.own_end],
                    None => bytes,
                })
                .copied()
                .collect()
        }
    }

    proptest! {
        #[test]
        fn every_byte_is_somebodys_own(
            text in "[a-zé\n]{0,200}", own in 1usize..40, overlap in 0usize..20, threads in 0usize..4,
        ) {
            let (keep, progress) = (Keep::default(), Progress::default());
            let coverage =
                scan_cut(text.as_bytes(), Cut::new(own, overlap), threads, &&keep, &progress);
            prop_assert_eq!(keep.text(), text.as_bytes());
            prop_assert_eq!(coverage.bytes_scanned, text.len() as u64);
            prop_assert_eq!(coverage.files_scanned, 1);
            prop_assert!(coverage.is_complete());
            prop_assert_eq!(progress.snapshot(), (text.len() as u64, 1, 1));
            let starts = keep.starts.lock().unwrap().take().unwrap_or_default();
            for (bytes, piece) in keep.seen.lock().unwrap().iter() {
                let Some(piece) = piece else { continue };
                let offset = piece.offset as usize;
                prop_assert_eq!(&bytes[..], &text.as_bytes()[offset..offset + bytes.len()]);
                let wanted = Position::START.after(&text.as_bytes()[..offset]);
                prop_assert_eq!(starts[piece.index as usize], wanted);
            }
        }
    }

    /// Keeps what it is given as a whole, beside the pieces.
    struct Wants {
        keep: Keep,
        wanted: Wanted,
        /// How much of the whole it reads.
        reads: u64,
        whole: Mutex<Vec<u8>>,
    }

    struct Wanting<'w>(&'w Wants);

    impl<'w> Inspect for &'w Wants {
        type Worker = Wanting<'w>;

        fn worker(&self) -> Wanting<'w> {
            Wanting(self)
        }

        fn pieces_done(&self, origin: Origin<'_>, starts: &[Position]) {
            (&&self.keep).pieces_done(origin, starts);
        }
    }

    impl leeward_model::Worker for Wanting<'_> {
        fn inspect(&mut self, blob: Blob<'_>) -> Trace {
            Keeper(&self.0.keep).inspect(blob)
        }

        fn wants(&self, _: Origin<'_>, head: &[u8]) -> Wanted {
            assert!(!head.is_empty());
            self.0.wanted
        }

        fn open(&mut self, _: Origin<'_>, head: &[u8], mut content: Content<'_>) {
            let mut whole = self.0.whole.lock().unwrap();
            let _ = (&mut content).take(self.0.reads).read_to_end(&mut whole);
            assert!(head.starts_with(&whole[..whole.len().min(head.len())]));
        }
    }

    #[test]
    fn a_stream_is_handed_on_as_it_is_wanted() {
        let text: Vec<u8> = (0..3_000_000_u32).map(|at| (at >> 3) as u8).collect();
        for wanted in [Wanted::Pieces, Wanted::Both, Wanted::Whole] {
            for reads in [u64::MAX, 1_000_000, 0] {
                let (keep, whole) = (Keep::default(), Mutex::default());
                let (wants, progress) = (Wants { keep, wanted, reads, whole }, Progress::default());
                let cut = Cut::new(10_000, 100);
                let coverage = scan_cut(&text[..], cut, 2, &&wants, &progress);
                assert_eq!(coverage.bytes_scanned, text.len() as u64);
                assert!(coverage.is_complete());
                assert_eq!(progress.snapshot(), (text.len() as u64, 1, 1));
                let pieces = if wanted == Wanted::Whole { &text[..0] } else { &text };
                assert!(wants.keep.text() == pieces, "{wanted:?}");
                let most = if wanted == Wanted::Pieces { 0 } else { reads.min(3_000_000) };
                assert!(*wants.whole.lock().unwrap() == text[..most as usize], "{wanted:?}");
            }
        }
    }

    #[test]
    fn whoever_opens_a_stream_learns_that_it_broke() {
        struct Broken<'a>(&'a [u8]);
        impl Read for Broken<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                match self.0.read(buffer)? {
                    0 => Err(io::Error::other("the pipe burst")),
                    read => Ok(read),
                }
            }
        }
        let text = vec![b'x'; 200_000];
        for wanted in [Wanted::Both, Wanted::Whole] {
            let (keep, whole) = (Keep::default(), Mutex::default());
            let wants = Wants { keep, wanted, reads: u64::MAX, whole };
            let cut = Cut::new(10_000, 100);
            let coverage = scan_cut(Broken(&text), cut, 2, &&wants, &Progress::default());
            let reason = Reason::Unreadable("the pipe burst".to_owned());
            assert_eq!(coverage.not_scanned[0].reason, reason);
            assert!(*wants.whole.lock().unwrap() == text);
        }
    }

    #[test]
    fn what_came_before_an_error_is_scanned() {
        struct Broken(usize);
        impl Read for Broken {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0 = self.0.checked_sub(1).ok_or_else(|| io::Error::other("the pipe burst"))?;
                buffer[0] = b'x';
                Ok(1)
            }
        }
        for len in [0, 3, 30] {
            let keep = Keep::default();
            let coverage = scan_cut(Broken(len), Cut::new(8, 2), 2, &&keep, &Progress::default());
            assert_eq!(keep.text(), vec![b'x'; len]);
            assert_eq!((coverage.bytes_scanned, coverage.files_scanned), (len as u64, 0));
            assert_eq!(
                coverage.not_scanned[0].reason,
                Reason::Unreadable("the pipe burst".to_owned())
            );
        }
    }

    #[test]
    fn an_endless_stream_can_be_cancelled() {
        struct Endless<'a>(&'a Progress, u32);
        impl Read for Endless<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.1 += 1;
                if self.1 == 1000 {
                    self.0.cancel();
                }
                Ok(buffer.len())
            }
        }
        let (keep, progress) = (Keep::default(), Progress::default());
        let coverage = scan_cut(Endless(&progress, 0), Cut::new(64, 8), 2, &&keep, &progress);
        assert!(coverage.bytes_scanned >= 64 * 900);
        assert_eq!(coverage.not_scanned[0].reason, Reason::stopped());
    }

    #[test]
    fn an_inspector_that_panics_does_not_hang_the_reader() {
        struct Panics;
        impl Inspect for Panics {
            type Worker = Self;
            fn worker(&self) -> Self {
                Self
            }
            fn pieces_done(&self, _: Origin<'_>, _: &[Position]) {}
        }
        impl leeward_model::Worker for Panics {
            fn inspect(&mut self, _: Blob<'_>) -> Trace {
                panic!("on purpose");
            }
        }
        let result = std::panic::catch_unwind(|| {
            scan_cut(io::repeat(b'x'), Cut::new(64, 8), 2, &Panics, &Progress::default())
        });
        assert!(result.is_err());
    }
}
