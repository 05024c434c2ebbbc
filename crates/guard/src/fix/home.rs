//! Where values go: the dotenv file nearest above a file, the names that are
//! taken in it, and the line that has Git ignore it. What is there is never
//! changed: a name that holds another value stays that value's.

use std::{
    fs,
    path::{Path, PathBuf},
};

use leeward_dossier::Dossier;
use leeward_model::{Fingerprint, Tracking};
use leeward_respond::{
    patch::{self, Language},
    vault::{self, Place, Trouble},
};
use zeroize::Zeroizing;

use super::Ground;

/// What a dotenv file is called.
const NAME: &str = ".env";

/// Files that name the variables for those who set the project up.
const EXAMPLES: [&str; 4] = [".env.example", ".env.sample", ".env.template", ".env.dist"];

/// The most values of one name.
const MOST: usize = 99;

/// A line that has Git ignore a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoreLine {
    /// The file that it goes into.
    pub file: PathBuf,
    /// As it is shown.
    pub shown: String,
    /// The line, without its end.
    pub line: String,
}

/// A dotenv file, as it is before anything is written.
#[derive(Debug)]
pub(super) struct Home {
    pub(super) file: PathBuf,
    pub(super) shown: PathBuf,
    pub(super) ignore: Option<IgnoreLine>,
    /// The file for those who set the project up, if there is one.
    pub(super) example: Option<PathBuf>,
    text: Zeroizing<Vec<u8>>,
    /// Names that this run has given away, and to what.
    given: Vec<(String, Fingerprint)>,
}

/// A name for a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) text: String,
    /// The name it would have had, which another value has.
    pub(super) instead_of: Option<String>,
}

impl Home {
    /// The dotenv file for a file's values.
    pub(super) fn of(file: &Place, language: Language, ground: &Ground<'_>) -> PathBuf {
        if let Some(named) = ground.env {
            return named.to_owned();
        }
        let dir = file.path().parent().unwrap_or(Path::new("."));
        let root = file.root();
        let top =
            root.as_deref().unwrap_or(if dir.starts_with(ground.base) { ground.base } else { dir });
        // Compose reads the one beside its own file and no other.
        if language == Language::Compose {
            return dir.join(NAME);
        }
        let between = dir.ancestors().take_while(|dir| dir.starts_with(top));
        let there = between.map(|dir| dir.join(NAME)).find(|file| file.is_file());
        there.unwrap_or_else(|| top.join(NAME))
    }

    /// Reads what there is.
    ///
    /// # Errors
    /// If the file cannot hold values: it cannot be read, or Git tracks it.
    pub(super) fn open(file: &Path, ground: &Ground<'_>) -> Result<Self, Trouble> {
        let place = Place::find(file)?;
        let shown = ground.shown(place.path()).into_owned();
        let ignore = match place.tracking(ground.user_rules) {
            Tracking::Ignored | Tracking::NoRepository => None,
            Tracking::Untracked => Some(ignore_line(&place, ground)?),
            Tracking::Tracked => {
                let shown = shown.display().to_string();
                return Err(Trouble::Refused(format!(
                    "Git tracks `{shown}`, so the value would be in the next commit: take it out \
                     (`git rm --cached {}`), then run the fix again",
                    vault::shell(&shown)
                )));
            }
        };
        let text = place.read()?.unwrap_or_default();
        let dir = place.path().parent().unwrap_or(Path::new("."));
        let example = EXAMPLES.iter().map(|name| dir.join(name)).find(|file| file.is_file());
        Ok(Self { file: place.path().to_owned(), shown, ignore, example, text, given: Vec::new() })
    }

    /// The variable for a value: one that has it, or one that is free.
    pub(super) fn name(
        &mut self,
        dossier: &Dossier,
        fingerprint: Fingerprint,
        held: Option<&str>,
    ) -> Option<Name> {
        let plain = |text: String| Name { text, instead_of: None };
        if let Some((name, _)) = self.given.iter().find(|(_, of)| *of == fingerprint) {
            return Some(plain(name.clone()));
        }
        let is_it = |value: &_| Fingerprint::new(&dossier.family, value) == fingerprint;
        let there = vault::variables(&self.text, is_it).into_iter();
        if let Some(name) = { there }.find(|name| vault::is_variable(name)) {
            self.given.push((name.clone(), fingerprint));
            return Some(plain(name));
        }
        let taken = vault::variables(&self.text, |value| !value.is_empty());
        let is_free = |name: &String| {
            !taken.contains(name) && !self.given.iter().any(|(given, _)| given == name)
        };
        let usual = patch::variable(dossier, held);
        let numbered = (2..=MOST).map(|number| format!("{usual}_{number}"));
        let text = std::iter::once(usual.clone()).chain(numbered).find(is_free)?;
        self.given.push((text.clone(), fingerprint));
        Some(Name { instead_of: (text != usual).then_some(usual), text })
    }
}

