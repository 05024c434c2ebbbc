//! Puts a hash over what decides whether something is found into the binary: the sources
//! of the crates that read, unpack and detect, and the versions of everything they are
//! built from.

use std::{
    error::Error,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
};

/// What is hashed, from this crate's folder.
const WHAT: [&str; 9] = [
    "../detect/src",
    "../dossier/src/schema.rs",
    "../model/src/blob.rs",
    "../source/src",
    "../unpack",
    "src/collect.rs",
    "src/packages.rs",
    "src/rules.rs",
    "../../Cargo.lock",
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut hash = DefaultHasher::new();
    for what in WHAT {
        println!("cargo::rerun-if-changed={what}");
        // Vendored by somebody else's build, a file may be missing.
        if Path::new(what).exists() {
            add(&PathBuf::from(what), &mut hash)?;
        }
    }
    println!("cargo::rustc-env=LEEWARD_SOURCES={:016x}", hash.finish());
    Ok(())
}

fn add(path: &Path, hash: &mut DefaultHasher) -> Result<(), Box<dyn Error>> {
    if path.is_dir() {
        let entries = fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path()));
        let mut paths = entries.collect::<Result<Vec<_>, _>>()?;
        paths.sort();
        return paths.iter().try_for_each(|path| add(path, hash));
    }
    if path.extension().is_some_and(|it| it == "rs" || it == "toml" || it == "lock") {
        path.to_string_lossy().hash(hash);
        fs::read(path)?.hash(hash);
    }
    Ok(())
}
