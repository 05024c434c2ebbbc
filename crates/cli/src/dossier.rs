//! `leeward dossier list`, `show` and `check`.

use std::{
    io::{self, BufWriter, IsTerminal as _, Write},
    path::PathBuf,
};

use anstyle::{AnsiColor, Style};
use leeward_dossier::{Dossier, Library, page};

use crate::{
    args::{self, Color},
    examples,
    failure::{Exit, Failure},
    library, terminal,
};

/// Runs one of the dossier commands.
pub(crate) fn run(command: args::Dossier, color: Color) -> Result<Exit, Failure> {
    match command {
        args::Dossier::List { dossiers } => list(&library::load(&dossiers)?),
        args::Dossier::Show { id, dossiers } => show(&library::load(&dossiers)?, &id, color),
        args::Dossier::Check { paths } => check(&paths),
    }
}

fn list(library: &Library) -> Result<Exit, Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    let width = |text: fn(&Dossier) -> &str| {
        library.dossiers().iter().map(|dossier| text(dossier).chars().count()).max().unwrap_or(0)
    };
    let (ids, names) = (width(|dossier| dossier.id().as_str()), width(|dossier| &dossier.name));
    for dossier in library.dossiers() {
        let severity = dossier.severity.base.name();
        writeln!(
            out,
            "{:ids$}  {severity:8}  {:names$}  {}",
            dossier.id().as_str(),
            dossier.name,
            dossier.provider
        )?;
    }
    out.flush()?;
    Ok(Exit::Clean)
}

fn show(library: &Library, id: &str, color: Color) -> Result<Exit, Failure> {
    let Some(dossier) = library.get(id) else {
        let near = library
            .dossiers()
            .iter()
            .map(|dossier| dossier.id().as_str())
            .filter(|known| {
                known.contains(id) || id.contains(known.split('-').next().unwrap_or(known))
            })
            .map(str::to_owned)
            .collect();
        return Err(Failure::NoDossier(id.to_owned(), near));
    };
    let text = page(dossier);
    let mut out = BufWriter::new(io::stdout().lock());
    if io::stdout().is_terminal() || terminal::is_colored(color, &io::stdout()) {
        for line in text.lines() {
            styled(line, terminal::is_colored(color, &io::stdout()), &mut out)?;
        }
    } else {
        out.write_all(text.as_bytes())?;
    }
    out.flush()?;
    Ok(Exit::Clean)
}

/// Headings stand out; the rest of the Markdown reads well as it is.
fn styled(line: &str, color: bool, out: &mut impl Write) -> io::Result<()> {
    let style = match line {
        _ if !color => Style::new(),
        _ if line.starts_with("# ") => Style::new().bold().fg_color(Some(AnsiColor::Cyan.into())),
        _ if line.starts_with('#') => Style::new().bold(),
        _ => Style::new(),
    };
    writeln!(out, "{style}{line}{style:#}")
}

/// Checks dossiers and runs their examples.
fn check(paths: &[PathBuf]) -> Result<Exit, Failure> {
    let mut library = Library::builtin();
    let checked: Vec<String> = if paths.is_empty() {
        library.dossiers().iter().map(|dossier| dossier.id().to_string()).collect()
    } else {
        let dossiers = library::read(paths)?;
        let ids = dossiers.iter().map(|dossier| dossier.id().to_string()).collect();
        dossiers.into_iter().for_each(|dossier| library.add(dossier));
        ids
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let mut wrong = 0;
    for dossier in checked.iter().filter_map(|id| library.get(id)) {
        let failures = examples::run(&library, dossier);
        let examples = dossier.examples.len();
        if failures.is_empty() {
            writeln!(out, "{}: {examples} examples as they should be", dossier.id())?;
        }
        for failure in &failures {
            writeln!(out, "{}: example `{}` {}", dossier.id(), failure.name, failure.what)?;
        }
        wrong += failures.len();
    }
    out.flush()?;
    Ok(if wrong == 0 { Exit::Clean } else { Exit::Found })
}
