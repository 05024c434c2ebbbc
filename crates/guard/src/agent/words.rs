//! What agents and people are told. Nothing that an agent, a tool or a page
//! wrote is repeated here but short, plain names: such text could be meant for
//! the model that reads it.

use std::{collections::BTreeSet, path::Path};

use leeward_detect::Sighting;
use leeward_dossier::Library;

pub(super) const TOO_LARGE: &str = "the event is larger than 64 MiB";
pub(super) const UNREADABLE: &str = "the event could not be read";
pub(super) const NO_JSON: &str = "standard input holds no JSON object";
pub(super) const NO_CLIENT: &str =
    "no agent known here speaks like this; name it with `--client`, or update leeward";
pub(super) const NO_EVENT: &str = "the event has no name";

/// It was stopped because it could not be looked at.
pub(super) fn stopped(why: &str) -> String {
    format!(
        "leeward: not looked at, so it was stopped: {why}; `guard.on_trouble = \"pass\"` in \
         leeward.toml lets such events pass"
    )
}

/// It passed although it could not be looked at.
pub(super) fn passed(why: &str) -> String {
    format!("leeward: not looked at, and let pass as leeward.toml says: {why}")
}

/// `a Mistral AI API key (mistral-api-key, lw1_0123…)`, and how many more.
pub(super) fn named(sightings: &[Sighting], library: &Library) -> String {
    let Some(first) = sightings.first() else { return "a key".to_owned() };
    let id = first.dossier.as_str();
    let name = library.get(id).map_or("credential", |dossier| dossier.name.as_str());
    let short: String = first.fingerprint.to_string().chars().take(12).collect();
    let article = if name.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
    let prints: BTreeSet<_> = sightings.iter().map(|sighting| sighting.fingerprint).collect();
    let more = match prints.len() {
        0 | 1 => String::new(),
        2 => " and one more".to_owned(),
        many => format!(" and {} more", many - 1),
    };
    format!("{article} {name} ({id}, {short}…){more}")
}

/// The name of a file, if it is short and plain.
pub(super) fn file(path: &Path) -> String {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    // A name as long as a key may be one.
    if !name.is_empty() && name.len() <= 24 && name.chars().all(is_plain) {
        format!("`{name}`")
    } else {
        "that file".to_owned()
    }
}

/// A prompt with a key in it.
pub(super) fn prompt(what: &str) -> String {
    format!(
        "leeward: {what} is in the prompt, so it was not sent. Take the value out and name the \
         variable that holds it. If it was ever sent to a model, replace it: `leeward respond` \
         leads through that."
    )
}

/// A prompt that goes out with something masked.
pub(super) fn rewritten(what: &str) -> String {
    format!("leeward: {what} was in the prompt; the model sees a token in its place.")
}

/// A prompt that could not be held back.
pub(super) fn sent(what: &str) -> String {
    format!(
        "leeward: {what} is in the prompt, and this event cannot hold a prompt back. Unless another \
         hook masks it, stop now and replace the key: `leeward respond` leads through that."
    )
}

/// A file that goes along with a prompt.
pub(super) fn attached(path: &Path, what: &str) -> String {
    let file = file(path);
    format!(
        "leeward: {file} goes along with the prompt and holds {what}, so it was not sent. Leave \
         the file out, or move the value out of it with `leeward fix FILE`."
    )
}

/// A tool's input with a key in it.
pub(super) fn input(what: &str) -> String {
    format!(
        "leeward: {what} is in the tool's input, so the tool did not run. Do not write or send \
         the value. Refer to it by the name of its environment variable, and ask the user to set \
         it there. The user can move a value out of a file with `leeward fix FILE`."
    )
}

/// A tool's input that was masked.
pub(super) fn input_masked(what: &str) -> String {
    format!("leeward: {what} was in the tool's input; a token stands in its place now.")
}

/// A file with a key in it, about to be read.
pub(super) fn reading(path: &Path, line: Option<u64>, what: &str) -> String {
    let file = file(path);
    let place = line.map(|line| format!(" on line {line}")).unwrap_or_default();
    format!(
        "leeward: {file} holds {what}{place}, so it was not read. Do not read it in another way. \
         For the names in it, ask the user or use an example file without values. The user can \
         move the value out with `leeward fix FILE`."
    )
}

/// A file that could not be looked at, about to be read.
pub(super) fn not_looked_at(path: &Path, why: &str) -> String {
    let file = file(path);
    format!(
        "leeward: {file} was not looked at, because {why}, so it was not read. Read a part of it \
         with a command, or ask the user to look at it with `leeward scan`."
    )
}

/// A command that would print the environment.
pub(super) fn environment(what: &str) -> String {
    format!(
        "leeward: this command prints the environment, which holds {what}, so it did not run. To \
         see which variables there are, print their names only, as `compgen -e` does."
    )
}

/// A command that would print one variable.
pub(super) fn variable(name: &str) -> String {
    format!(
        "leeward: this command prints the variable `{name}`, which is where a key is kept, so it \
         did not run. To know whether it is set, use `test -n \"${name}\"`."
    )
}

/// A command elsewhere that names a file where keys are kept.
pub(super) fn elsewhere(file: &str) -> String {
    format!(
        "leeward: this command reads `{file}` on another machine or in a container, where keys \
         are often kept, and it cannot be looked at from here."
    )
}

/// What decides which findings count is about to change.
pub(super) const OWN_SETTINGS: &str = "leeward: this changes what leeward leaves alone; an agent \
     does not decide that, the user does.";

/// A tool's output that was masked.
pub(super) fn output(what: &str) -> String {
    format!(
        "leeward: {what} was in the output; a token stands in its place. Do not look for the \
         value. Tell the user that the key is readable there."
    )
}

/// Something that was seen too late.
pub(super) fn too_late(what: &str) -> String {
    format!(
        "leeward: {what} has been seen by the agent, and this event cannot take it back. Do not \
         repeat or use the value. Tell the user to replace the key: `leeward respond` leads \
         through that."
    )
}

/// An event that is not known.
pub(super) const UNKNOWN_EVENT: &str =
    "leeward: this agent has an event that is not known here; it passed and was not looked at";
