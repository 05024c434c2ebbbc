//! The hooks of a developer's machine, answered: what Git hands over is read,
//! what was found is told, and the exit code lets Git go on or not. Nothing is
//! said where there is nothing to say. How hooks get there is `place`'s.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
    sync::Arc,
    thread,
};

use jiff::{Timestamp, tz::TimeZone};
use leeward_dossier::Library;
use leeward_guard::{
    hook::{self, Bypass, Guarded, Moment, Named, Verdict},
    look::Look,
    policy::{OnTrouble, Policy},
};
use leeward_model::{ObjectId, SafeText};
use leeward_pipeline::{Baseline, IgnoreFile};
use leeward_source::{Progress, git::Repository};
use leeward_watch::discreet::{cautious, discreet};

use crate::{
    apart,
    args::{self, Color},
    config::Config,
    environment,
    failure::{Exit, Failure},
    scan::IGNORE_FILE,
    terminal,
};

/// The most bytes of a message or of Git's list of refs.
const MOST: u64 = 64 << 20;

/// Answers Git before a commit.
pub(crate) fn pre_commit(args: &args::PreCommit, color: Color) -> Result<Exit, Failure> {
    let index = environment::git_index();
    answer(Moment::Commit, &args.how, color, move |at| {
        Ok(hook::commit(&at.repository, index.as_deref(), &at.guarded, &at.progress))
    })
}

/// Answers Git before a push.
pub(crate) fn pre_push(args: &args::PrePush, color: Color) -> Result<Exit, Failure> {
    // Whoever names the remote as Git does also hands on what Git says of refs.
    let framework = environment::pre_commit_push().filter(|_| args.remote.is_none());
    let given = match (&framework, &args.remote) {
        (Some(_), _) => Ok(Vec::new()),
        (None, Some(_)) => input(),
        (None, None) => Err("git names the remote to this hook, and nobody did".to_owned()),
    };
    let remote = args.remote.clone();
    let remote = remote.or_else(|| framework.as_ref()?.remote.clone()).unwrap_or_default();
    let address = args.address.clone();
    let address = address.or_else(|| framework.as_ref()?.address.clone()).unwrap_or_default();
    answer(Moment::Push, &args.how, color, move |at| {
        let named = match &framework {
            Some(framework) => named_by(framework, &at.repository)?,
            None => Named::parse(&given?).map_err(|error| error.to_string())?,
        };
        Ok(hook::push(&at.repository, &remote, &address, &named, &at.guarded, &at.progress))
    })
}

/// Answers Git about a message.
pub(crate) fn commit_msg(args: &args::CommitMsg, color: Color) -> Result<Exit, Failure> {
    let file = args.file.clone();
    let is_edited = !environment::git_uses_no_editor();
    answer(Moment::Message, &args.how, color, move |at| {
        let text = fs::File::open(&file).and_then(read).map_err(|error| {
            let file = SafeText::new(file.as_os_str().as_encoded_bytes()).to_string();
            format!("`{file}` cannot be read: {error}")
        })?;
        Ok(hook::message(&text, is_edited, &at.guarded))
    })
}

/// What a hook works with.
struct At {
    repository: Repository,
    guarded: Guarded,
    progress: Arc<Progress>,
}

