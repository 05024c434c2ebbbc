//! `leeward verify` and `leeward assess`: one value, or those of a report.

use std::{sync::Arc, time::Instant};

use jiff::Timestamp;
use leeward_dossier::Library;
use leeward_model::{Coverage, Finding, Validity, Verification};
use leeward_pipeline::{Keep, inquire, rate_finding};
use leeward_probe::{Depth, Settings, Stop};
use leeward_report::{NotLive, Report, Suppressed};

use crate::{
    args::{self, Color},
    asking,
    failure::{Exit, Failure},
    library, plan,
    progress::Watch,
    reread::{self, Reread},
    show, terminal, value,
};

/// Asks about a value, or those of a report, as far as `depth`.
pub(crate) fn run(args: &args::Inquiry, depth: Depth, color: Color) -> Result<Exit, Failure> {
    let args::Inquiry { value, how, asking } = args;
    let begun = Instant::now();
    let started_at = Timestamp::now();
    let library = Arc::new(library::load(&value.dossiers)?);
    let settings = asking::settings(asking, &library)?;
    // A plan for a kind that is named needs no value.
    if asking.plan
        && let Some(id) = &value.dossier
    {
        let dossier = library::find(&library, id)?;
        plan::show(&library, &[(dossier, 1)], &settings, depth)?;
        return Ok(Exit::Clean);
    }
    let Reread { mut findings, lost } = match &value.report {
        Some(report) => reread::findings(report, &value.fingerprints, &library)?,
        None => {
            let finding = value::handed_in(&library, value.dossier.as_deref())?;
            Reread { findings: vec![finding], lost: 0 }
        }
    };
    if asking.plan {
        plan::show(&library, &plan::kinds(&library, &findings), &settings, depth)?;
        return Ok(Exit::Clean);
    }
    let now = started_at.as_second();
    ask(&mut findings, asking, settings, &library, depth, how.quiet, now)?;
    let report = Report {
        tool_version: env!("CARGO_PKG_VERSION"),
        started_at: now,
        now: Timestamp::now().as_second(),
        elapsed: Some(begun.elapsed()),
        targets: &[],
        findings: &findings,
        stealers: &[],
        coverage: &Coverage::default(),
        suppressed: Suppressed::default(),
        below_threshold: 0,
        not_live: NotLive::default(),
        hidden: &[],
        guidance: &|id| leeward_watch::guidance::guidance(&library, id),
        reveal: false,
        scanned: false,
    };
    match show::write(&report, how.format, how.output.as_deref(), how.quiet, color) {
        Ok(()) | Err(Failure::BrokenPipe) => Ok(exit(&findings, lost)),
        Err(failure) => Err(failure),
    }
}

fn ask(
    findings: &mut Vec<Finding>,
    asking: &args::Asking,
    settings: Settings,
    library: &Arc<Library>,
    depth: Depth,
    quiet: bool,
    now: i64,
) -> Result<(), Failure> {
    if asking.offline {
        offline(findings, library, false, now);
        return Ok(());
    }
    let stop = Stop::new();
    let stopping = stop.clone();
    terminal::on_interrupt(move || stopping.cancel());
    let desk = asking::desk(asking, library, settings, depth, &stop)?;
    let _watch = Watch::asking(&desk.tally(), quiet);
    inquire(findings, desk, library, false, now, Keep::All);
    Ok(())
}

/// What is said of findings while nothing may be sent.
pub(crate) fn offline(findings: &mut [Finding], library: &Library, stealing: bool, now: i64) {
    for finding in findings {
        let why = "not asked: offline".to_owned();
        finding.verification = Verification { why, ..Verification::default() };
        rate_finding(finding, library, stealing, now);
    }
}

/// Live counts for more than not known: whoever acts on the code alone acts on
/// what works.
fn exit(findings: &[Finding], lost: usize) -> Exit {
    let any = |is: fn(Validity) -> bool| findings.iter().any(|it| is(it.verification.validity));
    if any(Validity::is_live) {
        Exit::Found
    } else if lost > 0 || any(|validity| validity != Validity::Inactive) {
        Exit::Incomplete
    } else {
        Exit::Clean
    }
}
