//! The hook protocols of AI agents: what an agent is about to say, run, read,
//! write or take in is looked at before it leaves the machine, and stopped or
//! masked if a key is in it. It is a help and not a wall: an agent that runs
//! code can reach a value in ways that no list of commands knows.
//!
//! `speak` turns a protocol's JSON into an [`Event`] and a [`Verdict`] into the
//! protocol's answer, one file for each; `judge` decides, and knows no
//! protocol. `texts` finds every text in an event and masks it; `command` reads
//! a command line; `file` reads a file that an agent wants; `words` is what
//! people and agents are told; `install` puts hooks into an agent's settings.

mod command;
mod event;
mod file;
pub mod install;
mod judge;
mod mask;
mod speak;
pub(crate) mod texts;
mod words;

use std::{
    io::{self, Read},
    path::Path,
};

use serde_json::Value;
use zeroize::Zeroizing;

pub use self::{
    event::{Event, Moment, Verdict},
    speak::Client,
};
use crate::{
    look::Look,
    policy::{OnTrouble, Policy},
};

/// More than this is not read from an agent: it is never a prompt.
pub const MOST: u64 = 64 * 1024 * 1024;

/// What an agent is told.
#[derive(Debug, Default, PartialEq)]
pub struct Answer {
    /// A JSON document for standard output, if the protocol wants one.
    pub out: Option<Value>,
    /// A line for standard error.
    pub note: Option<String>,
    /// The exit code is 2, which every protocol takes for a refusal where
    /// something can be refused.
    pub refuses: bool,
}

/// What a hook stands on.
#[derive(Clone, Copy)]
pub struct Post<'a> {
    /// What looks.
    pub look: &'a Look,
    /// What is done when it cannot.
    pub policy: Policy,
    /// The client that was named, if any.
    pub client: Option<Client>,
    /// What an agent's input holds is masked where the protocol can replace
    /// it, and not refused.
    pub masks_input: bool,
    /// Where the hook was started.
    pub here: &'a Path,
    /// The user's home directory.
    pub home: Option<&'a Path>,
    /// The environment that a command of the agent would see, one
    /// `NAME=value` a line. Only asked for if a command would print it.
    pub environment: &'a dyn Fn() -> Zeroizing<Vec<u8>>,
}

/// Reads one event and answers it.
pub fn answer(input: &mut dyn Read, post: &Post<'_>) -> Answer {
    let mut text = Zeroizing::new(Vec::new());
    match input.take(MOST + 1).read_to_end(&mut text) {
        Ok(_) if text.len() as u64 > MOST => {
            return trouble(post.policy, words::TOO_LARGE);
        }
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(_) => return trouble(post.policy, words::UNREADABLE),
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let Ok(Value::Object(said)) = serde_json::from_slice(text) else {
        return trouble(post.policy, words::NO_JSON);
    };
    // What the event itself shows goes before the name: an agent that runs the
    // hooks of another still reads only answers in its own words.
    let Some(client) = Client::of(&said).or(post.client) else {
        return trouble(post.policy, words::NO_CLIENT);
    };
    let Some(event) = client.event(said) else {
        return trouble(post.policy, words::NO_EVENT);
    };
    let verdict = judge::judge(&event, post);
    client.answer(&event, verdict)
}

/// What is said when nothing could be looked at.
pub fn trouble(policy: Policy, why: &str) -> Answer {
    match policy.on_trouble {
        OnTrouble::Stop => Answer { out: None, note: Some(words::stopped(why)), refuses: true },
        OnTrouble::Pass => Answer { out: None, note: Some(words::passed(why)), refuses: false },
    }
}
