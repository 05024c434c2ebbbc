//! `leeward scan`.

use std::{
    cell::RefCell,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Instant,
};

use jiff::{Timestamp, tz::TimeZone};
use leeward_detect::{Detector, Options, worst_first};
use leeward_dossier::Library;
use leeward_model::{Finding, Judged, Level, Secret, Validity};
use leeward_pipeline::{Baseline, IgnoreFile, Keep, Outcome, Request, Scope, Target, inquire};
use leeward_probe::{Depth, Desk, Settings, Stop};
use leeward_report::{self as report, Report};
use leeward_source::{
    Progress,
    files::{self, ExcludeList},
    git::Repository,
};
use leeward_store::Store;
use leeward_watch::record::Scanned;

use crate::{
    alerts, apart,
    args::{self, Color},
    asking, ci,
    config::Config,
    environment,
    failure::{Exit, Failure},
    honey::sighted::Watched,
    kept, library, plan, preset,
    progress::Watch,
    record, resume, reveal, sealing, show, stores, terminal,
    verify::offline,
};

/// The ignore file looked for where the command is run.
pub(crate) const IGNORE_FILE: &str = ".leeward-ignore.toml";

/// Scans and reports.
pub(crate) fn run(mut args: args::Scan, color: Color) -> Result<Exit, Failure> {
    if args.what.preset.as_deref() == Some(preset::LIST) {
        return preset::list();
    }
    // A place in a repository stands for itself, not for the history around it.
    args.what.no_history |= args.what.preset.is_some();
    if args.how.show_secrets {
        reveal::ask()?;
    }
    let begun = Instant::now();
    let started_at = Timestamp::now();
    let library = Arc::new(library::load(&args.which.dossiers)?);
    let inquiry = Inquiry::of(&args, &library)?;
    // Before anything is looked at: a store that cannot be written to is known
    // now.
    let keeping = Keeping::of(&args.recording)?;
    let watched = keeping.as_ref().map(Keeping::watched).transpose()?;
    let least: Level = args.which.confidence.into();
    let options = Options { low: least == Level::Low };
    let detector = Making::begin(&library, options);
    let mut targets = targets(&args)?;
    stores::reach(&mut targets, &args.stores, &inquiry.settings.network)?;
    let targets = targets;
    if args.asking.offline || args.asking.plan {
        fetch_nothing(&targets)?;
    }
    let (scope, news) = scope(&args.what, &targets)?;
    if let Some(news) = news.as_ref().filter(|_| !args.how.quiet) {
        news.tell()?;
    }
    let baseline = args.which.baseline.as_deref().map(read_baseline).transpose()?;
    let ignore = read_ignore_file(args.which.ignore_file.as_deref())?;
    let threads = args.what.threads.map_or_else(processors, usize::from);
    let user_rules = environment::git_ignore_rules();
    // The index that Git names is that of the repository here.
    let index = if args.targets.is_empty() { environment::git_index() } else { None };
    let opening = apart::settings();
    let unpack = (!args.what.no_unpack).then_some(&opening);
    let memory = resume::memory(&args, &library, options, unpack, started_at.as_second())?;
    let detector = detector.end(&library, options);
    let request = Request {
        targets: &targets,
        scope: scope.clone(),
        index: index.as_deref(),
        unpack,
        files: file_options(&args.what, threads)?,
        threads,
        least,
        baseline: baseline.as_ref(),
        ignore: ignore.as_ref(),
        now: started_at.as_second(),
        today: TimeZone::UTC.to_datetime(started_at).date(),
        user_rules: user_rules.as_deref(),
        decoys: watched.as_ref().map(Watched::prints),
        desk: inquiry.desk.as_ref(),
        judged: memory.as_ref().map(|memory| memory as &dyn Judged),
    };
    let progress = Arc::new(Progress::default());
    let (scanning, stop) = (Arc::clone(&progress), inquiry.stop.clone());
    terminal::on_interrupt(move || {
        scanning.cancel();
        stop.cancel();
    });
    let watch = Watch::start(&progress, args.how.quiet);
    let outcome = leeward_pipeline::scan(&request, &library, &detector, &progress);
    drop(watch);
    // Before anything else can go wrong.
    resume::close(memory, progress.is_cancelled());
    let mut outcome = outcome.map_err(Failure::Scan)?;
    let sighted = watched.map_or_else(Vec::new, |watched| watched.take(&mut outcome));
    if let Some(news) = news {
        news.account(&mut outcome.coverage);
    }
    if args.asking.plan {
        let kinds = plan::kinds(&library, &outcome.findings);
        plan::show(&library, &kinds, &inquiry.settings, inquiry.depth)?;
        return Ok(exit(&outcome, &[], args.how.allow_incomplete));
    }
    let now = started_at.as_second();
    let not_live = inquiry.ask(&mut outcome, &library, now, args.how.quiet);
    // Nobody is asked about what nobody uses.
    outcome.findings.extend(sighted);
    worst_first(&mut outcome.findings);
    if let Some(path) = &args.which.write_baseline {
        write_baseline(path, &outcome)?;
    }
    let names = names(&targets, &outcome);
    let known = outcome.known.iter().map(|finding| &finding.secret);
    let not_shown = not_live.iter().map(|finding| &finding.secret);
    let hidden: Vec<&Secret> = known.chain(&outcome.hidden).chain(not_shown).collect();
    let report = Report {
        tool_version: env!("CARGO_PKG_VERSION"),
        started_at: started_at.as_second(),
        now: Timestamp::now().as_second(),
        elapsed: Some(begun.elapsed()),
        targets: &names,
        findings: &outcome.findings,
        stealers: &outcome.stealers,
        coverage: &outcome.coverage,
        suppressed: report::Suppressed {
            baseline: outcome.suppressed.baseline,
            inline: outcome.suppressed.inline,
            ignore_file: outcome.suppressed.ignore_file,
            expired: outcome.suppressed.expired,
        },
        below_threshold: outcome.below_threshold,
        not_live: report::NotLive {
            total: not_live.len(),
            open: not_live.iter().filter(|finding| is_open(finding)).count(),
        },
        hidden: &hidden,
        guidance: &|id| leeward_watch::guidance::guidance(&library, id),
        reveal: args.how.show_secrets,
        scanned: true,
    };
    let args::How { format, output, quiet, allow_incomplete, .. } = &args.how;
    show::write_also(&report, &args.how.also, *quiet)?;
    match show::write(&report, *format, output.as_deref(), *quiet, color) {
        // Whoever reads has seen enough; what was found does not change.
        Ok(()) | Err(Failure::BrokenPipe) => {}
        Err(failure) => return Err(failure),
    }
    let exit = exit(&outcome, &not_live, *allow_incomplete);
    if let Some(keeping) = &keeping {
        let scanned = Scanned {
            at: now,
            actor: &keeping.actor,
            targets: &names,
            meant: &targets,
            scope: &scope,
            is_complete: outcome.coverage.is_complete(),
        };
        let mut findings = outcome.findings;
        findings.extend(not_live);
        let hidden: Vec<&Secret> =
            outcome.known.iter().map(|finding| &finding.secret).chain(&outcome.hidden).collect();
        let since = keeping.store.borrow_mut().head()?.sequence;
        {
            let mut store = keeping.store.borrow_mut();
            let policy = keeping.config.policy()?;
            let recorded = leeward_watch::record::record(
                &mut store,
                &policy,
                &scanned,
                &mut findings,
                &hidden,
            )?;
            record::say(&recorded, args.recording.kept.store.as_deref());
            sealing::keep(&mut store, &keeping.config, &findings)?;
        }
        let network = match args.asking.offline {
            true => None,
            false => Some(asking::settings(&args.asking, &library)?.network),
        };
        let store = &keeping.store;
        alerts::tell(&keeping.config, &library, store, since, network.as_ref(), *quiet)?;
    }
    Ok(exit)
}

