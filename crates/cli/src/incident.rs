//! `leeward incident`: what is kept of exposures, read and annotated. Closing
//! one step by step is `respond`'s.

use std::{
    fs,
    io::{self, BufWriter, Read as _, Write as _},
    path::Path,
};

use jiff::{civil::Date, tz::TimeZone};
use leeward_dossier::Library;
use leeward_model::{Case, EventKind, Incident, SafeText, State, StepName, Timeline};
use leeward_report::{self as report, IncidentFormat, IncidentView, IncidentsView, ListFormat};
use leeward_respond::Order;
use leeward_store::{Filter, Head, NotAHead, Store};
use leeward_watch::care::{self, By, NotDone};

use crate::{
    args::{self, Color, Kept},
    config::Config,
    failure::{Exit, Failure},
    kept, terminal,
};

/// Incidents that a person is shown at once.
const SCREEN: u64 = 200;

/// Runs a command about incidents.
pub(crate) fn run(command: &args::Incident, color: Color) -> Result<Exit, Failure> {
    match command {
        args::Incident::List(args) => list(args, color),
        args::Incident::Show(args) => show_one(args, color),
        args::Incident::Assign(args) => assign(args),
        args::Incident::Note(args) => note(args),
        args::Incident::Close(args) => close(args),
        args::Incident::Reopen(args) => reopen(args),
        args::Incident::VerifyLog(args) => verify_log(args),
        args::Incident::Export(args) => export(args),
    }
}

fn list(args: &args::List, color: Color) -> Result<Exit, Failure> {
    let config = Config::load(args.kept.config.as_deref())?;
    let mut store = kept::open_existing(&args.kept, &config)?;
    let now = kept::now();
    let is_for_people = matches!(args.format, args::ListFormat::Human);
    let filter = Filter {
        states: args.state.iter().copied().map(State::from).collect(),
        all: args.all,
        severity: args.severity.map(Into::into),
        owner: args.owner.clone(),
        dossier: args.dossier.clone(),
        overdue_at: args.overdue.then_some(now),
        limit: args.limit.or(is_for_people.then_some(SCREEN)),
    };
    let incidents = store.incidents(&filter)?;
    let library = Library::builtin();
    let view = IncidentsView {
        incidents: &incidents,
        total: store.count()? as usize,
        hidden: &[],
        guidance: &|id| leeward_watch::guidance::guidance(&library, id),
        now,
        tool_version: env!("CARGO_PKG_VERSION"),
    };
    let format = match args.format {
        args::ListFormat::Human => ListFormat::Human,
        args::ListFormat::Json => ListFormat::Json,
        args::ListFormat::Csv => ListFormat::Csv,
    };
    let mut out = BufWriter::new(io::stdout().lock());
    report::write_list(format, &view, terminal::style(color), &mut out)?;
    out.flush()?;
    Ok(Exit::Clean)
}

fn show_one(args: &args::Show, color: Color) -> Result<Exit, Failure> {
    let config = Config::load(args.kept.config.as_deref())?;
    let mut store = kept::open_existing(&args.kept, &config)?;
    let incident = store.find(&args.incident)?;
    let format = match args.format {
        args::ShowFormat::Human => IncidentFormat::Human,
        args::ShowFormat::Json => IncidentFormat::Json,
        args::ShowFormat::Markdown => IncidentFormat::Markdown,
        args::ShowFormat::Html => IncidentFormat::Html,
    };
    with_view(&mut store, &incident, &config, |view| match &args.output {
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            report::write_incident(format, view, terminal::style(color), &mut out)?;
            Ok(out.flush()?)
        }
        Some(path) => {
            let failed = |error| Failure::File("write the incident to", path.clone(), error);
            let mut out = BufWriter::new(fs::File::create(path).map_err(failed)?);
            report::write_incident(format, view, report::Style::PLAIN, &mut out)
                .and_then(|()| out.flush())
                .map_err(failed)
        }
    })?;
    Ok(Exit::Clean)
}

