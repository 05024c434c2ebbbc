//! Repositories that want to harm whoever scans them: nothing in them runs,
//! nothing leads out of them, and damage costs only what is damaged.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

mod git_support;

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
};

use git_support::{Recorder, Repo, blobs, id, scan, try_range};
use leeward_model::{Coverage, Reason};
use leeward_source::{
    Progress,
    git::{CloneError, OpenError, RemoteUrl, Repository, clone_bare},
};

/// Does everything there is to do with a repository.
fn do_everything(repository: &Repository) -> Coverage {
    let (shown, coverage) = scan(repository);
    let progress = Progress::default();
    let recorder = Recorder::default();
    repository.scan_staged(None, 2, &&recorder, &progress);
    repository.attribute(&shown.keys().copied().collect(), 2, &progress).unwrap();
    let _ = try_range(repository, "HEAD", &recorder);
    if let Some(work_tree) = repository.work_tree() {
        let mut tracker = repository.tracker(None);
        for entry in fs::read_dir(work_tree).unwrap() {
            tracker.tracking(&entry.unwrap().path());
        }
    }
    coverage
}

fn write_script(path: &Path, marker: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\ntouch '{}'\ncat\n", marker.display())).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn nothing_a_repository_says_is_executed() {
    let repo = Repo::new();
    repo.write("file.txt", "content");
    repo.commit("first");
    repo.write("file.txt", "staged");
    repo.git(&["add", "file.txt"]);
    repo.write("file.txt", "in the work tree");
    let marker = repo.beside("marker");
    let script = repo.path.join(".git/evil");
    write_script(&script, &marker);
    for hook in [
        "post-index-change",
        "reference-transaction",
        "post-checkout",
        "fsmonitor-watchman",
        "pre-auto-gc",
    ] {
        write_script(&repo.path.join(".git/hooks").join(hook), &marker);
    }
    repo.write(".gitattributes", "* filter=evil diff=evil merge=evil\n");
    fs::copy(repo.path.join(".gitattributes"), repo.path.join(".git/info/attributes")).unwrap();
    let evil = script.display();
    let included = repo.beside("included");
    fs::write(&included, format!("[core]\n\tpager = {evil}\n")).unwrap();
    let config = format!(
        "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = {evil}\n\thooksPath = .git/hooks\n\
         \tsshCommand = {evil}\n\teditor = {evil}\n\tpager = {evil}\n\tgitProxy = {evil}\n\
         \taskPass = {evil}\n\talternateRefsCommand = {evil}\n\
         [filter \"evil\"]\n\tclean = {evil}\n\tsmudge = {evil}\n\tprocess = {evil}\n\trequired = true\n\
         [diff]\n\texternal = {evil}\n[diff \"evil\"]\n\ttextconv = {evil}\n\tcommand = {evil}\n\
         [alias]\n\tstatus = !{evil}\n\tscan = !{evil}\n\
         [uploadpack]\n\tpackObjectsHook = {evil}\n[credential]\n\thelper = !{evil}\n\
         [include]\n\tpath = {}\n[protocol \"ext\"]\n\tallow = always\n\
         [remote \"origin\"]\n\turl = ext::sh -c {evil}% %G\n\tpromisor = true\n\
         \tuploadpack = {evil}\n\tpartialclonefilter = blob:none\n\
         [extensions]\n\tpartialClone = origin\n",
        included.display()
    );
    fs::write(repo.path.join(".git/config"), config).unwrap();
    // From here on git itself must not be asked anything in here.
    let repository = repo.open();
    let (shown, coverage) = scan(&repository);
    assert_eq!(blobs(&shown), ["content", "staged"]);
    assert_eq!(coverage.not_scanned, []);
    let missing = shown.iter().find(|(_, shown)| shown.bytes == b"content").unwrap().0.to_string();
    fs::remove_file(repo.path.join(".git/objects").join(&missing[..2]).join(&missing[2..]))
        .unwrap();
    let coverage = do_everything(&repo.open());
    assert_eq!(coverage.not_scanned.len(), 1);
    assert_eq!(coverage.not_scanned[0].reason, Reason::Missing);
    assert_eq!(coverage.not_scanned[0].path, missing.as_bytes());
    assert!(!marker.exists(), "the repository made the scan run something");
}

