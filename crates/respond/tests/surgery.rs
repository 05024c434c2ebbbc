//! History surgery on real repositories made at run time: planned, carried out
//! with `git filter-repo` on a fresh clone, and proven.

#![allow(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use leeward_counterpart::random_value;
use leeward_detect::Detector;
use leeward_dossier::Library;
use leeward_model::{Fingerprint, Secret};
use leeward_respond::surgery::{self, ApplyError, RefKind, Sought, Verdict};
use leeward_source::{Progress, git::RemoteUrl};
use tempfile::TempDir;

struct Repo {
    dir: TempDir,
    value: String,
}

impl Repo {
    fn new() -> Self {
        Self::of(random_value())
    }

    fn of(value: String) -> Self {
        let repo = Self { dir: tempfile::tempdir().unwrap(), value };
        fs::create_dir(repo.path()).unwrap();
        repo.git(&["init", "-q", "-b", "main", "."]);
        repo
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("repo")
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn git(&self, args: &[&str]) -> String {
        let output = Command::new("git")
            .current_dir(self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com"])
            .args(args)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn commit(&self, name: &str, text: impl AsRef<[u8]>, message: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }

    fn with<T>(&self, has_value: bool, then: impl FnOnce(&Sought<'_>) -> T) -> T {
        let library = Library::builtin();
        let detector = Detector::new(&library, leeward_detect::Options::default());
        let secret = Secret::new(self.value.as_bytes());
        then(&Sought {
            fingerprint: Fingerprint::new("mistral", &secret),
            secret: has_value.then_some(&secret),
            dossier: library.get("mistral-api-key").unwrap(),
            detector: &detector,
            threads: 2,
        })
    }

    fn apply(&self, has_value: bool) -> Result<surgery::Applied, ApplyError> {
        let from = RemoteUrl::parse(&format!("file://{}", self.path().display()), true).unwrap();
        let progress = Progress::default();
        self.with(has_value, |sought| {
            surgery::apply(&from, &self.beside("clean.git"), sought, tool(), &progress)
        })
    }
}

/// `git-filter-repo`, installed once into a virtual environment below the
/// target directory by Python's own installer.
fn tool() -> &'static OsStr {
    static TOOL: OnceLock<OsString> = OnceLock::new();
    TOOL.get_or_init(|| {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("filter-repo");
        let program = root.join("bin/git-filter-repo");
        if !program.exists() {
            let run = |program: &Path, args: &[&str]| {
                let done = Command::new(program).args(args).stdin(Stdio::null()).output().unwrap();
                assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            };
            run(Path::new("python3"), &["-m", "venv", root.to_str().unwrap()]);
            run(&root.join("bin/pip"), &["install", "-q", "git-filter-repo"]);
        }
        program.into_os_string()
    })
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Every form at once: plain, base64, UTF-16, split, binary, a message, a
/// tag, a deleted file, an object that only a branch leads to.
fn everywhere(repo: &Repo) {
    let value = repo.value.as_str();
    repo.commit("README", "hello\n", "first");
    repo.commit(".env", format!("MISTRAL_API_KEY={value}\n"), "add settings");
    let (head, tail) = value.split_at(16);
    repo.commit("a.py", format!("MISTRAL_API_KEY = \"{head}\" + \"{tail}\"\n"), "split");
    repo.commit("wide.ps1", utf16(&format!("$env:MISTRAL_API_KEY = \"{value}\"\r\n")), "wide");
    repo.commit("db.bin", [b"\0\x01\0", value.as_bytes(), b"\0"].concat(), "binary");
    repo.commit("x", "x", &format!("use the mistral key {value} for now"));
    repo.git(&["tag", "-a", "v1", "-m", &format!("built with MISTRAL_API_KEY={value}")]);
    fs::remove_file(repo.path().join(".env")).unwrap();
    repo.commit("y", "y", "remove the settings");
    repo.git(&["checkout", "-q", "-b", "topic"]);
    repo.commit("b.json", format!("{{\"mistralApiKey\": \"{value}\"}}"), "topic");
    repo.git(&["checkout", "-q", "main"]);
}

#[test]
fn a_plan_names_refs_and_what_it_does_not_reach() {
    let repo = Repo::new();
    everywhere(&repo);
    repo.git(&["branch", "clean", "main~6"]);
    repo.git(&["remote", "add", "origin", "https://me:word@github.com/o/r.git"]);
    repo.git(&["update-ref", "refs/pull/3/head", "topic"]);
    repo.git(&["worktree", "add", "-q", "../tree", "topic"]);
    fs::write(repo.path().join("x"), "changed").unwrap();
    repo.git(&["stash"]);
    let progress = Progress::default();
    let plan = repo.with(true, |sought| surgery::plan(&repo.path(), sought, &progress)).unwrap();
    let leads = |name: &str| plan.refs.iter().find(|one| one.name == name).unwrap().leads;
    assert!(leads("refs/heads/main") && leads("refs/heads/topic") && leads("refs/tags/v1"));
    assert!(leads("refs/pull/3/head") && !leads("refs/heads/clean"));
    assert!(plan.refs.iter().any(|one| one.kind == RefKind::Hosted));
    assert!(plan.refs.iter().any(|one| one.kind == RefKind::Stash));
    assert_eq!(plan.objects, 7, "{:?}", plan.refs);
    assert!(plan.introduced.iter().any(|commit| commit.summary == "add settings"));
    let commands: Vec<&str> = plan.commands.iter().map(|command| command.text.as_str()).collect();
    assert_eq!(
        commands[0],
        "git clone --mirror --no-local -- https://github.com/o/r.git surgery.git"
    );
    assert!(commands[2].contains("--blob-callback"));
    assert!(commands[4].starts_with("git push --force --mirror -- https://github.com/o/r.git"));
    let hints: Vec<&str> = plan.hints.iter().map(|hint| hint.what.as_str()).collect();
    for wanted in
        ["host", "refs of the host", "work tree", "tags", "reflogs", "binary or UTF-16 files"]
    {
        assert!(hints.contains(&wanted), "{wanted}: {hints:?}");
    }
    let all = format!("{plan:?}");
    assert!(!all.contains(&repo.value) && !all.contains("word@"), "nothing secret is shown");
}

#[test]
fn a_fresh_clone_is_rewritten_and_proven() {
    let repo = Repo::new();
    everywhere(&repo);
    let before = repo.git(&["rev-parse", "--all"]);
    let applied = repo.apply(true).unwrap();
    assert_eq!(applied.proof.verdict, Verdict::Gone, "{:?}", applied.proof);
    assert_eq!(applied.objects, 7);
    assert!(applied.proof.objects_scanned > 10);
    assert_eq!(repo.git(&["rev-parse", "--all"]), before, "the user's own is untouched");
    let clone = repo.beside("clean.git");
    let show = |spec: &str| {
        let dir = clone.to_str().unwrap();
        repo.git(&["--git-dir", dir, "show", spec])
    };
    assert_eq!(show("topic:b.json"), "{\"mistralApiKey\": \"***REMOVED***\"}");
    assert!(show("v1").contains("built with MISTRAL_API_KEY=***REMOVED***"));
    assert!(show("main:README").contains("hello"));
    // What is binary keeps its length.
    let size = repo.git(&["--git-dir", clone.to_str().unwrap(), "cat-file", "-s", "main:db.bin"]);
    assert_eq!(size, (repo.value.len() + 4).to_string());
}

#[test]
fn the_fingerprint_is_enough() {
    let repo = Repo::new();
    everywhere(&repo);
    let applied = repo.apply(false).unwrap();
    assert_eq!(applied.proof.verdict, Verdict::Gone, "{:?}", applied.proof);
    assert_eq!(applied.objects, 7);
}

/// Values that mean something to the tool's own format, told by their bytes.
#[test]
fn special_characters_are_exact() {
    for value in
        ["a==>b***c", "regex:.*", "glob:*x*", "literal:y", "two\nlines.", "#x y(z)[", "a\\1b$&"]
    {
        let repo = Repo::of(value.to_owned());
        repo.commit("f", format!("before {value} after\n"), &format!("with {value} in it"));
        repo.commit("g", "regex: glob: literal: innocent ab a1b\n", "innocent");
        let applied = repo.apply(true).unwrap();
        assert_eq!(applied.proof.verdict, Verdict::Gone, "{value}");
        let clone = repo.beside("clean.git");
        let show = |spec: &str| repo.git(&["--git-dir", clone.to_str().unwrap(), "show", spec]);
        assert_eq!(show("main:f"), "before ***REMOVED*** after", "{value}");
        assert_eq!(show("main:g"), "regex: glob: literal: innocent ab a1b", "{value}");
    }
}

#[test]
fn an_authors_name_is_cleaned_too() {
    let repo = Repo::new();
    let author = format!("Ada MISTRAL_API_KEY={} <a@b>", repo.value);
    fs::write(repo.path().join("f"), "x").unwrap();
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "m", "--author", &author]);
    assert_eq!(repo.apply(true).unwrap().proof.verdict, Verdict::Gone);
}

#[test]
fn only_an_empty_directory_is_worked_in() {
    let repo = Repo::new();
    repo.commit("f", format!("MISTRAL_API_KEY={}\n", repo.value), "m");
    fs::create_dir(repo.beside("clean.git")).unwrap();
    fs::write(repo.beside("clean.git/mine"), "x").unwrap();
    assert!(matches!(repo.apply(true), Err(ApplyError::NotEmpty(_))));
    let from = RemoteUrl::parse(&format!("file://{}", repo.path().display()), true).unwrap();
    let own = repo.with(true, |sought| {
        surgery::apply(&from, &repo.path(), sought, tool(), &Progress::default())
    });
    assert!(matches!(own, Err(ApplyError::NotEmpty(_))));
}

#[test]
fn without_the_tool_or_the_value_nothing_is_rewritten() {
    let repo = Repo::new();
    repo.commit("f", format!("MISTRAL_API_KEY={}\n", repo.value), "m");
    let from = RemoteUrl::parse(&format!("file://{}", repo.path().display()), true).unwrap();
    let progress = Progress::default();
    let missing = repo.with(true, |sought| {
        let tool = OsStr::new("no-such-program-here");
        surgery::apply(&from, &repo.beside("one.git"), sought, tool, &progress)
    });
    assert!(missing.unwrap_err().to_string().contains("pip install git-filter-repo"));
    let other = Repo::new();
    let nothing = other.with(true, |sought| {
        surgery::apply(&from, &repo.beside("two.git"), sought, tool(), &progress)
    });
    assert!(matches!(nothing, Err(ApplyError::Nothing)));
}

#[test]
fn what_is_still_there_or_not_wholly_read_is_not_proven() {
    let repo = Repo::new();
    repo.commit("f", format!("MISTRAL_API_KEY={}\n", repo.value), "m");
    let progress = Progress::default();
    let proof = |path: &Path, repo: &Repo| {
        repo.with(true, |sought| surgery::absent(path, sought, &progress)).unwrap()
    };
    assert_eq!(proof(&repo.path(), &repo).verdict, Verdict::Still);
    // Amended away, and out of the reflog: an object that nothing leads to.
    fs::write(repo.path().join("f"), "clean").unwrap();
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "--amend", "-m", "m"]);
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    assert_eq!(proof(&repo.path(), &repo).verdict, Verdict::Still);
    let plan = repo.with(true, |sought| surgery::plan(&repo.path(), sought, &progress)).unwrap();
    assert!(plan.commands[0].text.contains("reflog expire"), "{:?}", plan.commands);
    repo.git(&["gc", "-q", "--prune=now"]);
    assert_eq!(proof(&repo.path(), &repo).verdict, Verdict::Gone);
    // In no object, but in the description of the directory.
    fs::write(repo.path().join(".git/description"), &repo.value).unwrap();
    let still = proof(&repo.path(), &repo);
    assert_eq!((still.verdict, still.beside), (Verdict::Still, vec!["description".to_owned()]));
    fs::remove_file(repo.path().join(".git/description")).unwrap();
    // A shallow clone proves nothing.
    fs::write(repo.path().join(".git/shallow"), repo.git(&["rev-parse", "HEAD"]) + "\n").unwrap();
    assert!(matches!(proof(&repo.path(), &repo).verdict, Verdict::Unproven(_)));
}

