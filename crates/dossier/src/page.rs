//! A dossier as a page for people: what `leeward dossier show` prints and the
//! documentation is made from. Markdown, without colour; the command line
//! decides how to show it.
//!
//! One function per section, in the order a reader under pressure needs them:
//! how bad, what it looks like, what it opens, how to ask, what to do. Every
//! text passes through [`prose`] or [`code`], so that a dossier from elsewhere
//! cannot act on a terminal. No value ever stands on a page: examples show
//! where one lay.

mod administer;
mod around;
mod example;
mod look;
mod question;

use std::fmt::{self, Formatter};

use leeward_model::SafeText;

use crate::{
    Dossier,
    schema::{Automated, DossierFile, Effect, Impact, Permission, Step},
};

/// The whole page.
pub fn page(dossier: &Dossier) -> String {
    Page(dossier).to_string()
}

struct Page<'a>(&'a Dossier);

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let dossier = self.0;
        heading(f, dossier)?;
        severity(f, dossier)?;
        look::appearance(f, dossier)?;
        look::told_apart(f, dossier)?;
        permissions(f, dossier)?;
        impacts(f, &dossier.impacts)?;
        prerequisites(f, &dossier.prerequisites)?;
        question::verification(f, &dossier.verify)?;
        question::assessment(f, &dossier.assess)?;
        administer::administration(f, dossier)?;
        remediation(f, &dossier.remediation)?;
        around::consumers(f, &dossier.consumers)?;
        around::controls(f, &dossier.controls)?;
        around::advisories(f, &dossier.advisories)?;
        references(f, dossier)
    }
}

fn heading(f: &mut Formatter<'_>, dossier: &Dossier) -> fmt::Result {
    writeln!(f, "# {}\n", prose(&dossier.name))?;
    let provider = prose(&dossier.provider);
    let level = dossier.severity.base.name();
    writeln!(f, "`{}` · {provider} · severity {level}\n", code(dossier.id().as_str()))?;
    writeln!(f, "{}\n", prose(&dossier.summary))
}

fn severity(f: &mut Formatter<'_>, dossier: &DossierFile) -> fmt::Result {
    let severity = &dossier.severity;
    writeln!(f, "## How bad a leak is\n")?;
    let level = capitalised(severity.base.name());
    writeln!(f, "**{level}.** {}\n", prose(&severity.why))?;
    for (effect, title) in [(Effect::Raises, "Worse when"), (Effect::Lowers, "Less bad when")] {
        let mut moves = severity.moves.iter().filter(|one| one.effect == effect).peekable();
        if moves.peek().is_none() {
            continue;
        }
        writeln!(f, "{title}:\n")?;
        moves.try_for_each(|one| writeln!(f, "- {}", prose(&one.when)))?;
        writeln!(f)?;
    }
    Ok(())
}

fn permissions(f: &mut Formatter<'_>, dossier: &DossierFile) -> fmt::Result {
    writeln!(f, "## What an attacker can do\n")?;
    for permission in &dossier.permissions {
        writeln!(f, "### {} (`{}`)\n", prose(&permission.title), code(&permission.id))?;
        writeln!(f, "{}\n", prose(&permission.attacker))?;
        if !permission.endpoints.is_empty() {
            let endpoints = codes(permission.endpoints.iter().map(String::as_str));
            writeln!(f, "Requests: {endpoints}.\n")?;
        }
        standing(f, dossier, permission)?;
    }
    Ok(())
}

/// How it is known that a value has a permission.
fn standing(f: &mut Formatter<'_>, dossier: &DossierFile, it: &Permission) -> fmt::Result {
    let probes = dossier.verify.requests.iter().chain(&dossier.assess.requests);
    let proves = probes.filter(|probe| probe.finds.iter().any(|find| find.permission == it.id));
    let ids: Vec<&str> = proves.map(|probe| probe.id.as_str()).collect();
    if !ids.is_empty() {
        writeln!(f, "Proven, without changing anything, by: {}.\n", codes(ids.into_iter()))?;
    }
    if let Some(why) = &it.inferred {
        writeln!(f, "Inferred for a live value: {}.\n", prose(why))?;
    }
    if let Some(why) = &it.denied {
        writeln!(f, "Not with this kind: {}.\n", prose(why))?;
    }
    Ok(())
}