#[test]
fn alternates_may_not_lead_out() {
    let victim = Repo::new();
    victim.write("private", "somebody else's");
    victim.commit("private");
    let repo = Repo::new();
    repo.write("own", "own");
    repo.commit("own");
    let outside = victim.path.join(".git/objects");
    let list = repo.path.join(".git/objects/info/alternates");
    let inner = repo.path.join(".git/inner");
    fs::create_dir_all(inner.join("pack")).unwrap();
    for line in [outside.display().to_string(), "../../../../../../etc".into()] {
        fs::write(&list, format!("# comment\n{line}\n../inner\n../inner\n")).unwrap();
        let (shown, coverage) = scan(&repo.open());
        assert_eq!(blobs(&shown), ["own"]);
        let refused =
            |left: &leeward_model::NotScanned| matches!(left.reason, Reason::OutsideTarget(_));
        assert!(coverage.not_scanned.iter().all(refused), "{:?}", coverage.not_scanned);
    }
    // Within the repository they are followed.
    fs::remove_file(&list).unwrap();
    fs::rename(repo.path.join(".git/objects"), repo.path.join(".git/moved")).unwrap();
    fs::create_dir_all(repo.path.join(".git/objects/info")).unwrap();
    fs::write(&list, "../moved\n").unwrap();
    let (shown, coverage) = scan(&repo.open());
    assert_eq!((blobs(&shown), coverage.not_scanned), (vec!["own".to_owned()], vec![]));
}

#[test]
fn links_in_a_repository_may_not_lead_out() {
    let victim = Repo::new();
    victim.write("private", "somebody else's");
    victim.commit("private");
    victim.git(&["repack", "-adq"]);
    let repo = Repo::new();
    repo.write("own", "own");
    repo.commit("own");
    let pack = repo.path.join(".git/objects/pack");
    fs::remove_dir_all(&pack).unwrap();
    symlink(victim.path.join(".git/objects/pack"), &pack).unwrap();
    symlink("/etc/passwd", repo.path.join(".git/packed-refs")).unwrap();
    symlink("/etc", repo.path.join(".git/refs/heads/etc")).unwrap();
    symlink(".", repo.path.join(".git/refs/heads/loop")).unwrap();
    let coverage = do_everything(&repo.open());
    assert_eq!(coverage.objects_scanned, 2);
    assert!(
        matches!(coverage.not_scanned[..], [ref left] if matches!(left.reason, Reason::OutsideTarget(_)))
    );
}

#[test]
fn pipes_and_directories_in_place_of_files_do_not_hang() {
    let repo = Repo::new();
    repo.write("own", "own");
    repo.commit("own");
    let git = repo.path.join(".git");
    fs::remove_file(git.join("index")).unwrap();
    for name in
        ["packed-refs", "index", "FETCH_HEAD", "refs/heads/pipe", "info/alternates", "logs/pipe"]
    {
        let _ = fs::remove_file(git.join(name));
        let status = std::process::Command::new("mkfifo").arg(git.join(name)).status().unwrap();
        assert!(status.success());
    }
    fs::create_dir_all(git.join("objects/pack/pack-1.pack")).unwrap();
    fs::create_dir_all(git.join("ORIG_HEAD")).unwrap();
    let coverage = do_everything(&repo.open());
    assert_eq!(coverage.objects_scanned, 2);
    assert_eq!(coverage.not_scanned.len(), 1);
}

