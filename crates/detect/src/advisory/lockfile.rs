//! Lock files, pinned requirements and what an installed package says of
//! itself, read in one pass for the names and versions in them. In the few
//! shapes that these files have, not as the languages they are written in.
//! Ranges of versions say nothing of what was installed and are passed over.

use std::{ops::Range, path::Path};

use leeward_dossier::schema::Ecosystem;
use memchr::{memchr, memchr_iter, memchr2, memmem};

/// How much of a text says what it is, where no path does.
const HEAD: usize = 2048;

/// A form of file that names versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockFile<'p> {
    ecosystem: Ecosystem,
    shape: Shape<'p>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Shape<'p> {
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
    /// `Name: …` and `Version: …`, of a package that is installed.
    Metadata,
    /// `"version": "…"`, of a package that is installed; its folder has its
    /// name.
    Manifest(&'p str),
}

/// Takes a name, a version and where they stand.
pub(super) type Take<'t> = &'t mut dyn FnMut(&[u8], &[u8], Range<usize>);

impl<'p> LockFile<'p> {
    /// Which form a file has, by its path. The last name decides; only two of
    /// them need the folders too.
    pub fn of(path: &'p Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let (ecosystem, shape) = by_name(name, path)?;
        Some(Self { ecosystem, shape })
    }

    /// Which form a text has, by how it begins: content of Git's history, and
    /// standard input.
    pub fn sniff(text: &[u8]) -> Option<LockFile<'static>> {
        let head = &text[..text.len().min(HEAD)];
        let has = |needle: &str| memmem::find(head, needle.as_bytes()).is_some();
        let start = head.trim_ascii_start();
        let (ecosystem, shape) = match start.first()? {
            b'{' => {
                let first = start[1..].trim_ascii_start();
                if first.starts_with(b"\"lockfileVersion\"") {
                    (Ecosystem::Npm, Shape::Keys)
                } else if has("\"lockfileVersion\"") {
                    (Ecosystem::Npm, Shape::Json)
                } else if first.starts_with(b"\"_meta\"") && has("\"hash\"") {
                    (Ecosystem::Pypi, Shape::Json)
                } else {
                    return None;
                }
            }
            b'l' if start.starts_with(b"lockfileVersion:") => (Ecosystem::Npm, Shape::Keys),
            b'#' if has("yarn lockfile v1") => (Ecosystem::Npm, Shape::Yarn),
            b'#' | b'_' if has("\n__metadata:\n") => (Ecosystem::Npm, Shape::Yarn),
            b'#' | b'[' | b'v' | b'l' if is_toml(start, &has) => (Ecosystem::Pypi, Shape::Toml),
            _ if has_pin(head) => (Ecosystem::Pypi, Shape::Requirements),
            _ => return None,
        };
        Some(LockFile { ecosystem, shape })
    }

    /// Whose packages it names.
    pub(super) fn ecosystem(&self) -> Ecosystem {
        self.ecosystem
    }

    /// Hands over every name and version.
    pub(super) fn read(&self, text: &[u8], take: Take<'_>) {
        match self.shape {
            Shape::Requirements => requirements(text, take),
            Shape::Toml => toml(text, take),
            Shape::Json => json(text, take),
            Shape::Yarn => yarn(text, take),
            Shape::Keys => keys(text, take),
            Shape::Metadata => metadata(text, take),
            Shape::Manifest(name) => manifest(name, text, take),
        }
    }
}

fn by_name<'p>(name: &str, path: &'p Path) -> Option<(Ecosystem, Shape<'p>)> {
    let name = name.to_ascii_lowercase();
    Some(match name.as_str() {
        "poetry.lock" | "uv.lock" | "pdm.lock" => (Ecosystem::Pypi, Shape::Toml),
        _ if name.starts_with("pylock.") && name.ends_with("toml") => {
            (Ecosystem::Pypi, Shape::Toml)
        }
        "pipfile.lock" => (Ecosystem::Pypi, Shape::Json),
        "package-lock.json" | ".package-lock.json" | "npm-shrinkwrap.json" => {
            (Ecosystem::Npm, Shape::Json)
        }
        "yarn.lock" => (Ecosystem::Npm, Shape::Yarn),
        "pnpm-lock.yaml" | "bun.lock" => (Ecosystem::Npm, Shape::Keys),
        "metadata" => {
            let folder = path.parent()?.file_name()?.to_str()?;
            folder.ends_with(".dist-info").then_some((Ecosystem::Pypi, Shape::Metadata))?
        }
        "package.json" => (Ecosystem::Npm, Shape::Manifest(installed_name(path)?)),
        _ if is_requirements(&name) => (Ecosystem::Pypi, Shape::Requirements),
        _ => return None,
    })
}

