//! The requests that would be made, on the screen. Nothing is sent and no
//! value is needed.

use std::{
    collections::BTreeSet,
    io::{self, BufWriter, Write as _},
};

use leeward_dossier::{Dossier, Library};
use leeward_model::{Finding, SafeText};
use leeward_probe::{Depth, Planned, Settings, plan};

use leeward_watch::discreet::discreet;

use crate::failure::Failure;

/// The kinds of some findings, each with the number of its values.
pub(crate) fn kinds<'l>(library: &'l Library, findings: &[Finding]) -> Vec<(&'l Dossier, usize)> {
    let of = |dossier: &Dossier| findings.iter().filter(|it| it.dossier == *dossier.id()).count();
    let kinds = library.dossiers().iter().map(|dossier| (dossier, of(dossier)));
    kinds.filter(|(_, values)| *values > 0).collect()
}

/// Prints the requests about values of these kinds, each kind with the number
/// of its values.
pub(crate) fn show(
    library: &Library,
    kinds: &[(&Dossier, usize)],
    settings: &Settings,
    depth: Depth,
) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut hosts = BTreeSet::new();
    for (dossier, values) in kinds {
        let number = match values {
            1 => "one value".to_owned(),
            number => format!("each of {number} values"),
        };
        writeln!(out, "{} ({}), {number}:\n", text(&dossier.name), text(dossier.id().as_str()))?;
        let planned = plan(library, dossier, settings, depth);
        if planned.is_empty() {
            writeln!(
                out,
                "  nothing is asked; `leeward dossier show {}` says why\n",
                dossier.id()
            )?;
        }
        for request in &planned {
            if request.unasked.is_none() {
                hosts.insert(request.host.clone());
            }
            one(&mut out, request)?;
        }
    }
    match hosts.len() {
        0 => writeln!(out, "nothing would be sent")?,
        _ => {
            let hosts: Vec<String> = hosts.into_iter().collect();
            writeln!(out, "hosts: {}\nnothing was sent", hosts.join(", "))?;
        }
    }
    out.flush()?;
    Ok(())
}

fn one(out: &mut impl io::Write, request: &Planned) -> io::Result<()> {
    let Planned { probe, method, host, path, carries, why, when, unasked, .. } = request;
    // A base address may hold a value by mistake.
    writeln!(out, "  {method} {}{}", text(host), discreet(&text(path)))?;
    writeln!(out, "      {}: {}; in {}", text(probe), text(why), text(carries))?;
    match (unasked, when) {
        (Some(why), _) => writeln!(out, "      {}", text(why))?,
        (None, Some(when)) => writeln!(out, "      {}", text(when))?,
        (None, None) => {}
    }
    writeln!(out)
}

/// A dossier's text on one line.
fn text(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    SafeText::new(&line).to_string()
}
