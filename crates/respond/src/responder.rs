//! One incident being responded to: what is known of it, and the loop that takes
//! one step after the other. What a step does is its own file's; what is written
//! down, and when, is decided here.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

use leeward_dossier::Dossier;
use leeward_model::{
    Case, Entry, Event, EventKind, Evidence, Fingerprint, Incident, Progress, State, StepName,
    StepRecord, Timeline, Validity,
};
use leeward_probe::Learnt;

use crate::{
    dependents::Dependents,
    journal::{Journal, facts},
    means::{Tools, Wishes},
    order::Order,
    outcome::{Halt, Outcome},
    plan::Plan,
    step,
};

/// An incident being responded to.
pub struct Responder<'a> {
    pub(crate) incident: Incident,
    pub(crate) case: Case,
    pub(crate) steps: Vec<StepRecord>,
    pub(crate) events: Vec<Event>,
    pub(crate) dossier: &'a Dossier,
    pub(crate) tools: Tools<'a>,
    pub(crate) wishes: Wishes,
    journal: &'a mut dyn Journal,
    /// The order, which stays what it was when the response began.
    order: (Order, &'static str),
    /// What uses the value, once that was searched for.
    dependents: RefCell<Option<Rc<Dependents>>>,
}

impl<'a> Responder<'a> {
    /// A responder for what is remembered of an incident.
    #[expect(clippy::too_many_arguments, reason = "each is one thing that is known")]
    pub fn new(
        incident: Incident,
        case: Case,
        steps: Vec<StepRecord>,
        events: Vec<Event>,
        dossier: &'a Dossier,
        tools: Tools<'a>,
        wishes: Wishes,
        journal: &'a mut dyn Journal,
    ) -> Self {
        let order = match wishes.order {
            Some(order) => (order, "as you said"),
            None => Order::of(&case),
        };
        Self {
            incident,
            case,
            steps,
            events,
            dossier,
            tools,
            wishes,
            journal,
            order,
            dependents: RefCell::default(),
        }
    }

    /// The incident as it is now.
    pub fn incident(&self) -> &Incident {
        &self.incident
    }

    /// What is known of its kind.
    pub fn dossier(&self) -> &Dossier {
        self.dossier
    }

    /// Whether closing asks for a step.
    pub fn is_required(&self, step: StepName) -> bool {
        self.wishes.required.contains(&step)
    }

    /// Whether somebody left a step out, or said that it was done.
    pub(crate) fn is_waived(&self, step: StepName) -> bool {
        self.is_settled(step) && matches!(self.proof(step), Some(facts::WAIVED | facts::ATTESTED))
    }

    /// Whether nothing is left to do of a step.
    pub fn is_settled(&self, step: StepName) -> bool {
        self.progress(step).is_settled()
    }

    /// The order in which steps are taken, and why.
    pub fn order(&self) -> (Order, &'static str) {
        self.order
    }

    /// How far a step is.
    pub fn record_of(&self, step: StepName) -> Option<&StepRecord> {
        self.steps.iter().find(|record| record.step == step)
    }

    pub(crate) fn progress(&self, step: StepName) -> Progress {
        self.record_of(step).map_or(Progress::Open, |record| record.progress)
    }

    /// What a step would do now.
    pub fn plan(&self, step: StepName) -> Plan {
        step::plan(self, step)
    }

    /// Takes steps, in the order that was asked for. Those that are settled are
    /// looked at again only if they are among `again`: somebody named them, or
    /// handed in what is theirs.
    ///
    /// # Errors
    /// When the response had to end; everything done so far is written down.
    pub fn take(&mut self, wanted: &[StepName], again: &[StepName]) -> Result<(), Halt> {
        let (order, _) = self.order();
        for step in order.steps().into_iter().filter(|step| wanted.contains(step)) {
            if self.progress(step).is_settled() && !again.contains(&step) {
                continue;
            }
            self.check_stop()?;
            let before = self.record_of(step).cloned();
            let proof = self.proof(step).map(str::to_owned);
            self.begin(step)?;
            let outcome = step::apply(self, step)?;
            self.settle(step, kept(before, proof, outcome))?;
        }
        self.advance()
    }

