//! `leeward scan`.

use std::{
    fs,
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Instant,
};

use jiff::{Timestamp, tz::TimeZone};
use leeward_detect::{Detector, Options};
use leeward_dossier::Library;
use leeward_model::{DossierId, Level, Secret};
use leeward_pipeline::{Baseline, IgnoreFile, Outcome, Request, Scope, Target};
use leeward_report::{self as report, Guidance, Remediation, Report};
use leeward_source::{
    Progress,
    files::{self, ExcludeList},
    git::Repository,
};

use crate::{
    args::{self, Color, Format},
    discreet::discreet,
    environment,
    failure::{Exit, Failure},
    library,
    progress::Watch,
    reveal, terminal,
};

/// The ignore file looked for where the command is run.
const IGNORE_FILE: &str = ".leeward-ignore.toml";

/// Scans and reports.
pub(crate) fn run(args: args::Scan, color: Color) -> Result<Exit, Failure> {
    if args.how.show_secrets {
        reveal::ask()?;
    }
    let begun = Instant::now();
    let started_at = Timestamp::now();
    let library = library::load(&args.which.dossiers)?;
    let least: Level = args.which.confidence.into();
    let detector = Detector::new(&library, Options { low: least == Level::Low });
    let targets = targets(&args)?;
    let baseline = args.which.baseline.as_deref().map(read_baseline).transpose()?;
    let ignore = read_ignore_file(args.which.ignore_file.as_deref())?;
    let threads = args.what.threads.map_or_else(processors, usize::from);
    let user_rules = environment::git_ignore_rules();
    // The index that Git names is that of the repository here.
    let index = if args.targets.is_empty() { environment::git_index() } else { None };
    let request = Request {
        targets: &targets,
        scope: scope(&args.what),
        index: index.as_deref(),
        files: file_options(&args.what, threads)?,
        threads,
        least,
        baseline: baseline.as_ref(),
        ignore: ignore.as_ref(),
        now: started_at.as_second(),
        today: TimeZone::UTC.to_datetime(started_at).date(),
        user_rules: user_rules.as_deref(),
        desk: None,
    };
    let progress = Arc::new(Progress::default());
    stop_on_interrupt(&progress);
    let watch = Watch::start(&progress, args.how.quiet);
    let outcome = leeward_pipeline::scan(&request, &library, &detector, &progress);
    drop(watch);
    let outcome = outcome.map_err(Failure::Scan)?;
    if let Some(path) = &args.which.write_baseline {
        write_baseline(path, &outcome)?;
    }
    let names = names(&targets, &outcome);
    let known = outcome.known.iter().map(|finding| &finding.secret);
    let hidden: Vec<&Secret> = known.chain(&outcome.hidden).collect();
    let report = Report {
        tool_version: env!("CARGO_PKG_VERSION"),
        started_at: started_at.as_second(),
        now: Timestamp::now().as_second(),
        elapsed: Some(begun.elapsed()),
        targets: &names,
        findings: &outcome.findings,
        coverage: &outcome.coverage,
        suppressed: report::Suppressed {
            baseline: outcome.suppressed.baseline,
            inline: outcome.suppressed.inline,
            ignore_file: outcome.suppressed.ignore_file,
            expired: outcome.suppressed.expired,
        },
        below_threshold: outcome.below_threshold,
        hidden: &hidden,
        guidance: &|id| guidance(&library, id),
        reveal: args.how.show_secrets,
    };
    match write(&report, &args.how, color) {
        // Whoever reads has seen enough; what was found does not change.
        Ok(()) | Err(Failure::BrokenPipe) => Ok(exit(&outcome, args.how.allow_incomplete)),
        Err(failure) => Err(failure),
    }
}

/// Findings count for more than gaps: whoever acts on the code alone acts on
/// what was found, and the report names the gaps.
fn exit(outcome: &Outcome, allow_incomplete: bool) -> Exit {
    if !outcome.findings.is_empty() {
        Exit::Found
    } else if allow_incomplete || outcome.coverage.is_complete() {
        Exit::Clean
    } else {
        Exit::Incomplete
    }
}

fn targets(args: &args::Scan) -> Result<Vec<Target>, Failure> {
    if args.targets.is_empty() {
        return Ok(vec![Target::Path(PathBuf::from("."))]);
    }
    args.targets.iter().map(|target| Target::parse(target).map_err(Failure::Target)).collect()
}

/// What was scanned, in the user's words.
fn names(targets: &[Target], outcome: &Outcome) -> Vec<String> {
    let beyond = outcome.beyond.iter().map(|root| format!("the history of {root}"));
    targets.iter().map(Target::to_string).chain(beyond).collect()
}

