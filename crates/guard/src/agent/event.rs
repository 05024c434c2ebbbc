//! What happens, whichever agent says it, and what is done about it.

use std::path::PathBuf;

use serde_json::Value;

/// When an agent asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before a prompt goes to the model.
    Prompt,
    /// Before a prompt goes to the model, in a protocol that can replace it
    /// and not refuse it.
    Rewrite,
    /// Before a tool runs.
    Before,
    /// Before a file is read, with what it holds.
    Reading,
    /// After a tool ran, before the model sees what came of it.
    After,
    /// Something is told that can no longer be changed.
    Told,
    /// Nothing that could hold a key leaves the machine.
    Harmless,
    /// The protocol has no such event, as far as is known here.
    Unknown,
}

/// What an agent says of itself.
#[derive(Debug)]
pub struct Event {
    /// When.
    pub moment: Moment,
    /// The event's name in its protocol; one of those known here, or empty.
    pub name: &'static str,
    /// The tool, as the agent calls it.
    pub tool: Option<String>,
    /// What is looked at: a prompt, a tool's input, or its output.
    pub said: Value,
    /// Files that go along with it.
    pub files: Vec<PathBuf>,
    /// Where relative paths start.
    pub cwd: Option<PathBuf>,
    /// The protocol's second form, where it has two.
    pub is_snake: bool,
}

/// What is done about it.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// Nothing.
    Pass,
    /// Nothing, but it is said that it was not looked at.
    Noted(String),
    /// It does not happen, and this is why.
    Stop(String),
    /// The user is asked, and this is why.
    Ask(String),
    /// It happens with this in place of what was said.
    Masked(Value, String),
}
