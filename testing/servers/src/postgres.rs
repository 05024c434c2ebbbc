//! A PostgreSQL server of the test's own: a free port of this machine, a password, a
//! certificate, and one database per test.

use std::{
    fs,
    net::TcpListener,
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use ::postgres::{Client, NoTls};

use crate::{certificate::certify, find::programs};

/// A password that must be encoded in an address and must not be shown.
const PASSWORD: &str = "hush:never@shown?";

/// The same, encoded.
const ENCODED: &str = "hush%3Anever%40shown%3F";

/// Starts the server, waits until nobody holds its standard input any more, and stops
/// it: when the test's process ends, however it ends, the system closes that.
const GUARD: &str = r#"
"$1/postgres" -D "$2/data" -k "$2" -p "$3" >"$2/log" 2>&1 &
server=$!
read -r ignored
kill -QUIT $server
wait $server
rm -rf "$2"
"#;

/// A running server.
pub struct Postgres {
    port: u16,
    directory: PathBuf,
    next: AtomicU64,
    // Holds the standard input that the guard reads from.
    _guard: Child,
}

impl Postgres {
    /// The server of this test process, started on first use.
    ///
    /// # Panics
    ///
    /// If it cannot be started, with what is missing.
    pub fn shared() -> &'static Self {
        static SERVER: OnceLock<Postgres> = OnceLock::new();
        SERVER.get_or_init(Self::start)
    }

    fn start() -> Self {
        let programs = programs();
        let directory = tempfile::Builder::new()
            .prefix("leeward-postgres-")
            .tempdir()
            .expect("a temporary directory can be made")
            .keep();
        let owner = owner();
        let own = |path: &Path| {
            if let Some((user, group)) = owner {
                chown(path, Some(user), Some(group)).expect("root may give files away");
            }
        };
        own(&directory);
        let words = directory.join("password");
        fs::write(&words, PASSWORD).expect("the directory is ours");
        own(&words);
        let made = as_owner(owner, Command::new(programs.join("initdb")))
            .args(["--username=leeward", "--auth=scram-sha-256", "--encoding=UTF8"])
            .args(["--locale=C.UTF-8", "--no-sync", "--pwfile"])
            .arg(&words)
            .arg("-D")
            .arg(directory.join("data"))
            .current_dir(&directory)
            .stdin(Stdio::null())
            .output()
            .expect("`initdb` can be started");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        certify(&directory, &own);
        let settings = "listen_addresses = '127.0.0.1'\nssl = on\nssl_cert_file = '../server.pem'\n\
                        ssl_key_file = '../server.key'\nfsync = off\nmax_connections = 200\n";
        let configuration = directory.join("data/postgresql.auto.conf");
        fs::write(&configuration, settings).expect("root may, and the owner may");
        own(&configuration);
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|free| free.local_addr())
            .expect("this machine has a free port")
            .port();
        let guard = as_owner(owner, Command::new("sh"))
            .args(["-c", GUARD, "guard"])
            .arg(&programs)
            .arg(&directory)
            .arg(port.to_string())
            .current_dir(&directory)
            // What interrupts the tests is not to hit the server before its guard.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("`sh` can be started");
        let server = Self { port, directory, next: AtomicU64::new(1), _guard: guard };
        server.wait();
        server
    }

    fn wait(&self) {
        let patience = Instant::now() + Duration::from_secs(60);
        while let Err(error) = Client::connect(&self.url("postgres"), NoTls) {
            let log = fs::read_to_string(self.directory.join("log")).unwrap_or_default();
            assert!(Instant::now() < patience, "PostgreSQL does not start: {error}\n{log}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// The address of a database of this server.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://leeward:{ENCODED}@127.0.0.1:{}/{database}", self.port)
    }

    /// The address of a new, empty database.
    ///
    /// # Panics
    ///
    /// If the server does not make one.
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.next.fetch_add(1, Ordering::Relaxed));
        let mut client = Client::connect(&self.url("postgres"), NoTls).expect("it runs");
        client.batch_execute(&format!("CREATE DATABASE {name}")).expect("its owner may");
        self.url(&name)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The password of its user, which nothing may show.
    pub fn password(&self) -> &'static str {
        PASSWORD
    }

    /// The certificate of the issuer of its certificate, which is made out to
    /// `localhost`.
    pub fn issuer(&self) -> PathBuf {
        self.directory.join("issuer.pem")
    }
}

/// Whom the server runs as, if not as who runs the tests: it refuses to be root.
fn owner() -> Option<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let find = |wanted: &str| {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            if fields.next() != Some(wanted) {
                return None;
            }
            Some((fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?))
        })
    };
    if !is_root() {
        return None;
    }
    let other = find("postgres").or_else(|| find("nobody"));
    Some(other.expect("PostgreSQL refuses to run as root: add a user `postgres`"))
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    // Files that a process makes are its effective user's.
    let file = tempfile::tempfile().and_then(|file| file.metadata());
    file.is_ok_and(|file| file.uid() == 0)
}

fn as_owner(owner: Option<(u32, u32)>, mut command: Command) -> Command {
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command
}
