//! Reads and checks every file under `dossiers/` and packs them for the
//! binary. A file with a problem fails the build, with its line and column.

#![expect(unreachable_pub, reason = "the modules are the library's, shared whole")]

#[path = "src/administer.rs"]
mod administer;
#[path = "src/check.rs"]
mod check;
#[path = "src/probe.rs"]
mod probe;
#[path = "src/schema.rs"]
mod schema;

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new("../../dossiers");
    println!("cargo::rerun-if-changed={}", root.display());
    let rivals_path = root.join("rivals.toml");
    let rivals =
        check::rivals(&shown(&rivals_path), &fs::read_to_string(&rivals_path)?).map_err(all)?;
    let advisories_path = root.join("advisories.toml");
    let advisories =
        check::advisories(&shown(&advisories_path), &fs::read_to_string(&advisories_path)?)
            .map_err(all)?;
    let mut dossiers = Vec::new();
    for provider in sorted(root)?.into_iter().filter(|path| path.is_dir()) {
        for path in sorted(&provider)? {
            let id = format!("{}-{}", stem(&provider), stem(&path));
            let file = check::dossier(&shown(&path), &fs::read_to_string(&path)?).map_err(all)?;
            dossiers.push((id, file));
        }
    }
    dossiers.sort_by(|a, b| a.0.cmp(&b.0));
    #[expect(clippy::disallowed_methods, reason = "cargo tells a build script its folder this way")]
    let out = std::env::var("OUT_DIR")?;
    let packed = postcard::to_stdvec(&schema::Bundle { dossiers, rivals, advisories })?;
    fs::write(Path::new(&out).join("dossiers.bin"), packed)?;
    Ok(())
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, std::io::Error> {
    let mut paths = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    Ok(paths)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn shown(path: &Path) -> String {
    path.strip_prefix("../../").unwrap_or(path).display().to_string()
}

fn all(problems: Vec<check::Problem>) -> String {
    problems.iter().map(|problem| format!("\n{problem}")).collect()
}