    /// Leaves a step out, or takes a person's word for it. What a provider can
    /// say is asked all the same, and what was proven stays.
    ///
    /// # Errors
    /// When it could not be written down.
    pub fn decide(&mut self, step: StepName, progress: Progress, text: &str) -> Result<(), Halt> {
        let is_proven = self.progress(step) == Progress::Done
            && matches!(self.proof(step), Some(facts::REFUSED | facts::UNLISTED));
        if is_proven {
            let named = [(facts::STEP, step.name())];
            return self.write(EventKind::Noted, text, &named).map(drop);
        }
        let proof = if progress == Progress::Waived { facts::WAIVED } else { facts::ATTESTED };
        let mut outcome = Outcome::new(progress, text).with(facts::PROOF, proof);
        if step == StepName::Revoke && progress == Progress::Done {
            outcome = step::attested(self, outcome)?;
        }
        self.settle(step, outcome)?;
        self.advance()
    }

    /// Asks whether the value is live, if it is at hand and somebody may be asked, and
    /// writes down what was said.
    ///
    /// # Errors
    /// When it could not be written down.
    pub fn verify(&mut self) -> Result<(), Halt> {
        step::verify(self)
    }

    /// Closes the incident if every required step is settled.
    ///
    /// # Errors
    /// When it could not be written down.
    pub fn close(&mut self, why: &str) -> Result<bool, Halt> {
        if !self.missing().is_empty() || self.hindrance().is_some() {
            return Ok(false);
        }
        self.move_to(State::Closed, why)?;
        Ok(true)
    }

    /// Whether the value is alive by the newest answer, and nothing since speaks
    /// against that.
    fn is_alive(&self) -> bool {
        self.incident.validity.is_live() && self.proof(StepName::Revoke) != Some(facts::UNLISTED)
    }

    /// How the newest end of a step is known.
    fn proof(&self, step: StepName) -> Option<&str> {
        self.last(EventKind::Step, &[(facts::STEP, step.name())])?.fact(facts::PROOF)
    }

    /// What was about to be changed when the response ended, if no event says
    /// what became of it.
    pub fn unsettled(&self) -> Option<String> {
        let last =
            self.events.iter().rev().find(|event| {
                matches!(event.entry.kind, EventKind::Intent | EventKind::Evidence)
            })?;
        let act = last.fact(facts::ACT).unwrap_or_default();
        (last.entry.kind == EventKind::Intent).then(|| {
            let what = last.fact(facts::KEY_NAME).or(last.fact(facts::DESTINATION));
            format!("{act} {}", what.unwrap_or_default())
        })
    }

