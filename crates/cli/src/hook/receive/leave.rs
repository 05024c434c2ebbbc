//! `leeward hook bypass` and `leeward hook events`: what the operator of a
//! server does about pushes.

use std::{
    collections::BTreeSet,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use leeward_guard::receive::{
    Broken, By, Bypass, Event, Grant, Ledger, LedgerError, SCHEMA, pattern,
};
use leeward_model::{Fingerprint, SafeText};
use leeward_source::git::Repository;
use serde::Serialize;

use super::door;
use leeward_watch::discreet::cautious;

use crate::{
    args::receive as args,
    environment,
    failure::{Exit, Failure},
    terminal,
};

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self::Store(error.to_string())
    }
}

/// Gives leave, lists it, takes it back.
pub(crate) fn bypass(command: &args::Bypass) -> Result<Exit, Failure> {
    match command {
        args::Bypass::Create(create) => give(create),
        args::Bypass::List(state) => list(state),
        args::Bypass::Revoke { id, state } => revoke(id, state),
    }
}

fn give(args: &args::Create) -> Result<Exit, Failure> {
    let (repository, ledger) = match (&args.repository, &args.state) {
        (args::Given::Any, None) => {
            let why = "`--for any` needs `--state DIR`: where the hooks of those repositories keep \
                       what happens, by the same option";
            return Err(Failure::Value(why.to_owned()));
        }
        (args::Given::Any, Some(state)) => (None, Ledger::at(state.clone())),
        (args::Given::At(path), state) => {
            let repository = open(path)?;
            if repository.takes_push_options() != Some(true) {
                terminal::notice(
                    "the repository's configuration does not let a push carry options, and a \
                     bypass comes as one: `git config receive.advertisePushOptions true` on the \
                     server, unless its own settings say so",
                );
            }
            let dir = repository.git_dir();
            (Some(door::name(dir)?), door::ledger(dir, state.as_deref()))
        }
    };
    let reason = cautious(args.reason.trim());
    if reason.is_empty() {
        let why = "`--reason` is empty; say why this may pass";
        return Err(Failure::Value(why.to_owned()));
    }
    if let Some(refs) = &args.refs {
        pattern(refs).map_err(|error| Failure::Value(format!("`--ref`: {error}")))?;
    }
    let fingerprints = args.fingerprint.iter().map(|text| {
        let parsed = text.parse::<Fingerprint>();
        parsed.map_err(|error| Failure::Value(format!("`--fingerprint`: {error}")))
    });
    let now = Timestamp::now().as_second();
    let grant = Grant {
        repository,
        refs: args.refs.clone(),
        fingerprints: fingerprints.collect::<Result<BTreeSet<_>, _>>()?,
        unseen: args.unseen,
        reason,
        expires_at: now + args.expires.0,
        uses: args.uses,
    };
    let actor = environment::user_at_machine();
    let (bypass, token) = ledger.create(grant, By { actor: &actor, at: now })?;
    let mut out = io::stdout().lock();
    writeln!(out, "bypass `{}`: {}", bypass.id, described(&bypass, now))?;
    writeln!(out, "\nits token is shown this once and not kept; whoever may push with it runs\n")?;
    out.write_all(b"  git push -o leeward-bypass=")?;
    #[expect(clippy::disallowed_methods, reason = "the token is shown once, to be handed on")]
    out.write_all(token.expose())?;
    out.write_all(b"\n")?;
    Ok(Exit::Clean)
}

fn list(args: &args::State) -> Result<Exit, Failure> {
    let now = Timestamp::now().as_second();
    let mut out = io::stdout().lock();
    let all = kept(args)?.bypasses()?;
    if all.is_empty() {
        writeln!(out, "no bypass; `leeward hook bypass create` gives one")?;
    }
    for bypass in all {
        writeln!(out, "{}  {}", SafeText::new(&bypass.id), described(&bypass, now))?;
    }
    Ok(Exit::Clean)
}

fn revoke(id: &str, args: &args::State) -> Result<Exit, Failure> {
    let actor = environment::user_at_machine();
    let by = By { actor: &actor, at: Timestamp::now().as_second() };
    match kept(args)?.revoke(id, by)? {
        Some(bypass) => {
            writeln!(io::stdout(), "bypass `{}` is taken back", SafeText::new(&bypass.id))?;
            Ok(Exit::Clean)
        }
        None => Err(Failure::Value(format!(
            "no bypass is called `{}`; `leeward hook bypass list` shows them",
            SafeText::new(id)
        ))),
    }
}

