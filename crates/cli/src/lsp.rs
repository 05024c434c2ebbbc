//! `leeward lsp`: speaks with an editor over standard input and output.

use std::{
    io::{self, BufReader},
    sync::Arc,
};

use leeward_guard::lsp::{self, Ended, Settings};

use crate::{
    args, environment,
    failure::{Exit, Failure},
    library,
};

/// Serves until the editor ends it. An end without a good-bye is none of those
/// that the protocol knows, and exits with 1.
pub(crate) fn run(args: &args::Lsp) -> Result<Exit, Failure> {
    let settings = Settings {
        library: Arc::new(library::load(&args.dossiers)?),
        least: args.confidence.into(),
        user_rules: environment::git_ignore_rules(),
        version: env!("CARGO_PKG_VERSION"),
    };
    let input = BufReader::with_capacity(1 << 16, io::stdin());
    match lsp::run(input, io::stdout(), settings) {
        Ended::Well => Ok(Exit::Clean),
        Ended::Gone => Ok(Exit::Found),
        Ended::Broken(why) => {
            crate::terminal::notice(&format!("what the editor sent is no message: {why}"));
            Ok(Exit::Found)
        }
    }
}
