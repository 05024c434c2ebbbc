//! Other managers of hooks, the real ones: lefthook and the pre-commit
//! framework, both from PyPI, installed once below the target directory.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{read, stopped};
use crate::fixture::{Run, World, key, line, search_path};

#[test]
fn lefthook_calls_what_is_added() {
    let (world, key) = (World::repository(), key());
    let bin = environment("lefthook==2.2.2");
    let run = |program: &str, args: &[&str]| with(&world, &bin, program, args);
    let settings = "pre-commit:\n  commands:\n    mine:\n      run: echo mine\n";
    world.write("lefthook.yml", settings);
    let told = world.run(["hook", "install"]).exits(0);
    assert!(told.out.contains("lefthook is set up and not active"), "{}", told.out);
    world.run(["hook", "uninstall"]).exits(0);

    run("lefthook", &["install"]).exits(0);
    let told = world.run(["hook", "install"]).exits(3);
    assert!(told.out.contains("run: leeward hook pre-commit"), "{}", told.out);
    assert!(!world.work().join("lefthook-local.yml").exists());
    world.run(["hook", "status"]).exits(3);
    let told = world.run(["hook", "install", "--apply"]).exits(3);
    assert!(told.out.contains("then run `lefthook install`"), "{}", told.out);
    run("lefthook", &["install"]).exits(0);
    world.run(["hook", "install"]).exits(0);
    let told = world.run(["hook", "status"]).exits(0);
    assert!(told.out.contains("managed by lefthook"), "{}", told.out);

    all_three_stop(&world, &bin, &key);
    assert_eq!(read(&world.work().join("lefthook.yml")), settings);
    world.run(["hook", "uninstall"]).exits(0);
    assert!(!world.work().join("lefthook-local.yml").exists());
}

#[test]
fn the_pre_commit_framework_calls_what_is_added() {
    let (world, key) = (World::repository(), key());
    let bin = environment("pre-commit==4.7.0");
    let run = |program: &str, args: &[&str]| with(&world, &bin, program, args);
    let settings = "fail_fast: true\nrepos:\n# ours\n- repo: local\n  hooks:\n  - id: mine\n    \
                    name: mine\n    entry: \"true\"\n    language: system\n";
    world.write(".pre-commit-config.yaml", settings);
    run("pre-commit", &["install"]).exits(0);
    let told = world.run(["hook", "install"]).exits(3);
    assert!(told.out.contains("entry: leeward hook pre-push"), "{}", told.out);
    assert_eq!(read(&world.work().join(".pre-commit-config.yaml")), settings);
    let told = world.run(["hook", "install", "--apply"]).exits(3);
    let then = "pre-commit install -t pre-commit -t commit-msg -t pre-push";
    assert!(told.out.contains(then), "{}", told.out);
    let then: Vec<&str> = then.split(' ').skip(1).collect();
    run("pre-commit", &then).exits(0);
    run("pre-commit", &["validate-config"]).exits(0);
    world.run(["hook", "install"]).exits(0);
    world.run(["hook", "status"]).exits(0);

    all_three_stop(&world, &bin, &key);
    world.run(["hook", "uninstall"]).exits(0);
    assert_eq!(read(&world.work().join(".pre-commit-config.yaml")), settings);
}

#[test]
fn the_hooks_that_this_project_publishes_work() {
    let (world, key) = (World::repository(), key());
    let bin = environment("pre-commit==4.7.0");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let published = world.beside("published");
    fs::create_dir_all(published.join("integrations")).unwrap();
    for name in [".pre-commit-hooks.yaml", "integrations/pre-commit.sh"] {
        fs::copy(root.join(name), published.join(name)).unwrap();
    }
    // Built once before, so that the hook that builds does not.
    let built = published.join("target/release/leeward");
    fs::create_dir_all(built.parent().unwrap()).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_leeward"), built).unwrap();
    world.git_in(&published, &["init", "-q", "-b", "main", "."]);
    world.git_in(&published, &["add", "-A", "-f"]);
    world.git_in(&published, &["commit", "-q", "-m", "published"]);
    let rev = world.git_in(&published, &["rev-parse", "HEAD"]);
    let settings = format!(
        "repos:\n- repo: file://{}\n  rev: {rev}\n  hooks:\n  - id: leeward\n  - id: leeward-push\n  \
         - id: leeward-message\n  - id: leeward-from-source\n",
        published.display()
    );
    world.write(".pre-commit-config.yaml", settings);
    let types = ["install", "-t", "pre-commit", "-t", "commit-msg", "-t", "pre-push"];
    with(&world, &bin, "pre-commit", &types).exits(0);
    world.run(["hook", "status"]).exits(0);
    all_three_stop(&world, &bin, &key);
    world.write("app.env", line(&key));
    world.git(&["add", "-A"]);
    let run = with(&world, &bin, "pre-commit", &["run", "leeward-from-source"]).exits(1);
    assert!(run.out.contains("app.env:1") && !run.out.contains(&key), "{}", run.out);
}

