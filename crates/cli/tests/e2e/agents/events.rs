//! Each protocol's events.

use serde_json::{Value, json};

use super::{claude, hook, merge, passes, shows_nothing};
use crate::fixture::{World, key, line};

#[test]
fn claude_code_prompts() {
    let world = World::new();
    let key = key();
    let event = |prompt: &str| claude(&world, "UserPromptSubmit", json!({ "prompt": prompt }));
    passes(&hook(&world, &[], &event("add a test for the parser")));
    let run = hook(&world, &[], &event(&format!("use MISTRAL_API_KEY={key} please"))).exits(0);
    shows_nothing(&run, &key);
    let out = run.json();
    assert_eq!(out["decision"], "block");
    assert!(out["reason"].as_str().unwrap().contains("(mistral-api-key, lw1_"), "{out}");
    // Files that a prompt mentions are read without a further event.
    world.write("conf/.env", line(&key));
    let run = hook(&world, &[], &event("look at @conf/.env, please")).exits(0);
    assert_eq!(run.json()["decision"], "block");
    shows_nothing(&run, &key);
    passes(&hook(&world, &[], &event("mail me@example.com about @conf")));
}

#[test]
fn claude_code_tools() {
    let world = World::new();
    let key = key();
    world.write(".env", line(&key));
    world.write("main.py", "print(1)\n");
    let event = |tool: &str, input: Value| {
        claude(
            &world,
            "PreToolUse",
            json!({ "tool_name": tool, "tool_input": input,
            "tool_use_id": "toolu_01" }),
        )
    };
    let decision = |tool: &str, input: Value| -> String {
        let run = hook(&world, &["--client", "claude-code"], &event(tool, input)).exits(0);
        shows_nothing(&run, &key);
        if run.out.is_empty() {
            return "passes".to_owned();
        }
        let out = run.json();
        assert_eq!(out["hookSpecificOutput"]["hookEventName"], "PreToolUse");
        assert!(out["hookSpecificOutput"]["permissionDecisionReason"].is_string());
        out["hookSpecificOutput"]["permissionDecision"].as_str().unwrap().to_owned()
    };
    let here = |name: &str| world.work().join(name);
    for (tool, input, wanted) in [
        ("Bash", json!({ "command": "cargo test", "description": "tests" }), "passes"),
        ("Bash", json!({ "command": format!("export MISTRAL_API_KEY={key}") }), "deny"),
        (
            "Bash",
            json!({ "command": format!("curl -H 'Authorization: Bearer {key}' https://api.mistral.ai/v1/models") }),
            "deny",
        ),
        ("Bash", json!({ "command": "cat .env" }), "deny"),
        ("Bash", json!({ "command": "cat main.py" }), "passes"),
        ("Bash", json!({ "command": "source .env && make" }), "passes"),
        ("Bash", json!({ "command": "echo $MISTRAL_API_KEY" }), "deny"),
        ("Bash", json!({ "command": "env" }), "passes"),
        ("Bash", json!({ "command": "ssh host cat /srv/.env" }), "ask"),
        ("Bash", json!({ "command": "echo x >> .leeward-ignore.toml" }), "ask"),
        ("Read", json!({ "file_path": here(".env") }), "deny"),
        ("Read", json!({ "file_path": here("main.py") }), "passes"),
        ("Read", json!({ "file_path": here("none") }), "passes"),
        ("Grep", json!({ "pattern": "KEY", "path": ".env" }), "deny"),
        (
            "Write",
            json!({ "file_path": here("a.py"), "content": format!("MISTRAL_API_KEY = '{key}'") }),
            "deny",
        ),
        (
            "Write",
            json!({ "file_path": here("a.py"), "content": format!("MISTRAL_API_KEY = '{key}'  # leeward:ignore") }),
            "deny",
        ),
        (
            "Write",
            json!({ "file_path": here("a.py"), "content": "os.environ['MISTRAL_API_KEY']" }),
            "passes",
        ),
        ("Write", json!({ "file_path": here(".leeward-ignore.toml"), "content": "" }), "ask"),
        // Whoever takes a key out of a file has to name the file.
        (
            "Edit",
            json!({ "file_path": here(".env"), "old_string": "MISTRAL_API_KEY=", "new_string": "X=" }),
            "passes",
        ),
        (
            "mcp__notes__save",
            json!({ "text": format!("{{\"MISTRAL_API_KEY\": \"{key}\"}}") }),
            "deny",
        ),
        ("mcp__fs__read_text_file", json!({ "path": ".env" }), "deny"),
        ("mcp__x__set", json!({ "name": "MISTRAL_API_KEY", "value": key }), "deny"),
    ] {
        assert_eq!(decision(tool, input.clone()), wanted, "{tool} {input}");
    }
    // A key that an edit takes out is not what it brings.
    let edit = json!({ "file_path": here("a.py"), "old_string": format!("MISTRAL_API_KEY = '{key}'"),
        "new_string": "MISTRAL_API_KEY = os.environ['MISTRAL_API_KEY']" });
    assert_eq!(decision("Edit", edit.clone()), "passes");
    let edits = json!({ "file_path": here("a.py"), "edits": [edit, { "old_string": "x",
        "new_string": format!("MISTRAL_API_KEY = '{key}'") }] });
    assert_eq!(decision("MultiEdit", edits), "deny");
    // A value alone says nothing; with the file it goes into it does.
    world.write("conf.py", "MISTRAL_API_KEY = 'todo'\n");
    let edit = json!({ "file_path": here("conf.py"), "old_string": "todo", "new_string": key });
    assert_eq!(decision("Edit", edit), "deny");
}

