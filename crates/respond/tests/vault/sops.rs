//! SOPS files, made and read by the real `sops`, to real age recipients.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::*;
use crate::servers;

struct Files {
    dir: tempfile::TempDir,
    sops: PathBuf,
    identity: String,
    recipient: String,
}

impl Files {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (identity, recipient) = servers::age_identity(dir.path());
        Self { dir, sops: servers::sops(), identity, recipient }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn encrypted(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        let ran = Command::new(&self.sops)
            .args(["encrypt", "--in-place", "--age", &self.recipient])
            .arg(self.path(name))
            .status();
        assert!(ran.unwrap().success());
    }

    fn decrypted(&self, name: &str) -> String {
        let output = Command::new(&self.sops)
            .arg("decrypt")
            .arg(self.path(name))
            .env("SOPS_AGE_KEY_FILE", &self.identity)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn with<T>(
        &self,
        name: &str,
        key: &str,
        does: impl FnOnce(&dyn leeward_respond::vault::Keeper) -> T,
    ) -> T {
        let place = format!("sops:{}#{key}", self.path(name).display());
        let destination = Destination::parse(&place).unwrap();
        let mut access = access(&destination, &[("SOPS_AGE_KEY_FILE", &self.identity)]);
        access.sops = Some(self.sops.clone());
        does(&*destination.open(&access))
    }

    fn put(&self, name: &str, key: &str, value: &str) -> Result<Receipt, Trouble> {
        let receipt = self.with(name, key, |keeper| keeper.put(&Secret::new(value.as_bytes())));
        assert!(!format!("{receipt:?}").contains(value), "the value is shown");
        receipt
    }

    fn holds(&self, name: &str, key: &str, value: &str) -> Result<Held, Trouble> {
        self.with(name, key, |keeper| keeper.holds(&|held| is(held, value)))
    }
}

#[test]
fn a_value_is_encrypted_in_its_place() {
    let files = Files::new();
    let value = random_value();
    files.encrypted("a.yaml", "# keys\nproviders:\n    ai: old # ours\n    port: 5432\nother: x\n");
    assert_eq!(files.holds("a.yaml", "providers/ai", "old"), Ok(Held::Yes));
    let receipt = files.put("a.yaml", "providers/ai", &value).unwrap();
    assert!(receipt.text.contains("1 other key kept"), "{}", receipt.text);
    let text = fs::read_to_string(files.path("a.yaml")).unwrap();
    assert!(!text.contains(&value) && text.contains("ENC[AES256_GCM,data:"), "{text}");
    let plain = files.decrypted("a.yaml");
    assert!(plain.contains(&format!("ai: {value}")) && plain.contains("port: 5432"), "{plain}");
    assert!(plain.contains("# keys") && plain.contains("other: x"), "{plain}");
    assert!(!files.put("a.yaml", "providers/ai", &value).unwrap().changed);
    assert_eq!(fs::read_to_string(files.path("a.yaml")).unwrap(), text, "not even encrypted anew");
    assert_eq!(files.holds("a.yaml", "providers/ai", "old"), Ok(Held::No));

    // A key that is not there yet, also below one that is not.
    assert_eq!(files.holds("a.yaml", "new/deep", &value), Ok(Held::Absent));
    files.put("a.yaml", "new/deep", "it's \"quoted\"\n\u{e9}").unwrap();
    assert_eq!(files.holds("a.yaml", "new/deep", "it's \"quoted\"\n\u{e9}"), Ok(Held::Yes));
    assert_eq!(fs::read_dir(files.dir.path()).unwrap().count(), 2, "no copy is left behind");

    for (name, text) in [("b.json", "{\"ai\": \"old\", \"b\": [1]}"), ("c.env", "ai=old\nb=1\n")] {
        files.encrypted(name, text);
        assert!(files.put(name, "ai", &value).unwrap().changed);
        assert_eq!(files.holds(name, "ai", &value), Ok(Held::Yes));
        assert!(files.decrypted(name).contains(&value));
    }
}

#[test]
fn refusals_say_what_to_do() {
    let mut files = Files::new();
    let value = random_value();
    assert!(trouble(files.put("none.yaml", "k", &value)).contains("sops edit"));
    assert_eq!(files.holds("none.yaml", "k", &value), Ok(Held::Absent));
    fs::write(files.path("plain.yaml"), "k: v\n").unwrap();
    let why = trouble(files.put("plain.yaml", "k", &value));
    assert!(why.contains("not encrypted by SOPS"), "{why}");
    files.encrypted("a.yaml", "k: v\n");
    let why = trouble(files.put("a.yaml", "k/deeper", &value));
    assert!(why.contains("in no mapping"), "{why}");

    let text = fs::read_to_string(files.path("a.yaml")).unwrap();
    let other = files.path("other.yaml");
    fs::write(&other, text.replacen("k: ENC", "l: ENC", 1)).unwrap();
    let why = trouble(files.put("other.yaml", "k", &value));
    assert!(why.contains("sops decrypt") || why.contains("authentication code"), "{why}");

    fs::create_dir(files.path("else")).unwrap();
    let elsewhere = files.path("else");
    files.identity = servers::age_identity(&elsewhere).0;
    let why = trouble(files.put("a.yaml", "k", &value));
    assert!(why.contains("has no key that opens"), "{why}");
    assert_eq!(fs::read_to_string(files.path("a.yaml")).unwrap(), text);
    files.sops = Path::new("/nowhere/sops").to_owned();
    let why = trouble(files.put("a.yaml", "k", &value));
    assert!(why.contains("install SOPS 3.11"), "{why}");
}
