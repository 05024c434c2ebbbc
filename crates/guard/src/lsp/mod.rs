//! Speaks with an editor, in the Language Server Protocol: values are marked as
//! they are typed, with why; a hover says more; an action moves a value into
//! the environment or notes why it may stay. `wire` is the transport, `client`
//! what the other side can do, `text` and `document` what is open, `server`
//! the session, `answer` what it is asked, `marks` what is shown, `hover` and `action` what is offered,
//! `mend` the command behind a move, `accepted` what the user accepted.
//!
//! No message holds a value: an editor may write down what is spoken. So it is
//! the server that writes `.env`, and the editor gets the replacement alone.
//! Nothing in a workspace configures the server but comments beside values and
//! the ignore file at its root.

mod accepted;
mod action;
mod answer;
mod client;
mod document;
mod hover;
mod marks;
mod mend;
mod server;
mod text;
mod wire;

use std::{
    io::{BufRead, Write},
    path::PathBuf,
    sync::Arc,
};

use leeward_dossier::Library;
use leeward_model::Level;

pub use server::serve;

/// What the user decided beforehand.
#[derive(Debug)]
pub struct Settings {
    /// What is known of credentials.
    pub library: Arc<Library>,
    /// What is less sure is not marked.
    pub least: Level,
    /// The user's own list of files that Git ignores.
    pub user_rules: Option<PathBuf>,
    /// The version that the editor is told.
    pub version: &'static str,
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The editor said good-bye, as the protocol has it.
    Well,
    /// It left without a word.
    Gone,
    /// What came was no message, and where the next begins is not known.
    Broken(String),
}

/// Speaks with an editor until one of the two ends it.
pub fn run<R, W>(input: R, output: W, settings: Settings) -> Ended
where
    R: BufRead + Send + 'static,
    W: Write + Send + 'static,
{
    let line = wire::connect(input, output);
    let said_goodbye = serve(&line.connection, settings);
    line.end(said_goodbye)
}