#[test]
fn the_environment_of_an_agent_is_what_counts() {
    let world = World::new();
    let key = key();
    let event = claude(
        &world,
        "PreToolUse",
        json!({ "tool_name": "Bash", "tool_input": { "command": "env | sort" } }),
    );
    let mut command = world.leeward(&world.work());
    command.env("MISTRAL_API_KEY", &key).args(["hook", "agent"]);
    let mut child = command
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), event.to_string().as_bytes())
        .unwrap();
    let run = crate::fixture::Run::of(&child.wait_with_output().unwrap());
    shows_nothing(&run, &key);
    assert_eq!(run.json()["hookSpecificOutput"]["permissionDecision"], "deny");
}

#[test]
fn claude_code_outputs_are_masked_in_their_own_shape() {
    let world = World::new();
    let key = key();
    let response = |text: &str| json!({ "stdout": text, "stderr": "", "interrupted": false, "isImage": false });
    let event = |tool: &str, response: Value| {
        claude(
            &world,
            "PostToolUse",
            json!({ "tool_name": tool, "tool_input": {},
            "tool_response": response }),
        )
    };
    passes(&hook(&world, &[], &event("Bash", response("ok\n"))));
    let run = hook(&world, &[], &event("Bash", response(&line(&key)))).exits(0);
    shows_nothing(&run, &key);
    let out = run.json();
    let shown = out["hookSpecificOutput"]["updatedToolOutput"]["stdout"].as_str().unwrap();
    assert!(shown.starts_with("MISTRAL_API_KEY=[redacted:mistral-api-key:"), "{shown}");
    assert_eq!(shown.len(), "MISTRAL_API_KEY=[redacted:mistral-api-key:01234567]\n".len());
    assert_eq!(out["hookSpecificOutput"]["updatedToolOutput"]["interrupted"], false);
    assert!(out["hookSpecificOutput"].get("updatedMCPToolOutput").is_none());
    // A value in encodings, and in JSON that is a text.
    let text = json!([{ "type": "text", "text": json!({ "MISTRAL_API_KEY": key }).to_string() }]);
    let run = hook(&world, &[], &event("mcp__a__b", text)).exits(0);
    shows_nothing(&run, &key);
    let out = run.json();
    assert_eq!(out["hookSpecificOutput"]["updatedMCPToolOutput"][0]["type"], "text");
    assert_eq!(
        out["hookSpecificOutput"]["updatedMCPToolOutput"],
        out["hookSpecificOutput"]["updatedToolOutput"]
    );
    // What failed can only be talked about.
    let event =
        claude(&world, "PostToolUseFailure", json!({ "tool_name": "Bash", "error": line(&key) }));
    let run = hook(&world, &[], &event).exits(0);
    shows_nothing(&run, &key);
    assert!(run.json()["hookSpecificOutput"]["additionalContext"].is_string());
}