/// Nothing that a repository says of itself is run.
#[cfg(unix)]
#[test]
fn a_hostile_repository_runs_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let repo = Repo::new();
    let mark = repo.beside("ran");
    let script = repo.beside("evil.sh");
    fs::write(&script, format!("#!/bin/sh\ntouch {}\n", mark.display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    repo.commit(".gitattributes", "* filter=evil\n", "attributes");
    repo.commit("f", format!("MISTRAL_API_KEY={}\n", repo.value), "m");
    let evil = script.to_str().unwrap();
    for key in [
        "core.fsmonitor",
        "filter.evil.clean",
        "filter.evil.smudge",
        "core.pager",
        "uploadpack.packObjectsHook",
    ] {
        repo.git(&["config", key, evil]);
    }
    for hook in ["post-checkout", "reference-transaction", "post-rewrite"] {
        fs::copy(&script, repo.path().join(".git/hooks").join(hook)).unwrap();
    }
    let _ = fs::remove_file(&mark);
    let progress = Progress::default();
    repo.with(true, |sought| surgery::plan(&repo.path(), sought, &progress)).unwrap();
    assert!(!mark.exists(), "planning ran something");
    assert_eq!(repo.apply(true).unwrap().proof.verdict, Verdict::Gone);
    assert!(!mark.exists(), "applying ran something");
}
