//! A pack of evidence: files that tell an incident to people who were not there
//! and let them check it without trusting whoever wrote it. Nothing in it is a
//! value.

mod proof;
mod summary;

use std::io;

use sha2::{Digest as _, Sha256};

use crate::value::Masker;

use super::{IncidentView, html, json, shown::Shown};

/// A file of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackFile {
    /// Its name: letters, digits, `.` and `-`, without a folder.
    pub name: &'static str,
    /// What stands in it.
    pub bytes: Vec<u8>,
}

/// How to check the rest, for a person.
const README: &str = include_str!("README.txt");
/// The same for a machine that has nothing but Python.
const CHECK: &str = include_str!("check.py");

/// The files of an incident's pack, the page first and the list of them all
/// last.
///
/// # Errors
/// What a writer into memory says: nothing, short of no memory.
pub fn pack(view: &IncidentView<'_>) -> io::Result<Vec<PackFile>> {
    let shown = Shown::of(view);
    let checked = proof::check(&shown);
    let (mut page, mut document, mut log) = (Vec::new(), Vec::new(), Vec::new());
    html::write(&shown, &mut page)?;
    json::write(&shown, &mut document)?;
    proof::write(&shown, &checked, &mut log)?;
    let mut files = vec![
        PackFile { name: "index.html", bytes: page },
        PackFile { name: "summary.md", bytes: summary::text(&shown, &checked).into_bytes() },
        PackFile { name: "incident.json", bytes: document },
        PackFile { name: "log-proof.json", bytes: log },
        PackFile { name: "check.py", bytes: CHECK.as_bytes().to_vec() },
        PackFile { name: "README.txt", bytes: README.as_bytes().to_vec() },
    ];
    // Every text was masked when it came in. What leaves the house is looked at
    // once more, whatever a format may have done to it.
    let masker = Masker::of(view.hidden.iter().copied());
    for file in &mut files {
        file.bytes = masker.bytes(&file.bytes);
    }
    let lines = files.iter().map(|file| format!("{}  {}\n", hash(&file.bytes), file.name));
    let manifest = lines.collect::<String>().into_bytes();
    files.push(PackFile { name: "MANIFEST.txt", bytes: manifest });
    Ok(files)
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
