//! `leeward fix` on real repositories: values go into `.env`, literals become
//! what reads a variable, the next commit is clean, and nothing that was there
//! is lost.

use std::{fs, path::Path};

use crate::fixture::{World, hint, key, line};

fn read(world: &World, name: &str) -> String {
    fs::read_to_string(world.work().join(name)).unwrap()
}

/// A repository with a file of Python that gives a key away.
fn leaky(key: &str) -> World {
    let world = World::repository();
    let text = format!("import sys\n\nMISTRAL_API_KEY = \"{key}\"\nprint(sys.argv)\n");
    world.write("src/app.py", text);
    world
}

#[test]
fn a_value_moves_and_the_next_commit_is_clean() {
    let key = key();
    let world = leaky(&key);
    world.git(&["add", "src/app.py"]);
    let shown = world.run(["fix"]).exits(1);
    for part in [
        "line 3: Mistral AI API key",
        &hint(&key),
        "-MISTRAL_API_KEY = \"",
        "+MISTRAL_API_KEY = os.environ[\"MISTRAL_API_KEY\"]",
        "nothing was changed: `leeward fix --apply` does it",
    ] {
        assert!(shown.out.contains(part), "{part}: {}", shown.out);
    }
    assert!(read(&world, "src/app.py").contains(&key) && !world.work().join(".env").exists());
    let done = world.run(["fix", "--apply", "--stage"]).exits(0);
    assert!(!(shown.out + &done.out + &done.err).contains(&key));
    let expected =
        "import sys\n\nMISTRAL_API_KEY = os.environ[\"MISTRAL_API_KEY\"]\nprint(sys.argv)\n";
    let now = read(&world, "src/app.py");
    assert_eq!(now.replace("import os\n", ""), expected);
    assert!(now.contains("import os\n"), "{now}");
    assert_eq!(read(&world, ".env"), line(&key));
    assert_eq!(read(&world, ".gitignore"), ".env\n");
    assert_eq!(
        world.git(&["diff", "--cached", "--name-only"]),
        ".gitignore\nsrc/app.py",
        "what the commit needs is staged"
    );
    world.run(["scan", "--staged"]).exits(0);
    let again = world.run(["fix"]).exits(0);
    assert!(again.out.contains("1 value lies in files that Git ignores"), "{}", again.out);
}

#[test]
fn the_command_that_stages_is_told() {
    let key = key();
    let world = leaky(&key);
    world.git(&["add", "-A"]);
    let run = world.run(["fix", "--apply"]).exits(0);
    assert!(run.out.contains("to stage: git add -- src/app.py .gitignore"), "{}", run.out);
    world.run(["scan", "--staged"]).exits(1);
    let run = world.run(["fix"]).exits(1);
    assert!(run.out.contains("what is staged holds a value that the file does not"), "{}", run.out);
    world.run(["fix", "--stage"]).exits(0);
    world.run(["scan", "--staged"]).exits(0);
}

#[test]
fn what_is_staged_in_part_stays_the_users() {
    let key = key();
    let world = leaky(&key);
    world.git(&["add", "-A"]);
    let text = read(&world, "src/app.py") + "# not for this commit\n";
    world.write("src/app.py", text);
    let run = world.run(["fix", "--apply", "--stage"]).exits(0);
    assert!(run.out.contains("`src/app.py` was staged in part"), "{}", run.out);
    assert!(run.out.contains("git add --patch -- src/app.py"), "{}", run.out);
    assert!(world.git(&["show", ":src/app.py"]).contains(&key));
}