    /// Why it cannot be closed though every required step is settled.
    pub fn hindrance(&self) -> Option<&'static str> {
        hindrance(&self.incident, &self.steps, &self.events)
    }

    /// Required steps that are not settled.
    pub fn missing(&self) -> Vec<StepName> {
        let open = |step: &&StepName| !self.progress(**step).is_settled();
        self.wishes.required.iter().filter(open).copied().collect()
    }

    /// Brings the state to what the steps have reached, never back.
    fn advance(&mut self) -> Result<(), Halt> {
        let is_settled = |step| self.progress(step).is_settled();
        let contained = self.progress(StepName::Revoke) == Progress::Done && !self.is_alive();
        let rotated =
            contained && is_settled(StepName::Rotate) && is_settled(StepName::UpdateDependents);
        let reached = match self.incident.state {
            State::Open | State::Reopened if rotated => State::Rotated,
            State::Open | State::Reopened if contained => State::Contained,
            State::Contained if rotated => State::Rotated,
            _ => return Ok(()),
        };
        let why = match reached {
            State::Rotated => "revoked, and what used it is taken care of",
            _ => "revoked",
        };
        self.move_to(reached, why)
    }

    fn move_to(&mut self, to: State, why: &str) -> Result<(), Halt> {
        let from = self.incident.state;
        if from == to {
            return Ok(());
        }
        let facts = [(facts::FROM, from.name()), (facts::TO, to.name())];
        self.write(EventKind::Moved, why, &facts)?;
        self.incident.state = to;
        Ok(())
    }

    fn begin(&mut self, step: StepName) -> Result<(), Halt> {
        self.settle(step, Outcome::new(Progress::Begun, "begun"))
    }

    fn settle(&mut self, step: StepName, outcome: Outcome) -> Result<(), Halt> {
        let Outcome { progress, text, facts: mut named } = outcome;
        named.insert(facts::STEP.to_owned(), step.name().to_owned());
        named.insert(facts::PROGRESS.to_owned(), progress.name().to_owned());
        let event = self.write_all(EventKind::Step, &text, named)?;
        let record =
            StepRecord { step, progress, text, by: event.entry.actor.clone(), at: event.entry.at };
        self.steps.retain(|known| known.step != step);
        self.steps.push(record);
        Ok(())
    }

    /// Writes down what is about to be changed outside.
    pub(crate) fn intend(
        &mut self,
        step: StepName,
        text: &str,
        named: &[(&str, &str)],
    ) -> Result<(), Halt> {
        self.check_stop()?;
        let named = [&[(facts::STEP, step.name())], named].concat();
        self.write(EventKind::Intent, text, &named).map(drop)
    }

    /// Writes down what was learnt or done, with the requests that show it.
    pub(crate) fn prove(
        &mut self,
        step: StepName,
        text: &str,
        named: &[(&str, &str)],
        evidence: &[Evidence],
    ) -> Result<(), Halt> {
        let mut all: BTreeMap<String, String> = named_facts(named);
        all.insert(facts::STEP.to_owned(), step.name().to_owned());
        for (index, request) in evidence.iter().enumerate() {
            all.insert(format!("request-{}", index + 1), in_words(request));
        }
        self.write_all(EventKind::Evidence, text, all).map(drop)
    }

    /// Keeps what a provider said of the secret.
    pub(crate) fn learn(&mut self, kind: EventKind, learnt: &Learnt) -> Result<(), Halt> {
        let verification = &learnt.verification;
        let validity = verification.validity;
        let mut named = named_facts(&[(facts::VALIDITY, validity.name())]);
        for (index, request) in verification.evidence.iter().enumerate() {
            named.insert(format!("request-{}", index + 1), in_words(request));
        }
        let text = match kind {
            EventKind::Assessed => "what it reaches was asked".to_owned(),
            _ => format!("{}: {}", validity.name(), verification.why),
        };
        let entry = self.entry(kind, &text, named);
        for event in self.journal.learn(learnt, entry)? {
            self.take_note(event);
        }
        if validity != Validity::Unchecked {
            // An answer stands until another comes; no answer takes nothing back.
            if validity != Validity::Unknown || !self.case.verification.validity.is_live() {
                self.case.verification = verification.clone();
                self.incident.validity = validity;
            }
        }
        if let Some(assessment) = &learnt.assessment {
            self.case.assessment = Some(assessment.clone());
        }
        Ok(())
    }

    /// What an event changes of what is known here.
    fn take_note(&mut self, event: Event) {
        let is_reopened = event.entry.kind == EventKind::Moved
            && event.fact(facts::TO) == Some(State::Reopened.name());
        if is_reopened {
            self.incident.state = State::Reopened;
            for record in &mut self.steps {
                record.progress = Progress::Open;
            }
        }
        self.events.push(event);
    }

    /// Waits, and says that it is still at work.
    pub(crate) fn wait(&mut self, time: Duration) -> Result<(), Halt> {
        self.journal.alive()?;
        (self.tools.pause)(time, &self.tools.stop);
        self.check_stop()
    }

    fn write(
        &mut self,
        kind: EventKind,
        text: &str,
        named: &[(&str, &str)],
    ) -> Result<Event, Halt> {
        self.write_all(kind, text, named_facts(named))
    }

    fn write_all(
        &mut self,
        kind: EventKind,
        text: &str,
        named: BTreeMap<String, String>,
    ) -> Result<Event, Halt> {
        let entry = self.entry(kind, text, named);
        let event = self.journal.record(entry)?;
        self.events.push(event.clone());
        Ok(event)
    }

    fn entry(&self, kind: EventKind, text: &str, facts: BTreeMap<String, String>) -> Entry {
        Entry {
            incident: Some(self.incident.id),
            at: (self.tools.clock)(),
            actor: self.wishes.actor.clone(),
            kind,
            text: text.to_owned(),
            facts,
        }
    }

    /// What uses the value, searched for once.
    pub(crate) fn dependents(&self) -> Rc<Dependents> {
        let mut known = self.dependents.borrow_mut();
        let found = known.get_or_insert_with(|| {
            let new = self.replacement();
            let secret = self.tools.secret.as_ref();
            Rc::new(self.tools.search.dependents(self.dossier, &self.case, secret, new))
        });
        Rc::clone(found)
    }

    /// Forgets what was found, so that the next look is a new one.
    pub(crate) fn search_again(&self) {
        self.dependents.replace(None);
    }

    /// Whether something that was searched stops working when the value does.
    pub(crate) fn has_consumers(&self) -> bool {
        self.dependents().consumers.iter().any(step::is_user)
    }

    /// The fingerprint of the replacement that was made last, unless it was
    /// deleted again.
    pub(crate) fn replacement(&self) -> Option<Fingerprint> {
        let made = self.last(EventKind::Evidence, &[(facts::ACT, facts::CREATE)])?;
        let is_dropped = made.fact(facts::KEY_NAME).is_some_and(|name| {
            let about = [(facts::ACT, facts::DROP), (facts::KEY_NAME, name)];
            self.last(EventKind::Evidence, &about).is_some()
        });
        if is_dropped {
            return None;
        }
        made.fact(facts::NEW_FINGERPRINT)?.parse().ok()
    }

    pub(crate) fn check_stop(&self) -> Result<(), Halt> {
        if self.tools.stop.is_cancelled() { Err(Halt::Stopped) } else { Ok(()) }
    }

    /// Something that the provider says of whose the secret is.
    pub(crate) fn identity(&self, role: &str) -> Option<&str> {
        let assessment = self.case.assessment.as_ref()?;
        let found = assessment.identity.iter().find(|it| it.role == role);
        found.map(|it| it.value.as_str()).filter(|value| !value.is_empty())
    }

    /// The newest event of a kind with these facts.
    pub(crate) fn last(&self, kind: EventKind, wanted: &[(&str, &str)]) -> Option<&Event> {
        self.events.iter().rev().find(|event| {
            event.entry.kind == kind
                && wanted.iter().all(|(name, value)| event.fact(name) == Some(value))
        })
    }

    /// What happened and how long it lay open.
    pub fn timeline(&self) -> Timeline {
        Timeline::of(&self.case, &self.events)
    }
}

