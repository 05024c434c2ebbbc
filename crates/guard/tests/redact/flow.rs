//! Streams with threads and a clock: nothing waits for ever, and what goes
//! wrong lets nothing out.

use std::{
    io::{self, Read, Write},
    sync::{
        Mutex,
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::Duration,
};

use super::*;

/// Far more than a line may ever take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A pipe whose writer is a test.
struct Pipe(Receiver<Vec<u8>>, Vec<u8>);

fn pipe() -> (Sender<Vec<u8>>, Pipe) {
    let (sender, receiver) = mpsc::channel();
    (sender, Pipe(receiver, Vec::new()))
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.1.is_empty() {
            self.1 = self.0.recv().unwrap_or_default();
        }
        let length = self.1.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.1[..length]);
        self.1.drain(..length);
        Ok(length)
    }
}

/// An output that a test reads.
struct Tap(Sender<Vec<u8>>);

impl Write for Tap {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(bytes.to_vec()).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn lines_come_while_the_writer_pauses() {
    for pace in [Pace::Steady, Pace::Lines] {
        let (writer, input) = pipe();
        let (tap, seen) = mpsc::channel();
        let done = thread::spawn(move || run(&REDACTOR, input, &mut Tap(tap), pace));
        let mut out = Vec::new();
        let mut until = |end: &str| {
            while !out.ends_with(end.as_bytes()) {
                out.extend(seen.recv_timeout(PATIENCE).expect("the line comes"));
            }
            String::from_utf8(out.clone()).unwrap()
        };
        writer.send(b"ready\n".to_vec()).unwrap();
        until("ready\n");
        let key = random_value();
        writer.send(format!("MISTRAL_API_KEY={key}\nrequest done\n").into_bytes()).unwrap();
        assert!(!until("request done\n").contains(&key));
        if pace == Pace::Steady {
            writer.send(b"name: ".to_vec()).unwrap();
            until("name: ");
        }
        drop(writer);
        let (tally, end) = done.join().unwrap();
        end.unwrap();
        assert_eq!(tally.masks.places(), 1);
    }
}

#[test]
fn a_long_stream_of_one_line_is_counted_and_unchanged() {
    let text = b"lorem ipsum \0\xff ".repeat(400_000);
    let mut out = Vec::new();
    let (tally, done) = run(&REDACTOR, io::Cursor::new(text.clone()), &mut out, Pace::Steady);
    done.unwrap();
    assert!(out == text);
    assert_eq!((tally.read, tally.written), (text.len() as u64, text.len() as u64));
    assert!(tally.masks.is_empty());
}

#[test]
fn what_came_before_an_error_is_masked() {
    struct Broken(Option<Vec<u8>>);
    impl Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let text = self.0.take().ok_or_else(|| io::Error::other("the pipe burst"))?;
            buffer[..text.len()].copy_from_slice(&text);
            Ok(text.len())
        }
    }
    let key = random_value();
    let text = format!("MISTRAL_API_KEY={key}\n");
    let mut out = Vec::new();
    let (_, done) = run(&REDACTOR, Broken(Some(text.clone().into())), &mut out, Pace::Steady);
    assert!(matches!(done, Err(Trouble::Read(_))));
    assert_eq!(out, masked(text.as_bytes()));
}

#[test]
fn a_reader_that_left_ends_it() {
    let (tap, seen) = mpsc::channel();
    drop(seen);
    let (_, done) = run(&REDACTOR, io::repeat(b'x'), &mut Tap(tap), Pace::Steady);
    assert!(
        matches!(done, Err(Trouble::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe)
    );
}

#[test]
fn after_a_panic_nothing_more_comes_out() {
    struct Panics<'a>(&'a Mutex<u64>);
    impl Write for Panics<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut count = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            *count += 1;
            assert!(*count < 2, "on purpose");
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let count = Mutex::new(0);
    let (tally, done) = run(&REDACTOR, io::repeat(b'x'), &mut Panics(&count), Pace::Steady);
    assert!(matches!(done, Err(Trouble::Broken)));
    assert_eq!(*count.lock().unwrap_or_else(std::sync::PoisonError::into_inner), 2);
    assert!(tally.written < tally.read);
}