/// Whether a dotenv file is one for everybody, with names and without values.
pub(super) fn is_example(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    name.split('.').any(|part| matches!(part, "example" | "sample" | "template" | "dist"))
}

/// The line of `.gitignore`, at the root of the work tree, for a file in it.
pub(super) fn ignore_line(place: &Place, ground: &Ground<'_>) -> Result<IgnoreLine, Trouble> {
    let outside = || Trouble::Refused(format!("`{}` lies in no work tree", place.shown()));
    let root = place.root().ok_or_else(outside)?;
    let below = place.path().strip_prefix(&root).map_err(|_| outside())?;
    let file = root.join(".gitignore");
    let shown = ground.shown(&file).display().to_string();
    // One that is called so is called so everywhere.
    let line = if below.file_name().is_some_and(|name| name == NAME) {
        NAME.to_owned()
    } else {
        let text = below.to_str().filter(|text| !text.contains(['\n', '\r'])).ok_or_else(|| {
            Trouble::Refused(format!(
                "`{}` has a name that cannot be written down: have Git ignore it by hand",
                place.shown()
            ))
        })?;
        format!("/{}", escaped(&text.replace('\\', "/")))
    };
    Ok(IgnoreLine { file, shown, line })
}

/// A path as a pattern that matches only itself.
fn escaped(path: &str) -> String {
    let mut pattern = String::with_capacity(path.len());
    for c in path.chars() {
        if matches!(c, '*' | '?' | '[' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    // Spaces at the end count only when they are escaped.
    let end = pattern.trim_end_matches(' ').len();
    let spaces = "\\ ".repeat(pattern.len() - end);
    pattern.truncate(end);
    pattern + &spaces
}

impl IgnoreLine {
    /// Writes it, unless it is there.
    pub(super) fn write(&self) -> Result<bool, Trouble> {
        add_line(&self.file, self.line.as_bytes(), |text| {
            text.split(|&byte| byte == b'\n')
                .any(|line| line.trim_ascii_end() == self.line.as_bytes())
        })
    }
}

/// Adds a line to the end of a text file, with the line ends that it has.
pub(super) fn add_line(
    file: &Path,
    line: &[u8],
    is_there: impl Fn(&[u8]) -> bool,
) -> Result<bool, Trouble> {
    let place = Place::find(file)?;
    let read = place.read()?;
    let text = read.as_ref().map_or(&[][..], |text| text.as_slice());
    if is_there(text) {
        return Ok(false);
    }
    let is_crlf = text.windows(2).any(|two| two == b"\r\n");
    let end: &[u8] = if is_crlf { b"\r\n" } else { b"\n" };
    let gap = if text.is_empty() || text.ends_with(b"\n") { &[][..] } else { end };
    place.replace(read.as_ref().map(|text| text.as_slice()), &[text, gap, line, end].concat())?;
    if read.is_none() {
        everybody_may_read(place.path());
    }
    Ok(true)
}

/// A file for everybody, as editors make one; the umask is not known here.
#[cfg(unix)]
fn everybody_may_read(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    // Without it the file is its owner's alone, which does no harm.
    let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o644));
}

#[cfg(not(unix))]
fn everybody_may_read(path: &Path) {
    let _ = fs::metadata(path);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_only_its_file() {
        assert_eq!(escaped("a b/c[1]*?.env"), "a b/c\\[1]\\*\\?.env");
        assert_eq!(escaped("end  "), "end\\ \\ ");
    }

    #[test]
    fn examples_are_told_from_files_with_values() {
        for name in [".env.example", "sample.env", ".env.dist", ".env.production.template"] {
            assert!(is_example(Path::new(name)), "{name}");
        }
        for name in [".env", ".env.local", "prod.env", "examples.env"] {
            assert!(!is_example(Path::new(name)), "{name}");
        }
    }
}