#[test]
fn an_input_is_masked_where_that_is_wanted() {
    let world = World::new();
    let key = key();
    let event = claude(
        &world,
        "PreToolUse",
        json!({ "tool_name": "mcp__a__b",
        "tool_input": { "n": 1, "text": line(&key) } }),
    );
    let run = hook(&world, &["--mask-input"], &event).exits(0);
    shows_nothing(&run, &key);
    let out = &run.json()["hookSpecificOutput"];
    assert_eq!(out["permissionDecision"], "ask");
    assert_eq!(out["updatedInput"]["n"], 1);
    assert!(out["updatedInput"]["text"].as_str().unwrap().contains("=[redacted:"));
}

fn cursor(world: &World, name: &str, fields: Value) -> Value {
    let mut event = json!({
        "conversation_id": "668320d2", "generation_id": "490b90b7", "model": "x",
        "hook_event_name": name, "cursor_version": "2.3.1",
        "workspace_roots": [world.work()], "user_email": null, "transcript_path": null,
    });
    merge(&mut event, fields);
    event
}

#[test]
fn cursor_events() {
    let world = World::new();
    let key = key();
    let secret = line(&key);
    world.write(".env", &secret);
    let path = world.work().join(".env");
    let cases = [
        ("beforeSubmitPrompt", json!({ "prompt": secret }), "continue", json!(false)),
        (
            "beforeSubmitPrompt",
            json!({ "prompt": "x", "attachments": [
            { "type": "file", "file_path": path }] }),
            "continue",
            json!(false),
        ),
        (
            "beforeShellExecution",
            json!({ "command": format!("export {secret}"), "cwd": world.work() }),
            "permission",
            json!("deny"),
        ),
        (
            "beforeShellExecution",
            json!({ "command": "cat .env", "cwd": "" }),
            "permission",
            json!("deny"),
        ),
        (
            "beforeShellExecution",
            json!({ "command": "ssh h cat .env" }),
            "permission",
            json!("ask"),
        ),
        (
            "beforeMCPExecution",
            json!({ "tool_name": "a",
            "tool_input": json!({ "text": secret }).to_string() }),
            "permission",
            json!("deny"),
        ),
        (
            "beforeReadFile",
            json!({ "file_path": path, "content": secret }),
            "permission",
            json!("deny"),
        ),
        (
            "beforeTabFileRead",
            json!({ "file_path": path, "content": secret }),
            "permission",
            json!("deny"),
        ),
        (
            "preToolUse",
            json!({ "tool_name": "Write", "tool_input": { "contents": secret } }),
            "permission",
            json!("deny"),
        ),
        (
            "preToolUse",
            json!({ "tool_name": "Read", "tool_input": { "file_path": path } }),
            "permission",
            json!("deny"),
        ),
    ];
    for (name, fields, field, wanted) in cases {
        let run = hook(&world, &[], &cursor(&world, name, fields)).exits(0);
        shows_nothing(&run, &key);
        assert_eq!(run.json()[field], wanted, "{name}: {run:?}");
        assert!(run.json()["user_message"].is_string(), "{name}");
    }
    // An empty answer would count as a failure; `allow` would skip a question.
    for (name, fields) in [
        ("beforeSubmitPrompt", json!({ "prompt": "hello" })),
        ("beforeShellExecution", json!({ "command": "ls" })),
        ("beforeReadFile", json!({ "file_path": "/x", "content": "y" })),
        ("stop", json!({ "status": "completed" })),
        ("somethingNew", json!({ "a": 1 })),
    ] {
        let run = hook(&world, &[], &cursor(&world, name, fields)).exits(0);
        assert_eq!(run.out, "{}\n", "{name}");
        assert_eq!(run.err.is_empty(), name != "somethingNew", "{name}: {}", run.err);
    }
}

