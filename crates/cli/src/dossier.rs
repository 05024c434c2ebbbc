//! `leeward dossier list`, `show` and `check`.

use std::{
    io::{self, BufWriter, IsTerminal as _, Write as _},
    path::PathBuf,
};

use leeward_dossier::{Dossier, Library, page};
use leeward_model::SafeText;

use leeward_watch::discreet::discreet;

use crate::{
    args::{self, Color},
    examples,
    failure::{Exit, Failure},
    library,
    page::render,
    terminal,
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
    let head = ["ID", "SEVERITY", "NAME", "PROVIDER"].map(str::to_owned);
    let row = |dossier: &Dossier| {
        let severity = dossier.severity.base.name();
        [dossier.id().as_str(), severity, &dossier.name, &dossier.provider]
            .map(|text| SafeText::new(text).to_string())
    };
    let rows: Vec<[String; 4]> =
        std::iter::once(head).chain(library.dossiers().iter().map(row)).collect();
    let widths = [0, 1, 2]
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default());
    let mut out = BufWriter::new(io::stdout().lock());
    for [id, severity, name, provider] in rows {
        let [ids, severities, names] = widths;
        writeln!(out, "{id:ids$}  {severity:severities$}  {name:names$}  {provider}")?;
    }
    out.flush()?;
    Ok(Exit::Clean)
}

fn show(library: &Library, id: &str, color: Color) -> Result<Exit, Failure> {
    let page = page(library::find(library, id)?);
    let color = terminal::is_colored(color, &io::stdout());
    let mut out = BufWriter::new(io::stdout().lock());
    if color || io::stdout().is_terminal() {
        let width = terminal::width().unwrap_or(80);
        out.write_all(render(&page, width, color).as_bytes())?;
    } else {
        out.write_all(page.as_bytes())?;
    }
    out.flush()?;
    Ok(Exit::Clean)
}

/// Checks dossiers and runs their examples.
fn check(paths: &[PathBuf]) -> Result<Exit, Failure> {
    let mut library = Library::builtin();
    let mut wrong = 0;
    let mut out = BufWriter::new(io::stdout().lock());
    let checked: Vec<String> = if paths.is_empty() {
        library.dossiers().iter().map(|dossier| dossier.id().to_string()).collect()
    } else {
        let mut ids = Vec::new();
        for read in library::read_each(paths)? {
            match read {
                Ok(dossier) => {
                    ids.push(dossier.id().to_string());
                    library.add(dossier);
                }
                Err(problems) => {
                    wrong += problems.len();
                    for problem in problems {
                        writeln!(out, "{}\n", discreet(&problem.to_string()))?;
                    }
                }
            }
        }
        ids
    };
    for dossier in checked.iter().filter_map(|id| library.get(id)) {
        let id = discreet(&SafeText::new(dossier.id().as_str()).to_string());
        let failures = examples::run(&library, dossier);
        if failures.is_empty() {
            writeln!(out, "{id}: {} examples as they should be", dossier.examples.len())?;
        }
        for failure in &failures {
            writeln!(out, "{id}: example `{}` {}", SafeText::new(&failure.name), failure.what)?;
        }
        wrong += failures.len();
    }
    match (checked.len(), wrong) {
        (0, 0) => writeln!(out, "no dossiers there: a dossier is a file `<provider>/<kind>.toml`")?,
        (_, 0) => {}
        (_, 1) => writeln!(out, "1 problem")?,
        (_, wrong) => writeln!(out, "{wrong} problems")?,
    }
    out.flush()?;
    Ok(if wrong > 0 {
        Exit::Found
    } else if checked.is_empty() {
        Exit::Usage
    } else {
        Exit::Clean
    })
}
