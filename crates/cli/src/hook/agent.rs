//! `leeward hook agent`: what an AI agent is about to do. A decision that takes
//! too long is made by the policy, so that no agent waits for ever.

mod install;

use std::{
    io::{self, Write as _},
    sync::{Arc, mpsc},
    thread,
};

use jiff::{Timestamp, tz::TimeZone};
use leeward_dossier::Library;
use leeward_guard::{
    agent::{self, Answer, Post},
    look::Look,
};

use crate::{
    args::{self, AgentCommand},
    config::Config,
    environment,
    failure::{Exit, Failure},
    scan::read_ignore_file,
};

/// Answers one event, or changes settings.
pub(crate) fn run(args: &args::Agent) -> Result<Exit, Failure> {
    if let Some(AgentCommand::Install(args)) = &args.command {
        return install::run(args);
    }
    let policy = Config::load(args.config.as_deref())?.guard();
    let (client, masks_input) = (args.client, args.mask_input);
    let ignore = read_ignore_file(None)?;
    let (done, decided) = mpsc::channel();
    let _ = thread::Builder::new().spawn(move || {
        let mut look = Look::new(Arc::new(Library::builtin()), policy.least);
        if let Some(ignore) = ignore {
            let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
            look = look.accepting(ignore, today);
        }
        let (here, home) = (environment::here(), environment::home());
        let post = Post {
            look: &look,
            policy,
            client,
            masks_input,
            here: &here,
            home: home.as_deref(),
            environment: &environment::everything,
        };
        let _ = done.send(agent::answer(&mut io::stdin().lock(), &post));
    });
    let answer = decided.recv_timeout(policy.within).unwrap_or_else(|error| {
        let why = match error {
            mpsc::RecvTimeoutError::Timeout => "it took longer than `guard.within_seconds`",
            mpsc::RecvTimeoutError::Disconnected => "something went wrong inside leeward",
        };
        agent::trouble(policy, why)
    });
    say(&answer)
}

fn say(answer: &Answer) -> Result<Exit, Failure> {
    if let Some(note) = &answer.note {
        // Where nobody reads it, the exit code still says it.
        let _ = writeln!(io::stderr().lock(), "{note}");
    }
    if let Some(out) = &answer.out {
        writeln!(io::stdout().lock(), "{out}")?;
    }
    Ok(if answer.refuses { Exit::Usage } else { Exit::Clean })
}
