//! A line of the list of incidents: how it is read and written.

use leeward_model::{DossierId, Fingerprint, Hint, Incident, IncidentId, Severity, State};

use crate::{
    db::{Db, Row, Value},
    trouble::Trouble,
    wire,
};

/// The columns of an [`Incident`], in the order of [`Reader::line`].
pub(crate) const COLUMNS: &str = "id, fingerprint, dossier, hint, severity, validity, state, \
     owner, due, opened_at, updated_at, closed_at, place, places";

/// What stands for no due date, so that it sorts last.
const NEVER: i64 = i64::MAX;

/// 1 is the worst.
pub(crate) fn rank(severity: Severity) -> i64 {
    match severity {
        Severity::Critical => 1,
        Severity::High => 2,
        Severity::Medium => 3,
        Severity::Low => 4,
    }
}

pub(crate) fn ranked(rank: i64) -> Result<Severity, Trouble> {
    match rank {
        1 => Ok(Severity::Critical),
        2 => Ok(Severity::High),
        3 => Ok(Severity::Medium),
        4 => Ok(Severity::Low),
        _ => Err(Trouble::Corrupt(format!("an incident of severity {rank}"))),
    }
}

/// Reads many lines; a dossier's id is kept once.
#[derive(Default)]
pub(crate) struct Reader {
    dossiers: Vec<DossierId>,
}

impl Reader {
    pub(crate) fn line(&mut self, row: &Row<'_>) -> Result<Incident, Trouble> {
        Ok(Incident {
            id: IncidentId(row.int(0)?),
            fingerprint: fingerprint(row.text(1)?)?,
            dossier: self.dossier(row.text(2)?),
            hint: Hint::from_text(row.text(3)?),
            severity: ranked(row.int(4)?)?,
            validity: wire::read_validity(row.text(5)?)?,
            state: state(row.text(6)?)?,
            owner: row.maybe_text(7)?.map(str::to_owned),
            due: Some(row.int(8)?).filter(|due| *due != NEVER),
            opened_at: row.int(9)?,
            updated_at: row.int(10)?,
            closed_at: row.maybe_int(11)?,
            place: row.text(12)?.to_owned(),
            places: u64::try_from(row.int(13)?).unwrap_or(0),
        })
    }

    fn dossier(&mut self, id: &str) -> DossierId {
        // There are few, and most lines have the same.
        if let Some(known) = self.dossiers.iter().find(|known| known.as_str() == id) {
            return known.clone();
        }
        let id = DossierId::new(id);
        if self.dossiers.len() < 16 {
            self.dossiers.push(id.clone());
        }
        id
    }
}

pub(crate) fn fingerprint(text: &str) -> Result<Fingerprint, Trouble> {
    text.parse().map_err(|_| Trouble::Corrupt("an incident without a fingerprint".to_owned()))
}

pub(crate) fn state(name: &str) -> Result<State, Trouble> {
    name.parse().map_err(|_| Trouble::Corrupt("an incident in a state there is not".to_owned()))
}

/// Writes lines, new ones and changed ones; each was last seen at the second's time, or
/// as before if there is none.
pub(crate) fn save(db: &mut Db, lines: &[(&Incident, Option<i64>)]) -> Result<(), Trouble> {
    let values = |(line, seen): &(&Incident, Option<i64>)| -> Vec<Value<'static>> {
        vec![
            line.id.0.into(),
            line.fingerprint.to_string().into(),
            line.dossier.as_str().to_owned().into(),
            line.hint.as_str().to_owned().into(),
            rank(line.severity).into(),
            line.validity.name().into(),
            line.state.name().into(),
            i64::from(line.state == State::Closed).into(),
            line.owner.clone().map_or(Value::Null, Value::from),
            line.due.unwrap_or(NEVER).into(),
            line.opened_at.into(),
            line.updated_at.into(),
            line.closed_at.into(),
            // A new line was seen when it was opened, and one that was not seen now keeps
            // its time: the greater of the two.
            seen.unwrap_or(line.opened_at).into(),
            line.place.clone().into(),
            i64::try_from(line.places).unwrap_or(i64::MAX).into(),
        ]
    };
    let rows: Vec<_> = lines.iter().map(values).collect();
    db.insert(
        "incidents (id, fingerprint, dossier, hint, severity, validity, state, closed, owner, due, \
         opened_at, updated_at, closed_at, last_seen, place, places)",
        &rows,
        "ON CONFLICT (id) DO UPDATE SET dossier = excluded.dossier, hint = excluded.hint, \
         severity = excluded.severity, validity = excluded.validity, state = excluded.state, \
         closed = excluded.closed, owner = excluded.owner, due = excluded.due, \
         updated_at = excluded.updated_at, closed_at = excluded.closed_at, \
         last_seen = CASE WHEN excluded.last_seen > incidents.last_seen \
         THEN excluded.last_seen ELSE incidents.last_seen END, \
         place = excluded.place, places = excluded.places",
    )
}
