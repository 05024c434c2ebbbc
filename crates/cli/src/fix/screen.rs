//! What `leeward fix` shows: the difference of a file, which value goes where,
//! and what is left to a person. No value is in any of it.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use leeward_guard::fix::{Change, Done, Remedy};
use leeward_model::SafeText;
use leeward_respond::vault::shell;

use leeward_watch::discreet::discreet;

use crate::failure::Failure;

/// What would become of a file.
pub(crate) fn change(change: &Change) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let shown = discreet(&SafeText::new(&change.shown).to_string());
    writeln!(out, "{shown}")?;
    let env = change.env.as_deref().unwrap_or_default();
    for moved in &change.moved {
        let (title, hint, name) = (&moved.title, &moved.hint, &moved.name);
        let line = moved.line;
        let env = discreet(env);
        writeln!(out, "  line {line}: {title} {hint} goes into `{env}` as {name}")?;
    }
    for left in &change.left {
        let (title, hint, line) = (&left.title, &left.hint, left.line);
        writeln!(out, "  line {line}: {title} {hint} stays: {}", discreet(&left.why))?;
    }
    if let Remedy::KeepOut { is_tracked } = change.remedy {
        let how =
            if is_tracked { "Git tracks it: it is taken out of the index" } else { "untracked" };
        writeln!(out, "  a file of values ({how}), which Git is to ignore")?;
    }
    if let Some(ignore) = &change.ignore {
        writeln!(
            out,
            "  `{}` gets the line `{}`",
            discreet(&ignore.shown),
            discreet(&ignore.line)
        )?;
    }
    for note in &change.notes {
        writeln!(out, "  note: {}", discreet(note))?;
    }
    if !change.moved.is_empty() {
        writeln!(out, "\n{}", discreet(&change.diff))?;
    }
    Ok(())
}

/// What was done.
pub(crate) fn done(change: &Change, done: &Done) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    for line in &done.said {
        writeln!(out, "{}", discreet(line))?;
    }
    if !change.moved.is_empty() {
        let shown = discreet(&SafeText::new(&change.shown).to_string());
        writeln!(out, "`{shown}`: changed")?;
    }
    Ok(())
}

/// Why something was not done.
pub(crate) fn trouble(what: &str, why: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let what = discreet(&SafeText::new(what).to_string());
    writeln!(out, "`{what}`: not fixed: {}", discreet(why))?;
    Ok(())
}

/// Files as words of a command that is run here.
pub(crate) fn words(files: &[PathBuf], here: &Path) -> String {
    let word = |file: &PathBuf| {
        let shown = file.strip_prefix(here).unwrap_or(file);
        shell(&shown.to_string_lossy())
    };
    files.iter().map(word).collect::<Vec<_>>().join(" ")
}
