//! One incident as every format shows it: steps in order, texts masked. Each
//! format escapes what it takes from here in its own way; none of them reads a
//! text past it.

use std::cmp::Reverse;

use leeward_model::{
    Assessment, Event, EventKind, Incident, Moment, Progress, State, StepName, StepRecord,
    Verification,
};

use crate::{
    Remediation,
    exposure::Exposure,
    masked,
    value::Masker,
    view::{Known, Place, sentence},
    words::grouped,
};

use super::{IncidentView, IncidentsView, line::Line};

pub(crate) struct Shown<'a> {
    pub(crate) view: &'a IncidentView<'a>,
    pub(crate) owner: Option<String>,
    place: String,
    pub(crate) hint: String,
    /// Why it is as bad as it is, in one sentence.
    pub(crate) severity_why: String,
    /// Evidence in words, strongest first.
    pub(crate) why: Vec<String>,
    /// Role and value of the credential's public parts.
    pub(crate) companions: Vec<(String, String)>,
    pub(crate) verification: Verification,
    pub(crate) assessment: Option<Assessment>,
    pub(crate) exposure: Exposure,
    pub(crate) places: Vec<Place<'a>>,
    /// Where it lay once.
    pub(crate) gone: Vec<Place<'a>>,
    /// All eight, in order.
    pub(crate) steps: Vec<Step<'a>>,
    /// Oldest first.
    pub(crate) moments: Vec<Moment>,
    /// In the order of the log.
    pub(crate) events: Vec<Told<'a>>,
    /// The moments that are drawn.
    pub(crate) line: Option<Line>,
}

/// One of the eight steps.
pub(crate) struct Step<'a> {
    pub(crate) name: StepName,
    /// Whether it takes this step to close the incident.
    pub(crate) required: bool,
    pub(crate) progress: Progress,
    /// Who did what and when; `None` if nothing was done.
    pub(crate) record: Option<StepRecord>,
    /// What the dossier says of it.
    pub(crate) remedy: Option<&'a Remediation>,
}

/// One event.
pub(crate) struct Told<'a> {
    pub(crate) event: &'a Event,
    pub(crate) actor: String,
    pub(crate) text: String,
    pub(crate) facts: Vec<(String, String)>,
    /// Whether something was masked: what is shown is not what was hashed.
    pub(crate) altered: bool,
}

impl<'a> Shown<'a> {
    pub(crate) fn of(view: &'a IncidentView<'a>) -> Self {
        let masker = Masker::of(view.hidden.iter().copied());
        let text = |text: &str| masker.text(text);
        let IncidentView { incident, case, .. } = view;
        let moment = |moment: &Moment| Moment { text: text(&moment.text), ..moment.clone() };
        Self {
            view,
            owner: incident.owner.as_deref().map(text),
            place: text(&incident.place),
            hint: text(case.hint.as_str()),
            severity_why: text(&sentence(&case.severity.why)),
            why: case.signals.iter().map(|signal| text(&signal.why)).collect(),
            companions: case
                .companions
                .iter()
                .map(|companion| (text(&companion.role), text(&companion.value)))
                .collect(),
            verification: masked::verification(&case.verification, &masker),
            assessment: case.assessment.as_ref().map(|known| masked::assessment(known, &masker)),
            exposure: Exposure::of(&case.locations, view.now, &masker),
            places: case.locations.iter().map(|location| Place::of(location, &masker)).collect(),
            gone: case.gone.iter().map(|location| Place::of(location, &masker)).collect(),
            steps: StepName::ALL.into_iter().map(|name| Step::of(name, view, &masker)).collect(),
            moments: view.timeline.moments.iter().map(moment).collect(),
            events: view.events.iter().map(|event| Told::of(event, &masker)).collect(),
            line: Line::of(view.timeline, incident.state != State::Closed, view.now),
        }
    }