/// Looks, and says what came of it.
fn answer(
    moment: Moment,
    how: &args::Answering,
    color: Color,
    look: impl FnOnce(&At) -> Result<Verdict, String> + Send + 'static,
) -> Result<Exit, Failure> {
    let (policy, baseline, trouble) = match Config::load(how.config.as_deref()) {
        Ok(config) => (config.guard(), config.guard_baseline(), None),
        Err(failure) => (Policy::default(), None, Some(failure.to_string())),
    };
    let opened = match Repository::open_own(Path::new("."), environment::git_dir().as_deref()) {
        Ok(Some(repository)) => Ok(repository),
        Ok(None) => Err("there is no git repository here".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    let shared = opened.as_ref().ok().map(|repository| repository.shared_dir().to_owned());
    let ready = opened.and_then(|repository| match trouble {
        None => at(repository, policy, how.baseline.as_deref(), baseline.as_deref()),
        Some(trouble) => Err(trouble),
    });
    let verdict = match ready {
        Err(why) => Verdict::trouble(why),
        Ok(at) => {
            let progress = Arc::clone(&at.progress);
            let seen = hook::in_time(policy.within, move || look(&at));
            progress.cancel();
            match seen {
                Some(Ok(verdict)) => verdict,
                Some(Err(why)) => Verdict::trouble(why),
                None => Verdict::trouble(format!(
                    "it took longer than {} seconds, which is all that `guard.within_seconds` allows",
                    policy.within.as_secs()
                )),
            }
        }
    };
    let stops = policy.on_trouble == OnTrouble::Stop;
    let is_stopped = !verdict.leaks.is_empty() || stops && !verdict.troubles.is_empty();
    if is_stopped && let Some(reason) = environment::bypass() {
        return Ok(pass_by(moment, &reason, shared.as_deref(), &verdict, color));
    }
    say(&hook::tell(moment, &verdict, stops), color);
    Ok(if !verdict.leaks.is_empty() {
        Exit::Found
    } else if is_stopped {
        Exit::Incomplete
    } else {
        Exit::Clean
    })
}

/// Gets ready what a hook works with.
fn at(
    repository: Repository,
    policy: Policy,
    named: Option<&Path>,
    usual: Option<&Path>,
) -> Result<At, String> {
    let root = repository.work_tree().map(Path::to_owned);
    let mut look = Look::new(Arc::new(Library::builtin()), policy.least);
    if let Some(ignore) = root.as_deref().map(|root| root.join(IGNORE_FILE))
        && let Some(text) = read_if_there(&ignore)?
    {
        let ignore = IgnoreFile::parse(&text).map_err(|error| wrong(&ignore, &error))?;
        look = look.accepting(ignore, TimeZone::UTC.to_datetime(Timestamp::now()).date());
    }
    let usual = usual.map(|path| root.as_deref().unwrap_or(Path::new(".")).join(path));
    let path = named.map(Path::to_owned).or(usual);
    let baseline = match path.as_deref().map(|path| (path, read_if_there(path))) {
        Some((path, Ok(Some(text)))) => {
            Some(Baseline::parse(&text).map_err(|error| wrong(path, &error))?)
        }
        Some((path, Ok(None))) if named.is_some() => {
            return Err(wrong(path, &"the baseline is not there"));
        }
        Some((_, Err(why))) => return Err(why),
        Some((_, Ok(None))) | None => None,
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let unpack = Some(apart::settings());
    let guarded = Guarded { look, baseline, threads, unpack };
    Ok(At { repository, guarded, progress: Arc::new(Progress::default()) })
}

/// Lets it pass because somebody says why, and writes that down.
fn pass_by(
    moment: Moment,
    reason: &str,
    shared: Option<&Path>,
    verdict: &Verdict,
    color: Color,
) -> Exit {
    let refused = |why: String| {
        say(&hook::tell(moment, verdict, true), color);
        terminal::notice(&format!("leeward: `LEEWARD_BYPASS` is refused: {why}"));
        Exit::Found
    };
    let bypass = match Bypass::parse(&cautious(reason)) {
        Ok(bypass) => bypass,
        Err(error) => return refused(error.to_string()),
    };
    let Some(shared) = shared else {
        return refused("there is no repository to record it in".to_owned());
    };
    match hook::record(shared, moment.hook(), Timestamp::now(), &bypass, verdict) {
        Ok(path) => {
            let path = SafeText::new(path.as_os_str().as_encoded_bytes()).to_string();
            let mut what = Vec::new();
            match verdict.leaks.len() {
                0 => {}
                1 => what.push("a key passes".to_owned()),
                count => what.push(format!("keys in {count} places pass")),
            }
            if !verdict.troubles.is_empty() {
                what.push("not all was looked at".to_owned());
            }
            let what = what.join(", ");
            terminal::notice(&format!("leeward: {what} by `LEEWARD_BYPASS`; recorded in `{path}`"));
            Exit::Clean
        }
        Err(error) => refused(format!("it cannot be recorded: {error}")),
    }
}

fn say(lines: &[hook::Line], color: Color) {
    for line in lines {
        terminal::told(line.part, &line.text, color);
    }
}

fn input() -> Result<Vec<u8>, String> {
    read(io::stdin().lock()).map_err(|error| format!("standard input cannot be read: {error}"))
}

fn read(source: impl io::Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        return Err(io::Error::other("it is too large"));
    }
    Ok(bytes)
}

fn read_if_there(path: &Path) -> Result<Option<String>, String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(wrong(path, &error)),
    }
}

fn wrong(path: &Path, why: &dyn std::fmt::Display) -> String {
    discreet(&format!("`{}`: {why}", SafeText::new(path.as_os_str().as_encoded_bytes())))
}

/// What the pre-commit framework says of a push, in variables: it reads Git's
/// lines itself, and runs its hooks for the first ref only.
fn named_by(
    push: &environment::FrameworkPush,
    repository: &Repository,
) -> Result<Vec<Named>, String> {
    let object = |text: &Option<String>| text.as_deref().and_then(ObjectId::from_hex);
    let branch = || repository.ref_named(push.branch.as_deref()?);
    let local = object(&push.to).or_else(branch);
    let unknown = "the pre-commit framework does not say what is pushed";
    Ok(vec![Named { local: Some(local.ok_or(unknown)?), remote: object(&push.from) }])
}
