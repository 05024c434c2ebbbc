//! One incident in parts, for a page that is somebody else's: texts masked and inert,
//! pictures and tables as markup in the manner of the pages here. Which of them are
//! shown, and what can be done beside them, is that page's business.
//!
//! Texts are not escaped for HTML: that is done by whoever puts them into a page.

use leeward_model::{Evidence, MomentKind, Progress, Provenance, StepName};
use maud::Markup;

use crate::{
    foreign::inert,
    html::{reach, text},
    reach as words_of,
    snippet::Snippet,
    view::Place,
    words,
};

use super::{
    IncidentView,
    html::line,
    shown::{Shown, Step, Told},
    tell,
};

/// The style of the pictures in [`Parts`]. It uses the colours of the report's page by
/// the names of their custom properties, such as `--critical`.
pub const PICTURES: &str =
    concat!(include_str!("../html/radius.css"), include_str!("html/window.css"));

/// Characters of an excerpt; more is cut around the value.
const EXCERPT: usize = 240;

/// One incident, in parts.
#[derive(Clone, Debug)]
pub struct Parts {
    /// What kind of credential, for people.
    pub title: String,
    /// Its first and last characters.
    pub hint: String,
    /// Who takes care of it.
    pub owner: Option<String>,
    /// Whether it is live and how long it has lain open, in a line.
    pub verdict: String,
    /// Whether that is good: it is proven dead.
    pub is_good: bool,
    /// Why it is as bad as it is.
    pub severity_why: String,
    /// Why it is taken for what it is, strongest first.
    pub evidence: Vec<String>,
    /// What a provider said of it, in a line.
    pub validity_why: Option<String>,
    /// Whom it belongs to: a label and a value each.
    pub identity: Vec<(String, String)>,
    /// Its public parts: role and value each.
    pub companions: Vec<(String, String)>,
    /// Where it lies, summed up in sentences.
    pub exposure: Vec<String>,
    /// How long it lay open, in sentences.
    pub window: Vec<String>,
    /// The same as a picture, if there is something to draw.
    pub window_picture: Option<Markup>,
    /// Every moment of its timeline, as a table.
    pub moments: Markup,
    /// What it reaches: a sentence, the picture, and tables that say the same; `None` if
    /// nobody asked.
    pub reach: Option<Markup>,
    /// Every request that was made, as a table; `None` if there was none.
    pub requests: Option<Markup>,
    /// How many requests were made.
    pub request_count: usize,
    /// Where it lies.
    pub places: Vec<PlacePart>,
    /// Where it lay once.
    pub gone: Vec<PlacePart>,
    /// `3 of 6 required steps done`.
    pub progress: String,
    /// All eight, in order.
    pub steps: Vec<StepPart>,
    /// Its events, oldest first.
    pub events: Vec<EventPart>,
    /// When it was last said to be live or dead, if it ever was: seconds since
    /// 1970-01-01 UTC.
    pub last_answer: Option<i64>,
}

/// A place where the secret lies, or lay.
#[derive(Clone, Debug)]
pub struct PlacePart {
    /// Where, for people.
    pub position: String,
    /// The line it is on.
    pub line: u64,
    /// What stands before the masked value, the masked value, what comes after.
    pub excerpt: [String; 3],
    /// Encodings it lies under, outermost first.
    pub layers: Vec<&'static str>,
    /// The commit that brought it, short, and its day.
    pub commit: Option<(String, Option<String>)>,
    /// Who wrote that commit, or that text.
    pub author: Option<String>,
    /// The repository, or the source that watches it.
    pub holder: Option<String>,
    /// Branches and tags that hold it.
    pub refs: Vec<String>,
    /// Where a service shows it. Foreign: it may be no address at all.
    pub url: Option<String>,
    /// Whether anybody may read it there.
    pub is_public: Option<bool>,
}

/// One of the eight steps.
#[derive(Clone, Debug)]
pub struct StepPart {
    /// Which.
    pub name: StepName,
    /// What to do, in a line.
    pub title: String,
    /// How, by the dossier.
    pub how: String,
    /// The page where it is done, by the dossier.
    pub url: Option<String>,
    /// Whether it takes this step to close the incident.
    pub required: bool,
    /// How far it is.
    pub progress: Progress,
    /// What was done, or why not.
    pub said: Option<String>,
    /// Who did it.
    pub by: Option<String>,
    /// When: seconds since 1970-01-01 UTC.
    pub at: Option<i64>,
    /// What proves it, from its events, newest last.
    pub proof: Vec<String>,
}

/// An entry of the log.
#[derive(Clone, Debug)]
pub struct EventPart {
    /// Its place in the log.
    pub sequence: i64,
    /// When: seconds since 1970-01-01 UTC.
    pub at: i64,
    /// Who did it.
    pub actor: String,
    /// What kind of thing.
    pub kind: &'static str,
    /// In words.
    pub text: String,
    /// Facts by name.
    pub facts: Vec<(String, String)>,
    /// Whether something was masked: what is shown is not what was hashed.
    pub masked: bool,
    /// What binds it to all before it.
    pub hash: String,
}