#[test]
fn a_git_file_is_followed_only_if_it_is_answered() {
    let victim = Repo::new();
    victim.write("private", "somebody else's");
    victim.commit("private");
    let trap = victim.beside("trap");
    fs::create_dir(&trap).unwrap();
    fs::write(trap.join(".git"), format!("gitdir: {}/.git\n", victim.path.display())).unwrap();
    assert!(matches!(Repository::open(&trap), Err(OpenError::NotItsOwn(_))));
    fs::write(trap.join(".git"), "gitdir: /nowhere\x1b[2J\n").unwrap();
    let error = Repository::open(&trap).unwrap_err().to_string();
    assert!(error.contains("not a git repository") && !error.contains('\x1b'));
    fs::write(trap.join(".git"), "nonsense").unwrap();
    assert!(Repository::open(&trap).is_err());
    // The same by a link, and by what makes a linked work tree.
    fs::remove_file(trap.join(".git")).unwrap();
    symlink(victim.path.join(".git"), trap.join(".git")).unwrap();
    assert!(matches!(Repository::open(&trap), Err(OpenError::NotItsOwn(_))));
    fs::remove_file(trap.join(".git")).unwrap();
    fs::create_dir(trap.join(".git")).unwrap();
    fs::write(trap.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
    let common = victim.path.join(".git").display().to_string();
    fs::write(trap.join(".git/commondir"), common).unwrap();
    assert!(matches!(Repository::open(&trap), Err(OpenError::NotItsOwn(_))));
}

#[test]
fn unknown_formats_are_refused_by_name() {
    let repo = Repo::new();
    fs::write(repo.path.join(".git/config"), "[extensions]\nobjectformat = sha3\n").unwrap();
    assert!(Repository::open(&repo.path).unwrap_err().to_string().contains("`sha3`"));
    fs::write(repo.path.join(".git/config"), "[extensions]\nrefstorage = reftable\n").unwrap();
    let (_, coverage) = scan(&repo.open());
    assert!(coverage.warnings.iter().any(|warning| warning.contains("refs")));
}

#[test]
fn a_repository_of_somebody_else_is_scanned() {
    let repo = Repo::new();
    repo.write("own", "own");
    repo.commit("own");
    // Needs the right to give files away; without it there is nothing to see.
    let git = repo.path.join(".git");
    let given = std::os::unix::fs::chown(&git, Some(54321), None)
        .and_then(|()| std::os::unix::fs::chown(&repo.path, Some(54321), None));
    assert_eq!(blobs(&scan(&repo.open()).0), ["own"], "{given:?}");
}

#[test]
fn replacements_and_grafts_hide_nothing() {
    let repo = Repo::new();
    repo.write("file", "hidden");
    let first = repo.commit("with a secret");
    let hidden = repo.blob_id("HEAD:file");
    repo.write("file", "harmless");
    let second = repo.commit("without");
    repo.git(&["replace", &first, &second]);
    repo.git(&["replace", &hidden.to_string(), &repo.git(&["rev-parse", "HEAD:file"])]);
    fs::write(repo.path.join(".git/info/grafts"), format!("{second}\n")).unwrap();
    let repository = repo.open();
    let (shown, _) = scan(&repository);
    assert_eq!(shown[&hidden].bytes, b"hidden");
    let history =
        &repository.attribute(&[hidden].into(), 1, &Progress::default()).unwrap().of[&hidden];
    assert_eq!(history.introduced.as_ref().unwrap().id, id(&first));
    assert!(history.refs.contains(&"refs/heads/main".to_owned()));
}

/// Ten directories in each of ten, ten levels deep: three dozen objects and
/// ten billion paths.
#[test]
fn trees_that_multiply_cost_little() {
    let repo = Repo::new();
    repo.write("file", "content");
    let blob = repo.git(&["hash-object", "-w", "file"]);
    let mut below = format!("100644 blob {blob}");
    let mut top = String::new();
    for _ in 0..10 {
        let list: String = (0..10).map(|n| format!("{below}\t{n}\n")).collect();
        repo.write("list", list);
        let stdin = fs::File::open(repo.path.join("list")).unwrap();
        let made = repo.command(&repo.path).arg("mktree").stdin(stdin).output().unwrap();
        top = String::from_utf8(made.stdout).unwrap().trim().to_owned();
        below = format!("040000 tree {top}");
    }
    let commit = repo.git(&["commit-tree", "-m", "bomb", &top]);
    repo.git(&["update-ref", "refs/heads/main", &commit]);
    repo.git(&["add", "file"]);
    let started = std::time::Instant::now();
    let repository = repo.open();
    assert!(do_everything(&repository).is_complete());
    let histories = repository.attribute(&[id(&blob)].into(), 2, &Progress::default()).unwrap();
    assert_eq!(histories.of[&id(&blob)].paths.len(), 1000);
    assert!(histories.warnings.iter().any(|warning| warning.contains("paths")));
    let (shown, _) = git_support::scan_range(&repository, "HEAD");
    assert_eq!(blobs(&shown), ["content"]);
    assert_eq!(repository.staged(None).paths.len(), 1);
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

/// Flips, cuts and drops bytes all over a pack and its index: nothing
/// panics, and every object is either shown as it is or told.
#[test]
fn damage_costs_only_what_is_damaged() {
    let repo = Repo::new();
    for n in 0..30 {
        repo.write("file", format!("{}\nline {n}", "some text that stays\n".repeat(30)));
        repo.write(&format!("other{}", n % 5), format!("other {n}"));
        repo.commit("change");
    }
    repo.git(&["repack", "-adfq"]);
    let dir = repo.path.join(".git/objects/pack");
    let find = |extension: &str| {
        let mut entries = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path());
        entries.find(|path| path.extension().is_some_and(|e| e == extension)).unwrap()
    };
    let truth = repo.truth(&repo.path);
    let mut state = 7u64;
    for (extension, rounds) in [("pack", 150), ("idx", 150)] {
        let path = find(extension);
        let whole = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        for _ in 0..rounds {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = (state >> 33) as usize % whole.len();
            let mut damaged = whole.clone();
            match state >> 20 & 7 {
                0 => damaged.truncate(at),
                1 => damaged[at..(at + 8).min(whole.len())].fill(0xff),
                _ => damaged[at] ^= 1 << (state >> 24 & 7),
            }
            fs::write(&path, &damaged).unwrap();
            let repository = repo.open();
            let coverage = do_everything(&repository);
            let (shown, _) = scan(&repository);
            let right = shown.iter().filter(|(id, shown)| {
                truth.get(id).is_some_and(|(_, bytes)| *bytes == shown.bytes)
            });
            let right = right.count();
            if extension == "pack" {
                assert!(coverage.not_scanned.len() + right >= truth.len() || at < 12);
            }
            fs::remove_file(&path).unwrap();
        }
        fs::write(&path, &whole).unwrap();
    }
    fs::remove_file(find("idx")).unwrap();
    let (_, coverage) = scan(&repo.open());
    let [left] = &coverage.not_scanned[..] else { panic!("{coverage:?}") };
    assert!(matches!(&left.reason, Reason::Corrupt(detail) if detail.contains("index-pack")));
}

#[test]
fn an_index_cannot_hide_objects() {
    let repo = Repo::new();
    repo.write("hidden", "a secret");
    repo.commit("all");
    repo.git(&["repack", "-adq"]);
    let dir = repo.path.join(".git/objects/pack");
    let mut files = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path());
    let index = files.find(|path| path.extension().is_some_and(|e| e == "idx")).unwrap();
    let whole = fs::read(&index).unwrap();
    // All three objects at the place of the first.
    let mut twins = whole.clone();
    let offsets = 8 + 1024 + 3 * 24;
    for at in [4, 8] {
        twins.copy_within(offsets..offsets + 4, offsets + at);
    }
    fs::remove_file(&index).unwrap();
    fs::write(&index, &twins).unwrap();
    assert!(!scan(&repo.open()).1.is_complete());
    // One object fewer than the pack has.
    let mut fewer = whole[..8].to_vec();
    for count in whole[8..8 + 1024].chunks(4) {
        fewer.extend(u32::from_be_bytes(count.try_into().unwrap()).min(2).to_be_bytes());
    }
    fewer.extend(&whole[1032..1032 + 40]);
    fewer.extend([0; 8]);
    fewer.extend(&whole[offsets..offsets + 8]);
    fewer.extend([0; 40]);
    fs::write(&index, &fewer).unwrap();
    assert!(!scan(&repo.open()).1.is_complete());
    fs::write(&index, &whole).unwrap();
    assert!(scan(&repo.open()).1.is_complete());
    fs::remove_file(index.with_extension("pack")).unwrap();
    assert!(!scan(&repo.open()).1.is_complete());
}

