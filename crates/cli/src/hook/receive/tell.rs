//! What is said to whoever pushes: what was found and where, what to do about
//! it, and how to ask for leave. Git puts `remote: ` before each line.

use std::{collections::BTreeSet, fmt::Write as _};

use leeward_dossier::Library;
use leeward_guard::receive::{Bypass, Event};
use leeward_model::{
    Commit, Finding, GitObjectKind, GitPlace, Location, NotScanned, ObjectId, Provenance, SafeText,
};
use leeward_pipeline::Brought;

use super::Seen;

/// The most findings that are told; the others are counted.
const MOST_FINDINGS: usize = 20;
/// The most things not looked at that are told.
const MOST_TROUBLE: usize = 5;
/// The most refs told of one finding.
const MOST_REFS: usize = 3;
/// Digits of a commit's name that are shown.
const SHORT: usize = 12;

/// Why the push is refused, and what to do.
pub(super) fn refused(push: &Seen, library: &Library, refusals: &[String]) -> String {
    let brought = &push.outcome.brought;
    let mut text = match brought.len() {
        0 => "leeward: this push is refused: not all of it could be looked at\n".to_owned(),
        1 => "leeward: this push is refused: it brings a credential\n".to_owned(),
        more => format!("leeward: this push is refused: it brings {more} credentials\n"),
    };
    for found in brought.iter().take(MOST_FINDINGS) {
        finding(&mut text, found, library);
    }
    if let Some(more) = brought.len().checked_sub(MOST_FINDINGS).filter(|more| *more > 0) {
        let _ = writeln!(text, "\n  and {more} more");
    }
    trouble(&mut text, push);
    if !brought.is_empty() {
        what_to_do(&mut text, push);
    }
    for why in refusals {
        let _ = writeln!(text, "\nthe bypass that came with the push does not help: {why}");
    }
    if refusals.is_empty() {
        text.push_str(
            "\nif it has to be pushed as it is, whoever runs this server can give a bypass, \
             then:\n  git push -o leeward-bypass=TOKEN\n",
        );
    }
    text
}

/// What was not looked into, whatever becomes of the push.
pub(super) fn unopened(push: &Seen) -> String {
    let mut text = String::new();
    for what in push.unopened.iter().take(MOST_TROUBLE) {
        let _ = writeln!(text, "leeward: not looked into, which refuses nothing: {what}");
    }
    if let Some(more) = push.unopened.len().checked_sub(MOST_TROUBLE).filter(|more| *more > 0) {
        let _ = writeln!(text, "leeward: and {more} more");
    }
    text
}

/// That it passed by a bypass.
pub(super) fn passed(push: &Seen, bypass: &Bypass, event: &Event) -> String {
    let mut text = format!(
        "leeward: passed by bypass `{}`: {}; recorded as event {}\n",
        SafeText::new(&bypass.id),
        SafeText::new(&bypass.reason),
        event.sequence
    );
    let findings = push.outcome.brought.len();
    if findings > 0 {
        let _ = writeln!(
            text,
            "what it brings can be read by everybody who can read the repository: {} to take \
             care of",
            counted(findings, "credential")
        );
    }
    text
}

/// That it passed though not all was seen.
pub(super) fn unseen(push: &Seen) -> String {
    let mut text =
        "leeward: this push passes, though not all of it could be looked at\n".to_owned();
    trouble(&mut text, push);
    text
}

/// What was not looked at, and why.
pub(super) fn left_out(left: &NotScanned) -> String {
    let (path, reason) = (SafeText::new(&left.path), &left.reason);
    match reason.detail() {
        Some(detail) => format!("`{path}`: {}", SafeText::new(detail)),
        None => format!("`{path}`: {}", reason.name()),
    }
}

/// The commits that bring a finding.
pub(super) fn commits(finding: &Finding) -> impl Iterator<Item = &Commit> {
    finding.locations.iter().filter_map(|location| commit(place(location)?))
}

