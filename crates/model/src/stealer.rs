//! A release of a package that is known to have stolen credentials, and where
//! a scan saw it named. It is no finding: there is no secret in it, and yet
//! every secret of a machine that installed it counts as taken.

use crate::Location;

/// One such release.
#[derive(Clone, Debug)]
pub struct Stealer {
    /// Whose registry, such as `pypi`.
    pub ecosystem: String,
    /// Its name there.
    pub name: String,
    /// The version.
    pub version: String,
    /// The advisory's name, as published.
    pub advisory: String,
    /// What it did, and what it means to have installed it.
    pub why: String,
    /// Where that was published.
    pub link: String,
    /// Every place that names it: files first, then Git history oldest first.
    pub locations: Vec<Location>,
}

impl Stealer {
    /// `pypi:name@1.2.3`: the same for the same release everywhere.
    pub fn id(&self) -> String {
        format!("{}:{}@{}", self.ecosystem, self.name, self.version)
    }
}