#[test]
fn cursor_outputs() {
    let world = World::new();
    let key = key();
    let output = json!({ "content": [{ "type": "text", "text": line(&key) }] }).to_string();
    let fields = json!({ "tool_name": "MCP:query", "tool_input": "{}", "tool_output": output });
    let run = hook(&world, &[], &cursor(&world, "postToolUse", fields)).exits(0);
    shows_nothing(&run, &key);
    let text = run.json()["updated_mcp_tool_output"]["content"][0]["text"].clone();
    assert!(text.as_str().unwrap().contains("[redacted:mistral-api-key:"), "{text}");
    let output = json!({ "output": line(&key), "exitCode": 0 }).to_string();
    let fields = json!({ "tool_name": "Shell", "tool_input": {}, "tool_output": output });
    let run = hook(&world, &[], &cursor(&world, "postToolUse", fields)).exits(0);
    shows_nothing(&run, &key);
    let out = run.json();
    assert!(out["additional_context"].as_str().unwrap().contains("has been seen"), "{out}");
    assert!(out.get("updated_mcp_tool_output").is_none());
    let run = hook(
        &world,
        &[],
        &cursor(&world, "afterShellExecution", json!({ "command": "x", "output": line(&key) })),
    )
    .exits(0);
    shows_nothing(&run, &key);
    assert!(run.err.contains("has been seen"), "{run:?}");
}

#[test]
fn copilot_events() {
    let world = World::new();
    let key = key();
    let secret = line(&key);
    world.write(".env", &secret);
    let event = |fields: Value| {
        let mut event =
            json!({ "sessionId": "s", "timestamp": 1_704_614_600_000_i64, "cwd": world.work() });
        merge(&mut event, fields);
        hook(&world, &[], &event)
    };
    passes(&event(json!({ "source": "startup" })));
    passes(&event(json!({ "toolName": "bash", "toolArgs": { "command": "ls" } })));
    for args in [
        json!({ "command": "cat .env" }),
        json!("{\"command\":\"cat .env\"}"),
        json!({ "command": format!("export {secret}") }),
    ] {
        let run = event(json!({ "toolName": "bash", "toolArgs": args })).exits(0);
        shows_nothing(&run, &key);
        assert_eq!(run.json()["permissionDecision"], "deny");
        assert!(run.json()["permissionDecisionReason"].is_string());
    }
    let run = event(json!({ "toolName": "view", "toolArgs": { "path": ".env" } })).exits(0);
    assert_eq!(run.json()["permissionDecision"], "deny");
    let run = event(json!({ "toolName": "bash", "toolArgs": {}, "toolResult":
        { "resultType": "success", "textResultForLlm": secret } }))
    .exits(0);
    shows_nothing(&run, &key);
    let out = run.json();
    assert_eq!(out["modifiedResult"]["resultType"], "success");
    assert!(out["modifiedResult"]["textResultForLlm"].as_str().unwrap().contains("[redacted:"));
    let run = event(json!({ "prompt": "x", "transformedPrompt": secret })).exits(0);
    shows_nothing(&run, &key);
    assert!(run.json()["modifiedTransformedPrompt"].as_str().unwrap().contains("[redacted:"));
    let run = event(json!({ "prompt": secret })).exits(2);
    shows_nothing(&run, &key);
    let run = event(json!({ "toolName": "bash", "toolArgs": {}, "error": secret })).exits(2);
    shows_nothing(&run, &key);
    // The second form.
    let snake = |name: &str, fields: Value| {
        let mut event = json!({ "hook_event_name": name, "session_id": "s",
            "timestamp": "2026-11-28T00:00:00Z", "cwd": world.work() });
        merge(&mut event, fields);
        hook(&world, &["--client", "claude-code"], &event)
    };
    let run = snake(
        "PreToolUse",
        json!({ "tool_name": "Bash",
        "tool_input": { "command": "cat .env" } }),
    )
    .exits(0);
    assert_eq!(run.json()["permissionDecision"], "deny");
    assert_eq!(run.json()["hookSpecificOutput"]["permissionDecision"], "deny");
    let run = snake(
        "PostToolUse",
        json!({ "tool_name": "Bash", "tool_input": {},
        "tool_result": { "result_type": "success", "text_result_for_llm": secret } }),
    )
    .exits(0);
    shows_nothing(&run, &key);
    assert!(run.json()["modifiedResult"]["textResultForLlm"].as_str().unwrap().contains("[redac"));
}

