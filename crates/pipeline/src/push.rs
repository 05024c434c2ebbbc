//! Scans what a push brings, and leaves out what was there before: not only
//! content that refs lead to already, but also a secret that a changed or moved
//! file had before the change. A push does not answer for what others left.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::civil::Date;
use leeward_detect::Detector;
use leeward_dossier::Library;
use leeward_model::{
    Coverage, Finding, Fingerprint, GitPlace, Level, Location, NotScanned, ObjectId, Provenance,
    Reason, Secret,
};
use leeward_source::{
    Progress, files,
    git::{Histories, Repository, ScanError, Selection},
};
use leeward_unpack::{self as unpack, Opener};

use crate::{
    baseline::Baseline,
    collect::{Collected, Collector, Kept, Place},
    ignore::IgnoreFile,
    packages::Packages,
    scan::{Failure, Request, Scope},
    settle::Settler,
};

/// What is pushed where, and what to leave out of the findings.
pub struct Push<'a> {
    /// Opened with what the push brought.
    pub repository: &'a Repository,
    /// Names of refs, and what they are to point to.
    pub refs: &'a [(String, ObjectId)],
    /// What refs pointed to, where that is known from elsewhere than the
    /// repository's own files.
    pub known: &'a [ObjectId],
    /// How many threads read and detect.
    pub threads: usize,
    /// How containers are opened, if they are.
    pub unpack: Option<&'a unpack::Settings>,
    /// Findings below this are left out.
    pub least: Level,
    /// Known findings.
    pub baseline: Option<&'a Baseline>,
    /// Findings to leave alone.
    pub ignore: Option<&'a IgnoreFile>,
    /// Whether a comment beside a value excuses it. Whoever pushes wrote it.
    pub honour_comments: bool,
    /// The day on which entries of the ignore file are judged.
    pub today: Date,
    /// Seconds since 1970-01-01 UTC.
    pub now: i64,
}

/// A finding that the push brings.
#[derive(Debug)]
pub struct Brought {
    /// With those of its locations that are new.
    pub finding: Finding,
    /// The pushed refs that lead there; none if nothing does.
    pub refs: Vec<String>,
}

/// What a push brings, and the account of it.
#[derive(Debug, Default)]
pub struct PushOutcome {
    /// Worst first.
    pub brought: Vec<Brought>,
    /// How many findings were there before.
    pub there_before: usize,
    /// How many the baseline or the ignore file accepts.
    pub accepted: usize,
    /// Secrets that only a comment beside them excuses.
    pub excused: BTreeSet<Fingerprint>,
    /// Values of everything that is not among the findings.
    pub hidden: Vec<Secret>,
    /// What was looked at and what was not.
    pub coverage: Coverage,
    /// What was not looked at inside containers. It is told apart: what somebody keeps
    /// under a password is no reason to refuse a push.
    pub unopened: Vec<NotScanned>,
}

/// Scans a push.
///
/// # Errors
/// None but what makes it impossible as a whole; a scan that was stopped is an
/// incomplete one.
pub fn scan_push(
    push: &Push<'_>,
    library: &Library,
    detector: &Detector,
    progress: &Progress,
) -> Result<PushOutcome, Failure> {
    let Push { repository, refs, threads, .. } = *push;
    let mut known: Vec<ObjectId> =
        repository.surroundings().refs.into_iter().map(|(_, id)| id).collect();
    known.extend(push.known);
    known.sort_unstable();
    known.dedup();
    let selection = Selection::Beyond { tips: refs.iter().map(|(_, id)| *id).collect(), known };
    // Packages are a scan's to tell: a push is stopped for what it gives away.
    let packages = Packages::default();
    let collector = Collector::new(detector, &packages);
    let (inspect, is_stopped) = (&collector, || progress.is_cancelled());
    let opener = Opener::new(&inspect, push.unpack, &is_stopped);
    let mut coverage = match repository.scan_history(&selection, threads, &&opener, progress) {
        Ok(coverage) => coverage,
        Err(ScanError::Stopped) => stopped(),
        Err(error @ (ScanError::Revision(_) | ScanError::OtherPack)) => {
            return Err(Failure::Range(error));
        }
    };
    let inside = opener.into_coverage();
    coverage.bytes_scanned += inside.bytes_scanned;
    coverage.members_scanned += inside.members_scanned;
    let Collected { mut kept, lost, repeated, .. } = collector.finish();
    let unopened = inside.not_scanned;
    let mut outcome = PushOutcome { coverage, unopened, ..PushOutcome::default() };
    if lost > 0 {
        let reason = Reason::Limit(format!("{lost} sightings more than are kept in memory"));
        let left = NotScanned { path: b"(findings)".to_vec(), reason, bytes: None };
        outcome.coverage.not_scanned.push(left);
    }
    outcome.note_comments(&mut kept, push);
    if kept.is_empty() {
        return Ok(outcome);
    }
    let histories = outcome.attribute(push, &kept, progress);
    let sighted: HashSet<(Fingerprint, ObjectId)> = kept
        .iter()
        .filter_map(|kept| Some((kept.sighting.fingerprint, object_of(kept)?)))
        .collect();
    let request = request(push);
    let mut settler = Settler::new(&request, detector);
    settler.history(kept, Vec::new(), "", &histories.of);
    let settled = settler.finish(library);
    outcome.accepted = settled.known.len() + settled.suppressed.ignore_file;
    outcome.hidden = settled.hidden;
    outcome.hidden.extend(settled.known.into_iter().map(|finding| finding.secret));
    let mut before = Before { push, detector, progress, sighted, replaced: HashMap::new() };
    for mut finding in settled.findings {
        // Where not all places are known, none is taken for carried over.
        if repeated == 0 {
            before.leave_out(&mut finding);
        }
        if finding.locations.is_empty() {
            outcome.there_before += 1;
            outcome.hidden.push(finding.secret);
            continue;
        }
        let objects = finding.locations.iter().filter_map(|location| git(location));
        let names = objects.filter_map(|place| histories.pushed.get(&place.object)).flatten();
        let refs: BTreeSet<&String> = names.collect();
        let refs = refs.into_iter().cloned().collect();
        outcome.brought.push(Brought { finding, refs });
    }
    Ok(outcome)
}