/// A detector that is made while the rest of a scan is prepared: files are read, a
/// database is opened.
struct Making(Option<JoinHandle<Detector>>);

impl Making {
    fn begin(library: &Arc<Library>, options: Options) -> Self {
        let library = Arc::clone(library);
        let make = move || Detector::new(&library, options);
        Self(thread::Builder::new().name("detector".into()).spawn(make).ok())
    }

    /// What was made; without a thread it is made here.
    fn end(self, library: &Library, options: Options) -> Detector {
        match self.0.map(JoinHandle::join) {
            Some(Ok(detector)) => detector,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => Detector::new(library, options),
        }
    }
}

/// Where findings are kept, if they are.
struct Keeping {
    store: RefCell<Store>,
    config: Config,
    actor: String,
}

impl Keeping {
    fn of(recording: &args::Recording) -> Result<Option<Self>, Failure> {
        if !recording.record {
            return Ok(None);
        }
        let config = Config::load(recording.kept.config.as_deref())?;
        let store = RefCell::new(kept::open(&recording.kept, &config)?);
        Ok(Some(Self { store, config, actor: kept::actor(&recording.kept) }))
    }

    /// Honey keys that are known there.
    fn watched(&self) -> Result<Watched, Failure> {
        Watched::of(&mut self.store.borrow_mut())
    }
}

