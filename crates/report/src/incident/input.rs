//! What a caller hands over: incidents as they are remembered. Facts only; how
//! they look is the formats' task.

use std::fmt;

use leeward_model::{Case, DossierId, Event, Incident, Secret, StepName, StepRecord, Timeline};

use crate::Guidance;

/// Several incidents, for a list.
pub struct IncidentsView<'a> {
    /// Those to show, in any order.
    pub incidents: &'a [Incident],
    /// How many there are in all, those included that were not asked for.
    pub total: usize,
    /// What the dossier of an incident says.
    pub guidance: &'a dyn Fn(&DossierId) -> Guidance,
    /// Values that must not turn up in any text.
    pub hidden: &'a [&'a Secret],
    /// The moment that ages are counted from: seconds since 1970-01-01 UTC.
    pub now: i64,
    /// Version of the program.
    pub tool_version: &'a str,
}

/// One incident, and all that is remembered of it.
pub struct IncidentView<'a> {
    /// Its line of the list.
    pub incident: &'a Incident,
    /// The finding.
    pub case: &'a Case,
    /// How far its steps are; one without a record is open.
    pub steps: &'a [StepRecord],
    /// Steps that it takes to close it, in the order they are to be done.
    pub required: &'a [StepName],
    /// Its events in the order of the log.
    pub events: &'a [Event],
    /// What follows from the finding and the events.
    pub timeline: &'a Timeline,
    /// Sequence numbers and hashes of other entries of the log. Without the one
    /// before it, nobody else can recompute an event's hash.
    pub links: &'a [(i64, &'a str)],
    /// The newest entry of the whole log: its sequence number and its hash.
    pub head: (i64, &'a str),
    /// What the dossier says.
    pub guidance: &'a Guidance,
    /// Values that must not turn up in any text.
    pub hidden: &'a [&'a Secret],
    /// The moment that ages are counted from: seconds since 1970-01-01 UTC.
    pub now: i64,
    /// Version of the program.
    pub tool_version: &'a str,
}

impl fmt::Debug for IncidentsView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncidentsView")
            .field("incidents", &self.incidents.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for IncidentView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncidentView")
            .field("incident", &self.incident.id)
            .field("events", &self.events.len())
            .finish_non_exhaustive()
    }
}
