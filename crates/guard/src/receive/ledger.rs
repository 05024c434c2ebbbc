//! What a server keeps for its door: the bypasses given, and the log of what
//! happened. One directory, one lock: two pushes at one time cannot use one
//! leave twice, and what is used is written down before a push passes.

use std::{
    collections::BTreeMap,
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use leeward_model::Secret;
use serde::{Deserialize, Serialize};

use super::{
    bypass::{self, Bypass, Grant, NoLeave, Wanted},
    events::{self, Broken, Event, Happened, Kind},
};

const SCHEMA: &str = "leeward.bypasses/1";

/// The directory.
#[derive(Clone, Debug)]
pub struct Ledger {
    dir: PathBuf,
}

/// What a file of the ledger could not be read or written for.
#[derive(Debug)]
pub struct LedgerError {
    what: &'static str,
    path: PathBuf,
    error: io::Error,
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display().to_string();
        let path = leeward_model::SafeText::new(&path);
        write!(f, "cannot {} `{path}`: {}", self.what, self.error)
    }
}

impl std::error::Error for LedgerError {}

/// What became of a token that was offered.
#[derive(Debug)]
pub enum Redeemed {
    /// The push may pass; the event that says so is written.
    Passes(Box<Bypass>, Box<Event>),
    /// It does not help; that is written too.
    Refused(NoLeave),
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    schema: String,
    bypasses: Vec<Bypass>,
}

/// Who acts, and when: seconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// As the server knows them; foreign text.
    pub actor: &'a str,
    /// When.
    pub at: i64,
}

impl Ledger {
    /// In this directory, which is made when something is written.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Where the log is.
    pub fn log(&self) -> PathBuf {
        self.dir.join("events.jsonl")
    }

    /// Gives leave; the bypass and its token, which is not kept.
    ///
    /// # Errors
    /// What could not be written.
    pub fn create(&self, grant: Grant, by: By<'_>) -> Result<(Bypass, Secret), LedgerError> {
        let _lock = self.lock()?;
        let mut all = self.read()?;
        let (bypass, token) = Bypass::new(grant, by.actor, by.at);
        // What is over for a month is of no interest here; the log has it.
        const MONTH: i64 = 30 * 86_400;
        all.retain(|bypass| bypass.expires_at + MONTH > by.at);
        all.push(bypass.clone());
        self.write(&all)?;
        let text = format!("a bypass for {}", described(&bypass));
        self.append(by, Kind::BypassCreated, text, facts(&bypass))?;
        Ok((bypass, token))
    }

    /// All bypasses that are kept.
    ///
    /// # Errors
    /// What could not be read.
    pub fn bypasses(&self) -> Result<Vec<Bypass>, LedgerError> {
        self.read()
    }

    /// Takes leave back; `None` if there is no such bypass.
    ///
    /// # Errors
    /// What could not be read or written.
    pub fn revoke(&self, id: &str, by: By<'_>) -> Result<Option<Bypass>, LedgerError> {
        let _lock = self.lock()?;
        let mut all = self.read()?;
        let Some(found) = all.iter_mut().find(|bypass| bypass.id == id) else { return Ok(None) };
        if found.revoked_at.is_none() {
            found.revoked_at = Some(by.at);
        }
        let found = found.clone();
        self.write(&all)?;
        self.append(by, Kind::BypassRevoked, "it was taken back".to_owned(), facts(&found))?;
        Ok(Some(found))
    }

    /// Uses a token for a push. The use is written before the event, and both
    /// before this returns: a process that ends in between has used it and lets
    /// nothing pass.
    ///
    /// # Errors
    /// What could not be read or written; then nothing may pass.
    pub fn redeem(
        &self,
        token: &Secret,
        wanted: &Wanted,
        more: &BTreeMap<String, String>,
        by: By<'_>,
    ) -> Result<Redeemed, LedgerError> {
        let _lock = self.lock()?;
        let mut all = self.read()?;
        let found = bypass::find(&all, token).ok_or(NoLeave::Unknown);
        let mut said = more.clone();
        let covering = match found {
            Ok(at) => {
                said.extend(facts(&all[at]));
                all[at].covers(wanted, by.at).map(|()| at)
            }
            Err(why) => Err(why),
        };
        match covering {
            Err(why) => {
                said.insert("why".to_owned(), why.name().to_owned());
                self.append(by, Kind::BypassRefused, why.to_string(), said)?;
                Ok(Redeemed::Refused(why))
            }
            Ok(at) => {
                all[at].used += 1;
                self.write(&all)?;
                let text = format!("a push passed: {}", all[at].reason);
                match self.append(by, Kind::BypassUsed, text, said) {
                    Ok(event) => {
                        Ok(Redeemed::Passes(Box::new(all.swap_remove(at)), Box::new(event)))
                    }
                    Err(error) => {
                        // Nothing passed, so nothing was used, if that can be said.
                        all[at].used -= 1;
                        let _ = self.write(&all);
                        Err(error)
                    }
                }
            }
        }
    }

    /// Writes down that something happened.
    ///
    /// # Errors
    /// What could not be written.
    pub fn record(
        &self,
        kind: Kind,
        text: String,
        facts: BTreeMap<String, String>,
        by: By<'_>,
    ) -> Result<Event, LedgerError> {
        let _lock = self.lock()?;
        self.append(by, kind, text, facts)
    }