fn impacts(f: &mut Formatter<'_>, impacts: &[Impact]) -> fmt::Result {
    writeln!(f, "## What that means for the owner\n")?;
    for impact in impacts {
        write!(f, "- **{}** (`{}`). ", prose(&impact.title), code(&impact.id))?;
        write!(f, "{}", prose(&impact.text))?;
        if !impact.from.is_empty() {
            write!(f, " Through {}.", codes(impact.from.iter().map(String::as_str)))?;
        }
        writeln!(f)?;
    }
    writeln!(f)
}

fn prerequisites(f: &mut Formatter<'_>, prerequisites: &[String]) -> fmt::Result {
    writeln!(f, "## What an attack needs\n")?;
    prerequisites.iter().try_for_each(|one| writeln!(f, "- {}", prose(one)))?;
    writeln!(f)
}

fn remediation(f: &mut Formatter<'_>, steps: &[Step]) -> fmt::Result {
    writeln!(f, "## What to do\n")?;
    let mut phase = "";
    for (number, step) in (1..).zip(steps) {
        if step.step.phase() != phase {
            phase = step.step.phase();
            writeln!(f, "### {}\n", capitalised(phase))?;
        }
        let automated = match step.automated {
            Automated::Yes => "by program, with the value alone",
            Automated::WithAdmin => "by program, with an administrator's credential",
            Automated::Partly => "by program in part",
            Automated::No => "only by a person",
        };
        writeln!(f, "{number}. **{}** (`{}`)\n", prose(&step.title), step.step.name())?;
        writeln!(f, "   {}\n", prose(&step.text))?;
        write!(f, "   Can be done {automated}.")?;
        if let Some(url) = &step.link {
            write!(f, " Where: {}", link(url))?;
        }
        writeln!(f, "\n")?;
    }
    Ok(())
}

fn references(f: &mut Formatter<'_>, dossier: &DossierFile) -> fmt::Result {
    writeln!(f, "## References\n")?;
    for reference in &dossier.references {
        writeln!(f, "- {}: {}", prose(&reference.title), link(&reference.url))?;
    }
    Ok(())
}

/// Text of the dossier on one line. Its Markdown is the author's.
fn prose(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    SafeText::new(&line).to_string()
}

/// Text that stands between backticks.
fn code(text: &str) -> String {
    SafeText::new(&text.replace('`', "")).to_string()
}

/// An address, as a link.
fn link(url: &str) -> String {
    format!("<{}>", SafeText::new(&url.replace(['<', '>', ' '], "")))
}

