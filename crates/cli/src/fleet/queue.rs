//! The queue, as it was typed: the address, the credential from its file, and the
//! server's end of it.

use std::fs;

use leeward_fleet::nats::{Address, Login};
use leeward_model::SafeText;
use zeroize::Zeroizing;

use crate::{args, failure::Failure};

/// Where the queue is, and who asks.
pub(super) fn address(at: &args::fleet::AtQueue) -> Result<Address, Failure> {
    let url = at.queue.clone().ok_or_else(|| {
        Failure::Store(
            "no queue is named: say where it is with `--queue nats://HOST:4222`".to_owned(),
        )
    })?;
    let login = match &at.queue_credentials {
        None => Login::Anyone,
        Some(path) => {
            let text = fs::read(path).map_err(|error| {
                Failure::File("read the queue's credential", path.clone(), error)
            })?;
            let text = Zeroizing::new(text);
            Login::of_file(&text).map_err(|why| Failure::Content(path.clone(), why.to_owned()))?
        }
    };
    Ok(Address { url, login, ca: at.queue_ca.clone() })
}

/// A complaint of the queue's.
pub(super) fn failed(why: impl std::fmt::Display) -> Failure {
    Failure::Store(SafeText::new(&why.to_string()).to_string())
}

#[cfg(feature = "serve")]
mod server {
    use std::sync::Arc;

    use leeward_fleet::{Collector, Dispatch, Key, Queue, nats};
    use leeward_probe::{Network, Stop};
    use leeward_remote::{Ask, Client, SystemClock};
    use leeward_watch::Ground;

    use super::{address, failed};
    use crate::{args, environment, failure::Failure, kept, terminal};

    /// Has scans of repositories handed out to a queue, if one is named; who takes results
    /// in.
    pub(crate) fn join(
        args: &args::fleet::OfQueue,
        ground: &mut Arc<Ground>,
        network: &Network,
    ) -> Result<Option<Collector>, Failure> {
        if args.at.queue.is_none() {
            return Ok(None);
        }
        for monitor in &args.queue_monitor {
            syncs(monitor, network, &ground.stop)?;
        }
        if args.queue_monitor.is_empty() {
            terminal::notice(
                "whether the NATS servers write to their disks before they say that something is \
                 kept is not known: name their monitoring addresses with `--queue-monitor`, or see \
                 that `sync_interval: always` is in their `jetstream` block",
            );
        }
        let replicas = if args.queue_allow_single { 1 } else { 3 };
        let setup = nats::Setup {
            replicas,
            allow_single: args.queue_allow_single,
            most_result_bytes: i64::from(args.queue_results) << 20,
            ..nats::Setup::default()
        };
        let queue = nats::Nats::server(&address(&args.at)?, &setup).map_err(failed)?;
        let path = match &args.queue_key {
            Some(path) => path.clone(),
            None => environment::data_dir()
                .map(|dir| dir.join("leeward").join("fleet.key"))
                .ok_or_else(|| {
                    failed("no place is known for the key: name one with `--queue-key`")
                })?,
        };
        let key = Key::kept_in(&path).map_err(|why| Failure::Content(path, why.to_string()))?;
        let queue: Arc<dyn Queue> = Arc::new(queue);
        let dispatch = Arc::new(Dispatch::new(
            Arc::clone(&queue),
            &ground.library,
            ground.least,
            &key.public(),
            ground.local_repositories,
            kept::now,
        ));
        let own = Arc::get_mut(ground).ok_or_else(|| {
            failed("the queue was named too late: this is a fault of the program")
        })?;
        own.fleet = Some(Arc::clone(&dispatch) as _);
        Ok(Some(Collector::new(Arc::clone(ground), queue, dispatch, key)))
    }

    /// Asks a NATS server whether it would lose what it said was kept.
    fn syncs(monitor: &str, network: &Network, stop: &Stop) -> Result<(), Failure> {
        let at = format!("{}/varz", monitor.trim_end_matches('/'));
        let asked = Ask::get(&at).map_err(|error| failed(format!("`{monitor}`: {error}")))?;
        let host = monitor.split("://").nth(1).unwrap_or_default();
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host).trim_end_matches('/');
        let hosts = vec![host.to_owned()];
        let clock = Arc::new(SystemClock);
        let mut client = Client::new(network, hosts, None, 10.0, clock, stop.clone())
            .map_err(|error| failed(error.to_string()))?;
        let answer = client
            .ask(&asked)
            .map_err(|error| failed(format!("the NATS server at `{monitor}`: {error}")))?;
        nats::syncs(&answer.body)
            .map_err(|why| failed(format!("the NATS server at `{monitor}`: {why}")))
    }
}

#[cfg(feature = "serve")]
pub(crate) use server::join;