/// Whether and how providers are asked about what is found.
struct Inquiry {
    depth: Depth,
    keep: Keep,
    settings: Settings,
    /// Absent if nobody is asked.
    desk: Option<Desk>,
    /// Somebody wants to know, and nothing may be sent.
    offline: bool,
    stop: Stop,
}

impl Inquiry {
    fn of(args: &args::Scan, library: &Arc<Library>) -> Result<Self, Failure> {
        let args::Scan { whether, asking, .. } = args;
        let depth = if whether.assess { Depth::Reach } else { Depth::Validity };
        let keep = match whether.verify {
            Some(args::Reported::ActiveOnly) => Keep::Live,
            Some(args::Reported::All) | None => Keep::All,
        };
        let is_asked = whether.assess || whether.verify.is_some();
        if asking.plan && !is_asked {
            return Err(Failure::Asking(
                "`--plan` shows what `--verify` or `--assess` would send: add one of them".into(),
            ));
        }
        let settings = asking::settings(asking, library)?;
        let stop = Stop::new();
        let desk = (is_asked && !asking.plan && !asking.offline)
            .then(|| asking::desk(asking, library, settings.clone(), depth, &stop))
            .transpose()?;
        Ok(Self { depth, keep, settings, desk, offline: is_asked && asking.offline, stop })
    }

    /// Asks about the findings; returns those that are not to be shown.
    fn ask(self, outcome: &mut Outcome, library: &Library, now: i64, quiet: bool) -> Vec<Finding> {
        let stealing = !outcome.stealers.is_empty();
        let findings = &mut outcome.findings;
        match self.desk {
            Some(desk) => {
                let _watch = Watch::asking(&desk.tally(), quiet);
                inquire(findings, desk, library, stealing, now, self.keep)
            }
            None if self.offline => {
                offline(findings, library, stealing, now);
                if self.keep == Keep::Live { std::mem::take(findings) } else { Vec::new() }
            }
            None => Vec::new(),
        }
    }
}

/// Whether a finding that is left out may be live: no answer said otherwise.
fn is_open(finding: &Finding) -> bool {
    finding.verification.validity != Validity::Inactive
}

/// Findings count for more than gaps: whoever acts on the code alone acts on
/// what was found, and the report names the gaps.
fn exit(outcome: &Outcome, not_live: &[Finding], allow_incomplete: bool) -> Exit {
    if !outcome.findings.is_empty() || !outcome.stealers.is_empty() {
        Exit::Found
    } else if allow_incomplete || outcome.coverage.is_complete() && !not_live.iter().any(is_open) {
        Exit::Clean
    } else {
        Exit::Incomplete
    }
}

fn targets(args: &args::Scan) -> Result<Vec<Target>, Failure> {
    let mut targets = match &args.what.preset {
        Some(name) => preset::targets(name)?,
        None if args.targets.is_empty() => vec![Target::Path(PathBuf::from("."))],
        None => Vec::new(),
    };
    for target in &args.targets {
        targets.push(Target::parse(target).map_err(Failure::Target)?);
    }
    Ok(targets)
}

/// A repository elsewhere has to be fetched, and whoever wants nothing sent
/// wants no connection.
fn fetch_nothing(targets: &[Target]) -> Result<(), Failure> {
    let what = targets.iter().find_map(|target| match target {
        Target::Remote(_) => Some("address of a repository: clone it first, and scan the clone"),
        Target::Bucket(_) => Some("address of a bucket: copy it first, and scan the copy"),
        Target::Image(_) => Some("name of an image: save it first, and scan what was saved"),
        Target::Stdin | Target::Path(_) => None,
    });
    match what {
        Some(what) => Err(Failure::Asking(format!(
            "`--plan` and `--offline` open no connection, and a target is the {what}"
        ))),
        None => Ok(()),
    }
}

/// What was scanned, in the user's words.
fn names(targets: &[Target], outcome: &Outcome) -> Vec<String> {
    let beyond = outcome.beyond.iter().map(|root| format!("the history of {root}"));
    targets.iter().map(Target::to_string).chain(beyond).collect()
}

/// What is scanned, and how that was chosen where a build service chose it.
fn scope(what: &args::What, targets: &[Target]) -> Result<(Scope, Option<ci::News>), Failure> {
    let scope = match &what.range {
        Some(range) if range == ci::RANGE => {
            let news = ci::news(targets)?;
            return Ok((news.scope(), Some(news)));
        }
        Some(range) => Scope::Range(range.clone()),
        None if what.staged => Scope::Staged,
        None if what.history_only => Scope::History,
        None if what.no_history => Scope::Files,
        None => Scope::Everything,
    };
    Ok((scope, None))
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

pub(crate) fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
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
pub(crate) fn read_ignore_file(named: Option<&Path>) -> Result<Option<IgnoreFile>, Failure> {
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