    /// The log, up to the first line that is not what was written, and that one.
    ///
    /// # Errors
    /// What could not be read.
    pub fn events(&self) -> Result<(Vec<Event>, Option<Broken>), LedgerError> {
        let path = self.log();
        events::read(&path).map_err(|error| LedgerError { what: "read the log", path, error })
    }

    fn append(
        &self,
        by: By<'_>,
        kind: Kind,
        text: String,
        facts: BTreeMap<String, String>,
    ) -> Result<Event, LedgerError> {
        let path = self.log();
        let happened = Happened { at: by.at, actor: by.actor.to_owned(), kind, text, facts };
        events::append(&path, happened).map_err(|error| LedgerError {
            what: "write the event into",
            path,
            error,
        })
    }

    /// Held until it is dropped.
    fn lock(&self) -> Result<File, LedgerError> {
        let path = self.dir.join("lock");
        let lock = || {
            make_dir(&self.dir)?;
            let file = private().create(true).truncate(false).write(true).open(&path)?;
            file.lock()?;
            Ok(file)
        };
        lock().map_err(|error| LedgerError { what: "lock", path: path.clone(), error })
    }

    fn file(&self) -> PathBuf {
        self.dir.join("bypass.json")
    }

    fn read(&self) -> Result<Vec<Bypass>, LedgerError> {
        let path = self.file();
        let failed =
            |error| LedgerError { what: "read the bypasses in", path: path.clone(), error };
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let kept: Kept = serde_json::from_slice(&text).map_err(|error| failed(error.into()))?;
        if kept.schema != SCHEMA {
            let why = format!("it is of another version than `{SCHEMA}`");
            return Err(failed(io::Error::new(io::ErrorKind::InvalidData, why)));
        }
        Ok(kept.bypasses)
    }

    /// In one go: there are the old bypasses or the new, never a part.
    fn write(&self, all: &[Bypass]) -> Result<(), LedgerError> {
        let path = self.file();
        let write = || {
            let kept = Kept { schema: SCHEMA.to_owned(), bypasses: all.to_vec() };
            let mut text = serde_json::to_vec_pretty(&kept)?;
            text.push(b'\n');
            // Such a file is its owner's alone from the start.
            let mut file = tempfile::NamedTempFile::new_in(&self.dir)?;
            file.write_all(&text)?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            sync_dir(&self.dir)
        };
        write().map_err(|error| LedgerError {
            what: "write the bypasses into",
            path: path.clone(),
            error,
        })
    }
}

/// What a bypass is for, in words.
fn described(bypass: &Bypass) -> String {
    let of = |list: &[String]| match list {
        [] => "any finding".to_owned(),
        [one] => one.clone(),
        more => format!("{} findings", more.len()),
    };
    let (what, refs) = (of(&bypass.fingerprints), bypass.refs.as_deref().unwrap_or("any ref"));
    format!("{what} on {refs}: {}", bypass.reason)
}

fn facts(bypass: &Bypass) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::from([
        ("bypass".to_owned(), bypass.id.clone()),
        ("bypass-by".to_owned(), bypass.created_by.clone()),
        ("bypass-reason".to_owned(), bypass.reason.clone()),
        ("bypass-expires".to_owned(), bypass.expires_at.to_string()),
    ]);
    let refs = bypass.refs.clone().map(|refs| ("bypass-refs".to_owned(), refs));
    facts.extend(refs);
    facts
}

/// How files are opened that nobody else may read.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

fn make_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(dir)
}

/// Makes sure that the disk knows the new name.
fn sync_dir(dir: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(dir)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = dir;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const BY: By<'static> = By { actor: "jane", at: 0 };

    fn grant(uses: u32) -> Grant {
        Grant {
            repository: None,
            refs: None,
            fingerprints: BTreeSet::new(),
            unseen: false,
            reason: "a test".into(),
            expires_at: 100,
            uses,
        }
    }

    #[test]
    fn a_leave_is_used_as_often_as_it_may_be() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(dir.path().join("leeward"));
        let (bypass, token) = ledger.create(grant(3), BY).unwrap();
        let redeem = || {
            let redeemed = ledger.redeem(&token, &Wanted::default(), &BTreeMap::new(), BY).unwrap();
            matches!(redeemed, Redeemed::Passes(..))
        };
        let passed: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(redeem)).collect();
            threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
        });
        assert_eq!(passed, 3);
        let (events, broken) = ledger.events().unwrap();
        assert_eq!((events.len(), broken), (9, None));
        assert_eq!(ledger.bypasses().unwrap()[0].used, 3);
        ledger.revoke(&bypass.id, BY).unwrap().unwrap();
        assert!(ledger.revoke("none", BY).unwrap().is_none());
        #[expect(clippy::disallowed_methods, reason = "the test looks for it in files")]
        let token = token.expose();
        for file in fs::read_dir(dir.path().join("leeward")).unwrap() {
            let file = file.unwrap().path();
            let text = fs::read(&file).unwrap();
            assert!(!text.windows(token.len()).any(|window| window == token));
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
            }
        }
    }

    #[test]
    fn nothing_passes_that_cannot_be_written_down() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(dir.path());
        let (_, token) = ledger.create(grant(1), BY).unwrap();
        fs::remove_file(ledger.log()).unwrap();
        fs::create_dir(ledger.log()).unwrap();
        let redeem = || ledger.redeem(&token, &Wanted::default(), &BTreeMap::new(), BY);
        assert!(redeem().unwrap_err().to_string().contains("write the event"));
        fs::remove_dir(ledger.log()).unwrap();
        assert!(matches!(redeem().unwrap(), Redeemed::Passes(..)));
    }
}