fn scope(what: &args::What) -> Scope {
    match &what.range {
        Some(range) => Scope::Range(range.clone()),
        None if what.staged => Scope::Staged,
        None if what.history_only => Scope::History,
        None if what.no_history => Scope::Files,
        None => Scope::Everything,
    }
}

fn file_options(what: &args::What, threads: usize) -> Result<files::Options, Failure> {
    let mut exclude =
        if what.no_default_excludes { ExcludeList::none() } else { ExcludeList::default() };
    for pattern in &what.exclude {
        exclude
            .add(pattern)
            .map_err(|error| Failure::Content(PathBuf::from(pattern), error.to_string()))?;
    }
    Ok(files::Options {
        exclude,
        max_file_size: what.max_file_size.map(|size| size.0),
        threads,
        skip_git_objects: !what.no_history,
        ..files::Options::default()
    })
}

fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Stops at the first interrupt with a report of what was done; at the second
/// at once.
fn stop_on_interrupt(progress: &Arc<Progress>) {
    let progress = Arc::clone(progress);
    // Without a handler an interrupt ends the scan without a report.
    let _ = ctrlc::set_handler(move || {
        if progress.is_cancelled() {
            #[expect(
                clippy::exit,
                clippy::disallowed_methods,
                reason = "asked for twice, and nothing is left to report"
            )]
            std::process::exit(130);
        }
        progress.cancel();
        terminal::notice("stopping; what was done is reported (interrupt again to quit now)");
    });
}

fn read_baseline(path: &Path) -> Result<Baseline, Failure> {
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::File("read the baseline", path.to_owned(), error))?;
    Baseline::parse(&text).map_err(|error| Failure::Content(path.to_owned(), error.to_string()))
}

fn write_baseline(path: &Path, outcome: &Outcome) -> Result<(), Failure> {
    // What an older baseline knew and is still there stays known.
    let text = Baseline::write(outcome.findings.iter().chain(&outcome.known))
        .map_err(|error| Failure::Content(path.to_owned(), error.to_string()))?;
    fs::write(path, text)
        .map_err(|error| Failure::File("write the baseline", path.to_owned(), error))
}

/// The file named, or the user's own: where the command is run, or at the root
/// of the repository there. What lies in other scanned repositories is not
/// theirs to decide.
fn read_ignore_file(named: Option<&Path>) -> Result<Option<IgnoreFile>, Failure> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => {
            let here = PathBuf::from(IGNORE_FILE);
            let root =
                || Some(Repository::discover(Path::new(".")).ok()??.work_tree()?.join(IGNORE_FILE));
            match Some(here)
                .filter(|path| path.is_file())
                .or_else(root)
                .filter(|path| path.is_file())
            {
                Some(path) => path,
                None => return Ok(None),
            }
        }
    };
    let text = fs::read_to_string(&path)
        .map_err(|error| Failure::File("read the ignore file", path.clone(), error))?;
    IgnoreFile::parse(&text).map(Some).map_err(|error| Failure::Content(path, error.to_string()))
}

fn write(report: &Report<'_>, how: &args::How, color: Color) -> Result<(), Failure> {
    let format = how.format.into();
    match &how.output {
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            report::write(format, report, terminal::style(color), &mut out)?;
            out.flush()?;
        }
        Some(path) => {
            let failed = |error| Failure::File("write the report to", path.clone(), error);
            let mut out = BufWriter::new(fs::File::create(path).map_err(failed)?);
            report::write(format, report, report::Style::PLAIN, &mut out)
                .and_then(|()| out.flush())
                .map_err(failed)?;
            if how.format != Format::Human && !how.quiet {
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

/// What a dossier says to the reader of a finding.
fn guidance(library: &Library, id: &DossierId) -> Guidance {
    let Some(dossier) = library.get(id.as_str()) else { return Guidance::default() };
    let first = dossier.remediation.first();
    Guidance {
        title: dossier.name.clone(),
        provider: dossier.provider.clone(),
        summary: dossier.summary.clone(),
        next_step: first.map(|step| step.title.clone()).unwrap_or_default(),
        next_url: first.and_then(|step| step.link.clone()),
        help_url: dossier.references.first().map(|reference| reference.url.clone()),
        remediation: dossier
            .remediation
            .iter()
            .map(|step| Remediation {
                step: step.step.name().to_owned(),
                title: step.title.clone(),
                text: step.text.clone(),
                url: step.link.clone(),
            })
            .collect(),
    }
}
