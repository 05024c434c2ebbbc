//! A report for a pull request, an issue or a ticket: short enough to be read
//! there, with a checklist of what to do.
//!
//! What was scanned may have been written to attack whoever reads this. Names
//! and excerpts stand in code, where nothing is interpreted; foreign text in
//! prose is escaped. See [`escape`].

pub(crate) mod escape;
pub(crate) mod reach;

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use crate::{
    Guidance, Report,
    account::{self, Clean},
    exposure::short,
    reason::Group,
    snippet::Snippet,
    stealer,
    view::{FindingView, Place, View},
    words,
};

use escape::{cell_code, code, fenced, link, prose};

/// The version of the layout, as a comment that a bot finds its own comment by.
const SCHEMA: &str = "<!-- leeward.markdown/1 -->";

/// Comments have a size limit: beyond these, the report says that there is
/// more.
const ROWS: usize = 100;
const DETAILED: usize = 20;
const PLACES: usize = 20;
const EXCERPT: usize = 120;

pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let view = View::of(report);
    writeln!(out, "{SCHEMA}")?;
    heading(&view, out)?;
    stealers(&view, out)?;
    if !view.findings.is_empty() {
        table(&view, out)?;
        for (i, finding) in view.findings.iter().take(DETAILED).enumerate() {
            details(i + 1, finding, out)?;
        }
        let more = view.findings.len().saturating_sub(DETAILED);
        if more > 0 {
            let more = words::count(more, "more finding is", "more findings are");
            writeln!(out, "\n{more} not described here; other formats hold them all.")?;
        }
        what_to_do(&view, out)?;
    }
    coverage(&view, out)
}

fn heading(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    if view.findings.is_empty() {
        let (Clean::Yes(text) | Clean::NotQuite(text)) = account::clean(view);
        writeln!(out, "## Leeward: {text}")?;
    } else {
        let counts: Vec<String> = account::severities(view).map(|(_, text)| text).collect();
        writeln!(out, "## Leeward: {} ({})", account::total(view), counts.join(", "))?;
    }
    if let Some(verified) = account::verified(view) {
        writeln!(out, "\n**Live or not:** {verified}.")?;
    }
    if let Some(scanned) = account::looked_at(view, &|target| code(target)) {
        writeln!(out, "\n{}.", words::capital(&scanned))?;
    }
    let failed = account::failed(view);
    if !failed.is_empty() {
        writeln!(out, "\n> **Incomplete:** {}. See below.", account::incomplete(&failed))?;
    }
    if view.report.reveal && !view.findings.is_empty() {
        writeln!(out, "\n> **The values are shown in full below.** Do not post this anywhere.")?;
    }
    Ok(())
}

fn stealers(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    for one in &view.stealers {
        writeln!(out, "\n### Stole credentials: {}\n", prose(&one.title()))?;
        let (advisory, url) = (&one.stealer.advisory, link(&one.stealer.link));
        writeln!(out, "{} ({}{url})\n", prose(&one.stealer.why), prose(advisory))?;
        writeln!(out, "**This means:** {}.\n", stealer::MEANS)?;
        for place in one.places.iter().take(PLACES) {
            writeln!(out, "- {}", place_line(place))?;
        }
        if one.places.len() > PLACES {
            writeln!(out, "- and {} more", words::grouped((one.places.len() - PLACES) as u64))?;
        }
        writeln!(out)?;
        for step in stealer::TODO {
            writeln!(out, "- [ ] {}", words::capital(step))?;
        }
    }
    Ok(())
}

fn table(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    // A column of its own only where somebody asked.
    let asked = account::verified(view).is_some();
    let (name, rule) = if asked { (" live |", " --- |") } else { ("", "") };
    writeln!(out, "\n| | severity |{name} credential | value | where | confidence |")?;
    writeln!(out, "| --: | --- |{rule} --- | --- | --- | --- |")?;
    for (i, finding) in view.findings.iter().take(ROWS).enumerate() {
        let place = match finding.places.as_slice() {
            [] => String::new(),
            [only] => cell_code(&only.position()),
            [first, others @ ..] => {
                format!("{} and {} more", cell_code(&first.position()), others.len())
            }
        };
        writeln!(
            out,
            "| {} | {} |{} {} | {} | {place} | {} |",
            i + 1,
            finding.finding.severity.level.name(),
            if asked { reach::cell(finding) } else { String::new() },
            prose(finding.title()),
            cell_code(finding.hint.as_bytes()),
            finding.finding.confidence.level().name(),
        )?;
    }
    let more = view.findings.len().saturating_sub(ROWS);
    if more > 0 {
        writeln!(out, "\nand {}.", words::count(more, "more finding", "more findings"))?;
    }
    Ok(())
}