/// Several of them in a sentence.
fn codes<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.map(|text| format!("`{}`", code(text))).collect::<Vec<_>>().join(", ")
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use crate::Library;

    use super::*;

    const SECTIONS: [&str; 11] = [
        "## How bad a leak is",
        "## What it looks like",
        "## How it is told from others",
        "## What an attacker can do",
        "## What that means for the owner",
        "## What an attack needs",
        "## How to verify",
        "## How to learn what it reaches",
        "## How an administrator closes it",
        "## What to do",
        "## References",
    ];

    #[test]
    fn the_page_of_the_shortest_dossier() {
        let library = Library::builtin();
        let pages = library.dossiers().iter().map(page);
        insta::assert_snapshot!(pages.min_by_key(String::len).expect("there are dossiers"));
    }

    /// The section on administration of the shortest page that has one.
    #[test]
    fn how_an_administrator_closes_it() {
        let library = Library::builtin();
        let those = library.dossiers().iter().filter(|it| it.administer.is_some()).map(page);
        let page = those.min_by_key(String::len).expect("there are dossiers");
        let section = page.split("## ").find(|it| it.starts_with("How an administrator"));
        insta::assert_snapshot!(section.expect("every page has it"));
    }

    /// Every page has every section, in order, and something in each.
    #[test]
    fn no_section_is_empty() {
        for dossier in Library::builtin().dossiers() {
            let page = page(dossier);
            let mut rest = page.as_str();
            for section in SECTIONS {
                let (before, after) =
                    rest.split_once(section).unwrap_or_else(|| panic!("{section}: {page}"));
                assert!(before.trim().len() > 40, "before {section}: {before}");
                rest = after;
            }
            assert!(rest.contains("- "), "{} has no references", dossier.id());
        }
    }

    #[test]
    fn every_step_stands_once_under_its_phase() {
        for dossier in Library::builtin().dossiers() {
            let page = page(dossier);
            for (number, step) in (1..).zip(leeward_model::StepName::ALL) {
                let label = format!("(`{}`)\n", step.name());
                assert_eq!(page.matches(&label).count(), 1, "{} {label}", dossier.id());
                assert!(page.contains(&format!("\n{number}. **")), "{} {number}", dossier.id());
            }
            for phase in ["Contain", "Investigate", "Recover", "Prevent"] {
                assert_eq!(page.matches(&format!("\n### {phase}\n")).count(), 1, "{phase}");
            }
        }
    }

    /// Nothing of the file format, no leftovers of writing.
    #[test]
    fn nothing_unfinished_shows() {
        for dossier in Library::builtin().dossiers() {
            let page = page(dossier);
            for leftover in ["{secret", "{companion", "{alnum", "{hex", "TODO", "lorem", "\n\n\n"] {
                assert!(!page.contains(leftover), "{} shows {leftover:?}", dossier.id());
            }
            for text in texts(dossier) {
                assert!(text.trim().len() > 9, "{} has a stub: {text:?}", dossier.id());
            }
        }
    }

    /// The four actions and impacts that every page on a key must speak of,
    /// if only to say that they are out of reach.
    #[test]
    fn the_usual_questions_are_answered() {
        for dossier in Library::builtin().dossiers() {
            let page = page(dossier);
            for id in ["extract-data", "consume-compute", "see-billing"] {
                assert!(page.contains(&format!("(`{id}`)")), "{} {id}", dossier.id());
            }
            for id in
                ["data-exposure", "financial-loss", "operational-disruption", "reputational-damage"]
            {
                assert!(page.contains(&format!("(`{id}`)")), "{} {id}", dossier.id());
            }
        }
    }

    #[test]
    fn a_foreign_dossier_cannot_act_on_the_terminal() {
        let text = include_str!("../../../dossiers/aws/access-key.toml").replacen(
            "name = \"AWS access key\"",
            "name = \"AWS \\u001b[2Jkey\"",
            1,
        );
        let dossier = Dossier::parse("aws-access-key", "x.toml", &text).expect("still a dossier");
        let page = page(&dossier);
        assert!(page.starts_with("# AWS \\u{1b}[2Jkey\n"), "{}", &page[..40]);
        assert!(!page.contains('\u{1b}'));
    }

    fn texts(dossier: &DossierFile) -> impl Iterator<Item = &str> {
        let moves = dossier.severity.moves.iter().map(|one| one.when.as_str());
        let attacks = dossier.permissions.iter().map(|one| one.attacker.as_str());
        let impacts = dossier.impacts.iter().map(|one| one.text.as_str());
        let steps = dossier.remediation.iter().map(|one| one.text.as_str());
        let requests = dossier.verify.requests.iter().chain(&dossier.assess.requests);
        let own = requests.flat_map(|one| &one.answers);
        let answers = dossier.verify.answers.iter().chain(own).map(|answer| answer.why.as_str());
        moves.chain(attacks).chain(impacts).chain(steps).chain(answers)
    }
}
