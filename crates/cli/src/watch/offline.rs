//! What nothing is cloned with: repositories wait in the store for a server that may reach
//! them.

use std::ffi::OsStr;

use leeward_pipeline::Target;
use leeward_store::{Job, Store, Trouble};
use leeward_watch::{HandOver, Handed, Task};

use crate::kept;

/// For how long a repository is left alone, in seconds: so long does it wait at most when
/// the server is started again without `--offline`.
const LEFT: i64 = 60;

/// Leaves repositories alone.
pub(super) struct Offline;

impl HandOver for Offline {
    fn holder(&self) -> &str {
        // It takes nothing over.
        "nobody"
    }

    fn hand_over(&self, _: &mut Store, _: &Job, task: &Task) -> Result<Handed, Trouble> {
        let is_cloned = match task {
            Task::Repository { .. } => true,
            Task::Target { target } => {
                matches!(Target::parse(OsStr::new(target)), Ok(Target::Remote(_)))
            }
            Task::Verify { .. } => false,
        };
        if !is_cloned {
            return Ok(Handed::Stays);
        }
        let why = "nothing is cloned with `--offline`";
        Ok(Handed::Off(kept::now() + LEFT, why.to_owned()))
    }
}
