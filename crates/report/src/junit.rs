//! JUnit XML: the report as tests that failed, for build services that know
//! what tests are and nothing of secrets.
//!
//! Two questions are tests of their own, so that a clean scan is a result too:
//! whether everything was looked at, and, if nothing was found, that. Each
//! finding is a test that failed. Its name is the kind and the hint, without
//! place, so that a service sees one failure for as long as the secret lies
//! somewhere, whatever line it moves to.

use std::io::{self, Write};

use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};

use crate::{
    Report,
    account::{self, Clean},
    exposure::short,
    foreign::{inert, without_commands},
    reach, stealer,
    view::{FindingView, Place, StealerView, View},
    words::{clip, count, rfc3339},
};

/// The version of the properties and of how tests are named.
const SCHEMA: &str = "leeward.junit/1";

/// Places beyond this are only counted.
const PLACES: usize = 20;

type Out<'a> = Writer<&'a mut dyn Write>;

pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let view = View::of(report);
    let failed = account::failed(&view);
    let found = view.findings.len() + view.stealers.len();
    let tests = (1 + usize::from(found == 0) + found).to_string();
    let failures = found.to_string();
    let errors = usize::from(!failed.is_empty()).to_string();
    let time = format!("{:.3}", report.elapsed.unwrap_or_default().as_secs_f64());
    let totals = [
        ("name", "leeward"),
        ("tests", tests.as_str()),
        ("failures", failures.as_str()),
        ("errors", errors.as_str()),
        ("time", time.as_str()),
    ];
    let mut xml: Out<'_> = Writer::new_with_indent(&mut *out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("testsuites").with_attributes(totals).write_inner_content(|xml| {
        let mut suite = xml.create_element("testsuite").with_attributes(totals);
        let at = rfc3339(report.started_at);
        if let Some(at) = &at {
            suite = suite.with_attribute(("timestamp", at.as_str()));
        }
        suite.write_inner_content(|xml| {
            properties(report, xml)?;
            looked_at_all(&view, xml)?;
            for package in &view.stealers {
                stolen(package, xml)?;
            }
            for finding in &view.findings {
                one(finding, xml)?;
            }
            if found == 0 {
                nothing_found(&view, xml)?;
            }
            xml.create_element("system-out").write_text_content(text(&outcome(&view)))?;
            Ok(())
        })?;
        Ok(())
    })?;
    out.write_all(b"\n")
}

/// Lines as XML takes them: what it forbids, which escapes cannot bring in
/// either, is written visibly. Line breaks are our own; foreign ones were made
/// visible before.
fn allowed(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in without_commands(text.to_owned()).chars() {
        match c {
            '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => shown.push(c),
            forbidden => shown.extend(forbidden.escape_unicode()),
        }
    }
    shown
}

fn text(text: &str) -> BytesText<'static> {
    BytesText::new(&allowed(text)).into_owned()
}

fn properties(report: &Report<'_>, xml: &mut Out<'_>) -> io::Result<()> {
    let values = [("schema", SCHEMA), ("tool", "leeward"), ("version", report.tool_version)];
    xml.create_element("properties").write_inner_content(|xml| {
        for (name, value) in values {
            let property = xml.create_element("property").with_attribute(("name", name));
            property.with_attribute(("value", value)).write_empty()?;
        }
        Ok(())
    })?;
    Ok(())
}

/// An incomplete scan is a test that could not be done.
fn looked_at_all(view: &View<'_>, xml: &mut Out<'_>) -> io::Result<()> {
    let case = xml
        .create_element("testcase")
        .with_attributes([("classname", "leeward"), ("name", "everything was looked at")]);
    let failed = account::failed(view);
    if failed.is_empty() {
        case.write_empty()?;
        return Ok(());
    }
    let lines: Vec<String> = failed
        .iter()
        .map(|group| format!("{}: {}", account::one_reason(group, &inert), group.words.next_step))
        .collect();
    let message = account::incomplete(&failed);
    case.write_inner_content(|xml| {
        let error = xml.create_element("error").with_attribute(("type", "incomplete"));
        error
            .with_attribute(("message", message.as_str()))
            .write_text_content(text(&lines.join("\n")))?;
        Ok(())
    })?;
    Ok(())
}

fn nothing_found(view: &View<'_>, xml: &mut Out<'_>) -> io::Result<()> {
    let (Clean::Yes(name) | Clean::NotQuite(name)) = account::clean(view);
    let case = xml.create_element("testcase").with_attribute(("classname", "leeward"));
    case.with_attribute(("name", name)).write_empty()?;
    Ok(())
}

