//! Forms that do what a broken parser does, for tests of the bounds. Only builds for
//! development have them, and nothing is ever recognised as one: a test asks for it by
//! its name.

use std::io::{Read as _, Write as _};

use leeward_model::Content;

use super::frame::{Frame, HELLO};
use crate::{Format, Limits, Members, Problem, Reads};

/// The form of this name, in builds for development.
pub(super) fn of(name: &str) -> Option<&'static dyn Format> {
    const TRIALS: &[&dyn Format] = &[
        &Trial("trial-echo"),
        &Trial("trial-loop"),
        &Trial("trial-sleep"),
        &Trial("trial-allocate"),
        &Trial("trial-recurse"),
        &Trial("trial-abort"),
        &Trial("trial-panic"),
        &Trial("trial-nonsense"),
        &Trial("trial-reach"),
        &Trial("trial-endless"),
        &Trial("trial-who"),
        &Trial("trial-hoard"),
        &Trial("trial-burn"),
        &Trial("trial-beyond"),
        &Trial("trial-ahead"),
        &Trial("trial-gone"),
        &Trial("trial-mute"),
    ];
    TRIALS.iter().copied().find(|trial| cfg!(debug_assertions) && trial.name() == name)
}

struct Trial(&'static str);

impl Format for Trial {
    fn name(&self) -> &'static str {
        self.0
    }

    fn is(&self, _: &[u8], _: Option<&[u8]>) -> bool {
        false
    }

    fn reads(&self) -> Reads {
        Reads::Anywhere
    }

    fn is_apart(&self) -> bool {
        true
    }

    /// Hands out the container as a member, and then does what it is for.
    fn members(
        &self,
        mut content: Content<'_>,
        _: &Limits,
        into: &mut dyn Members,
    ) -> Result<(), Problem> {
        into.member(b"first", &mut content)?;
        match self.0 {
            "trial-loop" => loop {
                std::hint::spin_loop();
            },
            "trial-sleep" => std::thread::sleep(std::time::Duration::from_secs(600)),
            "trial-allocate" => {
                let mut held: Vec<Vec<u8>> = Vec::new();
                loop {
                    held.push(vec![1; 16 << 20]);
                    std::hint::black_box(&held);
                }
            }
            "trial-recurse" => {
                std::hint::black_box(recurse(std::hint::black_box(1)));
            }
            "trial-abort" => std::process::abort(),
            "trial-panic" => {
                let nothing: &[u8] = std::hint::black_box(&[]);
                std::hint::black_box(nothing[std::hint::black_box(7)]);
            }
            "trial-nonsense" => {
                past_bytes(&[b'?'; 200 << 10])?;
            }
            "trial-reach" => {
                let file = std::fs::File::open("/etc/hostname").is_ok();
                let socket = std::net::TcpListener::bind("127.0.0.1:0").is_ok();
                let process = std::process::Command::new("/bin/true").spawn().is_ok();
                let environment = std::fs::metadata("/proc/self").is_ok();
                let said = format!("{file} {socket} {process} {environment}");
                into.member(b"reached", &mut said.as_bytes())?;
            }
            "trial-who" => {
                let own = std::process::id().to_string();
                into.member(b"who", &mut own.as_bytes())?;
            }
            "trial-hoard" => std::mem::forget(std::hint::black_box(vec![1_u8; 2 << 20])),
            "trial-burn" => {
                while super::wear::is_young() {
                    std::hint::spin_loop();
                }
            }
            // These say that they have ended well, and then do something else.
            "trial-beyond" => past(&[DONE, Frame::Member(b"beyond".to_vec())])?,
            "trial-ahead" => {
                past(&[DONE])?;
                let mut ahead = HELLO.to_vec();
                ahead.extend([0; 8]);
                past_bytes(&ahead)?;
                past(&[Frame::Member(b"forged".to_vec()), Frame::End, DONE])?;
            }
            "trial-gone" => {
                past(&[DONE])?;
                std::process::abort();
            }
            "trial-mute" => {
                past(&[DONE])?;
                std::thread::sleep(std::time::Duration::from_secs(600));
            }
            "trial-endless" => into.member(b"endless", &mut std::io::repeat(b'a'))?,
            _ => {}
        }
        into.member(b"last", &mut b"last".take(4))
    }
}

const DONE: Frame = Frame::Done { is_fresh: true };

/// Tells the parent something past the buffer of whoever does that.
fn past(frames: &[Frame]) -> Result<(), Problem> {
    let mut bytes = Vec::new();
    frames.iter().try_for_each(|frame| frame.write(&mut bytes))?;
    past_bytes(&bytes)
}

fn past_bytes(bytes: &[u8]) -> Result<(), Problem> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}

#[expect(unconditional_recursion, reason = "it is to exhaust the stack")]
fn recurse(depth: u64) -> u64 {
    let room = std::hint::black_box([depth; 64]);
    recurse(depth + 1) + room[3]
}
