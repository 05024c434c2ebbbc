//! Where Chromium is; and if it is nowhere, it is installed from where the machine gets
//! its packages.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What it is called.
const NAMES: [&str; 6] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chromium-headless-shell",
    "headless_shell",
];
/// A package of Node's that carries the program, for machines without it. It is
/// unpacked by its own code, which says where.
const PACKAGE: &str = "@sparticuz/chromium";

/// The program.
///
/// # Panics
/// If there is none and none can be installed, with what to install.
pub(super) fn program() -> PathBuf {
    if let Some(found) = look() {
        return found;
    }
    let tried = install();
    look().unwrap_or_else(|| {
        panic!(
            "these tests need Chromium, one of {NAMES:?} on the PATH: install the package \
             `chromium` of your system, or `npm install {PACKAGE}` into {}; {tried}",
            home().display()
        )
    })
}

fn look() -> Option<PathBuf> {
    let path = search_path();
    let directories: Vec<PathBuf> = env::split_paths(&path).collect();
    let named = |name: &&str| {
        directories.iter().map(|directory| directory.join(name)).find(|program| program.is_file())
    };
    NAMES.iter().find_map(named).or_else(unpacked)
}

/// What the package of Node's was unpacked to.
fn unpacked() -> Option<PathBuf> {
    let said = fs::read_to_string(home().join("path")).ok()?;
    Some(PathBuf::from(said.trim())).filter(|program| program.is_file())
}

/// What was tried, for the message.
fn install() -> &'static str {
    let quiet = |command: &mut Command| {
        let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let mut apt = Command::new("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    apt.args(["install", "-y", "--no-install-recommends", "chromium"]);
    if quiet(&mut apt) {
        return "`apt-get install` ran";
    }
    let home = home();
    let _ = fs::create_dir_all(&home);
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(&home).arg(PACKAGE);
    if !quiet(&mut npm) {
        return "neither `apt-get install` nor `npm install` worked";
    }
    let script = format!(
        "import('{PACKAGE}').then((m) => m.default.executablePath()).then((p) => console.log(p))"
    );
    let asked = Command::new("node")
        .args(["--input-type=module", "-e", &script])
        .current_dir(&home)
        .stdin(Stdio::null())
        .output();
    match asked {
        Ok(said) if said.status.success() => {
            let _ = fs::write(home.join("path"), said.stdout);
            "`npm install` ran"
        }
        _ => "`npm install` ran, and the program could not be unpacked",
    }
}

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/chromium")
}

#[expect(clippy::disallowed_methods, reason = "programs are where the machine has them")]
fn search_path() -> std::ffi::OsString {
    env::var_os("PATH").unwrap_or_default()
}
