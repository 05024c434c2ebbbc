//! Compromised packages in lock files and pinned requirements. Read line by
//! line, in the few shapes that these files have; ranges of versions say
//! nothing of what was installed and are passed over.

use std::{ops::Range, path::Path};

use leeward_dossier::schema::{Advisory, BadPackage, Ecosystem};

use super::Spot;

/// The shapes of lock files.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// `name==version` on a line.
    Requirements,
    /// `name = "…"`, then `version = "…"`.
    Toml,
    /// `"name": {` with `"version": "…"` in it.
    Json,
    /// `name@range:`, then `version …`.
    Yarn,
    /// `name@version` or `name/version` as a key.
    Keys,
}

fn shape(path: &Path) -> Option<(Ecosystem, Shape)> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    Some(match name.as_str() {
        "poetry.lock" | "uv.lock" | "pdm.lock" => (Ecosystem::Pypi, Shape::Toml),
        _ if name.starts_with("pylock.") && name.ends_with("toml") => {
            (Ecosystem::Pypi, Shape::Toml)
        }
        "pipfile.lock" => (Ecosystem::Pypi, Shape::Json),
        _ if name.ends_with(".txt")
            && ["requirements", "constraints"].iter().any(|it| name.contains(it)) =>
        {
            (Ecosystem::Pypi, Shape::Requirements)
        }
        "package-lock.json" | "npm-shrinkwrap.json" => (Ecosystem::Npm, Shape::Json),
        "yarn.lock" => (Ecosystem::Npm, Shape::Yarn),
        "pnpm-lock.yaml" | "bun.lock" => (Ecosystem::Npm, Shape::Keys),
        _ => return None,
    })
}

/// Whether a file is a lock file.
pub(super) fn is_one(path: &Path) -> bool {
    shape(path).is_some()
}

/// Every compromised package that a lock file names.
pub(super) fn check(path: &Path, text: &[u8], advisories: &[Advisory]) -> Vec<Spot> {
    let Some((ecosystem, shape)) = shape(path) else { return Vec::new() };
    let mut spots = Vec::new();
    for advisory in advisories {
        for package in advisory.packages.iter().filter(|package| package.ecosystem == ecosystem) {
            for (span, version) in installed(text, package, shape) {
                if package.versions.contains(&version) {
                    spots.push(spot(advisory, package, &version, span));
                }
            }
        }
    }
    spots
}

fn spot(advisory: &Advisory, package: &BadPackage, version: &str, span: Range<usize>) -> Spot {
    let (ecosystem, name) = (package.ecosystem.name(), &package.name);
    Spot {
        id: "compromised-package",
        span,
        title: format!("{name} {version} of {ecosystem} is compromised ({})", advisory.id),
        why: advisory.text.clone(),
        fix: format!(
            "install another version, rebuild what was built with it, and replace every key of the \
             machines that installed it; see {}",
            advisory.link
        ),
    }
}

/// The versions of a package that a lock file names, with their places.
fn installed(text: &[u8], package: &BadPackage, shape: Shape) -> Vec<(Range<usize>, String)> {
    match shape {
        Shape::Requirements => requirements(text, &package.name),
        Shape::Toml => toml(text, &package.name),
        Shape::Json => json(text, &package.name),
        Shape::Yarn => yarn(text, &package.name),
        Shape::Keys => keys(text, &package.name),
    }
}

/// The lines of a text with their offsets.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    text.split(|byte| *byte == b'\n').map(move |line| {
        let start = at;
        at += line.len() + 1;
        (start, line)
    })
}

/// A name of Python's, as its registry compares it.
fn normal(name: &str) -> String {
    name.trim().to_lowercase().replace(['_', '.'], "-")
}

fn requirements(text: &[u8], name: &str) -> Vec<(Range<usize>, String)> {
    let read = |(start, line): (usize, &[u8])| {
        let shown = String::from_utf8_lossy(line).into_owned();
        let (before, after) = shown.split_once("==")?;
        let before = before.split('[').next().unwrap_or_default();
        let end = |c: char| c.is_whitespace() || matches!(c, ';' | ',' | '#' | '\\');
        let version =
            after.trim_start_matches('=').trim_start().split(end).next().unwrap_or_default();
        let found = start..start + line.trim_ascii_end().len();
        (normal(before) == normal(name)).then(|| (found, version.to_owned()))
    };
    lines(text).filter_map(read).collect()
}

fn toml(text: &[u8], name: &str) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let mut is_it = false;
    for (start, line) in lines(text) {
        let line = String::from_utf8_lossy(line);
        let value = |key: &str| {
            let value = line.strip_prefix(key)?.trim_start().strip_prefix('=')?.trim();
            Some(value.trim_matches('"').to_owned())
        };
        if line.starts_with("[[") {
            is_it = false;
        } else if let Some(other) = value("name") {
            is_it = normal(&other) == normal(name);
        } else if let Some(version) = value("version").filter(|_| is_it) {
            found.push((start..start + line.trim_end().len(), version));
            is_it = false;
        }
    }
    found
}

fn json(text: &[u8], name: &str) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    for at in memchr::memmem::find_iter(text, name) {
        let end = at + name.len();
        let is_whole = matches!(at.checked_sub(1).map(|it| text[it]), Some(b'"' | b'/'));
        let Some(rest) = text[end..].strip_prefix(b"\"").filter(|_| is_whole) else { continue };
        let Some(rest) = rest.trim_ascii_start().strip_prefix(b":") else { continue };
        let Some(rest) = rest.trim_ascii_start().strip_prefix(b"{") else { continue };
        // The version stands before any object within.
        let object =
            &rest[..rest.iter().position(|byte| matches!(byte, b'{' | b'}')).unwrap_or(rest.len())];
        let Some(key) = memchr::memmem::find(object, b"\"version\"") else { continue };
        let mut parts = object[key + 9..].split(|byte| *byte == b'"');
        if let Some(version) = parts.nth(1) {
            let version = String::from_utf8_lossy(version).trim_start_matches('=').to_owned();
            found.push((at..end, version));
        }
    }
    found
}

fn yarn(text: &[u8], name: &str) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let mut head: Option<Range<usize>> = None;
    for (start, line) in lines(text) {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end();
        if !line.starts_with(' ') && line.ends_with(':') {
            let mut parts = line.trim_end_matches(':').split(',');
            let is_it = parts.any(|part| {
                let part = part.trim().trim_matches('"');
                part.strip_prefix(name).is_some_and(|rest| rest.starts_with('@'))
            });
            head = is_it.then(|| start..start + line.len());
        } else if let Some(version) = line.trim_start().strip_prefix("version")
            && let Some(head) = head.take()
        {
            let version = version.trim_start_matches(':').trim().trim_matches('"');
            found.push((head, version.to_owned()));
        }
    }
    found
}

fn keys(text: &[u8], name: &str) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    for at in memchr::memmem::find_iter(text, name) {
        let is_whole = at.checked_sub(1).map(|it| text[it]);
        let is_whole = is_whole.is_none_or(|byte| b"\"'/ \n".contains(&byte));
        let end = at + name.len();
        let Some(rest) = text.get(end + 1..).filter(|_| is_whole) else { continue };
        if !matches!(text[end], b'@' | b'/') {
            continue;
        }
        let is_in = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
        let length = rest.iter().take_while(is_in).count();
        let closes = rest.get(length).is_some_and(|byte| b":\"'(_".contains(byte));
        if closes && rest.first().is_some_and(u8::is_ascii_digit) {
            let version = String::from_utf8_lossy(&rest[..length]).into_owned();
            found.push((at..end + 1 + length, version));
        }
    }
    found
}
