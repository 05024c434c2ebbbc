//! `leeward backup`: a copy of what is kept.

use leeward_store::{NoBackup, Place};

use crate::{
    args,
    config::Config,
    failure::{Exit, Failure},
    kept, terminal,
};

/// Copies the database.
pub(crate) fn run(args: &args::Backup) -> Result<Exit, Failure> {
    let config = Config::load(args.kept.config.as_deref())?;
    if let Place::Server(_) = kept::place(&args.kept, &config)? {
        return Err(Failure::Store(NoBackup::Server.to_string()));
    }
    let mut store = kept::open_existing(&args.kept, &config)?;
    let check = store.backup(&args.file).map_err(|why| {
        let file = leeward_model::SafeText::new(args.file.as_os_str().as_encoded_bytes());
        Failure::Store(format!("no copy was made as `{file}`: {why}"))
    })?;
    terminal::notice(&format!(
        "copied: {} events, head {}; keep the head elsewhere, `incident verify-log --head` checks a \
         database against it",
        check.events, check.head
    ));
    if check.is_sound() {
        return Ok(Exit::Clean);
    }
    terminal::notice(&format!(
        "the log in it was altered before it was copied: {} faults; `leeward incident verify-log` \
         names them",
        check.problems.len()
    ));
    Ok(Exit::Found)
}