#[test]
fn codex_events() {
    let world = World::new();
    let key = key();
    let secret = line(&key);
    world.write(".env", &secret);
    let event = |name: &str, fields: Value| {
        let mut event = json!({ "session_id": "s", "turn_id": "t", "transcript_path": null,
            "cwd": world.work(), "hook_event_name": name, "model": "m",
            "permission_mode": "default" });
        merge(&mut event, fields);
        hook(&world, &[], &event)
    };
    passes(&event("Stop", json!({ "stop_hook_active": false })));
    passes(&event("PreToolUse", json!({ "tool_name": "Bash", "tool_input": { "command": "ls" } })));
    let run = event("UserPromptSubmit", json!({ "prompt": secret })).exits(0);
    shows_nothing(&run, &key);
    assert_eq!(run.json()["decision"], "block");
    // A field that it does not know makes an answer of Codex invalid.
    assert_eq!(run.json().as_object().unwrap().len(), 2);
    for command in ["cat .env", "ssh h cat .env"] {
        let run = event(
            "PreToolUse",
            json!({ "tool_name": "Bash",
            "tool_input": { "command": command }, "tool_use_id": "1" }),
        )
        .exits(0);
        let out = run.json();
        assert_eq!(out["hookSpecificOutput"]["permissionDecision"], "deny", "{command}");
        assert_eq!(out["hookSpecificOutput"].as_object().unwrap().len(), 3);
    }
    for tool in ["shell", "unified_exec"] {
        let run = event(
            "PreToolUse",
            json!({ "tool_name": tool,
            "tool_input": { "command": ["bash", "-lc", "cat .env"] } }),
        )
        .exits(0);
        assert_eq!(run.json()["hookSpecificOutput"]["permissionDecision"], "deny", "{tool}");
    }
    let patch = format!("*** Begin Patch\n*** Add File: a\n+{secret}*** End Patch");
    let run = event(
        "PreToolUse",
        json!({ "tool_name": "apply_patch",
        "tool_input": { "command": patch } }),
    )
    .exits(0);
    shows_nothing(&run, &key);
    assert_eq!(run.json()["hookSpecificOutput"]["permissionDecision"], "deny");
    let run = event(
        "PostToolUse",
        json!({ "tool_name": "Bash", "tool_input": {},
        "tool_response": format!("first\n{secret}last") }),
    )
    .exits(0);
    shows_nothing(&run, &key);
    assert_eq!(run.json()["decision"], "block");
    let reason = run.json()["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("first\nMISTRAL_API_KEY=[redacted:") && reason.ends_with("last"));
}

#[test]
fn vibe_events() {
    let world = World::new();
    let key = key();
    let secret = line(&key);
    world.write(".env", &secret);
    let event = |args: &[&str], name: &str, fields: Value| {
        let mut event = json!({ "session_id": "s", "transcript_path": "/t", "cwd": world.work(),
            "parent_session_id": null, "hook_event_name": name });
        merge(&mut event, fields);
        hook(&world, args, &event)
    };
    passes(&event(&[], "post_agent_turn", json!({})));
    let tool = |name: &str, input: Value| json!({ "tool_name": name, "tool_call_id": "1", "tool_input": input });
    passes(&event(&[], "before_tool", tool("bash", json!({ "command": "ls" }))));
    for (name, input) in [
        ("bash", json!({ "command": "cat .env" })),
        ("read", json!({ "file_path": ".env", "limit": 10 })),
        ("write_file", json!({ "path": "a", "content": secret })),
    ] {
        let run = event(&[], "before_tool", tool(name, input)).exits(0);
        shows_nothing(&run, &key);
        assert_eq!(run.json()["decision"], "deny", "{name}");
        assert!(run.json()["reason"].is_string());
    }
    let input = tool("write_file", json!({ "path": "a", "content": secret }));
    let run = event(&["--mask-input"], "before_tool", input).exits(0);
    shows_nothing(&run, &key);
    assert_eq!(run.json()["hook_specific_output"]["tool_input"]["path"], "a");
    let mut fields = tool("bash", json!({ "command": "x" }));
    merge(
        &mut fields,
        json!({ "tool_status": "success", "tool_output": { "stdout": secret },
        "tool_output_text": format!("stdout: {secret}"), "tool_error": null, "duration_ms": 1.0 }),
    );
    let run = event(&[], "after_tool", fields).exits(0);
    shows_nothing(&run, &key);
    assert_eq!(run.json()["decision"], "deny");
    assert!(
        run.json()["reason"].as_str().unwrap().starts_with("stdout: MISTRAL_API_KEY=[redacted:")
    );
}
