//! The places where tools keep keys: found where they are, no error where they
//! are not.

use std::fs;

use crate::fixture::{World, key, line};

#[test]
fn what_tools_keep_is_found_at_home_and_here() {
    let world = World::new();
    let keys: Vec<String> = (0..7).map(|_| key()).collect();
    let home = |name: &str, content: String| {
        let path = world.beside("home").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    home(".vibe/.env", line(&keys[0]));
    home(
        ".claude/projects/x/1.jsonl",
        format!("{{\"text\":\"export MISTRAL_API_KEY={}\"}}\n", keys[1]),
    );
    home(".bash_history", format!("cd x\nexport MISTRAL_API_KEY={}\n", keys[2]));
    home(
        ".config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
        format!("{{\"mcpServers\":{{\"a\":{{\"env\":{{\"MISTRAL_API_KEY\":\"{}\"}}}}}}}}", keys[3]),
    );
    world.write(
        ".mcp.json",
        format!("{{\"mcpServers\":{{\"a\":{{\"env\":{{\"MISTRAL_API_KEY\":\"{}\"}}}}}}}}", keys[4]),
    );
    world.write(
        "sub/deep/.aider.chat.history.md",
        format!("#### use MISTRAL_API_KEY={}\n", keys[5]),
    );
    world.write("node_modules/x/.env", line(&keys[6]));
    // Elsewhere is not looked at.
    home("notes.txt", line(&key()));
    world.write("src/main.py", line(&key()));
    let run = world.run(["scan", "--preset", "ai-tools", "--format", "json"]).exits(1);
    let document = run.json();
    let found = document["findings"].as_array().unwrap();
    assert_eq!(found.len(), 6, "{document:#}");
    for key in &keys {
        assert!(!run.out.contains(key) && !run.err.contains(key));
    }
    let targets = document["scan"]["targets"].to_string();
    for name in [".vibe/.env", ".claude", ".bash_history", ".mcp.json", "deep/.aider.chat"] {
        assert!(targets.contains(name), "{targets}");
    }
    // What is typed besides is scanned, too.
    let run = world.run(["scan", "--preset", "ai-tools", "src", "--format", "json"]).exits(1);
    assert_eq!(run.json()["findings"].as_array().unwrap().len(), 7);
    let listed = world.run(["scan", "--preset", "list"]).exits(0).out;
    assert!(listed.contains("here: .mcp.json") && listed.contains("not here"), "{listed}");
}

#[test]
fn nothing_there_is_no_error() {
    let world = World::new();
    world.run(["scan", "--preset", "ai-tools"]).exits(0);
    let run = world.run(["scan", "--preset", "none"]).exits(2);
    assert!(run.err.contains("`ai-tools`"), "{run:?}");
    world.run(["scan", "--preset", "ai-tools", "--staged"]).exits(2);
}

/// In a repository only the places are scanned, not what was committed.
#[test]
fn a_history_is_not_a_place() {
    let world = World::repository();
    world.commit_file(".mcp.json", &format!("{{\"env\":{{\"MISTRAL_API_KEY\":\"{}\"}}}}", key()));
    world.commit_file(".mcp.json", "{}");
    world.run(["scan", "--preset", "ai-tools"]).exits(0);
}

#[cfg(unix)]
#[test]
fn odd_files_do_not_hold_it_up() {
    let world = World::new();
    let home = world.beside("home");
    let made = std::process::Command::new("mkfifo").arg(home.join(".bash_history")).status();
    assert!(made.unwrap().success());
    std::os::unix::fs::symlink(".", home.join(".claude")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", home.join(".zsh_history")).unwrap();
    std::os::unix::fs::symlink("loop", home.join(".claude.json")).unwrap();
    world.run(["scan", "--preset", "ai-tools"]);
}
