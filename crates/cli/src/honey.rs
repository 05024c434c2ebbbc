//! `leeward honey`: keys that nobody uses, so that whoever does is seen. Made
//! here, known to the store, and told by scans and logs.

mod check;
mod make;
pub(crate) mod sighted;

use std::io::{self, Write as _};

use jiff::Timestamp;
use leeward_model::{IncidentId, SafeText};
use leeward_store::{Honey, Store};

use leeward_watch::discreet::cautious;

use crate::{
    args,
    config::Config,
    failure::{Exit, Failure},
    kept,
};

/// Runs it.
pub(crate) fn run(command: &args::Honey) -> Result<Exit, Failure> {
    match command {
        args::Honey::Create(args) => make::run(args),
        args::Honey::List(args) => list(args),
        args::Honey::Show(args) => show(args),
        args::Honey::Retire(args) => retire(args),
        args::Honey::Check(args) => check::run(args),
    }
}

fn list(args: &args::HoneyList) -> Result<Exit, Failure> {
    let config = Config::load(args.kept.config.as_deref())?;
    let mut store = kept::open_existing(&args.kept, &config)?;
    let mut out = io::stdout().lock();
    let mut honeys = store.honey()?;
    honeys.retain(|honey| args.all || honey.retired_at.is_none());
    if honeys.is_empty() {
        writeln!(out, "no honey key is watched for; `leeward honey create` makes one")?;
    }
    for honey in honeys {
        let (state, place) = (state(&mut store, &honey)?, SafeText::new(&honey.place));
        let note = match honey.note.as_str() {
            "" => String::new(),
            note => format!("  {}", SafeText::new(note)),
        };
        let Honey { id, hint, dossier, .. } = &honey;
        writeln!(out, "{id:>4}  {hint}  {dossier}  {place}  {state}{note}")?;
    }
    Ok(Exit::Clean)
}

fn show(args: &args::HoneyShow) -> Result<Exit, Failure> {
    let config = Config::load(args.kept.config.as_deref())?;
    let mut store = kept::open_existing(&args.kept, &config)?;
    let honey = find(&mut store, &args.honey)?;
    let made = format!("{} by {}", time(honey.made_at), SafeText::new(&honey.made_by));
    let state = state(&mut store, &honey)?;
    let mut out = io::stdout().lock();
    for (name, text) in [
        ("honey key", honey.id.to_string()),
        ("value", honey.hint.to_string()),
        ("kind", honey.dossier.to_string()),
        ("fingerprint", honey.fingerprint.to_string()),
        ("SHA-256", honey.sha256.clone()),
        ("put into", SafeText::new(&honey.place).to_string()),
        ("made", made),
        ("state", state),
        ("note", SafeText::new(&honey.note).to_string()),
    ] {
        if !text.is_empty() {
            writeln!(out, "{name:<12} {text}")?;
        }
    }
    Ok(Exit::Clean)
}

fn retire(args: &args::HoneyRetire) -> Result<Exit, Failure> {
    let config = Config::load(args.kept.config.as_deref())?;
    let mut store = kept::open_existing(&args.kept, &config)?;
    let honey = find(&mut store, &args.honey)?;
    let actor = cautious(&kept::actor(&args.kept));
    let is_new = store.honey_retire(&honey, kept::now(), &actor, &cautious(&args.reason))?;
    let text = if is_new {
        format!(
            "honey key {} is watched for no more; take it out of {}",
            honey.id,
            SafeText::new(&honey.place)
        )
    } else {
        format!("honey key {} was retired before", honey.id)
    };
    writeln!(io::stdout(), "{text}")?;
    Ok(Exit::Clean)
}

/// The one that somebody means.
fn find(store: &mut Store, handle: &str) -> Result<Honey, Failure> {
    let wanted = handle.trim();
    let is_it = |honey: &Honey| {
        wanted.parse() == Ok(honey.id)
            || wanted.len() >= 8 && honey.fingerprint.to_string().starts_with(wanted)
    };
    store.honey()?.into_iter().find(is_it).ok_or_else(|| {
        Failure::Store("there is no such honey key; `leeward honey list --all` shows them".into())
    })
}

/// How one stands, in words.
fn state(store: &mut Store, honey: &Honey) -> Result<String, Failure> {
    let incident = match store.case(&honey.fingerprint)? {
        Some(_) => Some(store.find(&honey.fingerprint.to_string())?.id),
        None => None,
    };
    Ok(match (honey.retired_at, incident) {
        (Some(at), None) => format!("retired {}", time(at)),
        (Some(at), Some(id)) => format!("retired {}; incident {id}", time(at)),
        (None, None) => "seen nowhere else".to_owned(),
        (None, Some(id)) => format!("SEEN: incident {id}"),
    })
}

fn time(seconds: i64) -> String {
    let at = Timestamp::from_second(seconds).unwrap_or_default();
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// What is to be done about a honey key that was met or used: there is nothing
/// to revoke. For `leeward respond`.
pub(crate) fn plan(id: IncidentId, honey: &Honey) -> String {
    let place = SafeText::new(&honey.place);
    format!(
        "incident {id} is of honey key {number} ({hint}): nobody uses this value and it opens nothing, so \
         nothing is revoked, asked or replaced for it.\n\
         \n\
         It was put into {place}. That it turned up elsewhere means that somebody read that place.\n\
         \n\
         1. Find out who took it: `leeward incident show {id}` has where and when it was met; look who could \
         read {place} since {made}, and what else they could read.\n\
         2. Treat the place as read by others: replace the real keys that lie there or on the same machine. \
         `leeward scan --record` of it opens an incident for each, and `leeward respond` closes them.\n\
         3. Close the way in.\n\
         4. Write down what you found (`leeward incident note {id}`), attest or waive the steps \
         (`leeward respond {id} STEP --attest TEXT`, `--waive STEP=REASON`), close the incident, and put out a \
         new honey key: this one is known (`leeward honey retire {number} --reason TEXT`).\n",
        number = honey.id,
        hint = honey.hint,
        made = time(honey.made_at),
    )
}
