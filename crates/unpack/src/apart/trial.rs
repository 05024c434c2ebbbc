//! Forms that do what a broken parser does, for tests of the bounds. Only builds for
//! development have them, and nothing is ever recognised as one: a test asks for it by
//! its name.

use std::io::Read as _;

use leeward_model::Content;

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
                use std::io::Write as _;
                // Past the buffer of whoever tells the parent.
                let mut out = std::io::stdout().lock();
                let _ = out.write_all(&[b'?'; 200 << 10]).and_then(|()| out.flush());
            }
            "trial-reach" => {
                let file = std::fs::File::open("/etc/hostname").is_ok();
                let socket = std::net::TcpListener::bind("127.0.0.1:0").is_ok();
                let process = std::process::Command::new("/bin/true").spawn().is_ok();
                let environment = std::fs::metadata("/proc/self").is_ok();
                let said = format!("{file} {socket} {process} {environment}");
                into.member(b"reached", &mut said.as_bytes())?;
            }
            "trial-endless" => into.member(b"endless", &mut std::io::repeat(b'a'))?,
            _ => {}
        }
        into.member(b"last", &mut b"last".take(4))
    }
}

#[expect(unconditional_recursion, reason = "it is to exhaust the stack")]
fn recurse(depth: u64) -> u64 {
    let room = std::hint::black_box([depth; 64]);
    recurse(depth + 1) + room[3]
}