fn is_requirements(name: &str) -> bool {
    name.ends_with(".txt") && (name.contains("requirements") || name.contains("constraints"))
}

/// The name that a package has by the folder it is installed in.
fn installed_name(path: &Path) -> Option<&str> {
    let folder = path.parent()?;
    let name = folder.file_name()?.to_str()?;
    let above = folder.parent()?.file_name()?;
    if above == "node_modules" {
        return Some(name);
    }
    let is_scoped = above.to_str()?.starts_with('@')
        && folder.parent()?.parent()?.file_name()? == "node_modules";
    let folder = folder.to_str().filter(|_| is_scoped)?;
    let scope = above.to_str()?;
    folder.get(folder.len().checked_sub(scope.len() + 1 + name.len())?..)
}

/// A lock file of Python's; the one of Rust's begins alike.
fn is_toml(start: &[u8], has: &dyn Fn(&str) -> bool) -> bool {
    if has("generated by Cargo") || has("\"registry+https://") {
        return false;
    }
    let begins = |words: &[u8]| start.starts_with(words);
    has("[[package]]")
        || begins(b"version = ") && has("requires-python = ")
        || has("lock-version = ")
        || begins(b"#") && has("generated by ") && (has("Poetry") || has("by PDM"))
}

/// Whether a line near the beginning pins a version, as `pip freeze` writes it
/// and code does not: no spaces, nothing before it.
fn has_pin(head: &[u8]) -> bool {
    memmem::find_iter(head, "==").any(|at| {
        let start = memchr::memrchr(b'\n', &head[..at]).map_or(0, |newline| newline + 1);
        let name = head[start..at].split(|byte| *byte == b'[').next().unwrap_or_default();
        name.first().is_some_and(u8::is_ascii_alphanumeric)
            && name.iter().all(|byte| is_name(*byte) && !matches!(byte, b'/' | b'@'))
            && head.get(at + 2).is_some_and(u8::is_ascii_digit)
    })
}

/// What names of packages are made of.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'@' | b'~')
}

fn is_version(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b'!')
}

/// The lines of a text with their offsets, without what ends them.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut start = 0;
    memchr_iter(b'\n', text).chain([text.len()]).map(move |end| {
        let line = &text[start..end];
        let at = std::mem::replace(&mut start, end + 1);
        (at, line.strip_suffix(b"\r").unwrap_or(line))
    })
}

fn requirements(text: &[u8], take: Take<'_>) {
    for (start, line) in lines(text) {
        let Some(at) = memmem::find(line, b"==") else { continue };
        let name = line[..at].split(|byte| *byte == b'[').next().unwrap_or_default();
        let version = line[at..].trim_ascii_start();
        let skipped = version.iter().take_while(|byte| **byte == b'=').count();
        let version = version[skipped..].trim_ascii_start();
        let length = version.iter().take_while(|byte| is_version(**byte)).count();
        take(name.trim_ascii(), &version[..length], start..start + line.trim_ascii_end().len());
    }
}

fn toml(text: &[u8], take: Take<'_>) {
    let mut name: Option<&[u8]> = None;
    for (start, line) in lines(text) {
        match line.first() {
            Some(b'[') if line.starts_with(b"[[") => name = None,
            Some(b'n') => name = toml_value(line, b"name").or(name),
            Some(b'v') => {
                if let (Some(version), Some(name)) = (toml_value(line, b"version"), name.take()) {
                    take(name, version, start..start + line.trim_ascii_end().len());
                }
            }
            _ => {}
        }
    }
}

fn toml_value<'t>(line: &'t [u8], key: &[u8]) -> Option<&'t [u8]> {
    let value = line.strip_prefix(key)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii();
    let quote = value.first().filter(|byte| matches!(byte, b'"' | b'\''))?;
    value[1..].split(|byte| byte == quote).next()
}

fn json(text: &[u8], take: Take<'_>) {
    for open in memchr_iter(b'{', text) {
        let Some(key) = key_before(text, open) else { continue };
        let rest = &text[open + 1..];
        // The version stands before any object within.
        let object = &rest[..memchr2(b'{', b'}', rest).unwrap_or(rest.len())];
        let Some(version) = json_value(object, b"\"version\"") else { continue };
        let version = version.strip_prefix(b"==").unwrap_or(version);
        let named = &text[key.clone()];
        let marker: &[u8] = b"node_modules/";
        let skipped = memmem::rfind(named, marker).map_or(0, |at| at + marker.len());
        // One that goes by another name says which it is.
        let name = json_value(object, b"\"name\"").unwrap_or(&named[skipped..]);
        take(name, version, key.start + skipped..key.end);
    }
}

