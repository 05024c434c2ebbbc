//! Pushes to a server that looks at them before it takes them: the real git on
//! both sides, and the hook as an operator would install it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::fixture::{Run, World, hint, key, line, locked, zip};

/// A bare repository with the hook, and a clone that pushes to it.
struct Server {
    world: World,
    path: PathBuf,
}

impl Server {
    fn new() -> Self {
        Self::with(&[], "")
    }

    /// One whose hook gets more arguments.
    fn with(init: &[&str], arguments: &str) -> Self {
        let world = World::new();
        let path = world.beside("server.git");
        let shown = path.display().to_string();
        let mut args = vec!["init", "-q", "-b", "main"];
        args.extend(init);
        world.git(&[&args[..], &["--bare", &shown]].concat());
        world.git(&[&args[..], &["."]].concat());
        world.git(&["remote", "add", "origin", &shown]);
        world.git_in(&path, &["config", "receive.advertisePushOptions", "true"]);
        let server = Self { world, path };
        server.install(arguments);
        server
    }

    fn install(&self, arguments: &str) {
        let hook = self.path.join("hooks/pre-receive");
        let leeward = env!("CARGO_BIN_EXE_leeward");
        let text =
            format!("#!/bin/sh\nGL_USERNAME=jane exec '{leeward}' hook pre-receive {arguments}\n");
        fs::write(&hook, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    /// git where commands run, whatever comes of it.
    fn try_git(&self, args: &[&str]) -> Run {
        Run::of(&self.git_command(&self.world.work()).args(args).output().unwrap())
    }

    fn git_command(&self, dir: &Path) -> Command {
        let leeward = self.world.leeward(dir);
        let mut command = Command::new("git");
        command.current_dir(dir).env_clear().stdin(Stdio::null());
        command.envs(leeward.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command
    }

    fn push(&self, args: &[&str]) -> Run {
        self.try_git(&[&["push", "origin"], args].concat())
    }

    /// What a ref of the server points to, if it is there.
    fn at(&self, name: &str) -> Option<String> {
        let mut command = self.git_command(&self.path);
        let output = command.args(["rev-parse", "-q", "--verify", name]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        output.status.success().then(|| text.trim().to_owned())
    }

    /// Runs the command in the server's repository.
    fn run(&self, args: &[&str]) -> Run {
        self.world.run_in(&self.path, args)
    }

    /// Gives leave; the token.
    fn leave(&self, args: &[&str]) -> String {
        let create = ["hook", "bypass", "create", "--reason", "a test"];
        let run = self.run(&[&create[..], args].concat()).exits(0);
        let option = run.out.split("leeward-bypass=").nth(1).unwrap();
        option.trim().to_owned()
    }

    fn push_with(&self, token: &str, args: &[&str]) -> Run {
        let option = format!("leeward-bypass={token}");
        self.push(&[&["-o", &option], args].concat())
    }

    fn events(&self) -> Vec<Value> {
        let document = self.run(&["hook", "events", "--format", "json"]).exits(0).json();
        assert_eq!(document["intact"], true);
        document["events"].as_array().unwrap().clone()
    }

    fn kinds(&self) -> Vec<String> {
        let kind = |event: &Value| event["kind"].as_str().unwrap().to_owned();
        self.events().iter().map(kind).collect()
    }

    /// That no file of the server's state has the text.
    #[track_caller]
    fn keeps_nothing_of(&self, text: &str) {
        let Ok(files) = fs::read_dir(self.path.join("leeward")) else { return };
        for file in files {
            let kept = fs::read_to_string(file.unwrap().path()).unwrap();
            assert!(!kept.contains(text), "{kept}");
        }
    }
}

#[track_caller]
fn refused(run: Run, key: &str) -> Run {
    let run = run.exits(1);
    assert!(run.err.contains("this push is refused"), "{}", run.err);
    assert!(!run.err.contains(key) && !run.out.contains(key), "{}", run.err);
    run
}

#[test]
fn a_clean_push_passes_without_a_word() {
    let server = Server::new();
    let commit = server.world.commit_file("readme", "hello\n");
    let run = server.push(&["main"]).exits(0);
    assert!(!run.err.contains("leeward"), "{}", run.err);
    assert_eq!(server.at("main"), Some(commit));
    server.push(&["HEAD:refs/notes/x", "HEAD:refs/meta/config"]).exits(0);
    assert!(!server.path.join("leeward").exists());
}

#[test]
fn a_push_with_a_key_is_refused_with_commit_and_line() {
    let (server, key) = (Server::new(), key());
    let first = server.world.commit_file("readme", "hello\n");
    server.push(&["main"]).exits(0);
    let commit = server.world.commit_file("conf/app.env", &format!("A=1\n\n{}", line(&key)));
    let run = refused(server.push(&["main"]), &key);
    let place = format!("commit {}  conf/app.env:3", &commit[..12]);
    for said in [&place, &hint(&key), "on refs/heads/main", "git commit --amend", "leeward fix"] {
        assert!(run.err.contains(said), "{said}: {}", run.err);
    }
    assert_eq!(server.at("main"), Some(first));
    // Taken back by a commit on top, it is still in history.
    server.world.commit_file("conf/app.env", "A=1\n");
    let run = refused(server.push(&["main"]), &key);
    let rebase = format!("git rebase -i {}^", &commit[..12]);
    assert!(run.err.contains(&rebase) && run.err.contains(&place), "{}", run.err);
    // Taken out, it passes.
    server.world.git(&["reset", "-q", "--hard", "HEAD~2"]);
    server.world.commit_file("conf/app.env", "A=1\n");
    server.push(&["main"]).exits(0);
}

#[test]
fn the_first_commit_has_nothing_to_be_rebased_on() {
    let (server, key) = (Server::new(), key());
    server.world.commit_file("a.env", &line(&key));
    server.world.commit_file("a.env", "");
    let run = refused(server.push(&["main"]), &key);
    assert!(run.err.contains("git rebase -i --root"), "{}", run.err);
}

#[test]
fn whatever_carries_a_key_is_seen() {
    let server = Server::new();
    let world = &server.world;
    world.commit_file("readme", "hello\n");
    server.push(&["main"]).exits(0);
    let (in_message, in_tag, in_blob, in_branch) = (key(), key(), key(), key());
    world.git(&["checkout", "-q", "-b", "message"]);
    world.git(&["commit", "-q", "--allow-empty", "-m", &line(&in_message)]);
    let run = refused(server.push(&["message"]), &in_message);
    assert!(run.err.contains("the commit's message"), "{}", run.err);
    world.git(&["tag", "-a", "-m", &line(&in_tag), "v1", "main"]);
    let run = refused(server.push(&["v1"]), &in_tag);
    assert!(run.err.contains("on refs/tags/v1"), "{}", run.err);
    world.write("loose.env", line(&in_blob));
    let blob = world.git(&["hash-object", "-w", "loose.env"]);
    world.git(&["tag", "-a", "-m", "a blob", "blob", &blob]);
    let run = refused(server.push(&["blob"]), &in_blob);
    assert!(run.err.contains("on refs/tags/blob"), "{}", run.err);
    refused(server.push(&[&format!("{blob}:refs/tags/bare")]), &in_blob);
    // Many refs: one of them refuses all.
    world.git(&["checkout", "-q", "-b", "many", "main"]);
    fs::remove_file(world.work().join("loose.env")).unwrap();
    world.commit_file("b.env", &line(&in_branch));
    let refs: Vec<String> = (0..30).map(|n| format!("main:refs/heads/n{n}")).collect();
    let mut args: Vec<&str> = refs.iter().map(String::as_str).collect();
    args.push("many");
    let run = refused(server.push(&args), &in_branch);
    assert!(run.err.contains("on refs/heads/many"), "{}", run.err);
    for name in ["message", "v1", "blob", "bare", "many", "n0"] {
        assert_eq!(server.at(name), None, "{name}");
    }
    // Without the one, the others pass; and they can be deleted.
    args.pop();
    server.push(&args).exits(0);
    server.push(&["--delete", "n0", "n1"]).exits(0);
    assert_eq!(server.at("n0"), None);
}

#[test]
fn a_key_named_by_a_file_or_a_branch_is_not_shown() {
    let (server, key) = (Server::new(), key());
    server.world.git(&["checkout", "-q", "-b", &key]);
    server.world.commit_file(&format!("{key}.env"), &line(&key));
    let push = server.push(&["HEAD:refs/heads/main", &format!("HEAD:refs/heads/{key}")]).exits(1);
    let said: String = push.err.lines().filter(|line| line.starts_with("remote: ")).collect();
    assert!(said.contains("refused") && !said.contains(&key), "{said}");
    // Passed by leave, it is not written down either.
    let token = server.leave(&[]);
    server.push_with(&token, &["HEAD:refs/heads/main", &format!("HEAD:refs/heads/{key}")]).exits(0);
    server.keeps_nothing_of(&key);
}

#[test]
fn what_was_there_before_stops_nobody() {
    let (server, key, other) = (Server::new(), key(), key());
    let world = &server.world;
    fs::remove_file(server.path.join("hooks/pre-receive")).unwrap();
    world.commit_file("old.env", &format!("A=1\n{}", line(&key)));
    world.commit_file("readme", "hello\n");
    server.push(&["main"]).exits(0);
    server.install("");
    // The file is changed beside it, moved, taken away and brought back.
    world.commit_file("old.env", &format!("A=2\n{}B=3\n", line(&key)));
    server.push(&["main"]).exits(0);
    world.git(&["mv", "old.env", "moved.env"]);
    world.commit_file("moved.env", &format!("A=2\n{}B=4\n", line(&key)));
    server.push(&["main"]).exits(0);
    world.git(&["rm", "-q", "moved.env"]);
    world.commit("away");
    world.git(&["revert", "--no-edit", "HEAD"]);
    server.push(&["main"]).exits(0);
    // A branch from before, merged.
    world.git(&["checkout", "-q", "-b", "side", "HEAD~3"]);
    world.commit_file("side", "x");
    world.git(&["checkout", "-q", "main"]);
    world.git(&["merge", "-q", "--no-edit", "side"]);
    server.push(&["main", "side"]).exits(0);
    // Rewritten history with the same content.
    world.git(&["commit", "-q", "--amend", "-m", "again"]);
    server.push(&["--force", "main"]).exits(0);
    // Copied to another place it is brought there, and so is another key.
    world.commit_file("copy.env", &format!("C=1\n{}", line(&key)));
    refused(server.push(&["main"]), &key);
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    world.commit_file("moved.env", &format!("{}OTHER_{}", line(&key), line(&other)));
    let run = refused(server.push(&["main"]), &other);
    assert!(run.err.contains("it brings a credential"), "{}", run.err);
}

#[test]
fn a_key_carried_from_commit_to_commit_of_one_push_is_brought_by_the_first() {
    let (server, key) = (Server::new(), key());
    let world = &server.world;
    world.commit_file("readme", "hello\n");
    server.push(&["main"]).exits(0);
    let first = world.commit_file("a.env", &line(&key));
    for number in 0..4 {
        world.commit_file("a.env", &format!("{}N={number}\n", line(&key)));
    }
    let run = refused(server.push(&["main"]), &key);
    assert!(run.err.contains(&format!("commit {}  a.env:1", &first[..12])), "{}", run.err);
}

#[test]
fn the_pusher_does_not_say_what_passes() {
    let (server, key) = (Server::new(), key());
    let world = &server.world;
    let commented = format!("MISTRAL_API_KEY={key} # leeward:ignore\n");
    world.write(".leeward-ignore.toml", "[[ignore]]\npath = '**'\nreason = 'mine'\n");
    world.commit_file("a.env", &commented);
    let run = refused(server.push(&["main"]), &key);
    // The operator does: by fingerprint, and by honouring comments.
    let fingerprint = run.err.split("(lw1_").nth(1).unwrap().split(')').next().unwrap();
    let ignore = world.beside("ignore.toml");
    let text = format!("[[ignore]]\nfingerprint = 'lw1_{fingerprint}'\nreason = 'known'\n");
    fs::write(&ignore, text).unwrap();
    server.install(&format!("--ignore-file '{}'", ignore.display()));
    server.push(&["main:refs/heads/ignored"]).exits(0);
    server.push(&["--delete", "ignored"]).exits(0);
    server.install("--honour-comments");
    server.push(&["main"]).exits(0);
    let events = server.events();
    assert_eq!(server.kinds(), ["comments-honoured"]);
    assert_eq!(events[0]["actor"], "jane");
    assert_eq!(events[0]["facts"]["excused"], format!("lw1_{fingerprint}").as_str());
    server.keeps_nothing_of(&key);
}

#[test]
fn a_bypass_passes_once_and_is_written_down() {
    let (server, key, other) = (Server::new(), key(), key());
    let world = &server.world;
    let commit = world.commit_file("a.env", &line(&key));
    let token = server.leave(&["--ref", "main"]);
    // On another ref it is of no use, and is not used up.
    let run = refused(server.push_with(&token, &["main:refs/heads/other"]), &key);
    assert!(run.err.contains("not on this ref"), "{}", run.err);
    let run = server.push_with(&token, &["main"]).exits(0);
    assert!(run.err.contains("recorded as event 3") && !run.err.contains(&key), "{}", run.err);
    assert_eq!(server.at("main"), Some(commit.clone()));
    world.commit_file("b.env", &line(&other));
    let run = refused(server.push_with(&token, &["main"]), &other);
    assert!(run.err.contains("as often as it may be"), "{}", run.err);
    let run = refused(server.push_with("lwb_wrong", &["main"]), &other);
    assert!(run.err.contains("no bypass has this token"), "{}", run.err);
    let kinds =
        ["bypass-created", "bypass-refused", "bypass-used", "bypass-refused", "bypass-refused"];
    assert_eq!(server.kinds(), kinds);
    let used = &server.events()[2];
    assert_eq!(used["actor"], "jane");
    assert_eq!(used["facts"]["commits"], commit.as_str());
    assert_eq!(used["facts"]["bypass-reason"], "a test");
    assert!(used["facts"]["changes"].as_str().unwrap().ends_with("refs/heads/main"));
    for text in [&key, &other, &token] {
        server.keeps_nothing_of(text);
    }
    server.run(&["hook", "events", "--verify"]).exits(0);
    // Somebody changes the log.
    let log = server.path.join("leeward/events.jsonl");
    let text = fs::read_to_string(&log).unwrap();
    fs::write(&log, text.replacen("jane", "john", 1)).unwrap();
    let run = server.run(&["hook", "events", "--verify"]).exits(1);
    assert!(run.out.contains("line 2 is not what was written"), "{}", run.out);
}

#[test]
fn a_bypass_that_is_over_or_for_something_else_is_refused() {
    let (server, key) = (Server::new(), key());
    server.world.commit_file("a.env", &line(&key));
    let short = server.leave(&["--expires", "1s"]);
    let revoked = server.leave(&[]);
    let list = server.run(&["hook", "bypass", "list"]).exits(0).out;
    let id = list.lines().last().unwrap().split(' ').next().unwrap();
    server.run(&["hook", "bypass", "revoke", id]).exits(0);
    server.run(&["hook", "bypass", "revoke", "nobody"]).exits(2);
    let other = format!("lw1_{}", "0".repeat(32));
    let narrow = server.leave(&["--fingerprint", &other]);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    for (token, why) in
        [(&short, "it has expired"), (&revoked, "taken back"), (&narrow, "it is not for lw1_")]
    {
        let run = refused(server.push_with(token, &["main"]), &key);
        assert!(run.err.contains(why), "{why}: {}", run.err);
    }
    // One of another repository, where both keep theirs in one place.
    let elsewhere = Server::new();
    let state = server.world.beside("state");
    let shared = format!("--state '{}'", state.display());
    server.install(&shared);
    let state = state.display().to_string();
    let foreign = elsewhere.leave(&["--state", &state]);
    let run = refused(server.push_with(&foreign, &["main"]), &key);
    assert!(run.err.contains("for another repository"), "{}", run.err);
    server.run(&["hook", "bypass", "create", "--for", "any", "--reason", "x"]).exits(2);
    let any = server.leave(&["--for", "any", "--state", &state]);
    server.push_with(&any, &["main"]).exits(0);
}

#[test]
fn two_pushes_at_one_time_use_one_leave_once() {
    let server = Server::new();
    // Each brings a key of its own: what one has brought stops no other.
    server.world.commit_file("readme", "hello\n");
    for number in 0..4 {
        server.world.git(&["checkout", "-q", "-b", &format!("b{number}"), "main"]);
        server.world.commit_file("a.env", &line(&key()));
    }
    let token = server.leave(&[]);
    let passed: usize = std::thread::scope(|scope| {
        let pushes: Vec<_> = (0..4)
            .map(|number| {
                let (server, token) = (&server, &token);
                let mut push = server.git_command(&server.world.work());
                let option = format!("leeward-bypass={token}");
                let name = format!("b{number}");
                push.args(["push", "-o", &option, "origin", &name]);
                scope.spawn(move || push.output().unwrap().status.success())
            })
            .collect();
        pushes.into_iter().map(|push| usize::from(push.join().unwrap())).sum()
    });
    assert_eq!(passed, 1);
    let used = server.kinds().iter().filter(|kind| *kind == "bypass-used").count();
    assert_eq!(used, 1);
}

#[test]
fn nothing_passes_by_a_bypass_that_cannot_be_written_down() {
    let (server, key) = (Server::new(), key());
    server.world.commit_file("a.env", &line(&key));
    let token = server.leave(&[]);
    let log = server.path.join("leeward/events.jsonl");
    let kept = fs::read(&log).unwrap();
    fs::remove_file(&log).unwrap();
    fs::create_dir(&log).unwrap();
    let run = refused(server.push_with(&token, &["main"]), &key);
    assert!(run.err.contains("nothing passes that is not recorded"), "{}", run.err);
    assert_eq!(server.at("main"), None);
    fs::remove_dir(&log).unwrap();
    fs::write(&log, kept).unwrap();
    server.push_with(&token, &["main"]).exits(0);
}

#[test]
fn without_the_time_to_look_nothing_passes_unless_the_operator_says_so() {
    let server = Server::with(&[], "--within 0");
    let commit = server.world.commit_file("readme", "hello\n");
    let run = server.push(&["main"]).exits(1);
    assert!(run.err.contains("longer than 0 seconds"), "{}", run.err);
    assert_eq!(server.at("main"), None);
    let config = server.world.beside("leeward.toml");
    fs::write(&config, "[guard]\non_trouble = 'pass'\n").unwrap();
    server.install(&format!("--within 0 --config '{}'", config.display()));
    let run = server.push(&["main"]).exits(0);
    assert!(run.err.contains("this push passes, though"), "{}", run.err);
    assert_eq!(server.at("main"), Some(commit));
    assert_eq!(server.kinds(), ["passed-unseen"]);
    // A bypass for that too.
    server.install("--within 0");
    server.world.commit_file("more", "x");
    let (seen, unseen) = (server.leave(&[]), server.leave(&["--unseen"]));
    server.push_with(&seen, &["main"]).exits(1);
    server.push_with(&unseen, &["main"]).exits(0);
}

#[test]
fn repositories_of_longer_names_are_read() {
    let (server, key) = (Server::with(&["--object-format=sha256"], ""), key());
    server.world.commit_file("readme", "hello\n");
    server.push(&["main"]).exits(0);
    let commit = server.world.commit_file("a.env", &line(&key));
    let run = refused(server.push(&["main"]), &key);
    assert!(run.err.contains(&format!("commit {}", &commit[..12])), "{}", run.err);
}

#[test]
fn a_large_push_comes_as_a_pack_and_is_seen_too() {
    let (server, key) = (Server::new(), key());
    let world = &server.world;
    for number in 0..150 {
        world.write(format!("d{}/f{number}", number % 7), format!("{number}\n").repeat(50));
    }
    world.commit_file("readme", "hello\n");
    server.push(&["main"]).exits(0);
    for number in 0..150 {
        world.write(format!("d{}/f{number}", number % 7), format!("{number} x\n").repeat(50));
    }
    world.commit_file("d3/app.env", &line(&key));
    let run = refused(server.push(&["main"]), &key);
    assert!(run.err.contains("d3/app.env:1"), "{}", run.err);
}

#[test]
fn more_findings_than_are_read_are_counted() {
    let server = Server::new();
    let keys: Vec<String> = (0..25).map(|_| key()).collect();
    for (number, key) in keys.iter().enumerate() {
        server.world.write(format!("f{number}.env"), line(key));
    }
    server.world.commit("all");
    let run = server.push(&["main"]).exits(1);
    assert!(run.err.contains("it brings 25 credentials"), "{}", run.err);
    assert!(run.err.contains("and 5 more"), "{}", run.err);
    assert_eq!(run.err.matches("(lw1_").count(), 20, "{}", run.err);
    assert!(keys.iter().all(|key| !run.err.contains(key)));
}

/// Runs the hook by itself in the server's repository.
fn by_hand(server: &Server, input: &str, environment: &[(&str, &str)]) -> Run {
    use std::io::Write as _;
    let mut command = server.world.leeward(&server.path);
    command.args(["hook", "pre-receive"]).envs(environment.iter().copied());
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Run::of(&child.wait_with_output().unwrap())
}

#[test]
fn what_git_would_not_say_is_refused() {
    let server = Server::new();
    let commit = server.world.commit_file("readme", "hello\n");
    server.push(&["main"]).exits(0);
    let zero = "0".repeat(40);
    by_hand(&server, "", &[]).exits(0);
    by_hand(&server, &format!("{commit} {zero} refs/heads/main\n"), &[]).exits(0);
    by_hand(&server, &format!("{zero} {commit} refs/heads/again\n"), &[]).exits(0);
    for wrong in ["nonsense\n", &format!("{zero} {commit}\n"), &format!("{zero} x refs/heads/a\n")]
    {
        let run = by_hand(&server, wrong, &[]).exits(2);
        assert!(run.err.contains("line 1 of standard input"), "{}", run.err);
    }
    // Something that is nowhere.
    let nowhere = "12".repeat(20);
    let run = by_hand(&server, &format!("{zero} {nowhere} refs/heads/a\n"), &[]).exits(1);
    assert!(run.err.contains("missing-object"), "{}", run.err);
    // No repository.
    let elsewhere = server.world.beside("empty");
    fs::create_dir(&elsewhere).unwrap();
    let git_dir = elsewhere.display().to_string();
    let line = format!("{zero} {commit} refs/heads/a\n");
    let run = by_hand(&server, &line, &[("GIT_DIR", &git_dir)]).exits(1);
    assert!(run.err.contains("not a git repository"), "{}", run.err);
}

#[test]
fn damage_in_what_arrived_is_told() {
    let server = Server::new();
    let world = &server.world;
    world.commit_file("readme", "hello\n");
    server.push(&["main"]).exits(0);
    let commit = world.commit_file("more", "more\n");
    // What arrives lacks a file that its tree names, and has another damaged.
    let incoming = server.path.join("objects/tmp_objdir-incoming-x");
    let objects = world.work().join(".git/objects");
    let (more, tree) =
        (world.git(&["rev-parse", "HEAD:more"]), world.git(&["rev-parse", "HEAD^{tree}"]));
    let copy = |name: &str| {
        fs::create_dir_all(incoming.join(&name[..2])).unwrap();
        let to = incoming.join(&name[..2]).join(&name[2..]);
        fs::copy(objects.join(&name[..2]).join(&name[2..]), &to).unwrap();
        to
    };
    copy(&commit);
    copy(&tree);
    let quarantine = incoming.display().to_string();
    let environment = [("GIT_QUARANTINE_PATH", quarantine.as_str())];
    let line = format!("{} {commit} refs/heads/main\n", server.at("main").unwrap());
    let run = by_hand(&server, &line, &environment).exits(1);
    assert!(run.err.contains(&format!("`{more}`: missing-object")), "{}", run.err);
    let broken = copy(&more);
    fs::remove_file(&broken).unwrap();
    fs::write(&broken, "not zlib").unwrap();
    let run = by_hand(&server, &line, &environment).exits(1);
    assert!(run.err.contains(&more), "{}", run.err);
    fs::remove_file(&broken).unwrap();
    copy(&more);
    by_hand(&server, &line, &environment).exits(0);
}

#[test]
fn what_lay_forgotten_in_the_store_is_seen_when_a_push_leads_to_it() {
    let (server, key) = (Server::new(), key());
    let world = &server.world;
    world.commit_file("readme", "hello\n");
    server.push(&["main"]).exits(0);
    let commit = world.commit_file("a.env", &line(&key));
    // Its objects are on the server, and no ref leads there.
    let remote = server.path.display().to_string();
    fs::remove_file(server.path.join("hooks/pre-receive")).unwrap();
    server.push(&["main:refs/heads/gone"]).exits(0);
    world.git_in(&server.path, &["update-ref", "-d", "refs/heads/gone"]);
    server.install("");
    let run = refused(server.try_git(&["push", &remote, "main"]), &key);
    assert!(run.err.contains(&format!("commit {}", &commit[..12])), "{}", run.err);
}

#[test]
fn containers_are_looked_into_before_they_are_taken() {
    let (server, key) = (Server::new(), key());
    server.world.write("dist/app.zip", zip("conf/app.env", &line(&key)));
    server.world.commit("a release");
    let run = refused(server.push(&["main"]), &key);
    assert!(run.err.contains("dist/app.zip!conf/app.env:1"), "{}", run.err);
    server.world.git(&["reset", "-q", "--hard"]);
    server.world.git(&["update-ref", "-d", "HEAD"]);
    server.world.write("dist/app.zip", locked(zip("a", "text")));
    server.world.commit("a release");
    let run = server.push(&["main"]).exits(0);
    let said = "not looked into, which refuses nothing: ";
    assert!(run.err.contains(said) && run.err.contains("it is encrypted"), "{}", run.err);
}
