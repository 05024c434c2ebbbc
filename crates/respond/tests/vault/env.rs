//! Dotenv files in work trees that the `git` program made.

use std::{fs, path::Path, process::Command};

use super::*;

fn tree() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "--quiet"]);
    fs::write(dir.path().join(".gitignore"), ".env*\n!.env.example\n").unwrap();
    dir
}

fn git(dir: &Path, args: &[&str]) {
    let ran = Command::new("git").arg("-C").arg(dir).args(args).status();
    assert!(ran.expect("this test needs the program `git`: install it").success());
}

fn place(dir: &Path, file: &str) -> String {
    format!("env:{}#MISTRAL_API_KEY", dir.join(file).display())
}

#[test]
fn one_line_changes_and_nothing_else() {
    let dir = tree();
    let file = dir.path().join(".env");
    let (old, new) = (random_value(), random_value());
    let text = |value: &str| {
        format!(
            "# keys\r\nOTHER=\"a\r\nMISTRAL_API_KEY=no\"\nexport MISTRAL_API_KEY = '{value}' # ours\n\n\tLAST=1"
        )
    };
    fs::write(&file, text(&old)).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    }
    let place = place(dir.path(), ".env");
    assert_eq!(holds(&place, &[], &old), Ok(Held::Yes));
    let receipt = put(&place, &[], &new).unwrap();
    assert!(receipt.changed && receipt.text.contains("line 4"), "{receipt:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text(&new));
    assert!(!put(&place, &[], &new).unwrap().changed);
    assert_eq!(holds(&place, &[], &old), Ok(Held::No));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3, "no file is left behind");
}

#[test]
fn what_is_missing_is_made_for_its_owner_alone() {
    let dir = tree();
    let value = random_value();
    assert_eq!(holds(&place(dir.path(), ".env"), &[], &value), Ok(Held::Absent));
    let receipt = put(&place(dir.path(), ".env"), &[], &value).unwrap();
    assert!(receipt.text.starts_with("made `"), "{receipt:?}");
    let file = dir.path().join(".env");
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("MISTRAL_API_KEY={value}\n"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    fs::write(&file, "A=1\r\nB=2").unwrap();
    put(&place(dir.path(), ".env"), &[], &value).unwrap();
    let expected = format!("A=1\r\nB=2\r\nMISTRAL_API_KEY={value}\r\n");
    assert_eq!(fs::read_to_string(&file).unwrap(), expected);
}

#[test]
fn a_file_that_git_would_keep_is_refused() {
    let dir = tree();
    let value = random_value();
    let refused = |file: &str| trouble(put(&place(dir.path(), file), &[], &value));
    assert!(refused("settings.env").contains("does not ignore"), "{}", refused("settings.env"));
    assert!(refused(".env.example").contains("does not ignore"));
    fs::write(dir.path().join(".env"), "MISTRAL_API_KEY=x\n").unwrap();
    git(dir.path(), &["add", "--force", ".env"]);
    assert!(refused(".env").contains("git rm --cached"), "{}", refused(".env"));
    assert_eq!(fs::read_to_string(dir.path().join(".env")).unwrap(), "MISTRAL_API_KEY=x\n");

    fs::write(dir.path().join(".env.two"), "MISTRAL_API_KEY=a\nMISTRAL_API_KEY=b\n").unwrap();
    assert!(refused(".env.two").contains("lines 1 and 2"), "{}", refused(".env.two"));
    assert_eq!(holds(&place(dir.path(), ".env.two"), &[], "a"), Ok(Held::Yes));
    assert!(refused("none/.env").contains("cannot be reached"), "{}", refused("none/.env"));
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_out_of_the_tree() {
    use std::os::unix::fs::symlink;
    let (dir, outside) = (tree(), tempfile::tempdir().unwrap());
    let value = random_value();
    let target = outside.path().join("target");
    fs::write(&target, "MISTRAL_API_KEY=x\n").unwrap();
    symlink(&target, dir.path().join(".env")).unwrap();
    let why = trouble(put(&place(dir.path(), ".env"), &[], &value));
    assert!(why.contains("leads out of"), "{why}");
    assert_eq!(fs::read_to_string(&target).unwrap(), "MISTRAL_API_KEY=x\n");

    // Within the tree a link is followed, and stays one; what it leads to is
    // what Git is asked about.
    fs::write(dir.path().join(".env.real"), "MISTRAL_API_KEY=x\n").unwrap();
    symlink(".env.real", dir.path().join(".env.link")).unwrap();
    put(&place(dir.path(), ".env.link"), &[], &value).unwrap();
    assert!(fs::symlink_metadata(dir.path().join(".env.link")).unwrap().is_symlink());
    let now = fs::read_to_string(dir.path().join(".env.real")).unwrap();
    assert_eq!(now, format!("MISTRAL_API_KEY={value}\n"));
    fs::write(dir.path().join("kept"), "").unwrap();
    symlink("kept", dir.path().join(".env.kept")).unwrap();
    let why = trouble(put(&place(dir.path(), ".env.kept"), &[], &value));
    assert!(why.contains("does not ignore"), "{why}");
}
