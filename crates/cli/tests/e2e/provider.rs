//! The provider that is asked here: our own, on this machine, which writes
//! down what it was asked.

use leeward_counterpart::{Counterpart, Key, Rule, World as Provider};

use crate::fixture::{Run, World};

/// A provider with a few of everything and one key.
pub(crate) fn with(key: Key) -> Counterpart {
    Counterpart::start(Provider::furnished().key(key))
}

/// The same, and something goes wrong.
pub(crate) fn failing(key: Key, rule: impl Into<Rule>) -> Counterpart {
    Counterpart::setup(Provider::furnished().key(key)).fault(rule).start()
}

/// Arguments, with those that lead to this provider and do not wait.
pub(crate) fn at(server: &Counterpart, args: &[&str]) -> Vec<String> {
    let url = server.url();
    let how = ["--base-url", &url, "--rate", "500"];
    args.iter().chain(&how).map(|text| (*text).to_owned()).collect()
}

impl World {
    /// Runs a command that asks this provider.
    pub(crate) fn ask(&self, server: &Counterpart, args: &[&str]) -> Run {
        self.run(at(server, args))
    }

    /// Runs a command that asks this provider about what is handed in.
    pub(crate) fn ask_about(&self, server: &Counterpart, args: &[&str], text: &str) -> Run {
        let args = at(server, args);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        self.hand_in(&args, text)
    }

    /// Runs a command with a text on its standard input.
    pub(crate) fn hand_in(&self, args: &[&str], text: &str) -> Run {
        // A command that refuses what it was told does not read.
        self.run_with_input(args, |stdin| drop(stdin.write_all(text.as_bytes())))
    }
}
