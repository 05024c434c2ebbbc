//! A report on its way out: where it is written, and what dossiers add to it.

use std::{
    fs,
    io::{self, BufWriter, Write as _},
    path::Path,
};

use leeward_report::{self as report, Report};

use leeward_watch::discreet::discreet;

use crate::{
    args::{Also, Color, Format},
    failure::Failure,
    terminal,
};

/// Writes a report to a file, in another form than the one that is shown.
pub(crate) fn write_also(report: &Report<'_>, also: &[Also], quiet: bool) -> Result<(), Failure> {
    also.iter().try_for_each(|Also { format, path }| {
        write(report, *format, Some(path), quiet || *format == Format::Human, Color::Never)
    })
}

/// Writes a report in its format, to a file or to standard output.
pub(crate) fn write(
    report: &Report<'_>,
    format: Format,
    output: Option<&Path>,
    quiet: bool,
    color: Color,
) -> Result<(), Failure> {
    let form = format.into();
    match output {
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            report::write(form, report, terminal::style(color), &mut out)?;
            out.flush()?;
        }
        Some(path) => {
            let failed = |error| Failure::File("write the report to", path.to_owned(), error);
            let mut out = BufWriter::new(fs::File::create(path).map_err(failed)?);
            report::write(form, report, report::Style::PLAIN, &mut out)
                .and_then(|()| out.flush())
                .map_err(failed)?;
            if format != Format::Human && !quiet {
                summarise(report, path)?;
            }
        }
    }
    Ok(())
}

/// A line for the person who sent the report elsewhere.
fn summarise(report: &Report<'_>, path: &Path) -> Result<(), Failure> {
    let count = report.findings.len();
    let findings = if count == 1 { "finding" } else { "findings" };
    let shown = leeward_model::SafeText::new(path.as_os_str().as_encoded_bytes());
    let shown = discreet(&shown.to_string());
    writeln!(io::stderr(), "{count} {findings}; report written to `{shown}`")?;
    Ok(())
}
