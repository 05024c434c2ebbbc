//! The `leeward` command: reads what was typed, runs it, prints, and decides
//! the exit code. The only crate that prints, exits or reads the environment.

mod alerts;
mod apart;
mod archive;
mod args;
mod asking;
mod backup;
mod ci;
mod config;
mod dossier;
mod environment;
mod examples;
mod failure;
mod fix;
mod fleet;
mod honey;
mod hook;
mod incident;
mod kept;
mod library;
mod lsp;
mod mcp;
mod page;
mod plan;
mod preset;
mod probe;
mod progress;
mod record;
mod redact;
mod reread;
mod respond;
mod resume;
mod reveal;
mod scan;
mod sealing;
#[cfg(feature = "serve")]
mod serve;
mod show;
mod stores;
mod terminal;
mod value;
mod verify;
mod watch;

use std::process::ExitCode;

use clap::Parser as _;
use leeward_probe::Depth;

use crate::{
    args::{Arguments, Command},
    failure::{Exit, Failure},
};

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| terminal::panicked(panic.location())));
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return terminal::usage(&error),
    };
    let color = arguments.color;
    let done = match arguments.command {
        Command::Scan(scan) => scan::run(*scan, color),
        Command::Verify(args) => verify::run(&args, Depth::Identity, color),
        Command::Assess(args) => verify::run(&args, Depth::Reach, color),
        Command::Incident(command) => incident::run(&command, color),
        Command::Alert(command) => alerts::run(&command),
        Command::Respond(args) => respond::run(&args, color),
        #[cfg(feature = "serve")]
        Command::Serve(args) => serve::run(&args),
        Command::Worker(args) => fleet::work(&args),
        Command::Fleet(command) => fleet::run(&command),
        Command::Backup(args) => backup::run(&args),
        Command::Hook(command) => hook::run(&command, color),
        Command::Fix(args) => fix::run(&args),
        Command::Redact(args) => redact::run(&args),
        Command::Lsp(args) => lsp::run(&args),
        Command::Mcp(args) => mcp::run(&args),
        Command::Honey(command) => honey::run(&command),
        Command::Watch(args) => watch::run(&args),
        Command::Probe(probe) => probe::run(probe),
        Command::Dossier(dossier) => dossier::run(dossier, color),
        Command::UnpackApart(args) => apart::run(&args),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(Failure::BrokenPipe) => Exit::Clean.into(),
        Err(failure) => {
            terminal::complain(&failure, color);
            Exit::Usage.into()
        }
    }
}