#[test]
fn another_copy_makes_good_for_a_damaged_one() {
    let repo = Repo::new();
    for n in 0..5 {
        repo.write("file", format!("{}{n}", "a line\n".repeat(50)));
        repo.commit("change");
    }
    // Everything stays loose beside the pack.
    repo.git(&["repack", "-aq"]);
    let dir = repo.path.join(".git/objects/pack");
    let mut files = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path());
    let pack = files.find(|path| path.extension().is_some_and(|e| e == "pack")).unwrap();
    let mut bytes = fs::read(&pack).unwrap();
    let len = bytes.len();
    bytes[20..len - 20].fill(0);
    fs::remove_file(&pack).unwrap();
    fs::write(&pack, bytes).unwrap();
    let (shown, coverage) = scan(&repo.open());
    assert_eq!((shown.len(), coverage.not_scanned), (10, vec![]));
}

#[test]
fn damaged_loose_objects_are_told() {
    let repo = Repo::new();
    repo.write("good", "good");
    repo.write("bad", "bad");
    repo.commit("both");
    let hex = repo.blob_id("HEAD:bad").to_string();
    let path = repo.path.join(".git/objects").join(&hex[..2]).join(&hex[2..]);
    fs::remove_file(&path).unwrap();
    for damage in [&b""[..], b"nonsense", b"\x78\x9c\x03\x00\x00\x00\x00\x01"] {
        fs::write(&path, damage).unwrap();
        let (shown, coverage) = scan(&repo.open());
        assert_eq!(blobs(&shown), ["good"]);
        let [left] = &coverage.not_scanned[..] else { panic!("{coverage:?}") };
        assert_eq!(left.path, hex.as_bytes());
        assert!(matches!(left.reason, Reason::Corrupt(_)), "{:?}", left.reason);
    }
}