impl Parts {
    /// Of an incident.
    pub fn of(view: &IncidentView<'_>) -> Self {
        let shown = Shown::of(view);
        let proven = view.timeline.window.is_some_and(|window| window.until.is_some());
        let live = words::capital(&tell::live_or_not(&shown));
        let verdict = match view.timeline.window {
            Some(window) => {
                let length = tell::lasted(window.seconds(view.now));
                let open = if proven { "It lay open for" } else { "It has lain open for" };
                format!("{live}. {open} {length}.")
            }
            None => format!("{live}."),
        };
        let requests: Vec<&Evidence> =
            words_of::requests(&shown.verification, shown.assessment.as_ref()).collect();
        let identity = shown.assessment.iter().flat_map(|known| &known.identity);
        let answered = |kind| matches!(kind, MomentKind::Alive | MomentKind::Dead);
        Self {
            title: inert(shown.title()),
            hint: inert(&shown.hint),
            owner: shown.owner.as_deref().map(inert),
            verdict: inert(&verdict),
            is_good: proven && !shown.verification.validity.is_live(),
            severity_why: inert(&shown.severity_why),
            evidence: shown.why.iter().map(inert).collect(),
            validity_why: words_of::validity(&shown.verification)
                .map(|why| inert(&words::capital(&why))),
            identity: identity
                .map(|says| (inert(&text::label(&says.label)), inert(&says.value)))
                .collect(),
            companions: shown
                .companions
                .iter()
                .map(|(role, value)| (inert(role), inert(value)))
                .collect(),
            exposure: shown.exposure.lines.iter().map(inert).collect(),
            window: tell::window(&shown).iter().map(|line| words::capital(&inert(line))).collect(),
            window_picture: line::drawn(&shown),
            moments: line::moments(&shown),
            reach: shown
                .assessment
                .as_ref()
                .map(|known| reach::inside(shown.known(), known, "incident")),
            request_count: requests.len(),
            requests: (!requests.is_empty()).then(|| reach::request_table(&requests)),
            places: shown.places.iter().map(PlacePart::of).collect(),
            gone: shown.gone.iter().map(PlacePart::of).collect(),
            progress: tell::progress(&shown),
            steps: shown.steps.iter().map(|step| StepPart::of(step, &shown.events)).collect(),
            events: shown.events.iter().map(EventPart::of).collect(),
            last_answer: shown
                .moments
                .iter()
                .filter(|moment| answered(moment.kind))
                .map(|moment| moment.at)
                .max(),
        }
    }
}

impl PlacePart {
    fn of(place: &Place<'_>) -> Self {
        let snippet = Snippet::cut(&place.excerpt, EXCERPT, "…");
        let git = place.git.as_ref();
        let commit = git.and_then(|git| git.commit());
        let remote = place.remote.as_ref();
        let by_git = git
            .and_then(|git| git.author.as_ref())
            .map(|(name, email)| format!("{} <{}>", inert(name), inert(email)));
        let holder = match (&*place.location.provenance, git, remote) {
            (Provenance::Git(_), Some(git), _) => Some(inert(&git.repository)),
            (_, _, Some(remote)) => {
                Some(format!("{} ({})", inert(&remote.source), inert(&remote.service)))
            }
            _ => None,
        };
        Self {
            position: inert(&place.position()),
            line: place.location.start.line,
            excerpt: [snippet.before, snippet.mark, snippet.after],
            layers: place.location.decoded.iter().map(|layer| layer.name()).collect(),
            commit: commit.map(|commit| {
                let id: String = commit.id.to_string().chars().take(10).collect();
                (id, words::date(commit.committed_at))
            }),
            author: by_git.or_else(|| remote?.author.as_deref().map(inert)),
            holder,
            refs: git.map(|git| git.refs.iter().map(inert).collect()).unwrap_or_default(),
            url: remote.map(|remote| remote.url.clone()),
            is_public: remote.and_then(|remote| remote.is_public),
        }
    }
}

impl StepPart {
    fn of(step: &Step<'_>, events: &[Told<'_>]) -> Self {
        let record = step.record.as_ref().filter(|record| !record.by.trim().is_empty());
        let remedy = step.remedy;
        // Evidence belongs to the step it names.
        let proof = events.iter().filter(|told| {
            told.event.entry.kind == leeward_model::EventKind::Evidence
                && told.event.fact(leeward_model::facts::STEP) == Some(step.name.name())
        });
        Self {
            name: step.name,
            title: inert(step.title()),
            how: remedy.map(|remedy| inert(&remedy.text)).unwrap_or_default(),
            url: remedy.and_then(|remedy| remedy.url.clone()),
            required: step.required,
            progress: step.progress,
            said: step
                .record
                .as_ref()
                .map(|record| inert(&record.text))
                .filter(|text| !text.trim().is_empty()),
            by: record.map(|record| inert(&record.by)),
            at: record.map(|record| record.at),
            proof: proof.map(|told| inert(&told.text)).collect(),
        }
    }
}

impl EventPart {
    fn of(told: &Told<'_>) -> Self {
        Self {
            sequence: told.event.sequence,
            at: told.event.entry.at,
            actor: inert(&told.actor),
            kind: told.event.entry.kind.name(),
            text: inert(&told.text),
            facts: told.facts.iter().map(|(name, value)| (inert(name), inert(value))).collect(),
            masked: told.altered,
            hash: told.event.hash.clone(),
        }
    }
}