fn finding(text: &mut String, brought: &Brought, library: &Library) {
    let Brought { finding, refs } = brought;
    let Some(location) = finding.locations.first() else { return };
    let places = finding.locations.len() - 1;
    let more =
        if places > 0 { format!(", and {} more", counted(places, "place")) } else { String::new() };
    let _ = writeln!(text, "\n  {}{more}", told(location));
    let id = finding.dossier.as_str();
    let name = library.get(id).map_or(id, |dossier| dossier.name.as_str());
    let hint = finding.secret.hint();
    let _ = writeln!(
        text,
        "    {} `{}` ({})",
        SafeText::new(name),
        SafeText::new(hint.as_str()),
        finding.fingerprint
    );
    let shown: Vec<String> =
        refs.iter().take(MOST_REFS).map(|name| SafeText::new(name).to_string()).collect();
    let more = refs.len().saturating_sub(MOST_REFS);
    let _ = match (shown.is_empty(), more) {
        (true, _) => writeln!(text, "    in no commit that a pushed ref leads to"),
        (false, 0) => writeln!(text, "    on {}", shown.join(", ")),
        (false, more) => {
            writeln!(text, "    on {}, and {}", shown.join(", "), counted(more, "more ref"))
        }
    };
}

/// Commit, path and line; or which object.
fn told(location: &Location) -> String {
    let line = location.start.line;
    let Some(place) = place(location) else { return format!("line {line}") };
    let history = place.history.as_deref();
    let path = history.and_then(|history| history.paths.first());
    let outer = match (place.kind, path) {
        (GitObjectKind::Commit, _) => b"the commit's message".to_vec(),
        (GitObjectKind::Tag, _) => format!("tag {}", short(&place.object)).into_bytes(),
        (_, Some(path)) => path.to_vec(),
        (_, None) => format!("object {}", short(&place.object)).into_bytes(),
    };
    let at = SafeText::new(&location.inside.from(&outer)).to_string();
    match commit(place) {
        Some(commit) => format!("commit {}  {at}:{line}", short(&commit.id)),
        None => format!("{at}:{line}"),
    }
}

fn place(location: &Location) -> Option<&GitPlace> {
    match &*location.provenance {
        Provenance::Git(place) => Some(place),
        Provenance::Stdin | Provenance::File(_) | Provenance::Remote(_) => None,
    }
}

fn commit(place: &GitPlace) -> Option<&Commit> {
    place.history.as_deref().and_then(|history| history.introduced.as_ref())
}

fn trouble(text: &mut String, push: &Seen) {
    if push.trouble.is_empty() {
        return;
    }
    let _ = writeln!(text, "\nnot looked at:");
    for line in push.trouble.iter().take(MOST_TROUBLE) {
        let _ = writeln!(text, "  {}", SafeText::new(line));
    }
    if let Some(more) = push.trouble.len().checked_sub(MOST_TROUBLE).filter(|more| *more > 0) {
        let _ = writeln!(text, "  and {more} more");
    }
}

fn what_to_do(text: &mut String, push: &Seen) {
    let tips: BTreeSet<String> =
        push.updates.iter().filter_map(|update| Some(update.new?.to_string())).collect();
    let mut all: Vec<&Commit> =
        push.outcome.brought.iter().flat_map(|brought| commits(&brought.finding)).collect();
    all.sort_by_key(|commit| commit.committed_at);
    let named: BTreeSet<ObjectId> = all.iter().map(|commit| commit.id).collect();
    text.push_str("\nwhat to do:\n");
    let again = match all.first() {
        Some(oldest) if named.len() == 1 && tips.contains(&oldest.id.to_string()) => {
            "take it out of the last commit: `git commit --amend` after the change".to_owned()
        }
        Some(oldest) => {
            let name = short(&oldest.id);
            let has_parent = push.has_parent.get(&oldest.id.to_string()).copied().unwrap_or(true);
            let from = if has_parent { format!("{name}^") } else { "--root".to_owned() };
            format!(
                "take it out of every commit that has it: `git rebase -i {from}`, with `edit` for {}",
                if named.len() == 1 { name } else { "each commit named above".to_owned() }
            )
        }
        None => "make the tag or the object anew without it".to_owned(),
    };
    let _ = writeln!(text, "  1. {again}; another commit on top does not help");
    text.push_str(
        "  2. read the value from where secrets are kept: `leeward fix` moves it out of the file\n  \
         3. if it ever was anywhere but on your machine, revoke it: it is no secret any more\n",
    );
}

fn counted(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn short(id: &ObjectId) -> String {
    id.to_string()[..SHORT].to_owned()
}