/// What a second look may change: a step that is proven done does not become
/// less because means are missing now.
fn kept(before: Option<StepRecord>, proof: Option<String>, outcome: Outcome) -> Outcome {
    match before {
        Some(record)
            if record.progress == Progress::Done && outcome.progress == Progress::Waiting =>
        {
            match proof {
                Some(proof) if proof == facts::REFUSED || proof == facts::UNLISTED => {
                    Outcome::done(record.text).with(facts::PROOF, proof)
                }
                _ => outcome,
            }
        }
        _ => outcome,
    }
}

/// Why an incident cannot be closed though every required step is settled: the
/// value is alive by the newest answer, nothing since speaks against that, and
/// nobody said why it may stay so.
pub fn hindrance(
    incident: &Incident,
    steps: &[StepRecord],
    events: &[Event],
) -> Option<&'static str> {
    let revoke = steps.iter().find(|record| record.step == StepName::Revoke);
    let is_waived = revoke.is_some_and(|record| record.progress == Progress::Waived);
    let ended = events.iter().rev().find(|event| {
        event.entry.kind == EventKind::Step
            && event.fact(facts::STEP) == Some(StepName::Revoke.name())
    });
    let is_unlisted = ended.and_then(|event| event.fact(facts::PROOF)) == Some(facts::UNLISTED);
    let is_alive = incident.validity.is_live() && !is_unlisted;
    (is_alive && !is_waived).then_some("the value is live by the newest answer")
}

fn named_facts(named: &[(&str, &str)]) -> BTreeMap<String, String> {
    named.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A request and its answer in a line, as an auditor reads it.
fn in_words(evidence: &Evidence) -> String {
    let Evidence { method, host, path, meaning, .. } = evidence;
    let status = evidence.status.map_or_else(|| "no answer".to_owned(), |it| it.to_string());
    let at = jiff::Timestamp::from_second(evidence.at).unwrap_or_default();
    let mut text = format!("{at} {method} {host}{path}: {status}, {meaning}");
    if let Some(id) = &evidence.correlation {
        text = format!("{text} (correlation {id})");
    }
    text
}
