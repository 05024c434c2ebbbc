//! The streams and consumers: how they are to be, and whether they are. What would lose
//! work that was acknowledged is refused, or said loudly where the operator wants it.

use std::{fmt, time::Duration};

use async_nats::{
    Client,
    jetstream::{
        self, Context, ErrorCode,
        consumer::{AckPolicy, pull},
        context::CreateStreamErrorKind,
        stream::{Config, DiscardPolicy, RetentionPolicy, StorageType},
    },
};
use serde::Deserialize;

use super::{DEAD, DEAD_SUBJECT, JOBS, JOBS_SUBJECT, RESULTS, RESULTS_SUBJECT, SERVER, WORKERS};
use crate::queue::Trouble;

/// How the queue is to be.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The most jobs that wait or are done at once; more wait in the server's store.
    pub most_jobs: i64,
    /// The most workers that are at work at once.
    pub most_workers: i64,
    /// The most bytes of results that wait for the server; workers wait then.
    pub most_result_bytes: i64,
    /// How long a job or a result is held without a sign of life.
    pub lease: Duration,
    /// On how many servers everything is kept.
    pub replicas: usize,
    /// Whether fewer than three will do.
    pub allow_single: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            most_jobs: 10_000,
            most_workers: 20_000,
            most_result_bytes: 1 << 30,
            lease: Duration::from_secs(60),
            replicas: 3,
            allow_single: false,
        }
    }
}

/// The least servers that everything is kept on: one may fail, and two still agree.
const LEAST_REPLICAS: usize = 3;

/// For how long something of the same key is known. Longer than any lease, so that what is
/// handed in twice because an answer was lost is there once.
const KNOWN: Duration = Duration::from_secs(600);

/// For how long what was given up is kept.
const DEAD_FOR: Duration = Duration::from_secs(30 * 86_400);

/// Why the queue is not used as it is.
#[derive(Debug)]
pub enum BadSetup {
    /// It cannot be reached, or refuses the account.
    Trouble(Trouble),
    /// It is not as it must be: what, and the next step.
    Unsafe(String),
}

