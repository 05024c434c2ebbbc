//! Settings of agents: the hook goes in, everything else stays.

use std::fs;

use crate::fixture::World;

/// Each agent with where its settings are, for the user and for a project.
const PLACES: [(&str, &str, &str); 5] = [
    ("claude-code", ".claude/settings.json", ".claude/settings.json"),
    ("cursor", ".cursor/hooks.json", ".cursor/hooks.json"),
    ("copilot", ".copilot/hooks/leeward.json", ".github/hooks/leeward.json"),
    ("codex", ".codex/hooks.json", ".codex/hooks.json"),
    ("vibe", ".vibe/hooks.toml", ".vibe/hooks.toml"),
];

#[test]
fn a_hook_goes_in_once_and_comes_out() {
    let world = World::new();
    for (client, of_user, of_project) in PLACES {
        for (scope, path) in [
            ("--user", world.beside("home").join(of_user)),
            ("--project", world.work().join(of_project)),
        ] {
            let install = ["hook", "agent", "install", "--client", client, scope];
            let shown = world.run(install.iter().chain(&["--print"])).exits(0).out;
            assert!(!path.exists(), "{client}");
            world.run(install).exits(0);
            let text = fs::read_to_string(&path).unwrap();
            assert_eq!(text, shown);
            assert!(text.contains(&format!("hook agent --client {client}")), "{text}");
            let again = world.run(install).exits(0);
            assert!(again.out.contains("already"), "{again:?}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            world.run(install.iter().chain(&["--remove"])).exits(0);
            let left = fs::read_to_string(&path).unwrap_or_default();
            assert!(!left.contains("leeward"), "{left}");
            world.run(install.iter().chain(&["--remove"])).exits(0);
        }
    }
}

#[test]
fn what_is_there_is_kept() {
    let world = World::new();
    let mine = "{\n  \"b\": 1,\n  \"a\": {\"z\": [1,2]},\n  \"hooks\": {\n    \"PreToolUse\": [\n      \
                {\"matcher\": \"Bash\", \"hooks\": [{\"type\": \"command\", \"command\": \
                \"./mine\"}]}\n    ]\n  }\n}\n";
    let path = world.write(".claude/settings.json", mine);
    let install = ["hook", "agent", "install", "--client", "claude-code", "--project"];
    world.run(install).exits(0);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("{\n  \"b\": 1,\n  \"a\": {\"z\": [1,2]},\n"), "{text}");
    assert!(text.contains("./mine"), "{text}");
    let parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(parsed["hooks"]["PreToolUse"].as_array().unwrap().len(), 2);
    world.run(install.iter().chain(&["--remove"])).exits(0);
    assert_eq!(fs::read_to_string(&path).unwrap(), mine);
    // What is not understood is not touched.
    fs::write(&path, "{ nonsense").unwrap();
    let run = world.run(install).exits(2);
    assert!(run.err.contains("nothing was changed"), "{run:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "{ nonsense");
}

/// The command that goes into the settings is one that a shell can run.
#[cfg(unix)]
#[test]
fn the_command_runs() {
    let world = World::new();
    let install = ["hook", "agent", "install", "--client", "claude-code", "--user", "--print"];
    let settings = world.run(install).exits(0).json();
    let command = settings["hooks"]["PreToolUse"][0]["hooks"][0]["command"].as_str().unwrap();
    let output = std::process::Command::new("sh")
        .args(["-c", command])
        .current_dir(world.work())
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("not looked at"));
}