#[test]
fn what_head_needs_and_lacks_is_told() {
    let repo = Repo::new();
    repo.write("kept", "kept");
    fs::create_dir(repo.path.join("sub")).unwrap();
    repo.write("sub/lost", "lost");
    repo.commit("both");
    let hex = repo.blob_id("HEAD:sub/lost").to_string();
    fs::remove_file(repo.path.join(".git/objects").join(&hex[..2]).join(&hex[2..])).unwrap();
    let (shown, coverage) = scan(&repo.open());
    assert_eq!(blobs(&shown), ["kept"]);
    let [left] = &coverage.not_scanned[..] else { panic!("{coverage:?}") };
    assert_eq!((left.path.as_slice(), &left.reason), (hex.as_bytes(), &Reason::Missing));
    assert!(!coverage.is_complete());
}

#[test]
fn a_clone_brings_all_refs_and_runs_nothing() {
    let repo = Repo::new();
    repo.write("file", "on a branch");
    let first = repo.commit("first");
    repo.git(&["update-ref", "refs/pull/7/head", &first]);
    repo.git(&["notes", "add", "-m", "a note", &first]);
    let marker = repo.beside("marker");
    write_script(&repo.path.join(".git/hooks/post-checkout"), &marker);
    repo.write(".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = --upload-pack=touch\n");
    repo.commit("submodule");
    let into = repo.beside("clone.git");
    fs::create_dir(&into).unwrap();
    let url = RemoteUrl::parse(&format!("file://{}", repo.path.display()), true).unwrap();
    let clone = clone_bare(&url, &into, &Progress::default()).unwrap();
    assert!(clone.work_tree().is_none());
    let (shown, coverage) = scan(&clone);
    assert!(coverage.is_complete());
    assert!(blobs(&shown).contains(&"a note\n".to_owned()));
    let blob = repo.blob_id("HEAD:file");
    let history = &clone.attribute(&[blob].into(), 1, &Progress::default()).unwrap().of[&blob];
    assert_eq!(history.refs, ["refs/heads/main", "refs/pull/7/head"]);
    assert!(!marker.exists() && !into.join("hooks").exists());
}

#[test]
fn a_failed_clone_names_no_credentials() {
    let repo = Repo::new();
    let into = repo.beside("clone.git");
    fs::create_dir(&into).unwrap();
    let url = "https://somebody:s3cr3t-t0ken@localhost:1/repo.git";
    let url = RemoteUrl::parse(url, false).unwrap();
    let error = clone_bare(&url, &into, &Progress::default()).unwrap_err();
    assert!(matches!(error, CloneError::Failed { .. }));
    let said = format!("{error} {error:?}");
    assert!(said.contains("localhost:1/repo.git"));
    assert!(!said.contains("s3cr3t") && !said.contains("somebody"), "{said}");
    let stopped = Progress::default();
    stopped.cancel();
    assert!(clone_bare(&url, &into, &stopped).is_err());
}