/// Everything that is kept of an incident, as it is shown.
pub(crate) fn with_view<T>(
    store: &mut Store,
    incident: &Incident,
    config: &Config,
    then: impl FnOnce(&IncidentView<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let case = store.case(&incident.fingerprint)?.ok_or_else(|| {
        Failure::Store(format!(
            "incident {} has no finding beside it: the database was altered; `leeward incident \
             verify-log` says more",
            incident.id
        ))
    })?;
    let steps = store.steps(incident.id)?;
    let events = store.events(Some(incident.id))?;
    let links = store.links(incident.id)?;
    let links: Vec<(i64, &str)> =
        links.iter().map(|head| (head.sequence, head.hash.as_str())).collect();
    let head = store.head()?;
    let library = Library::builtin();
    let timeline = Timeline::of(&case, &events);
    let required = in_order(&case, &config.policy()?.required);
    let guidance = leeward_watch::guidance::guidance(&library, &case.dossier);
    then(&IncidentView {
        incident,
        case: &case,
        steps: &steps,
        required: &required,
        events: &events,
        timeline: &timeline,
        links: &links,
        head: (head.sequence, &head.hash),
        guidance: &guidance,
        hidden: &[],
        now: kept::now(),
        tool_version: env!("CARGO_PKG_VERSION"),
    })
}

/// Steps in the order in which they are to be taken.
fn in_order(case: &Case, steps: &[StepName]) -> Vec<StepName> {
    let (order, _) = Order::of(case);
    order.steps().into_iter().filter(|step| steps.contains(step)).collect()
}

/// The store, and an incident in it.
fn opened(kept: &Kept, handle: &str) -> Result<(Store, Incident, Config), Failure> {
    let config = Config::load(kept.config.as_deref())?;
    let mut store = kept::open_existing(kept, &config)?;
    let incident = store.find(handle)?;
    Ok((store, incident, config))
}

fn assign(args: &args::Assign) -> Result<Exit, Failure> {
    let (mut store, incident, _) = opened(&args.kept, &args.incident)?;
    let actor = kept::actor(&args.kept);
    let by = by(&actor);
    let mut said = Vec::new();
    if args.owner.is_some() || args.due.is_none() {
        let owner = args.owner.as_deref().unwrap_or_default();
        said.push(care::assign(&mut store, by, incident.id, owner)?);
    }
    if let Some(due) = &args.due {
        said.push(care::due(&mut store, by, incident.id, day(due)?)?);
    }
    for text in said {
        say(&format!("incident {}: {text}", incident.id));
    }
    Ok(Exit::Clean)
}

/// Who acts, now.
fn by(actor: &str) -> By<'_> {
    By { actor, at: kept::now() }
}

/// A day, or a number of days from now: its end, in seconds since 1970-01-01
/// UTC.
pub(crate) fn day(text: &str) -> Result<i64, Failure> {
    let in_days = text.strip_suffix('d').and_then(|days| days.parse::<i64>().ok());
    if let Some(days) = in_days.filter(|days| (0..=36_500).contains(days)) {
        return Ok(kept::now() + days * 86_400);
    }
    let date: Date = text.parse().map_err(|_| {
        Failure::Store(format!(
            "`{}` is no day: write it as `2026-12-01`, or as `3d` from now",
            SafeText::new(text)
        ))
    })?;
    let end = TimeZone::UTC.to_timestamp(date.at(23, 59, 59, 0));
    Ok(end.map_err(|error| Failure::Store(error.to_string()))?.as_second())
}

/// What was typed, or what standard input says.
fn said(text: &str) -> Result<String, Failure> {
    /// More is no note.
    const LONGEST: u64 = 64 << 10;
    let mut read = String::new();
    if text != "-" {
        return Ok(text.to_owned());
    }
    io::stdin().lock().take(LONGEST).read_to_string(&mut read)?;
    Ok(read)
}

fn note(args: &args::Note) -> Result<Exit, Failure> {
    let (mut store, incident, _) = opened(&args.kept, &args.incident)?;
    let actor = kept::actor(&args.kept);
    care::note(&mut store, by(&actor), incident.id, &said(&args.text)?)?;
    say(&format!("incident {}: noted", incident.id));
    Ok(Exit::Clean)
}

fn reopen(args: &args::Note) -> Result<Exit, Failure> {
    let (mut store, incident, _) = opened(&args.kept, &args.incident)?;
    let actor = kept::actor(&args.kept);
    let is_reopened = care::reopen(&mut store, by(&actor), &incident, &said(&args.text)?)?;
    if is_reopened {
        say(&format!("incident {}: reopened", incident.id));
    } else {
        say(&format!("incident {} is {} already; noted", incident.id, incident.state.name()));
    }
    Ok(Exit::Clean)
}

