//! The command behind "move it": what would be done, and doing it. The server
//! writes the ignore line and the dotenv file, so that the value is in no
//! message; the editor is asked for the replacement alone, after that.

use std::path::Path;

use leeward_detect::Sighting;
use leeward_respond::vault::Place;
use zeroize::Zeroizing;

use super::{Settings, document::Document};
use crate::{
    fix::{Change, Ground, Planner, Remedy},
    look::Look,
};

/// The command.
pub(super) const COMMAND: &str = "leeward.fix";

/// What would be done about one value of a document.
///
/// # Errors
/// Why nothing can be, with what to do instead.
pub(super) fn plan(
    document: &Document,
    sighting: &Sighting,
    root: Option<&Path>,
    is_free: bool,
    look: &Look,
    settings: &Settings,
) -> Result<Change, String> {
    let path = document.path.as_deref().ok_or("save it as a file first")?;
    if root.is_none() && !is_free {
        return Err("it lies outside of the open folders: `leeward fix FILE` does it".to_owned());
    }
    let dir = path.parent().unwrap_or(Path::new("/"));
    let ground = Ground {
        detector: look.detector(),
        library: look.library(),
        user_rules: settings.user_rules.as_deref(),
        base: root.unwrap_or(dir),
        env: None,
    };
    let place = Place::find(path).map_err(|trouble| trouble.to_string())?;
    let text = Zeroizing::new(document.text.as_str().as_bytes().to_vec());
    let which = |other: &Sighting| other.span == sighting.span;
    let change = Planner::new(ground, None).text(place, text, &which);
    let change = change.map_err(|trouble| trouble.to_string())?;
    let mut change = change.ok_or("it lies where values may lie")?;
    match change.left.pop() {
        Some(left) => Err(left.why),
        None => Ok(change),
    }
}

/// What the action is called.
pub(super) fn title(change: &Change) -> String {
    match (change.remedy, change.moved.first()) {
        (Remedy::Move, Some(moved)) => format!(
            "Move {} to {} in `{}`",
            moved.hint,
            moved.name,
            change.env.as_deref().unwrap_or_default()
        ),
        _ => format!("Have Git ignore `{}`", change.shown),
    }
}

/// Writes everything but the document itself. What to tell the user, if that is
/// not all.
///
/// # Errors
/// Why nothing was written, or not all.
pub(super) fn prepare<'d>(
    change: &Change,
    open: impl Iterator<Item = &'d Document>,
) -> Result<Option<String>, String> {
    let written = change.written();
    for document in open {
        let Some(path) = document.path.as_deref().filter(|path| written.contains(path)) else {
            continue;
        };
        let on_disk = Place::find(path).and_then(|place| place.read()).ok().flatten();
        let on_disk = on_disk.as_ref().map(|text| text.as_slice()).unwrap_or_default();
        if on_disk != document.text.as_str().as_bytes() {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            return Err(format!("`{name}` is open with changes: save it first"));
        }
    }
    change.prepare().map_err(|trouble| trouble.to_string())?;
    Ok(match change.remedy {
        Remedy::KeepOut { is_tracked: true } => Some(format!(
            "Git ignores `{0}` from now on, and still tracks it: `git rm --cached -- {1}` takes it \
             out of the index",
            change.shown,
            leeward_respond::vault::shell(&change.shown)
        )),
        _ => None,
    })
}