/// Where the key of an object is, without its quotes.
fn key_before(text: &[u8], open: usize) -> Option<Range<usize>> {
    let head = text[..open].trim_ascii_end().strip_suffix(b":")?.trim_ascii_end();
    let head = head.strip_suffix(b"\"")?;
    let start = memchr::memrchr(b'"', head)? + 1;
    Some(start..head.len())
}

/// The text that stands after a key, in an object without others in it.
fn json_value<'t>(object: &'t [u8], key: &[u8]) -> Option<&'t [u8]> {
    let at = memmem::find(object, key)?;
    let rest = object[at + key.len()..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"")?;
    Some(&rest[..memchr(b'"', rest)?])
}

fn yarn(text: &[u8], take: Take<'_>) {
    let mut head: Option<(&[u8], Range<usize>)> = None;
    for (start, line) in lines(text) {
        let line = line.trim_ascii_end();
        match line.first() {
            None | Some(b'#') => {}
            Some(b' ') => {
                let Some(version) = line.trim_ascii_start().strip_prefix(b"version") else {
                    continue;
                };
                let Some((names, span)) = head.take() else { continue };
                let version = version.strip_prefix(b":").unwrap_or(version).trim_ascii();
                let version = version.strip_prefix(b"\"").unwrap_or(version);
                let version = version.strip_suffix(b"\"").unwrap_or(version);
                // All that are asked for in one entry are of one package.
                let first = names.split(|byte| *byte == b',').next().unwrap_or_default();
                let first = first.strip_prefix(b"\"").unwrap_or(first);
                let end =
                    memchr::memrchr(b'@', first.split(|b| *b == b':').next().unwrap_or(first));
                if let Some(end) = end.filter(|end| *end > 0) {
                    take(&first[..end], version, span);
                }
            }
            Some(_) => {
                head = line.strip_suffix(b":").map(|names| (names, start..start + line.len()));
            }
        }
    }
}

fn keys(text: &[u8], take: Take<'_>) {
    let mut after = 0;
    while let Some(at) = memchr2(b'@', b'/', &text[after..]).map(|at| after + at) {
        after = at + 1;
        let version = &text[after..];
        if !version.first().is_some_and(u8::is_ascii_digit) {
            continue;
        }
        let length = version.iter().take_while(|byte| is_version(**byte)).count();
        if !version.get(length).is_some_and(|byte| b":\"'(_".contains(byte)) {
            continue;
        }
        let name = text[..at].iter().rev().take_while(|byte| is_name(**byte)).count();
        let start = at - name;
        let is_whole = start.checked_sub(1).is_none_or(|it| b"\"' \n".contains(&text[it]));
        let slash = usize::from(text[start..at].starts_with(b"/"));
        if is_whole && name > slash {
            take(&text[start + slash..at], &version[..length], start + slash..after + length);
        }
    }
}

fn metadata(text: &[u8], take: Take<'_>) {
    let mut name: Option<&[u8]> = None;
    let mut version = None;
    for (start, line) in lines(text).take_while(|(_, line)| !line.is_empty()) {
        if let Some(value) = line.strip_prefix(b"Name:") {
            name = Some(value.trim_ascii());
        } else if let Some(value) = line.strip_prefix(b"Version:") {
            version = Some((value.trim_ascii(), start..start + line.len()));
        }
    }
    if let (Some(name), Some((version, span))) = (name, version) {
        take(name, version, span);
    }
}

