//! `leeward watch`: the sources of the settings watched in the foreground, and what
//! people want of them. What is done with a page is the engine's.

mod ground;
mod offline;
mod ours;

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    sync::Arc,
};

use jiff::Timestamp;
use leeward_model::SafeText;
use leeward_probe::Stop;
use leeward_store::{Job, Source};
use leeward_watch::{Done, PageDone, Shift, Status, Turn, discreet::discreet, status};

use crate::{
    args::{self, WatchCommand},
    config::Config,
    failure::{Exit, Failure},
    kept, terminal,
};

pub(crate) use ground::Watching;

/// Runs it.
pub(crate) fn run(args: &args::Watch) -> Result<Exit, Failure> {
    match &args.command {
        Some(WatchCommand::Ours(args)) => return ours::run(args),
        Some(WatchCommand::Pause(args)) => {
            return want(args, |store, args, actor, _| {
                status::pause(store, &args.name, actor, &args.reason)
            });
        }
        Some(WatchCommand::Resume(args)) => {
            return want(args, |store, args, _, now| status::resume(store, &args.name, now));
        }
        Some(WatchCommand::Look(args)) => {
            return want(args, |store, args, _, now| status::look_now(store, &args.name, now));
        }
        None => {}
    }
    let config = Config::load(args.kept.config.as_deref())?;
    if args.status {
        return show(args, &config);
    }
    if args.asking.plan || args.asking.offline {
        return Err(Failure::Asking(
            "sources are read over the network, so `--plan` and `--offline` cannot be kept here: \
             leave `verify` out of `[watch]`, and no provider is asked"
                .to_owned(),
        ));
    }
    let stop = Stop::new();
    let stopping = stop.clone();
    terminal::on_interrupt(move || stopping.cancel());
    let mut watching = Watching::of(&args.kept, &args.asking, config, stop)?;
    watching.only(&args.source)?;
    if watching.is_idle() {
        return Err(Failure::Store(
            "the settings name nothing to watch: write a `[[source]]` or a `[[watch.scan]]`; \
             docs/watch.md has examples"
                .to_owned(),
        ));
    }
    let Watching { ground, watched, schedule } = watching;
    let stop = ground.stop.clone();
    let quiet = args.quiet;
    let hear = |name: &str, turn: &Turn| {
        if !quiet && let Some(line) = told(name, turn) {
            terminal::notice(&line);
        }
    };
    let hear_work = |done: &Done| {
        if !quiet {
            terminal::notice(&done_in_words(done));
        }
    };
    let shift = Shift::new(Arc::clone(&ground), watched, schedule);
    if !args.once {
        terminal::notice("on watch; Ctrl-C ends it, and it goes on where it was");
        shift.run(&hear, &hear_work);
        return Ok(Exit::Clean);
    }
    let came = shift.once(&hear, &hear_work)?;
    let incomplete = came.failed > 0 || came.undone > 0 || stop.is_cancelled();
    Ok(match came.opened {
        1.. => Exit::Found,
        0 if incomplete => Exit::Incomplete,
        0 => Exit::Clean,
    })
}

/// Does something that people want of a source.
fn want(
    args: &args::WatchSource,
    what: impl FnOnce(
        &mut leeward_store::Store,
        &args::WatchSource,
        &str,
        i64,
    ) -> Result<bool, leeward_store::Trouble>,
) -> Result<Exit, Failure> {
    let config = Config::load(args.kept.config.as_deref())?;
    let mut store = kept::open_existing(&args.kept, &config)?;
    if what(&mut store, args, &kept::actor(&args.kept), kept::now())? {
        return Ok(Exit::Clean);
    }
    let name = SafeText::new(&args.name);
    Err(Failure::Store(match store.source(&args.name)? {
        Some(_) => format!("source `{name}` is paused: `leeward watch resume {name}` first"),
        None => format!(
            "no source `{name}` was ever watched; `leeward watch --status` names those that were"
        ),
    }))
}

