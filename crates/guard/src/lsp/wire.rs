//! Messages as bytes: a header that says how long each is, then JSON. What is
//! too long is passed over without being kept, what is no JSON is answered,
//! and no complaint quotes what came: it may hold a document.

use std::{
    io::{self, BufRead, Read as _, Write},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use lsp_server::{Connection, ErrorCode, Message};

use super::Ended;

/// The longest message that is read, in bytes.
const LONGEST: u64 = 64 << 20;
/// The longest that is passed over; more is no message.
const PASSED_OVER: u64 = 4 << 30;
/// The longest header.
const HEADER: u64 = 8 << 10;

/// A connection with the threads that carry its messages.
pub(super) struct Line {
    pub(super) connection: Connection,
    reader: JoinHandle<Option<String>>,
    writer: JoinHandle<()>,
}

/// One message, or what came in its place.
enum Came {
    Text(Vec<u8>),
    /// So many bytes, passed over.
    TooLong(u64),
    End,
}

/// Starts to carry messages.
pub(super) fn connect<R, W>(input: R, output: W) -> Line
where
    R: BufRead + Send + 'static,
    W: Write + Send + 'static,
{
    let (connection, far) = Connection::memory();
    let output = Arc::new(Mutex::new(output));
    let errors = Arc::clone(&output);
    let incoming = far.sender;
    let reader = thread::spawn(move || {
        let pass_on = |message| incoming.send(message).is_ok();
        read_all(input, pass_on, |why| write(&errors, &answer_to_nothing(&why)).is_ok())
    });
    let outgoing = far.receiver;
    let writer = thread::spawn(move || {
        for message in outgoing {
            // Nobody is left to hear it.
            if write(&output, &bytes(&message)).is_err() {
                break;
            }
        }
    });
    Line { connection, reader, writer }
}

impl Line {
    /// Sends what is still to be sent, and says how it ended.
    pub(super) fn end(self, said_goodbye: bool) -> Ended {
        let Self { connection, reader, writer } = self;
        let last = connection.receiver.try_recv();
        let has_ended = last.is_err_and(|error| error.is_disconnected());
        drop(connection);
        let _ = writer.join();
        if said_goodbye {
            return Ended::Well;
        }
        // Otherwise the reader may wait for more that never comes.
        match has_ended.then(|| reader.join()) {
            Some(Ok(Some(why))) => Ended::Broken(why),
            _ => Ended::Gone,
        }
    }
}

/// Reads until the end; why, if it is not that of the stream.
fn read_all(
    mut input: impl BufRead,
    pass_on: impl Fn(Message) -> bool,
    refuse: impl Fn(String) -> bool,
) -> Option<String> {
    loop {
        let goes_on = match next(&mut input) {
            Ok(Came::Text(text)) => match serde_json::from_slice(&text) {
                Ok(message) => pass_on(message),
                Err(_) => refuse("this is no message of JSON-RPC".to_owned()),
            },
            Ok(Came::TooLong(bytes)) => refuse(format!(
                "a message of {bytes} bytes was passed over: {} MB are the most",
                LONGEST >> 20
            )),
            Ok(Came::End) => false,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Some(error.to_string());
            }
            Err(_) => false,
        };
        if !goes_on {
            return None;
        }
    }
}

fn next(input: &mut impl BufRead) -> io::Result<Came> {
    let Some(length) = header(input)? else { return Ok(Came::End) };
    if length > LONGEST {
        let passed = io::copy(&mut input.take(length), &mut io::sink())?;
        return Ok(if passed == length { Came::TooLong(length) } else { Came::End });
    }
    // What is announced need not come: memory is taken as it does.
    let mut text = Vec::new();
    input.take(length).read_to_end(&mut text)?;
    Ok(if text.len() as u64 == length { Came::Text(text) } else { Came::End })
}

/// How long the next message is; `None` at the end.
fn header(input: &mut impl BufRead) -> io::Result<Option<u64>> {
    let bad = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
    let mut left = HEADER;
    let mut length = None;
    loop {
        let mut line = Vec::new();
        let read = input.take(left).read_until(b'\n', &mut line)? as u64;
        left -= read;
        if line.last() != Some(&b'\n') {
            let is_end = read == 0 && left > 0;
            return if is_end { Ok(None) } else { Err(bad("a header is cut off or too long")) };
        }
        let line = line.trim_ascii();
        if line.is_empty() {
            return match length {
                Some(length) if length <= PASSED_OVER => Ok(Some(length)),
                Some(_) => Err(bad("a header announces more than any message has")),
                None => Err(bad("a header without `Content-Length`")),
            };
        }
        let line = std::str::from_utf8(line).map_err(|_| bad("a header that is no text"))?;
        let Some((name, value)) = line.split_once(':') else {
            return Err(bad("a header without `:`"));
        };
        if name.trim().eq_ignore_ascii_case("Content-Length") {
            let value = value.trim().parse();
            length = Some(value.map_err(|_| bad("`Content-Length` is no number"))?);
        }
    }
}

