//! Lists of places to scan, by name: data under `presets/`, so that a place is
//! added without code. What exists here becomes targets of a scan; what does
//! not is no error.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use anstream::println;
use leeward_model::SafeText;
use leeward_pipeline::Target;
use serde::Deserialize;

use crate::{
    environment,
    failure::{Exit, Failure},
};

/// The presets, as they come with the command.
const BUILT_IN: &[(&str, &str)] = &[("ai-tools", include_str!("../../../presets/ai-tools.toml"))];

/// What is typed to see which there are.
pub(crate) const LIST: &str = "list";

/// Directories that `**/` does not look into: what others made, in bulk.
const PASSED_OVER: &[&str] = &[".git", "node_modules", "target", ".venv", "venv", "__pycache__"];

/// How deep `**/` looks, and how much it looks at.
const DEPTH: usize = 8;
const ENTRIES: usize = 100_000;

/// A list of places.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Preset {
    schema: u32,
    name: String,
    title: String,
    #[serde(rename = "place")]
    places: Vec<Place>,
}

/// What one tool keeps.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    title: String,
    paths: Vec<String>,
    why: String,
    source: String,
}

/// What of a preset is here.
pub(crate) fn targets(name: &str) -> Result<Vec<Target>, Failure> {
    let preset = load(name)?;
    let here = Here::new();
    let mut found = BTreeSet::new();
    for place in &preset.places {
        found.extend(here.all(place));
    }
    Ok(found.into_iter().map(Target::Path).collect())
}

/// Shows the presets, and what of them is here.
pub(crate) fn list() -> Result<Exit, Failure> {
    let here = Here::new();
    for (name, _) in BUILT_IN {
        let preset = load(name)?;
        println!("{}  {}", preset.name, preset.title);
        for place in &preset.places {
            println!("\n  {}: {}", place.title, place.why);
            println!("    {}", place.source);
            let found = here.all(place);
            for path in &found {
                println!("    here: {}", SafeText::new(path.as_os_str().as_encoded_bytes()));
            }
            if found.is_empty() {
                println!("    not here");
            }
        }
    }
    Ok(Exit::Clean)
}

fn load(name: &str) -> Result<Preset, Failure> {
    let text = BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| text);
    let text = text.ok_or_else(|| {
        let names: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
        Failure::Value(format!(
            "no preset is called that; there is `{}`, and `--preset {LIST}` shows what is in it",
            names.join("`, `")
        ))
    })?;
    let bad = |why: String| Failure::Content(PathBuf::from(name), why);
    let preset: Preset = toml::from_str(text).map_err(|error| bad(error.to_string()))?;
    match preset.problem() {
        Some(problem) => Err(bad(problem)),
        None => Ok(preset),
    }
}

impl Preset {
    /// What is wrong with it, beyond its form.
    fn problem(&self) -> Option<String> {
        if self.schema != 1 || self.name.is_empty() || self.title.is_empty() {
            return Some("not a preset of schema 1".to_owned());
        }
        self.places.iter().find_map(|place| {
            let is_said = !place.title.is_empty()
                && !place.why.is_empty()
                && place.source.starts_with("https://")
                && !place.paths.is_empty();
            let is_path = |path: &String| {
                !path.starts_with('/') && !path.contains("..") && !path.contains('\\')
            };
            (!is_said || !place.paths.iter().all(is_path))
                .then(|| format!("`{}` lacks something or names no place", place.title))
        })
    }
}

/// Where things are looked for, and what lies below it.
struct Here {
    home: Option<PathBuf>,
    below: Vec<PathBuf>,
}

impl Here {
    fn new() -> Self {
        let mut below = Vec::new();
        walk(Path::new("."), DEPTH, &mut below);
        Self { home: environment::home(), below }
    }

    fn all(&self, place: &Place) -> BTreeSet<PathBuf> {
        place.paths.iter().flat_map(|path| self.paths(path)).collect()
    }

    fn paths(&self, path: &str) -> Vec<PathBuf> {
        let (base, rest) = if let Some(rest) = path.strip_prefix("**/") {
            let is_meant = |path: &&PathBuf| {
                let name = path.file_name().and_then(|name| name.to_str());
                name.is_some_and(|name| is_like(name, rest))
            };
            return self.below.iter().filter(is_meant).cloned().collect();
        } else if let Some(rest) = path.strip_prefix("~/") {
            (self.home.clone(), rest)
        } else if let Some(variable) = path.strip_prefix('$') {
            let (name, rest) = variable.split_once('/').unwrap_or((variable, ""));
            (environment::text(name).map(PathBuf::from), rest)
        } else {
            (Some(PathBuf::new()), path)
        };
        let Some(base) = base else { return Vec::new() };
        let mut found = vec![base];
        for part in rest.split('/').filter(|part| !part.is_empty()) {
            found = found.into_iter().flat_map(|dir| step(&dir, part)).collect();
        }
        found.retain(|path| is_there(path));
        found
    }
}

/// One name further down.
fn step(dir: &Path, part: &str) -> Vec<PathBuf> {
    if !part.contains('*') {
        return vec![dir.join(part)];
    }
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let is_meant = |path: &PathBuf| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| is_like(name, part))
    };
    entries.take(ENTRIES).flatten().map(|entry| entry.path()).filter(is_meant).collect()
}

/// Whether a file or directory is there, or something that may not be seen:
/// that belongs into the report. What is neither, such as a FIFO, is not read.
fn is_there(path: &Path) -> bool {
    match fs::metadata(path) {
        Ok(found) => found.is_file() || found.is_dir(),
        Err(error) => error.kind() == io::ErrorKind::PermissionDenied,
    }
}

/// The files in and below a directory. Links are not followed.
fn walk(dir: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        if found.len() >= ENTRIES {
            return;
        }
        let Ok(kind) = entry.file_type() else { continue };
        let name = entry.file_name();
        let path = if dir == Path::new(".") { PathBuf::from(&name) } else { dir.join(&name) };
        if kind.is_file() {
            found.push(path);
        } else if kind.is_dir() && depth > 0 && !PASSED_OVER.iter().any(|known| name == *known) {
            walk(&path, depth - 1, found);
        }
    }
}

/// Whether a name is a pattern's, where `*` is any part of it.
fn is_like(name: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_one() {
        for (name, _) in BUILT_IN {
            let preset = load(name).expect("a preset");
            assert_eq!(preset.name, *name);
            let titles: BTreeSet<&str> =
                preset.places.iter().map(|place| place.title.as_str()).collect();
            assert_eq!(titles.len(), preset.places.len(), "a title is there twice");
        }
    }

    #[test]
    fn names_are_like_patterns() {
        for (name, pattern) in [
            (".env", ".env"),
            (".env.local", ".env.*"),
            ("a.ipynb", "*.ipynb"),
            ("litellm-config.yaml", "litellm*.yaml"),
            ("Code", "*"),
        ] {
            assert!(is_like(name, pattern), "{name} {pattern}");
        }
        for (name, pattern) in [(".env2", ".env"), ("x.ipynb.bak", "*.ipynb"), (".env", ".env.*")] {
            assert!(!is_like(name, pattern), "{name} {pattern}");
        }
    }
}
