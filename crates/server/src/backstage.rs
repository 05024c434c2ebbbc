//! What the dashboard shows beside the store: sources and jobs, as whoever watches tells
//! them, and accounts, tokens and settings, as the server keeps them.

use leeward_store::{Account, Store, Token, Trouble};

use crate::{
    audit,
    dashboard::{
        Backstage, Behind, Gap, Job, Jobs, Settings, Source, SourceAsk, SourceHealth, behind,
    },
    engine::Steps,
    server::Server,
    watching::{JobStatus, SourceStatus},
    who::Role,
};

/// Jobs that are shown.
const MOST_JOBS: usize = 500;

impl Server {
    /// What stands behind the dashboard's pages.
    pub(crate) fn behind(&self) -> Behind {
        let steps = Steps { responses: self.responses.clone(), pool: self.shared.pool.clone() };
        Behind {
            backstage: Some(std::sync::Arc::new(Rear(self.clone()))),
            responding: Some(std::sync::Arc::new(steps)),
            policy: self.responses.policy.clone(),
        }
    }
}

/// The server, for its pages.
struct Rear(Server);

impl Rear {
    /// Does something with the store.
    fn store<T>(&self, work: impl FnOnce(&mut Store) -> Result<T, Trouble>) -> Result<T, String> {
        self.0.shared.pool.lend(work).map_err(told)
    }
}

impl Backstage for Rear {
    fn sources(&self) -> Result<Vec<Source>, String> {
        let sources = self.0.watching.sources().map_err(|refused| refused.to_string())?;
        Ok(sources.into_iter().map(source).collect())
    }

    fn ask_source(&self, who: &str, name: &str, ask: SourceAsk) -> Result<String, String> {
        let watching = &self.0.watching;
        let (action, done, asked) = match ask {
            SourceAsk::Pause => ("source-pause", "is paused", watching.pause(name, who)),
            SourceAsk::Resume => ("source-resume", "is watched again", watching.resume(name)),
            SourceAsk::Look => ("source-look", "is looked at next", watching.look_now(name)),
        };
        asked.map_err(|refused| refused.to_string())?;
        let text = format!("source {name} {done}");
        let said = audit::acted(who, action, text.as_str(), "", &[("source", name)]);
        self.store(|store| store.append(&[said]))?;
        Ok(text)
    }

    fn jobs(&self) -> Result<Jobs, String> {
        let all = self.0.watching.jobs(MOST_JOBS).map_err(|refused| refused.to_string())?;
        let (dead, open): (Vec<_>, Vec<_>) = all.into_iter().partition(|job| job.state == "dead");
        let mut waiting: Vec<(String, u64)> = Vec::new();
        for job in &open {
            match waiting.iter_mut().find(|(kind, _)| *kind == job.kind) {
                Some((_, count)) => *count += 1,
                None => waiting.push((job.kind.clone(), 1)),
            }
        }
        let dead = dead.into_iter().map(job).collect();
        Ok(Jobs { waiting, next: open.into_iter().map(job).collect(), dead })
    }

    fn settings(&self) -> Result<Settings, String> {
        let (accounts, tokens) =
            self.store(|store| Ok((store.accounts()?, store.tokens(None)?)))?;
        let mut effective = Vec::new();
        flat("", &self.0.effective, &mut effective);
        Ok(Settings {
            accounts: accounts.into_iter().map(account).collect(),
            tokens: tokens
                .into_iter()
                .filter(|token| token.revoked_at.is_none())
                .map(token)
                .collect(),
            channels: self.0.channels.clone(),
            effective,
        })
    }
}

fn told(trouble: Trouble) -> String {
    trouble.to_string()
}

fn source(it: SourceStatus) -> Source {
    let what = match it.belongs.as_str() {
        "anyone" => "Anybody's: only what is ours by its fingerprint, or lies beside our names.",
        _ => "Ours: whatever lies in it is our business.",
    };
    let health = match (it.state.as_str(), it.is_refused) {
        ("looking", _) => SourceHealth::Looking,
        ("paused", _) => SourceHealth::Paused,
        ("troubled", true) => SourceHealth::Failing(it.trouble),
        ("troubled", false) => SourceHealth::Waiting(it.trouble),
        _ => SourceHealth::Well,
    };
    let gaps =
        it.gaps.into_iter().map(|gap| Gap { what: gap.what, why: gap.why, at: Some(gap.at) });
    Source {
        name: it.name,
        service: it.service,
        what: what.to_owned(),
        health,
        last: it.looked_at,
        next: it.next_at,
        gaps: gaps.collect(),
        counters: vec![
            ("items read".to_owned(), it.items),
            ("bytes read".to_owned(), it.bytes),
            ("repositories".to_owned(), it.repositories),
            ("not looked at".to_owned(), it.not_looked_at),
        ],
    }
}

fn job(it: JobStatus) -> Job {
    Job {
        kind: it.kind,
        what: it.about,
        incident: None,
        due: Some(it.at),
        attempts: it.attempts,
        failure: it.failure,
    }
}

fn account(it: Account) -> behind::Account {
    behind::Account {
        way: if it.subject.is_some() { "single sign-on" } else { "password" }.to_owned(),
        role: it.role.parse().unwrap_or(Role::Viewer),
        name: it.name,
        last: it.signed_in_at,
        is_disabled: it.is_disabled,
    }
}

fn token(it: Token) -> behind::Token {
    behind::Token {
        id: it.id.to_string(),
        name: it.label,
        role: it.role.parse().unwrap_or(Role::Viewer),
        owner: it.account.name,
        made: it.created_at,
        until: it.expires_at,
        last: it.used_at,
    }
}

/// Settings by their names, `serve.listen` and the like.
fn flat(name: &str, value: &serde_json::Value, into: &mut Vec<(String, String)>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (field, value) in fields {
                let dot = if name.is_empty() { "" } else { "." };
                flat(&format!("{name}{dot}{field}"), value, into);
            }
        }
        serde_json::Value::Null => {}
        serde_json::Value::String(text) => into.push((name.to_owned(), text.clone())),
        other => into.push((name.to_owned(), other.to_string())),
    }
}
