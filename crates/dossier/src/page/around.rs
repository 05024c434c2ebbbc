//! The sections on what stands around a value: tools that keep it, controls
//! that narrow it, packages that took it. A dossier that says nothing of them
//! has none of these sections.

use std::fmt::{self, Formatter};

use super::{code, codes, link, prose};
use crate::schema::{Advisory, ConsumerRule, Control, Ecosystem, Reach};

pub(super) fn consumers(f: &mut Formatter<'_>, consumers: &[ConsumerRule]) -> fmt::Result {
    if consumers.is_empty() {
        return Ok(());
    }
    writeln!(f, "## Who else keeps it\n")?;
    for rule in consumers {
        write!(f, "- **{}**", prose(&rule.title))?;
        if !rule.paths.is_empty() {
            write!(f, ": {}", codes(rule.paths.iter().map(String::as_str)))?;
        }
        write!(f, ". {}", prose(&rule.switch))?;
        if let Some(unseen) = &rule.unseen {
            write!(f, " Not looked into: {}", prose(unseen))?;
        }
        writeln!(f)?;
    }
    writeln!(f)
}

pub(super) fn controls(f: &mut Formatter<'_>, controls: &[Control]) -> fmt::Result {
    for (exists, title) in [(true, "What narrows it"), (false, "What does not exist")] {
        let mut some = controls.iter().filter(|control| control.exists == exists).peekable();
        if some.peek().is_none() {
            continue;
        }
        writeln!(f, "## {title}\n")?;
        for control in some {
            let (name, id) = (prose(&control.title), code(&control.id));
            write!(f, "- **{name}** (`{id}`). {}", prose(&control.advice))?;
            if exists {
                write!(f, " {}", by_program(control))?;
            }
            if let Some(url) = &control.link {
                write!(f, " Where: {}", link(url))?;
            }
            writeln!(f)?;
        }
        writeln!(f)?;
    }
    Ok(())
}

impl Control {
    /// Whether it exists and whether a program gets at it, in a sentence.
    pub fn said(&self) -> &'static str {
        if self.exists { by_program(self) } else { "It does not exist at this provider." }
    }
}

fn by_program(control: &Control) -> &'static str {
    match (control.readable, control.settable) {
        (Reach::AdminApi, Reach::AdminApi) => {
            "A program can read and set it with an administrator's credential."
        }
        (Reach::AdminApi, Reach::No) => {
            "A program can read it with an administrator's credential; only a person can set it."
        }
        (Reach::No, Reach::AdminApi) => {
            "A program can set it with an administrator's credential, but not read it."
        }
        (Reach::No, Reach::No) => "Only a person can see and set it.",
    }
}

pub(super) fn advisories(f: &mut Formatter<'_>, advisories: &[Advisory]) -> fmt::Result {
    if advisories.is_empty() {
        return Ok(());
    }
    writeln!(f, "## Packages that took it\n")?;
    for advisory in advisories {
        writeln!(
            f,
            "- **{}**. {} {}",
            prose(&advisory.id),
            prose(&advisory.text),
            link(&advisory.link)
        )?;
        for package in &advisory.packages {
            let versions = codes(package.versions.iter().map(String::as_str));
            let (ecosystem, name) = (package.ecosystem.name(), code(&package.name));
            writeln!(f, "  - {ecosystem} `{name}` {versions}")?;
        }
    }
    writeln!(f)
}

impl Ecosystem {
    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pypi => "PyPI",
            Self::Npm => "npm",
        }
    }
}
