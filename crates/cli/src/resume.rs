//! `leeward scan --resume`: where a scan keeps what it judged clean, and what is said of it
//! to people.

use leeward_detect::Options;
use leeward_dossier::Library;
use leeward_pipeline::Rules;
use leeward_store::Memory;
use leeward_unpack as unpack;

use crate::{args, config::Config, failure::Failure, kept, terminal};

/// The memory of a scan, if it is to have one. A database that cannot be written to is
/// known before anything is looked at.
pub(crate) fn memory(
    args: &args::Scan,
    library: &Library,
    options: Options,
    unpack: Option<&unpack::Settings>,
    now: i64,
) -> Result<Option<Memory>, Failure> {
    if !args.what.resume {
        return Ok(None);
    }
    let config = Config::load(args.recording.kept.config.as_deref())?;
    let place = kept::place(&args.recording.kept, &config)?;
    let rules = Rules::new(library, options, unpack).to_string();
    Ok(Some(Memory::open(&place, &rules, now)?))
}

/// Writes what is still to be written, and says what that means for the next scan.
pub(crate) fn close(memory: Option<Memory>, is_stopped: bool) {
    let Some(memory) = memory else { return };
    match memory.close() {
        Err(trouble) => terminal::notice(&format!(
            "warning: not all of this scan is remembered, so that the next one with `--resume` \
             looks at it again: {trouble}"
        )),
        Ok(()) if is_stopped => {
            terminal::notice(
                "what was looked at is remembered: the same command goes on from here",
            );
        }
        Ok(()) => {}
    }
}