/// A package that stole credentials.
fn stolen(view: &StealerView<'_>, xml: &mut Out<'_>) -> io::Result<()> {
    let class = format!("leeward.{}", stealer::ID);
    let name = allowed(&inert(&view.title()));
    let mut lines: Vec<String> = view.places.iter().take(PLACES).map(place).collect();
    let more = view.places.len().saturating_sub(PLACES);
    if more > 0 {
        lines.push(format!("and {}", count(more, "more place", "more places")));
    }
    lines.push(inert(&format!("what it did: {}", view.stealer.why)));
    lines.push(format!("what it means: {}", stealer::MEANS));
    lines.extend(stealer::TODO.iter().map(|step| format!("next step: {step}")));
    lines.push(inert(&format!("advisory: {} {}", view.stealer.advisory, view.stealer.link)));
    let case = xml.create_element("testcase").with_attribute(("classname", class.as_str()));
    case.with_attribute(("name", name.as_str())).write_inner_content(|xml| {
        let failure = xml.create_element("failure").with_attribute(("type", "critical"));
        failure
            .with_attribute(("message", "critical: a package that stole credentials"))
            .write_text_content(text(&lines.join("\n")))?;
        Ok(())
    })?;
    Ok(())
}

fn one(view: &FindingView<'_>, xml: &mut Out<'_>) -> io::Result<()> {
    let severity = view.finding.severity.level.name();
    let class = allowed(&inert(&format!("leeward.{}", view.finding.dossier.as_str())));
    let name = allowed(&inert(&format!("{} {}", clip(view.title()), view.hint)));
    let place = view.places.first().map(|place| format!(" in {}", inert(&place.position())));
    let message = format!("{severity}: exposed{}", place.unwrap_or_default());
    let message = allowed(&message);
    let case = xml.create_element("testcase").with_attribute(("classname", class.as_str()));
    case.with_attribute(("name", name.as_str())).write_inner_content(|xml| {
        let failure = xml.create_element("failure").with_attribute(("type", severity));
        failure
            .with_attribute(("message", message.as_str()))
            .write_text_content(text(&body(view).join("\n")))?;
        Ok(())
    })?;
    Ok(())
}

/// What a failure says, line by line.
fn body(view: &FindingView<'_>) -> Vec<String> {
    let mut lines: Vec<String> = view.places.iter().take(PLACES).map(place).collect();
    let more = view.places.len().saturating_sub(PLACES);
    if more > 0 {
        lines.push(format!("and {}", count(more, "more place", "more places")));
    }
    let mut say = |what: &str, text: &str| {
        if !text.is_empty() {
            lines.push(inert(&format!("{what}: {text}")));
        }
    };
    say("secret", view.secret.as_deref().unwrap_or_default());
    say("live or not", &reach::validity(&view.verification).unwrap_or_default());
    if let Some(known) = &view.assessment {
        say("belongs to", &reach::belongs_to(known));
        say("reaches", &reach::at_a_glance(known));
        say("can", &reach::can(known));
        say("not known", &reach::not_known(known));
    }
    say("severity", &because(view.finding.severity.level.name(), &view.severity_why));
    say("confidence", &because(view.finding.confidence.level().name(), &view.evidence()));
    for line in &view.exposure.lines {
        say("exposure", line);
    }
    say("next step", &view.guidance.next_step);
    say("fingerprint", &view.finding.fingerprint.to_string());
    lines
}

fn because(what: &str, why: &str) -> String {
    if why.is_empty() { what.to_owned() } else { format!("{what}: {why}") }
}

/// A word of ours comes first: a line must not begin with what is foreign.
fn place(place: &Place<'_>) -> String {
    let commit = place.git.as_ref().and_then(|git| git.commit());
    let commit = commit.map(|commit| format!(" in commit {}", short(&commit.id.to_string())));
    format!("in {}{}", inert(&place.position()), commit.unwrap_or_default())
}

/// The account of the scan.
fn outcome(view: &View<'_>) -> String {
    let first = if view.findings.is_empty() {
        let (Clean::Yes(text) | Clean::NotQuite(text)) = account::clean(view);
        text.to_owned()
    } else {
        let counts: Vec<String> = account::severities(view).map(|(_, text)| text).collect();
        format!("{} ({})", account::total(view), counts.join(", "))
    };
    let packages = stealer::total(view);
    let lines = [packages, Some(first), account::verified(view), account::looked_at(view, &inert)];
    let chosen = account::chosen(view);
    let chosen =
        chosen.iter().map(|group| format!("left out: {}", account::one_reason(group, &inert)));
    let warnings = view.warnings.iter().map(|warning| format!("note: {}", inert(warning)));
    let lines = lines.into_iter().flatten().chain(chosen).chain(warnings);
    lines.chain(account::kept_from_sight(view)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn what_xml_forbids_is_visible() {
        assert_eq!(allowed("a\u{fffe}\u{ffff}\u{1}\tb\n"), "a\\u{fffe}\\u{ffff}\\u{1}\\u{9}b\n");
        assert_eq!(allowed("\u{fffd}𝄞 ##[x"), "\u{fffd}𝄞 #\\u{23}[x");
    }
}
