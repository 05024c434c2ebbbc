//! WARC (ISO 28500): what a crawler kept, record by record. The body of an answer is a
//! member by the address it came from, without its encodings; its heads are another.
//! Files of records that are each compressed are gzip first, and this inside.

mod head;
mod http;
mod input;

use std::io::{self, Read as _};

use head::Head;
use http::Part;
use input::Input;
use leeward_model::Content;

use crate::{Format, Limits, Members, Problem};

/// Bytes of the head of a record or of an answer. Servers refuse heads of more than
/// some 16 KiB, and crawlers write a few hundred bytes of their own.
const HEAD: usize = 64 << 10;

pub(super) struct Warc;

impl Format for Warc {
    fn name(&self) -> &'static str {
        "warc"
    }

    fn is(&self, head: &[u8], _: Option<&[u8]>) -> bool {
        input::is_version(head)
    }

    fn members(
        &self,
        content: Content<'_>,
        _: &Limits,
        into: &mut dyn Members,
    ) -> Result<(), Problem> {
        let mut input = Input::new(content);
        let mut number = 0_u64;
        loop {
            match input.begin_record() {
                Ok(true) => {}
                Ok(false) => {
                    let mut rest = input.block(None);
                    if rest.is_at_end() {
                        return rest.into_error().map_or(Ok(()), |error| Err(unreadable(&error)));
                    }
                    // Behind a length that is too small, or what no head begins.
                    number += 1;
                    into.member(format!("(between records {number})").as_bytes(), &mut rest)?;
                    rest.skip();
                    continue;
                }
                Err(error) => return Err(unreadable(&error)),
            }
            number += 1;
            record(&mut input, number, into)?;
        }
    }
}

/// Hands out one record, from its first byte to where it ends.
fn record(
    input: &mut Input<Content<'_>>,
    number: u64,
    into: &mut dyn Members,
) -> Result<(), Problem> {
    let head = Head::new(input.head(HEAD));
    let name = head.name(number);
    let mut block = input.block(head.length());
    let part = |part: &[u8]| [&*name, b" (", part, b")"].concat();
    let kind = head.value("warc-type").unwrap_or_default().to_ascii_lowercase();
    match kind.as_slice() {
        b"response" if block.beginning().starts_with(b"HTTP/") => {
            let answer = Head::new(block.head(HEAD));
            let heads = [head.fields(), answer.bytes()].concat();
            into.member(&part(b"head"), &mut &heads[..])?;
            http::body(&answer, &mut block, |which, body| match which {
                Part::Body => into.member(&name, body),
                Part::Rest => into.member(&part(b"behind the end"), body),
            })?;
        }
        b"request" | b"warcinfo" | b"metadata" | b"revisit" => {
            into.member(&part(&kind), &mut head.fields().chain(&mut block))?;
        }
        _ => {
            into.member(&part(b"head"), &mut head.fields())?;
            into.member(&name, &mut block)?;
        }
    }
    block.skip();
    Ok(())
}

fn unreadable(error: &io::Error) -> Problem {
    Problem::corrupt(error)
}