impl PushOutcome {
    /// Comments excuse, or they are as if they were not there.
    fn note_comments(&mut self, kept: &mut [Kept], push: &Push<'_>) {
        let commented = kept.iter_mut().filter(|kept| kept.sighting.ignored_inline);
        for kept in commented {
            if push.honour_comments {
                self.excused.insert(kept.sighting.fingerprint);
            } else {
                kept.sighting.ignored_inline = false;
            }
        }
    }

    fn attribute(&mut self, push: &Push<'_>, kept: &[Kept], progress: &Progress) -> Histories {
        let objects = kept.iter().filter_map(object_of).collect();
        match push.repository.attribute_push(&objects, push.refs, push.threads, progress) {
            Ok(histories) => {
                self.coverage.warnings.extend(histories.warnings.iter().cloned());
                histories
            }
            Err(error) => {
                let why = format!("by which commits findings come is not known: {error}");
                self.coverage.warnings.push(why);
                Histories::default()
            }
        }
    }
}

/// What the settling of a scan asks of a request.
fn request<'a>(push: &Push<'a>) -> Request<'a> {
    Request {
        targets: &[],
        scope: Scope::History,
        index: None,
        unpack: push.unpack,
        files: files::Options::default(),
        threads: push.threads,
        least: push.least,
        baseline: push.baseline,
        ignore: push.ignore,
        today: push.today,
        now: push.now,
        user_rules: None,
        desk: None,
        judged: None,
        decoys: None,
    }
}

/// Tells what was there before.
struct Before<'a> {
    push: &'a Push<'a>,
    detector: &'a Detector,
    progress: &'a Progress,
    /// Every secret that was seen in what was scanned, whatever became of it,
    /// with the objects it lies in.
    sighted: HashSet<(Fingerprint, ObjectId)>,
    /// The secrets in what a commit replaced, with the objects they lay in.
    replaced: HashMap<ObjectId, Vec<(Fingerprint, ObjectId)>>,
}

impl Before<'_> {
    /// Leaves out locations that refs lead to already, and those whose secret a
    /// commit took over from what it replaced.
    fn leave_out(&mut self, finding: &mut Finding) {
        let fingerprint = finding.fingerprint;
        let own: HashSet<ObjectId> =
            finding.locations.iter().filter_map(git).map(|place| place.object).collect();
        finding.locations.retain(|location| {
            let history = git(location).and_then(|place| place.history.as_deref());
            let Some(history) = history else { return true };
            if !history.refs.is_empty() {
                return false;
            }
            let Some(commit) = &history.introduced else { return true };
            // What was replaced was there before if it was not scanned. If it was,
            // it has to be a location of this finding: then that one is judged
            // itself, and here is nothing new. One that was accepted, or was not
            // sure enough, excuses nothing.
            !self.replaced_by(&commit.id).iter().any(|(secret, object)| {
                *secret == fingerprint
                    && (own.contains(object) || !self.sighted.contains(&(fingerprint, *object)))
            })
        });
    }

    fn replaced_by(&mut self, commit: &ObjectId) -> Vec<(Fingerprint, ObjectId)> {
        if let Some(known) = self.replaced.get(commit) {
            return known.clone();
        }
        let packages = Packages::default();
        let collector = Collector::new(self.detector, &packages);
        // What cannot be read here excuses nothing.
        self.push.repository.scan_replaced(commit, &&collector, self.progress);
        let kept = collector.finish().kept;
        let found: Vec<_> = kept
            .iter()
            .filter_map(|kept| Some((kept.sighting.fingerprint, object_of(kept)?)))
            .collect();
        self.replaced.insert(*commit, found.clone());
        found
    }
}

fn stopped() -> Coverage {
    let reason = Reason::stopped();
    let left = NotScanned { path: b"git objects".to_vec(), reason, bytes: None };
    Coverage { not_scanned: vec![left], ..Coverage::default() }
}

fn object_of(kept: &Kept) -> Option<ObjectId> {
    match kept.place {
        Place::Git(_, id) => Some(id),
        Place::Stdin | Place::File(_) => None,
    }
}

fn git(location: &Location) -> Option<&GitPlace> {
    match &*location.provenance {
        Provenance::Git(place) => Some(place),
        Provenance::Stdin | Provenance::File(_) | Provenance::Remote(_) => None,
    }
}