#[test]
fn one_value_has_one_variable_and_another_gets_its_own() {
    let (one, two, kept) = (key(), key(), key());
    let world = World::repository();
    world.write(".gitignore", "*.log");
    world.write(".env", format!("OTHER=1\r\nMISTRAL_API_KEY={kept}\r\n"));
    world.write("a.js", format!("const mistralKey = '{one}';\r\nconst b = 1;\r\n"));
    world.write("b.py", format!("mistral_key = '{one}'\nmistral_old_key = '{two}'\n"));
    world.write(".env.example", "MISTRAL_API_KEY=\n");
    let run = world.run(["fix", "--apply", "a.js", "b.py"]).exits(0);
    assert!(run.out.contains("sets MISTRAL_API_KEY to another value already"), "{}", run.out);
    let env = read(&world, ".env");
    let expected = format!(
        "OTHER=1\r\nMISTRAL_API_KEY={kept}\r\nMISTRAL_API_KEY_2={one}\r\nMISTRAL_API_KEY_3={two}\r\n"
    );
    assert!(env == expected, "not what was expected");
    assert_eq!(
        read(&world, "a.js"),
        "const mistralKey = process.env.MISTRAL_API_KEY_2;\r\nconst b = 1;\r\n"
    );
    let b = read(&world, "b.py");
    assert!(b.contains("mistral_key = os.environ[\"MISTRAL_API_KEY_2\"]"), "{b}");
    assert!(b.contains("mistral_old_key = os.environ[\"MISTRAL_API_KEY_3\"]"), "{b}");
    assert_eq!(read(&world, ".gitignore"), "*.log\n.env\n");
    assert_eq!(
        read(&world, ".env.example"),
        "MISTRAL_API_KEY=\nMISTRAL_API_KEY_2=\nMISTRAL_API_KEY_3=\n"
    );
}

#[test]
fn a_line_may_be_named() {
    let (one, two) = (key(), key());
    let world = World::repository();
    world.write("a.py", format!("mistral_a_key = '{one}'\nmistral_b_key = '{two}'\n"));
    world.run(["fix", "--apply", "a.py:2"]).exits(0);
    let text = read(&world, "a.py");
    assert!(text.contains(&one) && !text.contains(&two));
    let run = world.run(["fix", "a.py:7"]).exits(0);
    assert!(!run.out.contains("+++"), "{}", run.out);
    world.run(["fix", "gone.py:2"]).exits(2);
    // Line and column, as compilers write them.
    world.run(["fix", "--apply", "a.py:3:9"]).exits(0);
    assert!(read(&world, ".env").contains(&one));
}

#[test]
fn a_tracked_file_of_values_is_taken_out_of_git() {
    let (kept, moved) = (key(), key());
    let world = World::repository();
    world.commit_file(".env", &line(&kept));
    world.write("a.py", format!("mistral_key = '{moved}'\n"));
    let run = world.run(["fix", "--apply"]).exits(1);
    assert!(run.out.contains("to untrack: git rm --cached -- .env"), "{}", run.out);
    assert!(run.out.contains("Git tracks `.env`"), "{}", run.out);
    assert!(read(&world, "a.py").contains(&moved), "nowhere to go yet");
    world.run(["fix", "--apply", "--stage"]).exits(0);
    assert_eq!(world.git(&["ls-files"]), ".gitignore");
    assert_eq!(read(&world, ".env"), line(&kept) + &format!("MISTRAL_API_KEY_2={moved}\n"));
}

#[test]
fn an_untracked_file_of_values_is_ignored_and_an_example_emptied() {
    let (one, two) = (key(), key());
    let world = World::repository();
    world.write("deploy/[x] prod.env", line(&one));
    world.write(".env.example", format!("# set these\nMISTRAL_API_KEY=\"{two}\" # yours\n"));
    world.run(["fix", "--apply"]).exits(0);
    assert_eq!(read(&world, "deploy/[x] prod.env"), line(&one));
    assert_eq!(read(&world, ".env.example"), "# set these\nMISTRAL_API_KEY=\"\" # yours\n");
    assert_eq!(read(&world, ".env"), line(&two));
    let ignored = world.git(&["check-ignore", ".env", "deploy/[x] prod.env"]);
    assert_eq!(ignored.lines().count(), 2, "{ignored}");
}

#[test]
fn what_cannot_refer_to_a_variable_is_told() {
    let (plain, encoded) = (key(), key());
    let world = World::repository();
    let before = format!("{{\"mistral\": {{\"apiKey\": \"{plain}\"}}}}\n");
    world.write("config.json", &before);
    let percent: String = encoded.bytes().map(|byte| format!("%{byte:02X}")).collect();
    world.write("a.sh", format!("curl https://api.mistral.ai/v1?mistral_api_key={percent}\n"));
    let run = world.run(["fix", "--apply"]).exits(1);
    assert!(run.out.contains("JSON cannot refer to a variable"), "{}", run.out);
    assert!(!run.out.contains(&percent) && !run.out.contains(&plain));
    assert_eq!(read(&world, "config.json"), before);
    assert!(!world.work().join(".env").exists(), "nothing was moved");
}

