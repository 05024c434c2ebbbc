//! The questions of a dossier, for people: what is sent where, what each
//! answer means, what is counted.

use std::fmt::{self, Formatter};

use crate::{
    probe::{Answer, Meaning, Probe},
    schema::{Assess, Verify},
};

use super::{capitalised, code, codes, prose};

pub(super) fn verification(f: &mut Formatter<'_>, verify: &Verify) -> fmt::Result {
    writeln!(f, "## How to verify\n")?;
    if verify.requests.is_empty() {
        writeln!(f, "No request is made for this type; the notes say why.\n")?;
    } else {
        let hosts = codes(verify.hosts.iter().map(String::as_str));
        writeln!(f, "The value is sent to {hosts} and nowhere else, and only on demand.\n")?;
    }
    notes(f, &verify.notes)?;
    verify.requests.iter().try_for_each(|probe| question(f, probe))?;
    if !verify.answers.is_empty() && !verify.requests.is_empty() {
        writeln!(f, "### What answers mean, where nothing else is said\n")?;
        table(f, &verify.answers)?;
    }
    Ok(())
}

pub(super) fn assessment(f: &mut Formatter<'_>, assess: &Assess) -> fmt::Result {
    writeln!(f, "## How to learn what it reaches\n")?;
    if assess.requests.is_empty() {
        writeln!(f, "No request is made for this; what it could reach stands above.\n")?;
    }
    notes(f, &assess.notes)?;
    for probe in &assess.requests {
        let counted = probe.finds.iter().map(|find| find.many.as_str()).collect::<Vec<_>>();
        let counted = if counted.is_empty() {
            String::new()
        } else {
            format!(" Counts {}.", prose(&counted.join(", ")))
        };
        let each = match &probe.each {
            Some(each) => {
                format!(" Asked for each of the first {} of `{}`.", each.most, code(&each.of))
            }
            None => String::new(),
        };
        let opt_in = match &probe.opt_in {
            Some(why) => format!(" Only asked on request: {}.", prose(why)),
            None => String::new(),
        };
        let harmless = match &probe.harmless {
            Some(why) => format!(" It changes nothing: {}.", prose(why)),
            None => String::new(),
        };
        let (method, url, why) = (probe.method.name(), code(&probe.url), prose(&probe.why));
        let id = code(&probe.id);
        writeln!(f, "- `{id}`: `{method} {url}`: {why}.{counted}{each}{harmless}{opt_in}")?;
    }
    if !assess.requests.is_empty() {
        writeln!(f)?;
    }
    if !assess.never.is_empty() {
        writeln!(f, "Never asked:\n")?;
        for never in &assess.never {
            writeln!(f, "- `{}`: {}", code(&never.request), prose(&never.why))?;
        }
        writeln!(f)?;
    }
    Ok(())
}

fn notes(f: &mut Formatter<'_>, notes: &[String]) -> fmt::Result {
    notes.iter().try_for_each(|note| writeln!(f, "- {}", prose(note)))?;
    if notes.is_empty() { Ok(()) } else { writeln!(f) }
}

fn question(f: &mut Formatter<'_>, probe: &Probe) -> fmt::Result {
    writeln!(f, "### {}\n", prose(&probe.id))?;
    writeln!(f, "`{} {}`  ", probe.method.name(), code(&probe.url))?;
    if !probe.header.is_empty() {
        writeln!(f, "`{}`", code(&probe.header.replace("{secret}", "‹value›")))?;
    }
    if let Some(body) = &probe.body {
        writeln!(f, "with `{}`  ", code(body))?;
    }
    if let Some(sign) = &probe.sign {
        let (service, region) = (code(&sign.service), code(&sign.region));
        writeln!(f, "Signed with the value for `{service}` in `{region}`; the value is not sent.")?;
        if !sign.begins.is_empty() {
            let begins = codes(sign.begins.iter().map(String::as_str));
            writeln!(f, "Only asked for a `{}` that begins with {begins}.", code(&sign.id))?;
        }
    }
    if let Some(other) = &probe.other_header {
        let other = other.replace("{secret}", "‹value›");
        writeln!(f, "or, when the first was answered 401, `{}`", code(&other))?;
    }
    writeln!(f, "\n{}.\n", capitalised(&prose(&probe.why)))?;
    if let Some(why) = &probe.harmless {
        writeln!(f, "It changes nothing: {}.\n", prose(why))?;
    }
    if let Some(why) = &probe.opt_in {
        writeln!(f, "Only asked on request: {}.\n", prose(why))?;
    }
    table(f, &probe.answers)
}

fn table(f: &mut Formatter<'_>, answers: &[Answer]) -> fmt::Result {
    if answers.is_empty() {
        return Ok(());
    }
    writeln!(f, "| Answer | Meaning | Why |")?;
    writeln!(f, "| --- | --- | --- |")?;
    answers.iter().try_for_each(|answer| row(f, answer))?;
    writeln!(f)
}

fn row(f: &mut Formatter<'_>, answer: &Answer) -> fmt::Result {
    let status: Vec<String> = answer.status.iter().map(u16::to_string).collect();
    let says = match &answer.says {
        Some(text) => format!(" with `{}`", code(text).replace('|', "\\|")),
        None => String::new(),
    };
    let means = match answer.means {
        Meaning::Active => "active",
        Meaning::Restricted => "real, but limited",
        Meaning::Inactive => "inactive on this host",
        Meaning::Unknown => "unknown",
    };
    let why = prose(&answer.why).replace('|', "\\|");
    writeln!(f, "| {}{says} | {means} | {why} |", status.join(", "))
}