impl fmt::Display for BadSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trouble(trouble) => trouble.fmt(f),
            Self::Unsafe(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for BadSetup {}

fn failed(error: impl fmt::Display) -> BadSetup {
    BadSetup::Trouble(Trouble::Failed(error.to_string()))
}

/// Makes what is not there, and looks at what is.
pub(super) async fn set_up(client: &Client, setup: &Setup) -> Result<(), BadSetup> {
    let context = jetstream::new(client.clone());
    let base = |name: &str, subject: &str| Config {
        name: name.to_owned(),
        subjects: vec![subject.to_owned()],
        storage: StorageType::File,
        num_replicas: setup.replicas,
        duplicate_window: KNOWN,
        ..Config::default()
    };
    let jobs = Config {
        retention: RetentionPolicy::WorkQueue,
        discard: DiscardPolicy::New,
        max_messages: setup.most_jobs,
        ..base(JOBS, JOBS_SUBJECT)
    };
    let results = Config {
        retention: RetentionPolicy::WorkQueue,
        discard: DiscardPolicy::New,
        max_bytes: setup.most_result_bytes,
        ..base(RESULTS, RESULTS_SUBJECT)
    };
    let dead = Config { max_age: DEAD_FOR, max_messages: 100_000, ..base(DEAD, DEAD_SUBJECT) };
    for config in [jobs, results, dead] {
        stream(&context, config, setup).await?;
    }
    let consumer = |name: &str, most: i64| pull::Config {
        durable_name: Some(name.to_owned()),
        ack_policy: AckPolicy::Explicit,
        ack_wait: setup.lease,
        max_ack_pending: most,
        max_waiting: most.max(512),
        ..pull::Config::default()
    };
    for (stream, config) in
        [(JOBS, consumer(WORKERS, setup.most_workers)), (RESULTS, consumer(SERVER, 10_000))]
    {
        context.create_consumer_on_stream(config, stream).await.map_err(|error| {
            failed(format!("the consumer of `{stream}` cannot be made: {error}"))
        })?;
    }
    Ok(())
}

async fn stream(context: &Context, wanted: Config, setup: &Setup) -> Result<(), BadSetup> {
    let name = wanted.name.clone();
    let is_queue = wanted.retention == RetentionPolicy::WorkQueue;
    let mut stream = context.get_or_create_stream(wanted.clone()).await.map_err(|error| {
        let code = match error.kind() {
            CreateStreamErrorKind::JetStream(refused) => Some(refused.error_code()),
            _ => None,
        };
        match code {
            Some(ErrorCode::CLUSTER_NO_PEERS | ErrorCode::STREAM_REPLICAS_NOT_SUPPORTED) => {
                BadSetup::Unsafe(format!(
                    "the stream `{name}` cannot be kept on {} servers ({error}): run a cluster of \
                     at least three, or say `--queue-allow-single` where losing one machine may \
                     lose scans that wait",
                    setup.replicas
                ))
            }
            Some(ErrorCode::STORAGE_RESOURCES_EXCEEDED) => BadSetup::Unsafe(format!(
                "the NATS server has no room for the stream `{name}`: it wants {} MiB on a disk. \
                 Free its disk or raise `max_file_store` in its `jetstream` block, or say with \
                 `--queue-results MIB` that fewer results may wait",
                wanted.max_bytes >> 20
            )),
            _ => failed(format!("the stream `{name}` cannot be made: {error}")),
        }
    })?;
    let found = stream.info().await.map_err(failed)?.config.clone();
    let wrong =
        |what: &str, next: &str| BadSetup::Unsafe(format!("the stream `{name}` {what}: {next}"));
    if is_queue && found.retention != RetentionPolicy::WorkQueue {
        let next = format!("remove it (`nats stream rm {name}`), and it is made as it must be");
        return Err(wrong("is no work queue, so a job would be done by many or never end", &next));
    }
    if found.storage != StorageType::File {
        let next = format!("remove it (`nats stream rm {name}`), and it is made as it must be");
        return Err(wrong("is kept in memory, so a restart loses it", &next));
    }
    if is_queue && found.discard != DiscardPolicy::New {
        let next = format!("`nats stream edit {name} --discard new`");
        return Err(wrong("throws the oldest away when it is full", &next));
    }
    if found.num_replicas < LEAST_REPLICAS {
        if !setup.allow_single {
            let next = format!(
                "`nats stream edit {name} --replicas 3` on a cluster of three, or say \
                 `--queue-allow-single` where losing one machine may lose scans that wait"
            );
            return Err(wrong(&format!("is kept on {} server alone", found.num_replicas), &next));
        }
        tracing::warn!(
            "the stream `{name}` is kept on {} server: if its disk is lost, so are scans that wait",
            found.num_replicas
        );
    }
    // Bounds follow the settings.
    let bounded = Config {
        max_messages: wanted.max_messages,
        max_bytes: wanted.max_bytes,
        max_age: wanted.max_age,
        duplicate_window: wanted.duplicate_window,
        ..found.clone()
    };
    if bounded != found {
        context.update_stream(bounded).await.map_err(failed)?;
    }
    Ok(())
}

/// How many jobs and results there are.
pub(super) async fn depth(client: &Client) -> Result<u64, String> {
    let context = jetstream::new(client.clone());
    let mut depth = 0;
    for name in [JOBS, RESULTS] {
        let mut stream =
            context.get_stream(name).await.map_err(|error| format!("`{name}`: {error}"))?;
        depth += stream.info().await.map_err(|error| error.to_string())?.state.messages;
    }
    Ok(depth)
}

/// Whether a server writes to its disk before it says that something is kept, from what it
/// says of itself (`/varz` of its monitoring address); what to do about it if not.
///
/// # Errors
/// If it does not, or says nothing of it.
pub fn syncs(varz: &[u8]) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Varz {
        jetstream: Option<JetStream>,
    }
    #[derive(Deserialize)]
    struct JetStream {
        config: Option<Storage>,
    }
    #[derive(Deserialize)]
    struct Storage {
        #[serde(default)]
        sync_always: bool,
        sync_interval: Option<u64>,
    }
    let varz: Varz = serde_json::from_slice(varz)
        .map_err(|_| "what it says is no `/varz` of a NATS server".to_owned())?;
    let Some(storage) = varz.jetstream.and_then(|it| it.config) else {
        return Err("it runs without JetStream: write `jetstream { store_dir: … }`".to_owned());
    };
    if storage.sync_always {
        return Ok(());
    }
    let every = storage.sync_interval.unwrap_or_default() / 1_000_000_000;
    Err(format!(
        "it writes to its disk every {every} seconds, so a loss of power loses what it said was \
         kept: write `sync_interval: always` into its `jetstream` block"
    ))
}

#[cfg(test)]
mod tests {
    use super::syncs;

    #[test]
    fn a_server_that_may_lose_what_it_keeps_is_told() {
        let sure = br#"{"jetstream":{"config":{"sync_interval":120000000000,"sync_always":true}}}"#;
        assert_eq!(syncs(sure), Ok(()));
        let lazy = br#"{"jetstream":{"config":{"sync_interval":120000000000}}}"#;
        assert!(syncs(lazy).unwrap_err().contains("every 120 seconds"));
        assert!(syncs(b"{}").unwrap_err().contains("without JetStream"));
        assert!(syncs(b"<html>").is_err());
    }
}
