//! What a worker says of a job, as it travels: no value in the clear, no word that a
//! value stands in.

use leeward_model::{Finding, ObjectId, Secret};
use leeward_pipeline::Outcome;
use leeward_watch::repository::gaps;
use serde::{Deserialize, Serialize};

use crate::{
    finding::WireFinding,
    job::{Job, PROTOCOL, Part, Unread, key, read},
    seal::SealTo,
};

/// The most things that were not looked at that are named one by one: a repository that
/// is nothing but damage says so in few words.
const MOST_GAPS: usize = 1_000;

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The version of this shape.
    pub v: u32,
    /// As the job has it.
    pub id: i64,
    /// As the job has it.
    pub attempt: u64,
    /// As the job has it.
    pub turn: i64,
    /// As the job has it.
    pub part: Option<Part>,
    /// Who did it.
    pub worker: String,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// What came of it.
    pub came: Came,
}

/// What came of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    /// It was scanned.
    Scanned(Scanned),
    /// Its refs point to what they pointed to the last time.
    Unchanged,
    /// It is too large for one: so many parts, by ranges of this pack if it is one.
    Split {
        /// How many.
        of: u32,
        /// The pack's checksum.
        pack: Option<String>,
        /// What its refs point to.
        tips: Vec<String>,
    },
    /// It was split by the ranges of a pack that is not the one that arrived.
    OtherPack,
    /// It came to nothing.
    Failed {
        /// Why, in words.
        why: String,
        /// Whether it will never go better.
        never: bool,
    },
    /// The worker has other rules.
    Refused {
        /// Which it has.
        rules: String,
        /// The version of its program.
        program: String,
    },
}

/// What a scan found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scanned {
    /// What the refs point to; not of a part.
    pub tips: Vec<String>,
    /// Findings.
    pub findings: Vec<WireFinding>,
    /// What was not looked at, and why.
    pub gaps: Vec<(String, String)>,
    /// Bytes looked at.
    pub bytes: u64,
    /// Objects looked at.
    pub objects: u64,
}

impl Scanned {
    /// Of an outcome, whose findings are masked here; `None` if something of it cannot be
    /// written.
    pub(crate) fn of(
        mut outcome: Outcome,
        name: &str,
        tips: &[ObjectId],
        to: &SealTo,
    ) -> Option<Self> {
        let hidden: Vec<&Secret> = outcome.hidden.iter().collect();
        leeward_report::mask_for_keeping(&mut outcome.findings, &hidden);
        let secrets: Vec<&Secret> = {
            let own = outcome.findings.iter().map(|finding: &Finding| &finding.secret);
            own.chain(hidden).collect()
        };
        let mut gaps = gaps(&outcome.coverage, name, &secrets);
        if let Some(more) = gaps.len().checked_sub(MOST_GAPS).filter(|more| *more > 0) {
            gaps.truncate(MOST_GAPS);
            gaps.push((name.to_owned(), format!("{more} more objects were not looked at")));
        }
        let findings = outcome.findings.iter();
        Some(Self {
            tips: tips.iter().map(ToString::to_string).collect(),
            findings: findings.map(|it| WireFinding::of(it, to)).collect::<Option<_>>()?,
            gaps,
            bytes: outcome.coverage.bytes_scanned,
            objects: outcome.coverage.objects_scanned,
        })
    }
}

impl Report {
    /// Of a job.
    pub(crate) fn of_job(job: &Job, worker: &str, millis: u64, came: Came) -> Self {
        let Job { id, attempt, turn, ref part, .. } = *job;
        let (part, worker) = (part.clone(), worker.to_owned());
        Self { v: PROTOCOL, id, attempt, turn, part, worker, millis, came }
    }

    /// What makes it the same result.
    pub fn key(&self) -> String {
        key(self.id, self.attempt, self.turn, self.part.as_ref())
    }

    /// As it travels.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// What arrived.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Unread> {
        read(bytes)
    }
}
