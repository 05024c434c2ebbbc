//! Carries a change out, in the order in which nothing is lost and nothing
//! leaks wherever it ends: Git ignores the file of values, then it has the
//! value, then the literal goes.

use std::path::{Path, PathBuf};

use leeward_model::Tracking;
use leeward_respond::vault::{self, Held, Keeper as _, Place, Trouble};

use super::{
    change::{Change, Moved, Remedy},
    home,
};

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Files that belong into the commit, besides the changed one.
    pub beside: Vec<PathBuf>,
    /// In words, a line each.
    pub said: Vec<String>,
}

impl Change {
    /// Writes everything.
    ///
    /// # Errors
    /// What could not be done. What had been done before stays and does no harm:
    /// the literal goes last.
    pub fn apply(&self) -> Result<Done, Trouble> {
        let done = self.prepare()?;
        if self.remedy == Remedy::Move && !self.moved.is_empty() {
            self.place.replace(Some(&self.old), &self.new)?;
        }
        Ok(done)
    }

    /// The files that are written besides the changed one.
    pub fn written(&self) -> Vec<&Path> {
        let ignore = self.ignore.as_ref().map(|ignore| ignore.file.as_path());
        ignore.into_iter().chain(self.home.as_deref()).chain(self.example.as_deref()).collect()
    }

    /// Writes everything but the file itself, for those who change it in an
    /// editor.
    ///
    /// # Errors
    /// As above.
    pub fn prepare(&self) -> Result<Done, Trouble> {
        let mut done = Done::default();
        if let Some(ignore) = &self.ignore {
            let is_new = ignore.write()?;
            if is_new {
                done.said.push(format!("`{}`: added `{}`", ignore.shown, ignore.line));
            }
            // One that was written before may still be new to Git.
            let place = Place::find(&ignore.file)?;
            if is_new || place.tracking(self.user_rules.as_deref()) == Tracking::Untracked {
                done.beside.push(ignore.file.clone());
            }
        }
        if let Remedy::KeepOut { is_tracked: false } = self.remedy {
            self.ignored(self.place.path(), &self.shown)?;
        }
        let Some(home) = &self.home else { return Ok(done) };
        let shown = self.env.as_deref().unwrap_or_default();
        self.ignored(home, shown)?;
        let mut put: Vec<&str> = Vec::new();
        for moved in &self.moved {
            if !put.contains(&&*moved.name) {
                put.push(&moved.name);
                done.said.extend(self.put(home, shown, moved)?);
            }
        }
        if let Some(example) = &self.example {
            for name in put {
                let is_there = |text: &[u8]| {
                    vault::variables(text, |_| true).iter().any(|known| known == name)
                };
                if home::add_line(example, format!("{name}=").as_bytes(), is_there)? {
                    let file = example.file_name().unwrap_or_default().to_string_lossy();
                    done.said.push(format!("`{file}`: added {name}, without a value"));
                    if !done.beside.contains(example) {
                        done.beside.push(example.clone());
                    }
                }
            }
        }
        Ok(done)
    }

    /// Puts a value where it goes, never over another.
    fn put(&self, home: &Path, shown: &str, moved: &Moved) -> Result<Option<String>, Trouble> {
        let Moved { name, value, .. } = moved;
        let keeper = vault::in_dotenv(home.to_owned(), name.clone(), self.user_rules.clone());
        if keeper.holds(&|held| !held.is_empty() && !vault::is_same(held, value))? == Held::Yes {
            return Err(Trouble::Conflict(format!(
                "`{shown}` sets {name} to another value by now: nothing was written; run the fix \
                 again"
            )));
        }
        let receipt = keeper.put(value)?;
        Ok(receipt.changed.then(|| format!("`{shown}`: {name} is set to {}", moved.hint)))
    }

    /// A rule further down may take the line back.
    fn ignored(&self, file: &Path, shown: &str) -> Result<(), Trouble> {
        match Place::find(file)?.tracking(self.user_rules.as_deref()) {
            Tracking::Untracked => Err(Trouble::Refused(format!(
                "another rule keeps Git from ignoring `{shown}`: `git check-ignore --verbose \
                 {}` names it; no value was written",
                vault::shell(shown)
            ))),
            _ => Ok(()),
        }
    }
}