fn manifest(name: &str, text: &[u8], take: Take<'_>) {
    let key: &[u8] = b"\"version\"";
    let Some(at) = memmem::find(text, key) else { return };
    if let Some(version) = json_value(&text[at..], key) {
        take(name.as_bytes(), version, at..at + key.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &LockFile<'_>, text: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        file.read(text.as_bytes(), &mut |name, version, span| {
            assert!(text.get(span).is_some());
            found.push((shown(name), shown(version)));
        });
        found
    }

    #[track_caller]
    fn check(path: &str, text: &str, expected: &[(&str, &str)]) {
        let file = LockFile::of(Path::new(path)).unwrap();
        let expected: Vec<_> =
            expected.iter().map(|(name, version)| ((*name).into(), (*version).into())).collect();
        assert_eq!(read(&file, text), expected, "{path}: {text}");
    }

    #[test]
    fn names_and_versions() {
        check(
            "a/requirements.txt",
            "a.b[x]==1.0 ; y\n# c\nd == 2\\\n",
            &[("a.b", "1.0"), ("d", "2")],
        );
        check("dev-requirements.txt", "a===1.0rc1\r\n", &[("a", "1.0rc1")]);
        check("uv.lock", "version = 1\n[[package]]\nname = \"a\"\nversion = '1'\n", &[("a", "1")]);
        check(
            "package-lock.json",
            r#"{"packages": {"": {"name": "x"}, "node_modules/a/node_modules/@b/c": {"version": "1.2.3"},
                "node_modules/alias": {"name": "real", "version": "4.5.6", "dev": true}}}"#,
            &[("@b/c", "1.2.3"), ("real", "4.5.6")],
        );
        check(
            "yarn.lock",
            "# yarn lockfile v1\n\n\"@a/b@^1\", \"@a/b@^1.1\":\n  version \"1.2.0\"\n  dependencies:\n    c \"^1\"\nd@^2:\n  version \"2.0.0\"\n",
            &[("@a/b", "1.2.0"), ("d", "2.0.0")],
        );
        check("yarn.lock", "\"d@npm:^2\":\n  version: 2.0.0\n", &[("d", "2.0.0")]);
        check(
            "pnpm-lock.yaml",
            "packages:\n  /@a/b/1.0.0_x:\n  '@a/b@2.0.0(c@1.0.0)':\n  d@3.0.0:\n",
            &[("@a/b", "1.0.0"), ("@a/b", "2.0.0"), ("d", "3.0.0")],
        );
        check("bun.lock", r#""d": ["d@1.0.0", "", {}]"#, &[("d", "1.0.0")]);
        check(
            "lib/site-packages/a-1.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: a\nVersion: 1\n\nVersion: 2\n",
            &[("a", "1")],
        );
        check(
            "node_modules/@a/b/package.json",
            r#"{"name":"@a/b","version":"1.0"}"#,
            &[("@a/b", "1.0")],
        );
        check("node_modules/c/package.json", r#"{"version": "1.0"}"#, &[("c", "1.0")]);
    }

    #[test]
    fn other_files_are_not_read() {
        for path in
            ["package.json", "src/package.json", "METADATA", "Cargo.lock", "a.txt", "notes.md"]
        {
            assert_eq!(LockFile::of(Path::new(path)), None, "{path}");
        }
    }

    #[test]
    fn content_without_a_path_is_known_by_how_it_begins() {
        let is = |text: &str| LockFile::sniff(text.as_bytes()).map(|file| file.shape);
        let json = "{\n  \"name\": \"x\",\n  \"version\": \"1.0.0\",\n  \"lockfileVersion\": 3,\n";
        assert_eq!(is(json), Some(Shape::Json));
        assert_eq!(is("{\n    \"_meta\": {\n        \"hash\": {"), Some(Shape::Json));
        assert_eq!(is("{\n  \"lockfileVersion\": 1,\n"), Some(Shape::Keys));
        assert_eq!(is("lockfileVersion: '9.0'\n"), Some(Shape::Keys));
        assert_eq!(is("# THIS IS AN AUTOGENERATED FILE.\n# yarn lockfile v1\n"), Some(Shape::Yarn));
        assert_eq!(is("# x\n\n__metadata:\n  version: 8\n"), Some(Shape::Yarn));
        assert_eq!(is("version = 1\nrequires-python = \">=3.12\"\n"), Some(Shape::Toml));
        assert_eq!(is("[[package]]\nname = \"a\"\nversion = \"1\"\n"), Some(Shape::Toml));
        assert_eq!(is("# by hand\nnumpy\nmistralai==2.4.6\n"), Some(Shape::Requirements));
        assert_eq!(is("a[x,y]==1.0\n"), Some(Shape::Requirements));
        for other in [
            "",
            "if x==1:\n",
            "a == b\n",
            "  a==1\n",
            "x==y\n",
            "{\"name\": \"x\"}",
            "# This file is automatically @generated by Cargo.\nversion = 4\n\n[[package]]\n",
            "[[package]]\nname = \"a\"\nversion = \"1\"\nsource = \"registry+https://x\"\n",
        ] {
            assert_eq!(is(other), None, "{other}");
        }
    }
}
