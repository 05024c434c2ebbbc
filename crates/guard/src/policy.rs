//! What a guard does when it cannot do its work, and how long it may take: the
//! user's word, from `[guard]` in `leeward.toml`. What it looks for is the
//! dossiers' business.

use std::time::Duration;

use leeward_model::Level;

/// What becomes of a change that could not be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnTrouble {
    /// It is stopped, and told why.
    #[default]
    Stop,
    /// It passes, and told that it was not looked at.
    Pass,
}

/// What a guard does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// When it cannot do its work.
    pub on_trouble: OnTrouble,
    /// How long one decision may take.
    pub within: Duration,
    /// Findings below this stop nothing.
    pub least: Level,
}

impl Default for Policy {
    fn default() -> Self {
        Self { on_trouble: OnTrouble::Stop, within: Duration::from_secs(20), least: Level::Medium }
    }
}
