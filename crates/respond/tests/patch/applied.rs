//! Edits carried out: files, patches, and programs that run afterwards.

use std::{fs, process::Command};

use super::*;

const VAULT: &str = "vault:secret/app#MISTRAL_API_KEY";

fn git(dir: &Path, args: &[&str]) -> bool {
    let ran = Command::new("git").arg("-C").arg(dir).args(args).status();
    ran.expect("this test needs the program `git`: install it").success()
}

#[test]
fn git_takes_the_patch_and_its_file_is_the_owners_alone() {
    let dir = tempfile::tempdir().unwrap();
    assert!(git(dir.path(), &["init", "--quiet"]));
    let text = "import sys\n\n\ndef f():\n    return g(\n        key=\"@@\",\n    )\n# end";
    let (edit, text, value) = edit("src/app.py", text, VAULT);
    let edit = edit.unwrap();
    fs::create_dir(dir.path().join("src")).unwrap();
    let file = dir.path().join("src/app.py");
    fs::write(&file, &text).unwrap();
    let patch = dir.path().join("key.patch");
    edit.write_patch(text.as_bytes(), &patch).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&patch).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert!(fs::read_to_string(&patch).unwrap().contains(&value), "that is what it is for");
    assert!(git(dir.path(), &["apply", "--check", "key.patch"]));
    assert!(git(dir.path(), &["apply", "key.patch"]));
    let expected = edit.apply(text.as_bytes()).unwrap();
    assert_eq!(fs::read(&file).unwrap(), *expected);
    let again = edit.write_patch(text.as_bytes(), &patch).unwrap_err();
    assert!(again.to_string().contains("does not exist yet"), "{again}");
}

#[test]
fn a_file_is_changed_only_if_it_is_still_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.py");
    let (edit, text, value) = edit("a.py", "k = \"@@\"\n", VAULT);
    let edit = edit.unwrap();
    fs::write(&file, format!("{text}# more\n")).unwrap();
    assert_eq!(edit.apply_to(&file), Err(Cannot::Changed));
    assert!(fs::read_to_string(&file).unwrap().contains(&value));
    fs::write(&file, &text).unwrap();
    edit.apply_to(&file).unwrap();
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        "import os\n\nk = os.environ[\"MISTRAL_API_KEY\"]\n"
    );
    assert_eq!(edit.apply_to(&file), Err(Cannot::Changed));
}

#[test]
fn a_masked_diff_shows_the_change_and_neither_values_nor_escapes() {
    let text = "a = 1\nold = '@@' # \u{1b}[2J\nk = \"x\"\nagain = '@@'\n";
    let (edit, _, value) = edit("a\u{1b}.py", text, VAULT);
    let edit = edit.unwrap();
    let diff = &edit.masked_diff;
    assert!(!diff.contains(&value) && !diff.contains('\u{1b}'), "{diff}");
    let hint = Secret::new(value.as_bytes()).hint();
    let lines: Vec<&str> = diff.lines().collect();
    let removed = format!("-old = '{}' # \\u{{1b}}[2J", hint.as_str());
    assert!(lines.contains(&&*removed), "{diff}");
    assert!(lines.contains(&"+old = os.environ[\"MISTRAL_API_KEY\"] # \\u{1b}[2J"), "{diff}");
    assert!(lines.contains(&"+import os"), "{diff}");
    assert_eq!(edit.imports_needed.as_deref(), Some("import os"));
    assert!(edit.note.contains("export MISTRAL_API_KEY=\"$(vault kv get"), "{}", edit.note);
}

#[test]
fn another_value_or_place_is_refused() {
    let reference = Destination::parse(VAULT).unwrap().reference();
    let attempt = |text: &str, span, secret: &str, name: &str| {
        let secret = Secret::new(secret.as_bytes());
        propose(Path::new("a.py"), text.as_bytes(), span, &secret, name, &reference).unwrap_err()
    };
    assert_eq!(attempt("k = 'abc'", 5..8, "abd", "K"), Cannot::Changed);
    assert_eq!(attempt("k = 'abc'", 5..80, "abc", "K"), Cannot::Changed);
    assert_eq!(attempt("k = 'abc'", 5..5, "", "K"), Cannot::Changed);
    assert_eq!(attempt("k = 'abc'", 5..8, "abc", "K']; evil('"), Cannot::Name);
}

/// Runs a program of a text after the edit and gives what it prints.
fn run(file: &str, text: &str, program: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(file);
    fs::write(&path, changed(file, text, VAULT)).unwrap();
    let output = Command::new(program).arg(&path).env("MISTRAL_API_KEY", "new one").output();
    let output =
        output.unwrap_or_else(|_| panic!("this test needs the program `{program}`: install it"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn what_comes_out_runs() {
    for text in ["print(\"@@\")\n", "\"\"\"Doc.\"\"\"\nprint(f'a {1} @@ b')\n", "print(b'@@')\n"] {
        let printed = run("a.py", text, "python3");
        assert!(printed.contains("new one"), "{printed}");
    }
    for text in ["echo @@\n", "echo \"a @@\"\n", "echo 'a @@ $b'\n", "K='@@'; echo \"$K\"\n"] {
        let printed = run("a.sh", text, "sh");
        assert!(printed.contains("new one"), "{printed}");
    }
}
