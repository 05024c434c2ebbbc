//! The logs of Actions: one archive for each run, which lies at another host.

use super::{GitHub, Kind, shape};
use crate::{
    archive::{LARGEST_ARCHIVE, unpack},
    asker::{Asker, Got, seconds},
    client::Ask,
    home::segments,
    task::{Step, Task},
    text::Draft,
    trouble::Trouble,
};

/// Runs that GitHub lists when it is asked for a span of time.
const MOST: u64 = 1_000;

impl GitHub {
    /// `GET /repos/{owner}/{repo}/actions/runs`.
    pub(super) fn runs(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let what = format!("Actions runs of {}", task.of);
        let Some(listed) = asker.list(&task.at, Some("workflow_runs"), &what, None)? else {
            return Ok(Step::done());
        };
        let total = listed.rest.get("total_count").and_then(serde_json::Value::as_u64);
        if let Some(total) = total.filter(|total| *total > MOST && listed.next.is_none()) {
            asker.gap(&what, format!("{total} runs, of which GitHub lists {MOST}"));
        }
        let ended = task.carry.parse::<i64>().unwrap_or(0);
        let mut step = Step::page(listed.next);
        for run in asker.read_each::<shape::Run>(listed.each, &what) {
            // One that still runs has its logs when it has ended, and is new then.
            let is_ended = run.status.as_deref() == Some("completed");
            let at = run.updated_at.as_deref().and_then(seconds);
            if !is_ended || at.is_some_and(|at| at < ended) {
                continue;
            }
            let at = format!("repos/{}/actions/runs/{}/logs", segments(&task.of), run.id);
            let attempt = run.run_attempt.unwrap_or(1);
            let carry = format!("{} {attempt} {}", run.id, run.html_url);
            step.below.push(task.below(Kind::Log, at).carrying(carry));
        }
        Ok(step)
    }

    /// `GET /repos/{owner}/{repo}/actions/runs/{run_id}/logs`: a redirect to an
    /// archive, which is asked for without the credential.
    pub(super) fn log(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let mut said = task.carry.splitn(3, ' ');
        let mut said = || said.next().unwrap_or_default().to_owned();
        let (run, attempt, url) = (said(), said(), said());
        let what = format!("{} run {run}", task.of);
        let ask = Ask::get(&self.home.address(&task.at))?
            .header("accept", asker.accept)
            .at_most(LARGEST_ARCHIVE);
        let answer = match asker.send(&ask, true)? {
            Got::Here(answer) => answer,
            Got::Unchanged => return Ok(Step::done()),
            Got::Gone(why) => {
                asker.gap(&what, format!("its logs: {why}"));
                return Ok(Step::done());
            }
        };
        if answer.is_cut {
            asker.gap(&what, "its logs are longer than 32 MiB, and were left out".to_owned());
            return Ok(Step::done());
        }
        let Some(unpacked) = unpack(&answer.body) else {
            asker.gap(&what, "its logs are no archive that can be read".to_owned());
            return Ok(Step::done());
        };
        for (name, why) in unpacked.left {
            asker.gap(&format!("{what} {name}"), why);
        }
        for (name, bytes) in unpacked.texts {
            let draft = Draft {
                id: format!("{what} {name}"),
                version: attempt.clone(),
                url: url.clone(),
                path: Some(name),
                is_public: task.is_public,
                ..Draft::default()
            };
            asker.text(draft, bytes);
        }
        Ok(Step::done())
    }
}
