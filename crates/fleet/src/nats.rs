//! The queue as NATS JetStream has it: a stream of jobs that each go to one worker, a
//! stream of results, and one of what was given up. Made and looked after by the server;
//! a worker's account may pull jobs and hand in results, and nothing else.
//!
//! Everything here blocks; the runtime that speaks to the servers is inside.

mod held;
mod line;
mod pieces;
mod streams;

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use async_nats::{Client, ConnectOptions};
use leeward_model::Secret;
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

use crate::queue::Trouble;

pub use self::{
    line::Nats,
    streams::{BadSetup, Setup, syncs},
};

/// The stream of jobs.
pub const JOBS: &str = "LEEWARD_JOBS_1";
/// The stream of results.
pub const RESULTS: &str = "LEEWARD_RESULTS_1";
/// The stream of what was given up.
pub const DEAD: &str = "LEEWARD_DEAD_1";
/// The subject of jobs. Subjects and streams have the protocol's version in their names.
pub const JOBS_SUBJECT: &str = "leeward.1.jobs";
/// The subject of results.
pub const RESULTS_SUBJECT: &str = "leeward.1.results";
/// The subject of what was given up.
pub const DEAD_SUBJECT: &str = "leeward.1.dead";
/// The consumer that workers pull from.
pub const WORKERS: &str = "workers";
/// The consumer that the server pulls from.
pub const SERVER: &str = "server";

/// How long one request to the servers may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// At which end of the queue a program stands: what it is sent goes to a place of its own
/// that the other end may not listen at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Hands out and takes in.
    Server,
    /// Does jobs.
    Worker,
}

impl End {
    fn inbox(self) -> &'static str {
        match self {
            Self::Server => "_INBOX_leeward_server",
            Self::Worker => "_INBOX_leeward_worker",
        }
    }
}

/// Who somebody is to the servers.
pub enum Login {
    /// Nobody in particular.
    Anyone,
    /// User and password.
    Password(String, Secret),
    /// The seed of an NKey.
    NKey(Secret),
    /// The text of a credentials file: a JWT and the seed of its key.
    Credentials(Secret),
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anyone => "Anyone",
            Self::Password(..) => "Password",
            Self::NKey(_) => "NKey",
            Self::Credentials(_) => "Credentials",
        })
    }
}

impl Login {
    /// What the text of a file says: a credentials file, the seed of an NKey (`SU…`), or
    /// user and password on a line with a colon between them.
    ///
    /// # Errors
    /// If it is none of these.
    pub fn of_file(text: &[u8]) -> Result<Self, &'static str> {
        const WHAT: &str = "the file holds neither NATS credentials nor the seed of an NKey \
                            (SU…) nor `USER:PASSWORD`";
        let text = std::str::from_utf8(text).map_err(|_| WHAT)?.trim();
        if text.contains("-----BEGIN NATS USER JWT-----") {
            // Whoever reads it looks for a line's end behind the last line.
            let text = Zeroizing::new(format!("{text}\n"));
            return Ok(Self::Credentials(Secret::new(text.as_bytes())));
        }
        if text.starts_with("SU") && text.len() == 58 && !text.contains(':') {
            return Ok(Self::NKey(Secret::new(text.as_bytes())));
        }
        match text.split_once(':') {
            Some((user, password)) if !text.contains('\n') && !user.is_empty() => {
                Ok(Self::Password(user.to_owned(), Secret::new(password.as_bytes())))
            }
            _ => Err(WHAT),
        }
    }
}

/// Where the servers are, and who asks.
#[derive(Debug)]
pub struct Address {
    /// `nats://HOST:PORT` or `tls://HOST:PORT`, several with commas between them.
    pub url: String,
    /// Who asks.
    pub login: Login,
    /// A file of certificates (PEM) that are trusted besides the system's.
    pub ca: Option<PathBuf>,
}

impl Address {
    /// The servers, without user information: that does not belong into an address.
    fn servers(&self) -> Result<Vec<String>, Trouble> {
        let servers: Vec<String> = self.url.split(',').map(|it| it.trim().to_owned()).collect();
        for server in &servers {
            let rest = ["nats://", "tls://"].iter().find_map(|scheme| server.strip_prefix(scheme));
            let Some(rest) = rest.filter(|rest| !rest.is_empty()) else {
                return Err(Trouble::Failed(
                    "the address of the queue is not one: write nats://HOST:4222, or \
                     tls://HOST:4222, several with commas between them"
                        .to_owned(),
                ));
            };
            if rest.contains('@') {
                return Err(Trouble::Failed(
                    "the address of the queue holds a user or a password: put them into the file \
                     of `--queue-credentials`"
                        .to_owned(),
                ));
            }
        }
        Ok(servers)
    }

    #[expect(clippy::disallowed_methods, reason = "the operator's own credential for the queue")]
    fn options(&self, end: End) -> Result<ConnectOptions, Trouble> {
        let text = |secret: &Secret| {
            std::str::from_utf8(secret.expose())
                .map(str::to_owned)
                .map_err(|_| Trouble::Failed("the credential of the queue is not text".to_owned()))
        };
        let mut options = ConnectOptions::new()
            .name(match end {
                End::Server => "leeward serve",
                End::Worker => "leeward worker",
            })
            .custom_inbox_prefix(end.inbox())
            .request_timeout(Some(PATIENCE))
            .ping_interval(Duration::from_secs(15))
            .event_callback(|event| async move {
                tracing::info!("the connection to the queue: {event}");
            });
        if let Some(path) = &self.ca {
            options = options.add_root_certificates(path.clone());
        }
        if self.url.split(',').all(|server| server.trim().starts_with("tls://")) {
            options = options.require_tls(true);
        }
        Ok(match &self.login {
            Login::Anyone => options,
            Login::Password(user, password) => {
                options.user_and_password(user.clone(), text(password)?)
            }
            Login::NKey(seed) => options.nkey(text(seed)?),
            Login::Credentials(credentials) => {
                options.credentials(&text(credentials)?).map_err(|_| {
                    Trouble::Failed("the file of NATS credentials cannot be read".to_owned())
                })?
            }
        })
    }
}

/// A connection with the runtime that drives it.
pub(crate) struct Wire {
    pub(crate) runtime: Runtime,
    pub(crate) client: Client,
}

impl Wire {
    /// Connects, and goes on trying later if the connection is lost.
    pub(crate) fn open(address: &Address, end: End) -> Result<Arc<Self>, Trouble> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("leeward-queue")
            .enable_all()
            .build()
            .map_err(|error| Trouble::Failed(format!("no thread can be started: {error}")))?;
        let (servers, options) = (address.servers()?, address.options(end)?);
        let client = runtime.block_on(options.connect(servers)).map_err(|error| {
            use async_nats::ConnectErrorKind;
            match error.kind() {
                ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation => {
                    Trouble::Refused(format!(
                        "{error}: see that `--queue-credentials` names the file of this account"
                    ))
                }
                _ => Trouble::Failed(format!(
                    "{error}: see that `{}` is reached from here, and runs NATS with JetStream",
                    address.url
                )),
            }
        })?;
        Ok(Arc::new(Self { runtime, client }))
    }
}