/// Steps that somebody leaves out, with the reason.
pub(crate) fn waived(texts: &[String]) -> Result<Vec<(StepName, String)>, Failure> {
    let parse = |text: &String| {
        let (step, reason) = text.split_once('=').unwrap_or((text, ""));
        let step: StepName = step.parse().map_err(|error| {
            Failure::Store(format!("`--waive {}`: {error}", SafeText::new(step)))
        })?;
        if reason.trim().is_empty() {
            return Err(Failure::Store(format!(
                "`--waive {step}` needs a reason, which an auditor will read: `--waive \
                 {step}=\"...\"`"
            )));
        }
        Ok((step, leeward_watch::discreet::cautious(reason.trim())))
    };
    texts.iter().map(parse).collect()
}

fn close(args: &args::Close) -> Result<Exit, Failure> {
    let (mut store, incident, config) = opened(&args.kept, &args.incident)?;
    let actor = kept::actor(&args.kept);
    let (policy, waived) = (config.policy()?, waived(&args.waive)?);
    if care::close(&mut store, by(&actor), &policy, &incident, &waived)? {
        say(&format!("incident {}: closed", incident.id));
    } else {
        say(&format!("incident {} is closed already", incident.id));
    }
    Ok(Exit::Clean)
}

fn verify_log(args: &args::VerifyLog) -> Result<Exit, Failure> {
    let config = Config::load(args.kept.config.as_deref())?;
    let mut store = kept::open_existing(&args.kept, &config)?;
    let check = store.verify_log()?;
    let mut faults: Vec<String> = check.problems.iter().map(ToString::to_string).collect();
    if let Some(text) = &args.head {
        let head: Head =
            text.parse().map_err(|error: NotAHead| Failure::Store(error.to_string()))?;
        if !store.holds(&head)? {
            faults.push(format!(
                "event {} is not the one that was noted elsewhere: the log was replaced since",
                head.sequence
            ));
        }
    }
    if faults.is_empty() {
        say(&format!(
            "the log is whole: {} events, none altered; head {}",
            check.events, check.head
        ));
        return Ok(Exit::Clean);
    }
    say(&format!("the log was altered: {} faults in {} events", faults.len(), check.events));
    for fault in &faults {
        say(&format!("  {}", SafeText::new(fault)));
    }
    say("restore the database from a backup, and find out who can write to it");
    Ok(Exit::Found)
}

fn export(args: &args::Export) -> Result<Exit, Failure> {
    let (mut store, incident, config) = opened(&args.kept, &args.incident)?;
    let output = &args.output;
    if output.exists() {
        return Err(Failure::Store(format!(
            "`{}` exists already: name a folder or a `.zip` that does not",
            shown(output)
        )));
    }
    let parent = output.parent().filter(|parent| !parent.as_os_str().is_empty());
    if parent.is_some_and(|parent| !parent.is_dir()) {
        return Err(Failure::Store(format!(
            "`{}` is in a folder that does not exist: make it first",
            shown(output)
        )));
    }
    let actor = kept::actor(&args.kept);
    let text = "a pack of evidence is being written";
    store.append(&[kept::entry(incident.id, &actor, EventKind::Exported, text, &[])])?;
    let incident = store.find(&incident.id.to_string())?;
    let files = with_view(&mut store, &incident, &config, |view| Ok(report::pack(view)?))?;
    let failed = |error| Failure::File("write the evidence to", output.clone(), error);
    if output.extension().is_some_and(|extension| extension == "zip") {
        crate::archive::write(output, &files).map_err(failed)?;
    } else {
        fs::create_dir(output).map_err(failed)?;
        for file in &files {
            fs::write(output.join(file.name), &file.bytes).map_err(failed)?;
        }
    }
    let head = store.head()?;
    say(&format!(
        "{} files written to `{}`; note the head of the log where nobody who can write to the database \
         can: {head}",
        files.len(),
        shown(output),
    ));
    Ok(Exit::Clean)
}

fn shown(path: &Path) -> String {
    SafeText::new(path.as_os_str().as_encoded_bytes()).to_string()
}

/// A line on standard output; if nobody reads it, that is theirs to decide.
fn say(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

impl From<NotDone> for Failure {
    fn from(not_done: NotDone) -> Self {
        Self::Store(not_done.to_string())
    }
}
