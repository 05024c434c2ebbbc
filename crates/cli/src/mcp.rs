//! `leeward mcp`: serves agents.

use std::{
    io::{self, BufReader},
    sync::Arc,
};

use leeward_guard::{
    look::Look,
    mcp::{self, Roots, Server},
};

use crate::{
    apart, args,
    config::Config,
    environment,
    failure::{Exit, Failure},
    library,
    scan::{processors, read_ignore_file},
};

/// Serves until the input ends.
pub(crate) fn run(args: &args::Mcp) -> Result<Exit, Failure> {
    let policy = Config::load(args.config.as_deref())?.guard();
    let roots = match args.roots.as_slice() {
        [] => Roots::new(&[environment::here()]),
        roots => Roots::new(roots),
    };
    let server = Server {
        look: Look::new(Arc::new(library::load(&args.dossiers)?), policy.least),
        ignore: read_ignore_file(None)?,
        policy,
        roots: roots.map_err(|bad| Failure::Value(bad.to_string()))?,
        unpack: Some(apart::settings()),
        threads: processors(),
        version: env!("CARGO_PKG_VERSION"),
    };
    mcp::serve(&server, BufReader::with_capacity(1 << 16, io::stdin()), io::stdout())?;
    Ok(Exit::Clean)
}
