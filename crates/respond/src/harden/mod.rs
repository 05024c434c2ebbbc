//! What makes the next leak likelier or worse, read from files: the provider's
//! API asked over plain HTTP, certificate checks switched off beside it, keys
//! that are shipped to browsers, compromised packages in lock files. And, from
//! the dossier, which controls the provider has and which it does not.
//!
//! The checks are pure functions of a path and a text; only `inspect` reads.
//! They are made to be quiet on ordinary code: what only *could* be a weakness
//! is none.

mod browser;
mod lockfile;
mod transport;

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use leeward_detect::Scratch;
use leeward_dossier::{Dossier, schema::Control};
use leeward_model::{Blob, Coverage, Hint, Location, SafeText};
use leeward_source::{Progress, files};
use regex::bytes::{Regex, RegexBuilder};

use crate::{
    dependents::{ConsumerKind, kind_of, location, once, standing},
    gather,
};

/// A weakness and where it is.
#[derive(Clone, Debug)]
pub struct Weakness {
    /// Which check found it, such as `plain-http`.
    pub id: &'static str,
    /// In a line, harmless to show.
    pub title: String,
    /// Where; the excerpt is masked, the path is foreign text.
    pub place: Location,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub fix: String,
}

/// What the checks found.
#[derive(Debug, Default)]
pub struct Hardening {
    /// By file and place.
    pub weaknesses: Vec<Weakness>,
    /// What the provider has to narrow such a value, and what it does not have.
    pub controls: Vec<Control>,
    /// What was read and what was not.
    pub coverage: Coverage,
}

/// A weakness in a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) id: &'static str,
    pub(crate) span: Range<usize>,
    pub(crate) title: String,
    pub(crate) why: String,
    pub(crate) fix: String,
}

/// Reads everything below the roots, as a scan does, and checks it.
pub fn inspect(
    roots: &[PathBuf],
    dossier: &Dossier,
    options: &files::Options,
    user_rules: Option<&Path>,
    progress: &Progress,
) -> Hardening {
    let checks = Checks::new(dossier);
    let look = |path: &Path, blob: &Blob<'_>, _: &mut Scratch, keep: gather::Keep<'_, _>| {
        for spot in checks.check(path, blob.bytes) {
            let shown = String::from_utf8_lossy(&blob.bytes[spot.span.clone()]).into_owned();
            let hint = Hint::from_text(SafeText::new(&shown).to_string());
            let excerpt = leeward_detect::excerpt(blob.bytes, &spot.span, &hint);
            keep(spot.span.clone(), (spot, excerpt));
        }
    };
    let (seen, coverage) = gather::over(roots, options, progress, &look);
    let mut tracking = standing(user_rules);
    let weaknesses = once(seen).into_iter().map(|seen| {
        let (spot, excerpt) = seen.what;
        let mut place = location(&seen.path, tracking.of(&seen.path), seen.span);
        (place.start, place.end, place.excerpt) = (seen.start, seen.end, excerpt);
        Weakness { id: spot.id, title: spot.title, place, why: spot.why, fix: spot.fix }
    });
    let weaknesses = weaknesses.collect();
    Hardening { weaknesses, controls: dossier.controls.clone(), coverage }
}

/// The checks of one dossier.
pub(crate) struct Checks<'a> {
    dossier: &'a Dossier,
    transport: transport::Transport,
    browser: browser::Browser,
}

impl<'a> Checks<'a> {
    pub(crate) fn new(dossier: &'a Dossier) -> Self {
        Self {
            dossier,
            transport: transport::Transport::new(dossier),
            browser: browser::Browser::new(dossier),
        }
    }

    /// Everything weak in a text, in order.
    pub(crate) fn check(&self, path: &Path, text: &[u8]) -> Vec<Spot> {
        let mut spots = lockfile::check(path, text, &self.dossier.advisories);
        // What people are told is not what programs do.
        if !lockfile::is_one(path) && kind_of(path, text) != ConsumerKind::Text {
            self.transport.check(text, &mut spots);
            self.browser.check(text, &mut spots);
        }
        spots.sort_by_key(|spot| spot.span.start);
        spots
    }
}

/// Whether a line says nothing to a program: it begins as a comment does.
fn is_comment(text: &[u8], at: usize) -> bool {
    let start = memchr::memrchr(b'\n', &text[..at]).map_or(0, |newline| newline + 1);
    let line = text[start..at].trim_ascii_start();
    let openings: [&[u8]; 6] = [b"#", b"//", b"/*", b"* ", b"<!--", b"-- "];
    openings.iter().any(|opening| line.starts_with(opening))
}

/// The line around a place.
fn line(text: &[u8], at: usize) -> &[u8] {
    let start = memchr::memrchr(b'\n', &text[..at]).map_or(0, |newline| newline + 1);
    let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |newline| at + newline);
    &text[start..end]
}

/// An expression over bytes. The patterns are ours, and a test builds each.
fn regex(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).unicode(false).build().ok()
}
