//! `leeward hook pre-receive`: a push, before a server takes it; and what the
//! operator does about it, `leeward hook bypass` and `leeward hook events`.

mod door;
mod leave;
mod tell;

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read as _, Write as _},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use leeward_dossier::Library;
use leeward_guard::{
    policy::{OnTrouble, Policy},
    receive::{By, Kind, Ledger, Redeemed, Terms, Update, Wanted, look, open},
};
use leeward_model::{Finding, Secret};
use leeward_pipeline::{Baseline, IgnoreFile, PushOutcome};
use leeward_report::{mask_for_keeping, mask_text};

pub(super) use self::leave::{bypass, events};
use crate::{
    apart,
    args::receive as args,
    config::Config,
    failure::{Exit, Failure},
    library,
};

/// The most bytes that Git hands over.
const MOST_INPUT: u64 = 256 << 20;
/// The most fingerprints that an event names.
const MOST_NAMED: usize = 500;

/// Runs it: 0 lets the push pass, everything else refuses it.
pub(super) fn run(args: &args::PreReceive) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let updates = updates()?;
    if updates.iter().all(|update| update.new.is_none()) {
        // Nothing comes in.
        return Ok(Exit::Clean);
    }
    let mut policy = Config::load(args.config.as_deref())?.guard();
    policy.within = args.within.map_or(policy.within, Duration::from_secs);
    let library = library::load(&args.dossiers)?;
    let door = door::Door::of_environment()?;
    let ledger = door.ledger(args.state.as_deref());
    let now = Timestamp::now();
    let mut push = judged(args, &policy, &library, &door, &updates, (begun, now))?;
    let by = By { actor: &door.pusher, at: now.as_second() };
    push.mask();
    let facts = push.facts(&door);
    if !push.unopened.is_empty() {
        say(&tell::unopened(&push))?;
    }
    if push.is_fine() {
        return pass_quietly(&push, &ledger, facts, by);
    }
    let mut refusals = Vec::new();
    for token in &door.tokens {
        match ledger.redeem(token, &push.wanted(&door), &facts, by) {
            Ok(Redeemed::Passes(bypass, event)) => {
                say(&tell::passed(&push, &bypass, &event))?;
                return Ok(Exit::Clean);
            }
            Ok(Redeemed::Refused(why)) => refusals.push(why.to_string()),
            Err(error) => refusals.push(format!("{error}; nothing passes that is not recorded")),
        }
    }
    if push.outcome.brought.is_empty() && policy.on_trouble == OnTrouble::Pass {
        let text = "a push passed though not all of it could be looked at".to_owned();
        match ledger.record(Kind::PassedUnseen, text, facts, by) {
            Ok(_) => {
                say(&tell::unseen(&push))?;
                return Ok(Exit::Clean);
            }
            Err(error) => refusals.push(format!("{error}; nothing passes that is not recorded")),
        }
    }
    say(&tell::refused(&push, &library, &refusals))?;
    Ok(Exit::Found)
}

/// A push that was looked at.
struct Seen {
    updates: Vec<Update>,
    outcome: PushOutcome,
    /// What could not be looked at, in words.
    trouble: Vec<String>,
    /// What could not be looked at inside containers, in words; it stops nothing.
    unopened: Vec<String>,
    /// Of each commit that brings something, whether it has a parent.
    has_parent: BTreeMap<String, bool>,
}

/// Looks at the push. What keeps that from being done is trouble, and so the
/// policy's business.
fn judged(
    args: &args::PreReceive,
    policy: &Policy,
    library: &Library,
    door: &door::Door,
    updates: &[Update],
    (begun, now): (Instant, Timestamp),
) -> Result<Seen, Failure> {
    let baseline = args.baseline.as_deref().map(read_baseline).transpose()?;
    let ignore = args.ignore_file.as_deref().map(read_ignore_file).transpose()?;
    let opening = apart::settings();
    let terms = Terms {
        within: policy.within.saturating_sub(begun.elapsed()),
        least: policy.least,
        baseline: baseline.as_ref(),
        ignore: ignore.as_ref(),
        honour_comments: args.honour_comments,
        threads: thread::available_parallelism().map_or(1, usize::from),
        unpack: Some(&opening),
    };
    let mut seen = Seen {
        updates: updates.to_vec(),
        outcome: PushOutcome::default(),
        trouble: Vec::new(),
        unopened: Vec::new(),
        has_parent: BTreeMap::new(),
    };
    let repository = match open(&door.as_guard()) {
        Ok(repository) => repository,
        Err(error) => {
            seen.trouble.push(error.to_string());
            return Ok(seen);
        }
    };
    match look(&repository, updates, &terms, library, now) {
        Ok(outcome) => seen.outcome = outcome,
        Err(error) => seen.trouble.push(error.to_string()),
    }
    seen.unopened.extend(seen.outcome.unopened.iter().map(tell::left_out));
    let left = seen.outcome.coverage.not_scanned.iter();
    seen.trouble.extend(left.filter(|left| !left.reason.is_by_choice()).map(tell::left_out));
    if terms.within.is_zero() || begun.elapsed() >= policy.within && !seen.trouble.is_empty() {
        let why = format!("it took longer than {} seconds", policy.within.as_secs());
        seen.trouble.insert(0, why);
    }
    for brought in &seen.outcome.brought {
        for commit in tell::commits(&brought.finding) {
            let text = repository.read_object(&commit.id).unwrap_or_default();
            let has_parent = text.split(|&b| b == b'\n').any(|line| line.starts_with(b"parent "));
            seen.has_parent.insert(commit.id.to_string(), has_parent);
        }
    }
    Ok(seen)
}

