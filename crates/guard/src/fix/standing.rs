//! How a file stands with what is staged for the next commit, and the commands
//! that bring the index up to date. What is staged in part stays the user's:
//! only they know what of the rest belongs into the commit.

use std::{
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use leeward_respond::vault::Place;

/// Whether a file is staged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// What is staged is what the last commit has, or there is no repository.
    Unstaged,
    /// The whole file is staged as it is on disk.
    Whole,
    /// What is staged is neither the file nor what the last commit has.
    Part,
}

impl Standing {
    /// How a file with this content stands.
    pub(super) fn of(place: &Place, content: &[u8], index: Option<&Path>) -> Self {
        let (Some(repository), Some(root)) = (place.repository(), place.root()) else {
            return Self::Unstaged;
        };
        let Ok(below) = place.path().strip_prefix(&root) else { return Self::Unstaged };
        let below = below.as_os_str().as_encoded_bytes();
        let staged = repository.staged(index);
        let object = staged
            .paths
            .iter()
            .find(|(_, paths)| paths.iter().any(|path| path.as_slice() == below));
        let Some((object, _)) = object else { return Self::Unstaged };
        // Git may keep another line end than the disk has.
        let plain = |text: &[u8]| -> Vec<u8> {
            text.iter().copied().filter(|&byte| byte != b'\r').collect()
        };
        match repository.read_object(object) {
            Ok(staged) if plain(&staged) == plain(content) => Self::Whole,
            _ => Self::Part,
        }
    }
}

/// Stages files as they are.
///
/// # Errors
/// What git says, or that it is not there.
pub fn add(root: &Path, files: &[PathBuf]) -> io::Result<()> {
    git(root, &["add", "--"], files)
}

/// Takes files out of the index and leaves them on disk.
///
/// # Errors
/// As above.
pub fn untrack(root: &Path, files: &[PathBuf]) -> io::Result<()> {
    git(root, &["rm", "--cached", "--quiet", "--"], files)
}

/// It is the user's own repository and their own git, with their settings.
fn git(root: &Path, words: &[&str], files: &[PathBuf]) -> io::Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    // A name is that of a file, whatever it looks like.
    let mut command = Command::new("git");
    command.arg("--literal-pathspecs").args(words).args(files).current_dir(root);
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().next().unwrap_or("git failed").to_owned();
    Err(io::Error::other(said))
}