#[test]
fn a_rule_that_takes_the_line_back_stops_it() {
    let key = key();
    let world = leaky(&key);
    world.write("src/.gitignore", "!.env\n");
    world.write("src/.env", "OTHER=1\n");
    let run = world.run(["fix", "--apply"]).exits(1);
    assert!(run.out.contains("git check-ignore --verbose"), "{}", run.out);
    assert!(read(&world, "src/app.py").contains(&key));
    assert_eq!(read(&world, "src/.env"), "OTHER=1\n");
}

#[test]
fn a_value_that_was_accepted_stays() {
    let world = World::repository();
    let text = format!("mistral_key = '{}'  # leeward:ignore an example\n", key());
    world.write("a.py", &text);
    let run = world.run(["fix", "--apply"]).exits(0);
    assert!(run.out.contains("nothing to fix"), "{}", run.out);
    assert_eq!(read(&world, "a.py"), text);
}

#[cfg(unix)]
#[test]
fn permissions_stay_and_links_out_of_the_work_tree_are_not_followed() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let key = key();
    let world = World::repository();
    let script = world.write("run.sh", format!("export MISTRAL_API_KEY={key}\n"));
    fs::set_permissions(&script, fs::Permissions::from_mode(0o751)).unwrap();
    let outside = world.beside("outside.py");
    fs::write(&outside, format!("mistral_key = '{key}'\n")).unwrap();
    symlink(&outside, world.work().join("link.py")).unwrap();
    let run = world.run(["fix", "--apply", "run.sh", "link.py"]).exits(1);
    assert!(run.out.contains("a link that leads out of"), "{}", run.out);
    assert!(fs::read_to_string(&outside).unwrap().contains(&key));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&script), 0o751);
    assert_eq!(mode(&world.work().join(".env")), 0o600);
    assert_eq!(read(&world, "run.sh"), "export MISTRAL_API_KEY=\"${MISTRAL_API_KEY:?}\"\n");
}

#[test]
fn outside_of_a_repository_the_value_still_moves() {
    let key = key();
    let world = World::new();
    world.write("a.py", format!("mistral_key = '{key}'\n"));
    world.write(".env", "OTHER=1");
    world.run(["fix", "--apply"]).exits(0);
    assert_eq!(read(&world, ".env"), format!("OTHER=1\nMISTRAL_API_KEY={key}\n"));
    assert!(!world.work().join(".gitignore").exists());
}

#[test]
fn every_place_of_a_value_in_its_file_goes_with_it() {
    let key = key();
    let world = World::repository();
    world.write("a.py", format!("MISTRAL_API_KEY = \"{key}\"\nclient = thing(\"{key}\")\n"));
    world.run(["fix", "--apply"]).exits(0);
    let text = read(&world, "a.py");
    assert!(!text.contains(&key));
    assert_eq!(text.matches("os.environ[\"MISTRAL_API_KEY\"]").count(), 2, "{text}");
    // One that cannot go is named, and it is not over.
    world.write("b.py", format!("MISTRAL_API_KEY = \"{key}\"\nb = \"x\" \"{key}\"\n"));
    let run = world.run(["fix", "--apply"]).exits(1);
    assert!(run.out.contains("line 2"), "{}", run.out);
}

#[test]
fn staged_lines_that_the_file_has_not_are_not_lost() {
    let key = key();
    let world = World::repository();
    world.write("a.py", format!("def precious(): return 42\nMISTRAL_API_KEY = \"{key}\"\n"));
    world.git(&["add", "a.py"]);
    let staged = world.git(&["show", ":a.py"]);
    world.write("a.py", "wip = 1\n");
    let run = world.run(["fix", "--apply", "--stage"]).exits(1);
    assert!(run.out.contains("nothing was done to it"), "{}", run.out);
    assert_eq!(world.git(&["show", ":a.py"]), staged);
}
