//! A target that is scanned again and again: files, directories, or a repository by
//! its address, as `leeward scan --record` would.

use std::ffi::OsStr;

use leeward_model::Secret;
use leeward_pipeline::{Request, Scope, Target, scan};
use leeward_source::{Progress, files};
use leeward_store::{Recorded, Store};

use crate::{
    ground::Ground,
    keep::{Met, keep},
    worker::Fault,
};

/// Scans and records.
pub(crate) fn look(
    ground: &Ground,
    store: &mut Store,
    target: &str,
    progress: &Progress,
) -> Result<Recorded, Fault> {
    let meant =
        Target::parse(OsStr::new(target)).map_err(|error| Fault::Never(error.to_string()))?;
    if matches!(meant, Target::Stdin) {
        return Err(Fault::Never("standard input cannot be scanned again and again".to_owned()));
    }
    // What reaches them is in the environment of whoever runs a scan.
    if matches!(meant, Target::Bucket(_) | Target::Image(_)) {
        let why = format!("`{meant}` is not watched: have `leeward scan --record` run in turn");
        return Err(Fault::Never(why));
    }
    let now = ground.now();
    let targets = [meant];
    let request = Request {
        targets: &targets,
        scope: Scope::Everything,
        index: None,
        unpack: ground.unpack.as_ref(),
        files: files::Options {
            threads: ground.threads,
            skip_git_objects: true,
            ..files::Options::default()
        },
        threads: ground.threads,
        least: ground.least,
        baseline: None,
        ignore: None,
        today: ground.today(),
        now,
        user_rules: None,
        decoys: None,
        desk: None,
        judged: None,
    };
    let outcome = scan(&request, &ground.library, &ground.detector, progress)
        .map_err(|error| Fault::Later(error.to_string()))?;
    if progress.is_cancelled() {
        return Err(Fault::Stopped);
    }
    let hidden: Vec<&Secret> = outcome.hidden.iter().collect();
    let names = [target.to_owned()];
    let covered = if outcome.coverage.is_complete() { &targets[..] } else { &[] };
    let met = Met { findings: outcome.findings, hidden: &hidden, targets: &names, covered };
    Ok(keep(ground, store, met)?)
}