/// That a commit, a message and a push with a key are stopped by these hooks,
/// and others pass.
fn all_three_stop(world: &World, bin: &Path, key: &str) {
    let git = |args: &[&str]| {
        let run = with(world, bin, "git", args);
        // These managers tell on either stream what hooks say.
        Run { err: format!("{}{}", run.out, run.err), ..run }
    };
    world.git(&["add", "-A"]);
    let run = git(&["commit", "-q", "-m", "settings"]);
    assert_eq!(run.code, 0, "{}", run.err);
    world.write("app.env", line(key));
    world.git(&["add", "-A"]);
    stopped(&git(&["commit", "-q", "-m", "x"]), "app.env:1", key);
    world.git(&["reset", "-q", "--hard"]);
    let message = format!("MISTRAL_API_KEY={key}");
    stopped(&git(&["commit", "-q", "--allow-empty", "-m", &message]), "line 1 of the message", key);
    let bare = world.beside("bare.git");
    world.git(&["init", "-q", "--bare", bare.to_str().unwrap()]);
    world.git(&["remote", "add", "origin", bare.to_str().unwrap()]);
    let run = git(&["push", "-q", "origin", "main"]);
    assert_eq!(run.code, 0, "{}", run.err);
    world.write("b.env", line(key));
    world.git(&["add", "-A"]);
    world.git(&["commit", "-q", "--no-verify", "-m", "x"]);
    stopped(&git(&["push", "-q", "origin", "main"]), "b.env:1 in commit", key);
    stopped(&git(&["push", "-q", "origin", "main:new"]), "b.env:1 in commit", key);
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
}

/// Runs a program of an environment, with this one on the PATH.
fn with(world: &World, bin: &Path, program: &str, args: &[&str]) -> Run {
    let own = Path::new(env!("CARGO_BIN_EXE_leeward")).parent().unwrap().to_owned();
    let rest = search_path();
    let dirs = [bin.to_owned(), own].into_iter().chain(std::env::split_paths(&rest));
    let path = std::env::join_paths(dirs).unwrap();
    // Found by hand: the PATH of this process is another.
    let program = Some(bin.join(program)).filter(|path| path.is_file()).unwrap_or(program.into());
    let mut command = world.git_command(&world.work());
    let mut moved = Command::new(program);
    moved.args(args).current_dir(world.work()).env_clear();
    let kept = command.env("PATH", path).get_envs();
    moved.envs(kept.filter_map(|(name, value)| Some((name, value?))));
    Run::of(&moved.stdin(Stdio::null()).output().unwrap())
}

/// The programs of a virtual environment of Python's that holds one package.
fn environment(package: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("managers");
    fs::create_dir_all(&root).unwrap();
    let name: String =
        package.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let venv = root.join(&name);
    // Tests run at the same time, in threads and in processes.
    let lock = File::create(root.join(format!("{name}.lock"))).unwrap();
    lock.lock().unwrap();
    let done = venv.join("installed");
    if !done.is_file() {
        let _ = fs::remove_dir_all(&venv);
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv), package);
        let mut pip = Command::new(venv.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", package]);
        run(&mut pip, package);
        fs::write(done, "").unwrap();
    }
    venv.join("bin")
}

fn run(command: &mut Command, package: &str) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(
        output.status.success(),
        "this test needs the Python package `{package}`, which could not be installed; it needs \
         Python 3 with `venv` and `pip`, and a registry that has it:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
