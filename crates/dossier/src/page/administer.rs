//! How an administrator closes an exposure, for people: with whose credential,
//! which requests are sent, what each changes, what answers mean.

use std::fmt::{self, Formatter};

use crate::{
    administer::{Administer, Log, Outcome, Ruling},
    schema::DossierFile,
};

use super::{code, codes, prose};

pub(super) fn administration(f: &mut Formatter<'_>, dossier: &DossierFile) -> fmt::Result {
    writeln!(f, "## How an administrator closes it\n")?;
    let Some(administer) = &dossier.administer else {
        return writeln!(f, "No request is made for this; the steps below are a person's.\n");
    };
    write!(
        f,
        "With a credential of `{}`, on demand, and nothing that changes anything without a word",
        code(&administer.credential)
    )?;
    if administer.names.is_empty() {
        writeln!(f, ".\n")?;
    } else {
        let names = codes(administer.names.iter().map(String::as_str));
        writeln!(f, ". It is often kept in {names}.\n")?;
    }
    for note in &administer.notes {
        writeln!(f, "- {}", prose(note))?;
    }
    if !administer.notes.is_empty() {
        writeln!(f)?;
    }
    header(f, administer)?;
    for known in administer.errands() {
        let errand = known.errand;
        let (method, url, why) = (errand.method.name(), code(&errand.url), prose(&errand.why));
        write!(f, "- `{}`: `{method} {url}`", known.name)?;
        if let Some(body) = &errand.body {
            write!(f, " with `{}`", code(body))?;
        }
        if let Some(find) = administer.find.as_ref().filter(|_| known.name == "find") {
            let narrow = find.by_tail.iter().chain(&find.by_name).map(String::as_str);
            let narrow = codes(narrow);
            if !narrow.is_empty() {
                write!(f, ", narrowed with {narrow}")?;
            }
        }
        write!(f, ": {why}.")?;
        if let Some(writes) = &errand.writes {
            write!(f, " **It changes something:** {}.", prose(writes))?;
        }
        writeln!(f)?;
    }
    writeln!(f)?;
    answers(f, administer)?;
    administer.log.as_ref().map_or(Ok(()), |log| events(f, log))
}

fn header(f: &mut Formatter<'_>, administer: &Administer) -> fmt::Result {
    let shown = |header: &str| code(&header.replace("{secret}", "‹value›"));
    write!(f, "Sent in `{}`", shown(&administer.header))?;
    if let Some(other) = &administer.other_header {
        write!(f, " or, when that was answered 401, in `{}`", shown(other))?;
    }
    writeln!(f, ":\n")
}

/// What answers mean, those of single requests with the request's name.
fn answers(f: &mut Formatter<'_>, administer: &Administer) -> fmt::Result {
    writeln!(f, "| Answer | To | Meaning | What to do |")?;
    writeln!(f, "| --- | --- | --- | --- |")?;
    for known in administer.errands() {
        for ruling in &known.errand.answers {
            row(f, ruling, &format!("`{}`", known.name))?;
        }
    }
    administer.answers.iter().try_for_each(|ruling| row(f, ruling, "all"))?;
    writeln!(f)
}

fn row(f: &mut Formatter<'_>, ruling: &Ruling, to: &str) -> fmt::Result {
    let status: Vec<String> = ruling.status.iter().map(u16::to_string).collect();
    let says = match &ruling.says {
        Some(text) => format!(" with `{}`", code(text).replace('|', "\\|")),
        None => String::new(),
    };
    let means = match ruling.means {
        Outcome::Done => "done",
        Outcome::NotAnAdmin => "not an administrator's credential",
        Outcome::NotAllowed => "real, but not allowed",
        Outcome::Gone => "nothing of that id",
        Outcome::NotNow => "not done, perhaps later",
        Outcome::NotUnderstood => "not done",
    };
    let why = prose(&ruling.why).replace('|', "\\|");
    writeln!(f, "| {}{says} | {to} | {means} | {why} |", status.join(", "))
}

fn events(f: &mut Formatter<'_>, log: &Log) -> fmt::Result {
    if log.events.is_empty() {
        return Ok(());
    }
    writeln!(f, "What matters in its log after a leak:\n")?;
    for event in &log.events {
        let kinds = codes(event.kinds.iter().map(String::as_str));
        writeln!(f, "- **{}** ({kinds}): {}.", prose(&event.what), prose(&event.why))?;
    }
    writeln!(f)
}