/// Shows or checks what happened.
pub(crate) fn events(args: &args::Events) -> Result<Exit, Failure> {
    let ledger = kept(&args.state)?;
    let (events, broken) = ledger.events()?;
    let mut out = io::stdout().lock();
    match args.format {
        args::Form::Json => json(&mut out, &events, broken.as_ref(), args.verify)?,
        args::Form::Human => human(&mut out, &events, broken.as_ref(), args.verify)?,
    }
    Ok(if broken.is_some() { Exit::Found } else { Exit::Clean })
}

fn human(
    out: &mut impl io::Write,
    events: &[Event],
    broken: Option<&Broken>,
    verify: bool,
) -> Result<(), Failure> {
    for event in events.iter().filter(|_| !verify) {
        let (actor, text) = (SafeText::new(&event.actor), SafeText::new(&event.text));
        let (number, kind) = (event.sequence, event.kind.name());
        writeln!(out, "{number}  {}  {kind}  {actor}: {text}", moment(event.at))?;
        for (name, value) in &event.facts {
            for line in value.lines() {
                writeln!(out, "     {}: {}", SafeText::new(name), SafeText::new(line))?;
            }
        }
    }
    match (broken, events.last()) {
        (Some(Broken { line, why }), _) => writeln!(
            out,
            "line {line} is not what was written: {why}; the lines before it are as they were"
        )?,
        (None, Some(last)) => writeln!(
            out,
            "{} events, each as it was written; the newest hash is {} (kept elsewhere, it shows \
             whether lines at the end were cut off)",
            events.len(),
            last.hash
        )?,
        (None, None) => writeln!(out, "nothing has happened")?,
    }
    Ok(())
}

/// What happened, for programs.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    intact: bool,
    /// The first line that is not what was written.
    broken_line: Option<usize>,
    why: Option<&'static str>,
    /// The hash of the newest event.
    head: Option<&'a str>,
    events: &'a [Event],
}

fn json(
    out: &mut impl io::Write,
    events: &[Event],
    broken: Option<&Broken>,
    verify: bool,
) -> Result<(), Failure> {
    let document = Document {
        schema: SCHEMA,
        intact: broken.is_none(),
        broken_line: broken.map(|broken| broken.line),
        why: broken.map(|broken| broken.why),
        head: events.last().map(|event| event.hash.as_str()),
        events: if verify { &[] } else { events },
    };
    let text = serde_json::to_string_pretty(&document)
        .map_err(|error| Failure::Output(io::Error::other(error)))?;
    Ok(writeln!(out, "{text}")?)
}

fn kept(args: &args::State) -> Result<Ledger, Failure> {
    match &args.state {
        Some(state) => Ok(Ledger::at(state.clone())),
        None => Ok(door::ledger(open(&args.repository)?.git_dir(), None)),
    }
}

fn open(path: &Path) -> Result<Repository, Failure> {
    Repository::open(path).map_err(|error| {
        Failure::Content(PathBuf::from(path), format!("{error}; name the server's repository"))
    })
}

/// What a bypass is for and how it stands, in a line.
fn described(bypass: &Bypass, now: i64) -> String {
    let state = match bypass.spent(now) {
        Some(why) => why.to_string(),
        None => format!("until {}", moment(bypass.expires_at)),
    };
    let what = match bypass.fingerprints.as_slice() {
        [] => "any finding".to_owned(),
        some => some.join(", "),
    };
    let unseen = if bypass.unseen { " and what could not be looked at" } else { "" };
    format!(
        "{what}{unseen} on {} of {}, {} of {} uses, {state}: {}",
        SafeText::new(bypass.refs.as_deref().unwrap_or("any ref")),
        SafeText::new(bypass.repository.as_deref().unwrap_or("any repository")),
        bypass.used,
        bypass.uses,
        SafeText::new(&bypass.reason)
    )
}

fn moment(at: i64) -> String {
    Timestamp::from_second(at).map_or_else(|_| at.to_string(), |at| at.to_string())
}
