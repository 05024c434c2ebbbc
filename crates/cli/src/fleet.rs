//! `leeward fleet add`, `leeward worker`, and the queue of `leeward serve`: from what was
//! typed to the ends of a queue. A build without the feature says how to get one.

#[cfg(feature = "fleet")]
mod queue;
#[cfg(feature = "fleet")]
mod work;

use std::{fs, io, io::Read as _, path::Path};

use leeward_source::git::RemoteUrl;
use leeward_watch::{Task, status};

use crate::{
    args,
    config::Config,
    failure::{Exit, Failure},
    kept, terminal,
};

#[cfg(all(feature = "fleet", feature = "serve"))]
pub(crate) use queue::join;
#[cfg(feature = "fleet")]
pub(crate) use work::run as work;

/// Has repositories scanned.
pub(crate) fn run(command: &args::Fleet) -> Result<Exit, Failure> {
    let args::Fleet::Add(args) = command;
    let text = read(&args.file)?;
    let mut urls = Vec::new();
    for (nth, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let url = RemoteUrl::parse(line, false).map_err(|error| {
            Failure::Content(args.file.clone(), format!("line {}: {error}", nth + 1))
        })?;
        urls.push(url.as_str().to_owned());
    }
    let config = Config::load(args.kept.config.as_deref())?;
    let mut store = kept::open(&args.kept, &config)?;
    let (now, mut added) = (kept::now(), 0);
    for url in &urls {
        let task = Task::Repository {
            source: None,
            url: url.clone(),
            is_public: None,
            needs_credential: false,
        };
        added += usize::from(status::enqueue(&mut store, &task, now)?);
    }
    let known = urls.len() - added;
    terminal::notice(&format!(
        "{added} repositories are to be scanned, {known} were already; `leeward watch --status` \
         says how it goes"
    ));
    Ok(Exit::Clean)
}

fn read(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let done = match file.as_os_str() == "-" {
        true => io::stdin().lock().read_to_string(&mut text).map(|_| ()),
        false => fs::read_to_string(file).map(|read| text = read),
    };
    done.map_err(|error| Failure::File("read the addresses", file.to_owned(), error))?;
    Ok(text)
}

/// What a worker is, in a build that has none.
#[cfg(not(feature = "fleet"))]
pub(crate) fn work(_: &args::Worker) -> Result<Exit, Failure> {
    Err(unable("`leeward worker` needs a queue"))
}

/// Refuses a queue in a build that has none.
#[cfg(all(feature = "serve", not(feature = "fleet")))]
pub(crate) fn refuse(args: &args::fleet::OfQueue) -> Result<(), Failure> {
    match &args.at.queue {
        None => Ok(()),
        Some(_) => Err(unable("`--queue` shares scans among machines")),
    }
}

#[cfg(not(feature = "fleet"))]
fn unable(what: &str) -> Failure {
    Failure::Store(format!(
        "{what}, and this build cannot: build it with `--features fleet` (docs/fleet.md)"
    ))
}