fn write<W: Write>(output: &Mutex<W>, bytes: &[u8]) -> io::Result<()> {
    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
    output.write_all(bytes)?;
    output.flush()
}

fn bytes(message: &Message) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Into memory, where nothing fails.
    let _ = message.write(&mut bytes);
    bytes
}

/// The answer to what has no number to answer to.
fn answer_to_nothing(why: &str) -> Vec<u8> {
    let answer = serde_json::json!({
        "jsonrpc": "2.0",
        "id": null,
        "error": { "code": ErrorCode::ParseError as i32, "message": why },
    });
    let text = answer.to_string();
    format!("Content-Length: {}\r\n\r\n{text}", text.len()).into_bytes()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn read(bytes: &[u8]) -> (usize, Vec<String>, Option<String>) {
        let (messages, refused) = (RefCell::new(0), RefCell::new(Vec::new()));
        let ended = read_all(
            bytes,
            |_| {
                *messages.borrow_mut() += 1;
                true
            },
            |why| {
                refused.borrow_mut().push(why);
                true
            },
        );
        (messages.into_inner(), refused.into_inner(), ended)
    }

    fn framed(text: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{text}", text.len())
    }

    #[test]
    fn what_is_no_message_is_answered_and_the_next_is_read() {
        let good = framed(r#"{"jsonrpc":"2.0","method":"a"}"#);
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        for bad in ["{", "[]", "\"x\"", r#"{"id":{}}"#, "\u{0}", &deep] {
            let (messages, refused, ended) = read(format!("{}{good}", framed(bad)).as_bytes());
            assert_eq!((messages, refused.len(), ended), (1, 1, None), "{bad:.20}");
        }
        let (messages, refused, _) = read(b"content-length:2\r\nX: y\r\n\r\n\xff\xff");
        assert_eq!((messages, refused.len()), (0, 1));
    }

    #[test]
    fn what_is_too_long_is_passed_over_without_being_kept() {
        let long = LONGEST + 1;
        let header = format!("Content-Length: {long}\r\n\r\n");
        let good = framed(r#"{"jsonrpc":"2.0","method":"a"}"#);
        let filler = io::repeat(b'x').take(long);
        let input = header.as_bytes().chain(filler).chain(good.as_bytes());
        let seen = RefCell::new(Vec::new());
        let note = |what: &str| {
            seen.borrow_mut().push(what.to_owned());
            true
        };
        let ended = read_all(io::BufReader::new(input), |_| note("message"), |why| note(&why));
        assert_eq!(ended, None);
        let seen = seen.into_inner();
        assert!(seen[0].contains("passed over") && seen[1] == "message", "{seen:?}");
        // Announced and never sent: an end like any other.
        assert_eq!(read(b"Content-Length: 1073741824\r\n\r\n{}"), (0, Vec::new(), None));
    }

    #[test]
    fn a_header_that_is_none_ends_it() {
        let endless = [b"X: ".as_slice(), &vec![b'y'; 20_000]].concat();
        for header in [
            b"hello\r\n\r\n".as_slice(),
            b"Content-Length: -1\r\n\r\n",
            b"Content-Length: 99999999999999999999999\r\n\r\n",
            b"Content-Length: 9999999999999\r\n\r\n",
            b"Content-Type: x\r\n\r\n{}",
            b"Content-Length: 2",
            &endless,
        ] {
            let (_, refused, ended) = read(header);
            assert!(ended.is_some() && refused.is_empty(), "{ended:?}");
        }
        assert_eq!(read(b""), (0, Vec::new(), None));
    }

    #[test]
    fn a_line_carries_both_ways() {
        let input = framed(r#"{"jsonrpc":"2.0","id":1,"method":"a"}"#).into_bytes();
        let line = connect(io::Cursor::new(input), Vec::new());
        assert!(matches!(line.connection.receiver.recv().unwrap(), Message::Request(_)));
        assert!(line.connection.receiver.recv().is_err());
        assert_eq!(line.end(false), Ended::Gone);
    }
}