    pub(crate) fn known(&self) -> Known<'_> {
        Known {
            hint: &self.hint,
            verification: &self.verification,
            assessment: self.assessment.as_ref(),
        }
    }

    /// The name for people: the dossier's title, or its id without one.
    pub(crate) fn title(&self) -> &str {
        match self.view.guidance.title.as_str() {
            "" => self.view.incident.dossier.as_str(),
            title => title,
        }
    }

    /// Its line of a list, whose place is the first where it lies.
    pub(crate) fn row(&self) -> Row<'a> {
        Row {
            incident: self.view.incident,
            title: self.title().to_owned(),
            hint: self.hint.clone(),
            owner: self.owner.clone(),
            place: self.place.clone(),
        }
    }

    /// Steps that it takes and that are not settled, in the order they are to
    /// be done.
    pub(crate) fn to_do(&self) -> Vec<&Step<'a>> {
        let open = |name: &StepName| {
            self.steps.iter().find(|step| step.name == *name && !step.progress.is_settled())
        };
        self.view.required.iter().filter_map(open).collect()
    }

    /// Events of one kind.
    pub(crate) fn told(&self, kind: EventKind) -> impl Iterator<Item = &Told<'a>> {
        self.events.iter().filter(move |told| told.event.entry.kind == kind)
    }
}

impl<'a> Step<'a> {
    fn of(name: StepName, view: &'a IncidentView<'a>, masker: &Masker) -> Self {
        let records = view.steps.iter().filter(|record| record.step == name);
        let record = records.max_by_key(|record| record.at).map(|record| StepRecord {
            text: masker.text(&record.text),
            by: masker.text(&record.by),
            ..record.clone()
        });
        Self {
            name,
            required: view.required.contains(&name),
            progress: record.as_ref().map_or(Progress::Open, |record| record.progress),
            record,
            remedy: view.guidance.remediation.iter().find(|remedy| remedy.step == name.name()),
        }
    }

    /// What to do, in a line: the dossier's words, or the step's name.
    pub(crate) fn title(&self) -> &str {
        self.remedy
            .map(|remedy| remedy.title.trim_end_matches('.'))
            .filter(|title| !title.is_empty())
            .unwrap_or_else(|| self.name.name())
    }
}

impl<'a> Told<'a> {
    fn of(event: &'a Event, masker: &Masker) -> Self {
        let mut altered = false;
        let mut text = |text: &String| {
            let masked = masker.text(text);
            altered |= masked != *text;
            masked
        };
        let entry = &event.entry;
        let (actor, said) = (text(&entry.actor), text(&entry.text));
        let facts = entry.facts.iter().map(|(name, value)| (text(name), text(value))).collect();
        Self { event, actor, text: said, facts, altered }
    }
}

/// An incident in a list, its texts masked.
pub(crate) struct Row<'a> {
    pub(crate) incident: &'a Incident,
    pub(crate) title: String,
    pub(crate) hint: String,
    pub(crate) owner: Option<String>,
    place: String,
}

impl Row<'_> {
    /// `app/.env:3:17 and 3 more`.
    pub(crate) fn place(&self) -> String {
        match self.incident.places {
            0 | 1 => self.place.clone(),
            n => format!("{} and {} more", self.place, grouped(n - 1)),
        }
    }

    /// Only the first.
    pub(crate) fn first_place(&self) -> &str {
        &self.place
    }
}

/// The incidents of a list, most urgent first: what is closed comes last, then
/// it goes by severity, by what is due first, and by number.
pub(crate) fn rows<'a>(view: &IncidentsView<'a>) -> Vec<Row<'a>> {
    let masker = Masker::of(view.hidden.iter().copied());
    let mut incidents: Vec<&Incident> = view.incidents.iter().collect();
    incidents.sort_by_key(|incident| {
        (
            incident.state == State::Closed,
            Reverse(incident.severity),
            incident.due.unwrap_or(i64::MAX),
            incident.id,
        )
    });
    let row = |incident: &'a Incident| Row {
        incident,
        title: match (view.guidance)(&incident.dossier).title {
            title if title.is_empty() => incident.dossier.to_string(),
            title => title,
        },
        hint: masker.text(incident.hint.as_str()),
        owner: incident.owner.as_deref().map(|owner| masker.text(owner)),
        place: masker.text(&incident.place),
    };
    incidents.into_iter().map(row).collect()
}
