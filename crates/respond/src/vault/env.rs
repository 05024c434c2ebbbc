//! A line of a dotenv file. The file must be one that Git ignores: a value in
//! a tracked file is the next leak.

use std::path::PathBuf;

use leeward_model::{Secret, Tracking};

use super::{
    Destination, Held, Keeper, Receipt, Reference, Trouble,
    dotenv::{self, Entry},
    fields::is_same,
    file::Place,
};

pub(super) struct Env {
    file: PathBuf,
    name: String,
    user_ignores: Option<PathBuf>,
}

impl Env {
    pub(super) fn new(file: PathBuf, name: String, user_ignores: Option<PathBuf>) -> Self {
        Self { file, name, user_ignores }
    }

    /// The one line that sets the variable, if any does.
    fn entry(&self, place: &Place, text: &[u8]) -> Result<Option<Entry>, Trouble> {
        let mut entries = dotenv::entries(text, &self.name);
        if let [first, .., last] = entries.as_slice() {
            return Err(Trouble::Conflict(format!(
                "`{}` sets {} on lines {} and {}, and loaders do not agree which counts: remove \
                 all but one",
                place.shown(),
                self.name,
                first.line,
                last.line
            )));
        }
        Ok(entries.pop())
    }

    fn refuse_what_git_would_keep(&self, place: &Place) -> Result<(), Trouble> {
        let shown = place.shown();
        match place.tracking(self.user_ignores.as_deref()) {
            Tracking::Ignored | Tracking::NoRepository => Ok(()),
            Tracking::Tracked => Err(Trouble::Refused(format!(
                "Git tracks `{shown}`, so the new value would be in the next commit: take it out \
                 (`git rm --cached {}`) and add it to `.gitignore`",
                super::shell(shown)
            ))),
            Tracking::Untracked => Err(Trouble::Refused(format!(
                "Git does not ignore `{shown}`, so the new value would be in the next commit that \
                 adds everything: add it to `.gitignore`"
            ))),
        }
    }

    fn receipt(&self, changed: bool, text: String) -> Receipt {
        let facts = [("file", self.file.display().to_string()), ("name", self.name.clone())];
        Receipt::new(changed, text, facts)
    }
}

impl Keeper for Env {
    fn plan(&self) -> Vec<String> {
        let (file, name) = (self.file.display(), &self.name);
        vec![
            format!("check that Git ignores `{file}`"),
            format!(
                "replace the value of {name} in `{file}`, or add a line that sets it; every other \
                 byte stays, and the file is replaced in one go"
            ),
        ]
    }

    fn put(&self, value: &Secret) -> Result<Receipt, Trouble> {
        let (file, name) = (self.file.display(), &self.name);
        let place = Place::find(&self.file)?;
        self.refuse_what_git_would_keep(&place)?;
        let read = place.read()?;
        let text = read.as_ref().map_or(&[][..], |text| text.as_slice());
        let entry = self.entry(&place, text)?;
        if entry.as_ref().is_some_and(|entry| is_same(&dotenv::value(text, entry), value)) {
            return Ok(self.receipt(
                false,
                format!("`{file}` sets {name} to the value already: nothing was written"),
            ));
        }
        let quote = entry.as_ref().and_then(|entry| entry.quote);
        let written = dotenv::written(value, quote).ok_or_else(|| {
            Trouble::Refused("a dotenv file holds text in UTF-8, which the value is not".to_owned())
        })?;
        let new = match &entry {
            Some(Entry { value, .. }) => {
                spliced(&[&text[..value.start], &written, &text[value.end..]])
            }
            None => {
                let crlf = text.windows(2).any(|two| two == b"\r\n");
                let end: &[u8] = if crlf { b"\r\n" } else { b"\n" };
                let before = if text.is_empty() || text.ends_with(b"\n") { &[][..] } else { end };
                spliced(&[text, before, name.as_bytes(), b"=", &written, end])
            }
        };
        place.replace(read.as_ref().map(|text| text.as_slice()), &new)?;
        let text = match entry {
            Some(entry) => {
                format!("replaced the value of {name} on line {} of `{file}`", entry.line)
            }
            None if read.is_some() => format!("added a line that sets {name} to `{file}`"),
            None => format!("made `{file}`, which sets {name}"),
        };
        Ok(self.receipt(true, text))
    }

    fn ready(&self) -> Result<(), Trouble> {
        let place = Place::find(&self.file)?;
        self.refuse_what_git_would_keep(&place)?;
        let read = place.read()?;
        let text = read.as_ref().map_or(&[][..], |text| text.as_slice());
        self.entry(&place, text).map(drop)
    }

    fn holds(&self, is_it: &dyn Fn(&Secret) -> bool) -> Result<Held, Trouble> {
        let place = Place::find(&self.file)?;
        let Some(text) = place.read()? else { return Ok(Held::Absent) };
        let entries = dotenv::entries(&text, &self.name);
        if entries.is_empty() {
            return Ok(Held::Absent);
        }
        // Any of several lines, unlike for writing: each of them is a place.
        let any = entries.iter().any(|entry| is_it(&dotenv::value(&text, entry)));
        Ok(if any { Held::Yes } else { Held::No })
    }

    fn reference(&self) -> Reference {
        Destination::Env { file: self.file.clone(), name: self.name.clone() }.reference()
    }
}

fn spliced(parts: &[&[u8]]) -> zeroize::Zeroizing<Vec<u8>> {
    zeroize::Zeroizing::new(parts.concat())
}