/// What a turn came to, on a line.
fn told(name: &str, turn: &Turn) -> Option<String> {
    let name = SafeText::new(name);
    let text = match turn {
        Turn::Page(PageDone { new, opened, gaps, more, .. }) => {
            let mut text = format!("{name}: {new} new");
            if *opened > 0 {
                let _ = write!(text, ", {} opened", counted(*opened, "incident"));
            }
            if *gaps > 0 {
                let _ = write!(text, ", {gaps} not looked at");
            }
            if *more {
                text.push_str("; there is more");
            }
            text
        }
        Turn::Trouble { why, next_at, .. } => {
            format!("{name}: {why}; again at {}", time(*next_at))
        }
        Turn::Idle(_) | Turn::Stale | Turn::Stopped => return None,
    };
    Some(discreet(&text))
}

fn done_in_words(done: &Done) -> String {
    let kind = &done.kind;
    let text = match &done.trouble {
        None => format!("{kind}: done, {} opened", counted(done.opened, "incident")),
        Some(why) if done.is_dead => format!("{kind}: given up: {}", SafeText::new(why)),
        Some(why) => format!("{kind}: tried again later: {}", SafeText::new(why)),
    };
    discreet(&text)
}

/// `1 incident`, `2 incidents`.
fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn time(at: i64) -> String {
    Timestamp::from_second(at).unwrap_or_default().to_string()
}

/// How it goes.
fn show(args: &args::Watch, config: &Config) -> Result<Exit, Failure> {
    let mut store = kept::open_existing(&args.kept, config)?;
    let Status { sources, gaps, queue, dead, ours, strangers } = Status::of(&mut store)?;
    let mut out = io::stdout().lock();
    let wanted = |name: &String| args.source.is_empty() || args.source.contains(name);
    let mut in_trouble = false;
    for source in sources.iter().filter(|source| wanted(&source.name)) {
        let is_named = config.sources.iter().any(|setting| setting.name == source.name);
        in_trouble |= is_named && source.state.is_trouble();
        writeln!(out, "{}", discreet(&line(source, is_named)))?;
    }
    if sources.is_empty() {
        writeln!(out, "no source was watched yet")?;
    }
    writeln!(
        out,
        "work: {} to do, {} being done, {} given up",
        queue.waiting, queue.running, queue.dead
    )?;
    for Job { id, kind, key, trouble, .. } in &dead {
        let (key, why) = (SafeText::new(key), trouble.as_deref().unwrap_or_default());
        let text = format!("  {} {kind} {key}: {}", id.0, SafeText::new(why));
        writeln!(out, "{}", discreet(&text))?;
    }
    writeln!(out, "not looked at: {}", counted(gaps.len() as u64, "thing"))?;
    for gap in gaps.iter().filter(|gap| wanted(&gap.source)).take(20) {
        let text = format!(
            "  {}: {}: {}",
            SafeText::new(&gap.source),
            SafeText::new(&gap.what),
            SafeText::new(&gap.why)
        );
        writeln!(out, "{}", discreet(&text))?;
    }
    writeln!(
        out,
        "known by fingerprint: {} of yours, {} of other people",
        counted(ours, "value"),
        strangers.total
    )?;
    Ok(if in_trouble { Exit::Incomplete } else { Exit::Clean })
}

fn line(source: &Source, is_named: bool) -> String {
    let Source { name, service, state, read, .. } = source;
    let mut text = format!("{}  {}  {state}", SafeText::new(name), SafeText::new(service));
    if !is_named {
        text.push_str(" (not in the settings any more)");
    }
    if let Some(why) = &source.trouble {
        let _ = write!(text, ": {}", SafeText::new(why));
    }
    let success = source.success_at.map_or_else(|| "never".to_owned(), time);
    let _ = write!(
        text,
        "; read to the end {success}; {}, {}, {} repositories, {} not looked at",
        counted(read.items, "item"),
        counted(read.bytes, "byte"),
        read.repositories,
        read.gaps
    );
    text
}
