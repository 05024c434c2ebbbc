//! Events: what happens, as it is told. A push names its commits, whose patches are
//! read; comments and descriptions are in the event itself.
//!
//! GitHub keeps 300 events of a list, and shows those of everybody five minutes late.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{GitHub, Kind, What, shape};
use crate::{
    asker::Asker,
    home::{segment, segments},
    task::{Step, Task},
    text::Draft,
    trouble::Trouble,
};

/// The most bytes of the list of events that were seen: 300 of them are 4 KiB.
const MOST_SEEN: usize = 32 << 10;

impl GitHub {
    /// `GET /events`, `/orgs/{org}/events`, `/users/{username}/events/public`.
    pub(super) fn events(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
        marks: &BTreeMap<String, String>,
    ) -> Result<Step<Kind>, Trouble> {
        let what = task.at.split('?').next().unwrap_or_default().to_owned();
        let mark = marks.get(&what).map(String::as_str).unwrap_or_default();
        let (tag, known) = mark.split_once('\n').unwrap_or_default();
        let known: BTreeSet<&str> = known.split(',').filter(|id| !id.is_empty()).collect();
        let is_first = task.carry.is_empty();
        let asked = (is_first && !tag.is_empty()).then_some(tag);
        let Some(listed) = asker.list(&task.at, None, &what, asked)? else {
            return Ok(Step::done());
        };
        let mut step = Step::page(listed.next);
        let mut carry = match is_first {
            true => format!("{}\n", listed.tag.unwrap_or_default().replace('\n', "")),
            false => task.carry.clone(),
        };
        for event in asker.read_each::<shape::Event>(listed.each, &what) {
            if carry.len() + event.id.len() < MOST_SEEN && !event.id.contains([',', '\n']) {
                carry.push_str(&event.id);
                carry.push(',');
            }
            if !known.contains(event.id.as_str()) && self.patterns.has(&event.repo.name) {
                step.below.extend(self.event(asker, task, event));
            }
        }
        if step.next.is_some() {
            step.carry = Some(carry);
            return Ok(step);
        }
        let seen = carry.split_once('\n').unwrap_or_default().1;
        if !known.is_empty() && !seen.split(',').any(|id| known.contains(id)) {
            asker.gap(
                &what,
                "more happened than GitHub keeps (300 events); let the source be looked at more often"
                    .to_owned(),
            );
        }
        step.mark = Some((what, carry));
        Ok(step)
    }

    /// What one event tells.
    fn event(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
        event: shape::Event,
    ) -> Option<Task<Kind>> {
        let (name, is_public) = (event.repo.name, event.public);
        let payload = event.payload;
        match event.kind.as_deref() {
            Some("PushEvent") => {
                let head = payload.head?;
                let before =
                    payload.before.filter(|before| before.bytes().any(|digit| digit != b'0'));
                let push = Task::new(Kind::Push, String::new(), &name, task.since);
                let carry = match before {
                    Some(before) => format!("{before}...{head}"),
                    None => head,
                };
                return Some(Task { is_public, ..push.carrying(carry) });
            }
            Some("PublicEvent") => {
                self.hand_out(asker, &name, event.created_at.unwrap_or_default(), Some(true));
            }
            _ => {}
        }
        let number = payload.pull_request.as_ref().and_then(|pull| pull.get("number")?.as_u64());
        for issue in [payload.issue, payload.pull_request] {
            // Since October 2025 an event names a pull request without what it says.
            let issue = issue.filter(|issue| issue.get("body").is_some_and(Value::is_string));
            if let Some(issue) = part::<shape::Issue>(asker, &name, issue) {
                self.issue(asker, &name, is_public, issue);
            }
        }
        if let Some(comment) = part::<shape::Comment>(asker, &name, payload.comment) {
            let word = match event.kind.as_deref() {
                Some("PullRequestReviewCommentEvent") => "review-comment",
                Some("CommitCommentEvent") => "commit-comment",
                _ => "comment",
            };
            self.comment(asker, &name, word, is_public, comment);
        }
        if let Some(review) = part::<shape::Review>(asker, &name, payload.review) {
            let pull = number.unwrap_or(0).to_string();
            self.pull_review(asker, &name, &pull, is_public, review);
        }
        if let Some(release) = part::<shape::Release>(asker, &name, payload.release) {
            let are_read = self.has(What::Assets) && self.lists(&name);
            self.release(asker, &name, is_public, are_read, release);
        }
        None
    }

    /// `GET /repos/{owner}/{repo}/compare/{basehead}`, or `/commits/{ref}` for a new
    /// branch, as a patch: messages and all.
    pub(super) fn push(
        &self,
        asker: &mut Asker<'_>,
        task: &Task<Kind>,
    ) -> Result<Step<Kind>, Trouble> {
        let id = format!("{} push {}", task.of, task.carry);
        let kind =
            if task.carry.contains("...") { ("compare", "compare") } else { ("commits", "commit") };
        let at = format!("repos/{}/{}/{}", segments(&task.of), kind.0, segment(&task.carry));
        let address = self.home.address(&at);
        if let Some(bytes) = asker.raw(&address, "application/vnd.github.patch", &id)? {
            let draft = Draft {
                id,
                version: task.carry.rsplit('.').next().unwrap_or_default().to_owned(),
                url: format!(
                    "{}{}/{}/{}",
                    self.web,
                    segments(&task.of),
                    kind.1,
                    segment(&task.carry)
                ),
                is_public: task.is_public,
                ..Draft::default()
            };
            asker.text(draft, bytes);
        }
        Ok(Step::done())
    }
}

/// What an event tells, if it tells of this; what cannot be read is a gap.
fn part<T: serde::de::DeserializeOwned>(
    asker: &mut Asker<'_>,
    name: &str,
    value: Option<Value>,
) -> Option<T> {
    let read = serde_json::from_value(value?);
    if read.is_err() {
        asker.gap(name, "an event that cannot be read".to_owned());
    }
    read.ok()
}