impl Seen {
    /// Whether it passes without a word.
    fn is_fine(&self) -> bool {
        self.outcome.brought.is_empty() && self.trouble.is_empty()
    }

    /// Takes values out of everything that is shown or written down: people
    /// name files, branches and themselves as they like.
    fn mask(&mut self) {
        let brought = std::mem::take(&mut self.outcome.brought);
        let (mut findings, refs): (Vec<Finding>, Vec<Vec<String>>) =
            brought.into_iter().map(|brought| (brought.finding, brought.refs)).unzip();
        let hidden: Vec<&Secret> = self.outcome.hidden.iter().collect();
        mask_for_keeping(&mut findings, &hidden);
        let values: Vec<&Secret> = findings.iter().map(|finding| &finding.secret).collect();
        let all: Vec<&Secret> = values.into_iter().chain(hidden).collect();
        let masked = |name: &String| mask_text(name, &all);
        let refs: Vec<Vec<String>> =
            refs.iter().map(|refs| refs.iter().map(masked).collect()).collect();
        for update in &mut self.updates {
            update.name = masked(&update.name);
        }
        for trouble in self.trouble.iter_mut().chain(&mut self.unopened) {
            *trouble = masked(trouble);
        }
        self.outcome.brought = findings
            .into_iter()
            .zip(refs)
            .map(|(finding, refs)| leeward_pipeline::Brought { finding, refs })
            .collect();
    }

    /// The names of refs that would be made or changed.
    fn refs(&self) -> Vec<String> {
        let changed = self.updates.iter().filter(|update| update.new.is_some());
        changed.map(|update| update.name.clone()).collect()
    }

    /// What leave it would need.
    fn wanted(&self, door: &door::Door) -> Wanted {
        let all = self.refs();
        let findings = self.outcome.brought.iter().map(|brought| {
            let refs = if brought.refs.is_empty() { all.clone() } else { brought.refs.clone() };
            (brought.finding.fingerprint, refs)
        });
        Wanted {
            repository: door.name.clone(),
            findings: findings.collect(),
            unseen: !self.trouble.is_empty(),
        }
    }

    /// What an event says of it.
    fn facts(&self, door: &door::Door) -> BTreeMap<String, String> {
        let lines = |mut all: Vec<String>| {
            let more = all.len().saturating_sub(MOST_NAMED);
            all.truncate(MOST_NAMED);
            if more > 0 {
                all.push(format!("and {more} more"));
            }
            all.join("\n")
        };
        let brought = self.outcome.brought.iter();
        let fingerprints = brought.map(|brought| brought.finding.fingerprint.to_string()).collect();
        let commits = self.has_parent.keys().cloned().collect();
        let changes = self.updates.iter().map(|update| {
            let id = |id: Option<leeward_model::ObjectId>| {
                id.map_or_else(|| "0".to_owned(), |id| id.to_string())
            };
            format!("{} {} {}", id(update.old), id(update.new), update.name)
        });
        let mut facts = BTreeMap::from([
            ("repository".to_owned(), door.name.clone()),
            ("changes".to_owned(), lines(changes.collect())),
        ]);
        let lists = [
            ("fingerprints", lines(fingerprints)),
            ("commits", lines(commits)),
            ("unseen", lines(self.trouble.clone())),
            ("excused", lines(self.outcome.excused.iter().map(ToString::to_string).collect())),
        ];
        let said = lists.into_iter().filter(|(_, text)| !text.is_empty());
        facts.extend(said.map(|(name, text)| (name.to_owned(), text)));
        facts.extend(door.pusher_said.iter().map(|(name, text)| (name.clone(), text.clone())));
        facts
    }
}

/// Lets pass what brings nothing; comments that were honoured are written down.
fn pass_quietly(
    push: &Seen,
    ledger: &Ledger,
    facts: BTreeMap<String, String>,
    by: By<'_>,
) -> Result<Exit, Failure> {
    if push.outcome.excused.is_empty() {
        return Ok(Exit::Clean);
    }
    let text = "comments beside values excused them".to_owned();
    match ledger.record(Kind::CommentsHonoured, text, facts, by) {
        Ok(_) => Ok(Exit::Clean),
        Err(error) => {
            say(&format!(
                "leeward: this push is refused: comments excuse a value in it, and {error}; \
                 nothing passes that is not recorded\n"
            ))?;
            Ok(Exit::Found)
        }
    }
}

fn updates() -> Result<Vec<Update>, Failure> {
    let mut text = Vec::new();
    let read = io::stdin().lock().take(MOST_INPUT + 1).read_to_end(&mut text);
    read.map_err(|error| Failure::Value(format!("cannot read what git hands over: {error}")))?;
    if text.len() as u64 > MOST_INPUT {
        let why = "git hands over more than can be read: push fewer refs at a time";
        return Err(Failure::Value(why.to_owned()));
    }
    Update::parse_all(&text).map_err(|error| Failure::Value(error.to_string()))
}

fn read_baseline(path: &Path) -> Result<Baseline, Failure> {
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::File("read the baseline", path.to_owned(), error))?;
    Baseline::parse(&text).map_err(|error| Failure::Content(path.to_owned(), error.to_string()))
}

fn read_ignore_file(path: &Path) -> Result<IgnoreFile, Failure> {
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::File("read the ignore file", path.to_owned(), error))?;
    IgnoreFile::parse(&text).map_err(|error| Failure::Content(path.to_owned(), error.to_string()))
}

/// Git hands on to whoever pushes what a hook says on standard error.
fn say(text: &str) -> Result<(), Failure> {
    Ok(io::stderr().lock().write_all(text.as_bytes())?)
}