fn details(number: usize, view: &FindingView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let finding = view.finding;
    let severity = finding.severity.level.name();
    let hint = code(view.hint.as_bytes());
    writeln!(out, "\n### {number}. {severity}: {} {hint}", prose(view.title()))?;
    if let Some(first) = view.places.first() {
        writeln!(out, "\n{}", place_line(first))?;
        if !first.excerpt.text.trim().is_empty() {
            writeln!(out, "\n{}", block(first))?;
        }
    }
    writeln!(out)?;
    if !view.guidance.next_step.is_empty() {
        let url = view.guidance.next_url.as_deref().map(link).unwrap_or_default();
        writeln!(out, "- **Next step:** {}{url}", prose(&view.guidance.next_step))?;
    }
    if let Some(secret) = &view.secret {
        writeln!(out, "- **Secret:** {}", code(secret.as_bytes()))?;
    }
    reach::facts(view.known(), out)?;
    writeln!(out, "- **Exposure:** {}", prose(&view.exposure.lines.join("; ")))?;
    writeln!(out, "- **Severity:** {severity}: {}", prose(&view.severity_why))?;
    let level = finding.confidence.level().name();
    writeln!(out, "- **Confidence:** {level}: {}", prose(&view.evidence()))?;
    for (role, value) in &view.companions {
        writeln!(out, "- **Belongs to:** {} {}", prose(role), code(value.as_bytes()))?;
    }
    let dossier = code(finding.dossier.as_str().as_bytes());
    writeln!(out, "- **Identity:** {dossier} `{}`", finding.fingerprint)?;
    reach::section(view.known(), out)?;
    other_places(view, out)
}

fn other_places(view: &FindingView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let others = view.places.get(1..).unwrap_or_default();
    if others.is_empty() {
        return Ok(());
    }
    let title = words::count(others.len(), "more place", "more places");
    writeln!(out, "\n<details><summary>{title}</summary>\n")?;
    for place in others.iter().take(PLACES) {
        writeln!(out, "- {}", place_line(place))?;
    }
    if others.len() > PLACES {
        writeln!(out, "- and {} more", words::grouped((others.len() - PLACES) as u64))?;
    }
    writeln!(out, "\n</details>")
}

/// The line with the masked value underlined. Its number at the front also
/// keeps a logging command away from the start of the line.
fn block(place: &Place<'_>) -> String {
    let number = place.location.start.line.to_string();
    let Place { excerpt, .. } = place;
    let snippet = Snippet::cut(excerpt, EXCERPT, "…");
    let line = format!("{number} | {}{}{}", snippet.before, snippet.mark, snippet.after);
    let underline = format!("{:1$} | {2}", "", number.len(), snippet.underline("^"));
    fenced(&format!("{line}\n{}", underline.trim_end()))
}

/// The place, and the commit that brought it.
pub(crate) fn place_line(place: &Place<'_>) -> String {
    let commit = place.git.as_ref().and_then(|git| git.commit());
    let commit = commit.map(|commit| format!(" in commit `{}`", short(&commit.id.to_string())));
    let layers: Vec<&str> = place.location.decoded.iter().map(|layer| layer.name()).collect();
    let layers =
        if layers.is_empty() { String::new() } else { format!(" under {}", layers.join(", ")) };
    format!("{}{}{layers}", code(&place.position()), commit.unwrap_or_default())
}

/// One checklist per kind of credential.
fn what_to_do(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let kinds: BTreeMap<&str, &Guidance> = view
        .findings
        .iter()
        .filter(|finding| !finding.guidance.remediation.is_empty())
        .map(|finding| (finding.finding.dossier.as_str(), &finding.guidance))
        .collect();
    for guidance in kinds.into_values() {
        writeln!(out, "\n### What to do about a leaked {}\n", prose(&guidance.title))?;
        for step in &guidance.remediation {
            let text = if step.text.is_empty() {
                String::new()
            } else {
                format!(" {}", prose(&step.text))
            };
            let url = step.url.as_deref().map(link).unwrap_or_default();
            writeln!(
                out,
                "- [ ] **{}**: {}.{text}{url}",
                prose(&step.step),
                prose(step.title.trim_end_matches('.'))
            )?;
        }
        if let Some(url) = &guidance.help_url {
            writeln!(out, "\nMore:{}", link(url))?;
        }
    }
    Ok(())
}

fn coverage(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let failed = account::failed(view);
    let chosen = account::chosen(view);
    let kept = account::kept_from_sight(view);
    if failed.is_empty() && chosen.is_empty() && kept.is_empty() && view.warnings.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### What this does not cover\n")?;
    for group in failed.iter().chain(&chosen) {
        writeln!(out, "- {}", one_reason(group))?;
    }
    for warning in &view.warnings {
        writeln!(out, "- **warning:** {}", prose(warning))?;
    }
    for sentence in kept {
        writeln!(out, "- {sentence}")?;
    }
    Ok(())
}

fn one_reason(group: &Group<'_>) -> String {
    let text = account::one_reason(group, &|text| code(text));
    match group.words.next_step {
        "" => text,
        next_step => format!("**not looked at:** {text}; {next_step}"),
    }
}
