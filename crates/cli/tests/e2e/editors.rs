//! `leeward lsp` as an editor sees it: whole sessions over pipes, by a client
//! written here and by one that others use, and what a hostile or broken client
//! gets.

mod client;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::fixture::{World, hint, key, line, search_path};
use client::{Editor, at, change};

#[test]
fn a_session_from_the_first_key_to_the_last() {
    let key = key();
    let world = World::repository();
    let file = world.write("src/app.py", "import sys\n\n");
    let mut editor = Editor::open(&world);
    let uri = editor.open_document(&file, "python", "import sys\n\n");
    // As it is typed, behind a character that has two units in UTF-16.
    let typed = format!("s = \"😀\"; MISTRAL_API_KEY = \"{key}\"\n");
    let half = typed.len() - 10;
    editor.tell(
        "textDocument/didChange",
        json!({
            "textDocument": { "uri": uri, "version": 2 },
            "contentChanges": [change(at(2, 0), at(2, 0), &typed[..half])],
        }),
    );
    let column = typed[..half].encode_utf16().count() as u64;
    editor.tell(
        "textDocument/didChange",
        json!({
            "textDocument": { "uri": uri, "version": 3 },
            "contentChanges": [change(at(2, column), at(2, column), &typed[half..])],
        }),
    );
    let marks = editor.marks(&uri, 3);
    assert_eq!(marks.len(), 1, "{marks:?}");
    let mark = &marks[0];
    let start = typed[..typed.find(&key).unwrap()].encode_utf16().count() as u64;
    assert_eq!(mark["range"]["start"], at(2, start));
    assert_eq!(mark["range"]["end"], at(2, start + 32));
    assert_eq!((&mark["code"], &mark["source"]), (&json!("mistral-api-key"), &json!("leeward")));
    assert_eq!(mark["severity"], 2, "it is not committed yet");
    assert!(mark["message"].as_str().unwrap().contains(&hint(&key)), "{mark}");
    let hover = editor.ask(
        "textDocument/hover",
        json!({
            "textDocument": { "uri": uri }, "position": at(2, start + 3),
        }),
    );
    let said = hover["result"]["contents"]["value"].as_str().unwrap();
    for part in ["high confidence", "severity", "was not asked: `leeward verify`"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let actions = editor.actions(&uri, &mark["range"]);
    let titles: Vec<&str> = actions.iter().map(|it| it["title"].as_str().unwrap()).collect();
    assert!(titles[0].starts_with("Move ") && titles[0].contains("MISTRAL_API_KEY in `.env`"));
    assert!(titles[1].starts_with("Leave it here") && titles[2].starts_with("Leave it everywhere"));
    let id = editor.request("workspace/executeCommand", actions[0]["command"].clone());
    let asked = editor.wait(|message| message["method"] == "workspace/applyEdit");
    editor.send(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": { "applied": true } }));
    let done = editor.wait(|message| message["id"] == id && message.get("method").is_none());
    assert_eq!(done["result"], Value::Null, "{done}");
    // The server wrote the value; the editor gets the replacement alone.
    assert_eq!(fs::read_to_string(world.work().join(".env")).unwrap(), line(&key));
    assert_eq!(fs::read_to_string(world.work().join(".gitignore")).unwrap(), ".env\n");
    let edit = &asked["params"]["edit"]["documentChanges"][0];
    assert_eq!(edit["textDocument"], json!({ "uri": uri, "version": 3 }));
    let edits = edit["edits"].as_array().unwrap();
    let new: Vec<&str> = edits.iter().map(|it| it["newText"].as_str().unwrap()).collect();
    assert_eq!(new, ["import os\n", "os.environ[\"MISTRAL_API_KEY\"]"]);
    let mut changes: Vec<Value> =
        edits.iter().map(|it| json!({ "range": it["range"], "text": it["newText"] })).collect();
    changes.reverse();
    editor.tell(
        "textDocument/didChange",
        json!({
            "textDocument": { "uri": uri, "version": 4 }, "contentChanges": changes,
        }),
    );
    assert!(editor.marks(&uri, 4).is_empty());
    // In a file that Git ignores it lies where it belongs.
    let env = world.work().join(".env");
    let env = editor.open_document(&env, "dotenv", &line(&key));
    let answer = editor.ask(
        "textDocument/hover",
        json!({
            "textDocument": { "uri": env }, "position": at(0, 20),
        }),
    );
    assert_eq!(answer["result"], Value::Null);
    let heard = editor.close();
    assert!(!heard.contains(&key) && heard.contains("os.environ"));
}

#[test]
fn a_reason_beside_it_or_in_the_ignore_file_is_an_edit() {
    let key = key();
    let world = World::repository();
    let text = format!("a:\n  mistral_api_key: {key}\n");
    let file = world.write("a.yaml", &text);
    let mut editor = Editor::open(&world);
    let uri = editor.open_document(&file, "yaml", &text);
    let marks = editor.marks(&uri, 1);
    let actions = editor.actions(&uri, &marks[0]["range"]);
    assert!(actions[0]["disabled"]["reason"].as_str().unwrap().contains("YAML"), "{actions:?}");
    let edit = &actions[1]["edit"]["documentChanges"][0]["edits"][0];
    let comment = edit["newText"].as_str().unwrap();
    assert_eq!(comment, "  # leeward:ignore (say why this may stay)\n");
    assert_eq!(edit["range"]["start"], at(1, 0));
    let changes = &actions[2]["edit"]["documentChanges"];
    assert_eq!(changes[0]["kind"], "create");
    let entry = changes[1]["edits"][0]["newText"].as_str().unwrap().to_owned();
    editor.tell(
        "textDocument/didChange",
        json!({
            "textDocument": { "uri": uri, "version": 2 },
            "contentChanges": [change(at(1, 0), at(1, 0), comment)],
        }),
    );
    assert!(editor.marks(&uri, 2).is_empty(), "the comment is read");
    editor.tell(
        "textDocument/didChange",
        json!({
            "textDocument": { "uri": uri, "version": 3 },
            "contentChanges": [change(at(1, 0), at(2, 0), "")],
        }),
    );
    assert_eq!(editor.marks(&uri, 3).len(), 1);
    world.write(".leeward-ignore.toml", entry);
    editor.tell("textDocument/didSave", json!({ "textDocument": { "uri": uri } }));
    assert!(editor.marks(&uri, 3).is_empty(), "the entry is read");
    world.write(".leeward-ignore.toml", "[[ignore]]\npath = \"**\"\n");
    editor.tell("textDocument/didSave", json!({ "textDocument": { "uri": uri } }));
    let told = editor.wait(|message| message["method"] == "window/showMessage");
    assert!(told["params"]["message"].as_str().unwrap().contains("reason"), "{told}");
    assert_eq!(editor.marks(&uri, 3).len(), 1, "one without a reason accepts nothing");
    assert!(!editor.close().contains(&key));
}

#[test]
fn an_editor_may_ask_for_marks_and_count_bytes() {
    let key = key();
    let world = World::new();
    let text = format!("é = 1; MISTRAL_API_KEY = '{key}'\n");
    let file = world.write("a.py", &text);
    let extra = json!({
        "general": { "positionEncodings": ["utf-8", "utf-16"] },
        "textDocument": { "diagnostic": {} },
    });
    let mut editor = Editor::open_with(&world, extra);
    let uri = editor.open_document(&file, "python", &text);
    let params = json!({ "textDocument": { "uri": uri } });
    let answer = editor.ask("textDocument/diagnostic", params);
    let items = answer["result"]["items"].as_array().unwrap();
    let start = text.find(&key).unwrap() as u64;
    assert_eq!(items[0]["range"]["start"], at(0, start));
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    let answer = editor.ask("textDocument/diagnostic", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(answer["result"]["items"], json!([]));
    assert!(!editor.close().contains("publishDiagnostics"), "it asked, so it is not sent them");
}

#[test]
fn what_cannot_be_moved_is_refused_and_nothing_is_lost() {
    let key = key();
    let world = World::repository();
    let text = format!("mistral_key = '{key}'\n");
    let file = world.write("a.py", &text);
    let env = world.write(".env", "A=1\n");
    let outside = world.beside("outside.py");
    fs::write(&outside, &text).unwrap();
    let mut editor = Editor::open(&world);
    let uri = editor.open_document(&file, "python", &text);
    let mark = editor.marks(&uri, 1)[0].clone();
    let command = editor.actions(&uri, &mark["range"])[0]["command"].clone();
    // The dotenv file has changes that are not saved.
    editor.open_document(&env, "dotenv", "A=1\nB=2\n");
    let answer = editor.ask("workspace/executeCommand", command.clone());
    assert!(answer["error"]["message"].as_str().unwrap().contains("save it first"), "{answer}");
    assert_eq!(fs::read_to_string(&env).unwrap(), "A=1\n");
    // A file that is not of the project is marked, and left alone.
    let other = editor.open_document(&outside, "python", &text);
    let mark = editor.marks(&other, 1)[0].clone();
    let actions = editor.actions(&other, &mark["range"]);
    let reason = actions[0]["disabled"]["reason"].as_str().unwrap();
    assert!(reason.contains("outside of the open folders"), "{reason}");
    let mut elsewhere = command.clone();
    elsewhere["arguments"][0]["uri"] = json!(other);
    let answer = editor.ask("workspace/executeCommand", elsewhere);
    assert!(answer["error"]["message"].as_str().unwrap().contains("outside"), "{answer}");
    // An editor that does not do what it is asked is told where the value is.
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": client::uri(&env) } }));
    editor.request("workspace/executeCommand", command);
    let asked = editor.wait(|message| message["method"] == "workspace/applyEdit");
    let refused = json!({ "applied": false, "failureReason": "no" });
    editor.send(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": refused }));
    let told = editor.wait(|message| {
        message["method"] == "window/showMessage" && message["params"]["type"] == 2
    });
    let said = told["params"]["message"].as_str().unwrap();
    assert!(said.contains("the value is in `.env` as MISTRAL_API_KEY"), "{said}");
    assert_eq!(fs::read_to_string(&env).unwrap(), format!("A=1\n{}", line(&key)));
    assert!(!editor.close().contains(&key));
}

#[test]
fn a_hostile_editor_gets_an_answer_and_no_value() {
    let key = key();
    let world = World::new();
    let mut editor = Editor::start(&world);
    // Before anything else.
    let answer = editor.ask("textDocument/hover", json!({}));
    assert_eq!(answer["error"]["code"], -32002);
    editor.tell("textDocument/didOpen", json!({ "textDocument": key }));
    let answer = editor.ask("initialize", json!({ "capabilities": [key], "rootUri": 7 }));
    assert!(answer["result"]["capabilities"].is_object());
    let answer = editor.ask("initialize", json!({}));
    assert_eq!(answer["error"]["code"], -32600);
    // No JSON, no message, no method, parameters of another form.
    for text in ["{", &format!("\"{key}\""), "[]", "{\"id\":{}}"] {
        editor.write(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
        let answer = editor.wait(|message| message["error"]["code"] == -32700);
        assert_eq!(answer["id"], Value::Null);
    }
    let answer = editor.ask("workspace/symbol", json!({ "query": key }));
    assert_eq!(answer["error"]["code"], -32601);
    for method in ["textDocument/hover", "textDocument/codeAction", "workspace/executeCommand"] {
        let answer = editor.ask(method, json!({ "textDocument": key, "command": [key] }));
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
    }
    let command = json!({ "command": "rm -rf", "arguments": [] });
    assert_eq!(editor.ask("workspace/executeCommand", command)["error"]["code"], -32602);
    // Documents that are no files, that are not open, and places outside of them.
    for uri in ["untitled:Untitled-1", "https://example.com/a.py", "file:///%00%ff/../../x"] {
        editor.tell("textDocument/didOpen", json!({
            "textDocument": { "uri": uri, "languageId": "python", "version": 1, "text": line(&key) },
        }));
        assert_eq!(editor.marks(uri, 1).len(), 1, "{uri}");
        let range = json!({ "start": at(0, 0), "end": at(u64::from(u32::MAX), 9) });
        editor.actions(uri, &range);
        editor.tell(
            "textDocument/didChange",
            json!({
                "textDocument": { "uri": uri, "version": 2 },
                "contentChanges": [change(at(900, 9), at(3, u64::from(u32::MAX)), "x")],
            }),
        );
        assert_eq!(editor.marks(uri, 2).len(), 1, "{uri}");
    }
    editor.tell(
        "textDocument/didChange",
        json!({
            "textDocument": { "uri": "file:///not/open", "version": 2 }, "contentChanges": [],
        }),
    );
    editor.send(&json!({ "jsonrpc": "2.0", "id": 999, "result": key }));
    // What is cancelled while it waits is answered as that.
    let slow = "x".repeat(1 << 20);
    editor.tell(
        "textDocument/didOpen",
        json!({
            "textDocument": { "uri": "untitled:2", "languageId": "x", "version": 1, "text": slow },
        }),
    );
    let answer = editor.ask("shutdown", Value::Null);
    assert_eq!(answer["result"], Value::Null);
    assert_eq!(editor.ask("textDocument/hover", json!({}))["error"]["code"], -32600);
    assert!(!editor.heard.contains(&key));
    let (code, said) = editor.end();
    assert_eq!((code, said.contains(&key)), (Some(1), false), "gone without `exit`");
}

#[test]
fn a_header_of_a_gigabyte_takes_no_memory_and_garbage_ends_it() {
    let world = World::new();
    let mut editor = Editor::start(&world);
    editor.write(b"Content-Length: 1073741824\r\n\r\n{}");
    let (code, _) = editor.end();
    assert_eq!(code, Some(1));
    for header in ["Content-Length: 99999999999999\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"] {
        let mut editor = Editor::start(&world);
        editor.write(header.as_bytes());
        let (code, said) = editor.end();
        assert_eq!(code, Some(1));
        assert!(said.contains("no message"), "{said}");
    }
    let mut editor = Editor::open(&world);
    editor.tell("exit", Value::Null);
    assert_eq!(editor.child.wait().unwrap().code(), Some(1), "`exit` without `shutdown`");
}

#[test]
fn what_is_too_large_is_told_once() {
    let world = World::new();
    let text = "x\n".repeat(9 << 20);
    let mut editor = Editor::open(&world);
    let uri = editor.open_document(&world.work().join("big.txt"), "text", &text);
    let told = editor.wait(|message| message["method"] == "window/showMessage");
    assert!(told["params"]["message"].as_str().unwrap().contains("`big.txt`"), "{told}");
    editor.tell(
        "textDocument/didChange",
        json!({
            "textDocument": { "uri": uri, "version": 2 },
            "contentChanges": [change(at(0, 0), at(0, 0), "y")],
        }),
    );
    assert_eq!(editor.close().matches("showMessage").count(), 1);
}

/// Typing faster than anything is looked at costs one look, and the last text
/// counts.
#[test]
fn only_the_last_of_many_changes_counts() {
    let (first, last) = (key(), key());
    let world = World::new();
    let mut editor = Editor::open(&world);
    let uri = editor.open_document(&world.work().join("a.env"), "x", &line(&first));
    editor.marks(&uri, 1);
    let mut burst = Vec::new();
    for version in 2..=40 {
        let text = if version == 40 { line(&last) } else { line(&first) };
        let message = json!({
            "jsonrpc": "2.0",
            "method": "textDocument/didChange",
            "params": {
                "textDocument": { "uri": uri, "version": version },
                "contentChanges": [{ "text": text }],
            },
        });
        let text = message.to_string();
        burst.extend(format!("Content-Length: {}\r\n\r\n{text}", text.len()).into_bytes());
    }
    editor.write(&burst);
    let marks = editor.marks(&uri, 40);
    assert!(marks[0]["message"].as_str().unwrap().contains(&hint(&last)));
    editor.close();
}

/// A repository with a key, a session by somebody else's program in it, and
/// what it comes to.
fn session_of(mut program: Command) {
    let key = key();
    let world = World::repository();
    world.write("app.py", format!("MISTRAL_API_KEY = \"{key}\"\n"));
    let output = program
        .current_dir(world.work())
        .env_clear()
        .env("PATH", search_path())
        .env("HOME", world.beside("home"))
        .env("LEEWARD", env!("CARGO_BIN_EXE_leeward"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(!said.contains(&key), "the value is in what was said");
    assert!(output.status.success() && said.contains("a whole session"), "{said}");
    assert_eq!(fs::read_to_string(world.work().join(".env")).unwrap(), line(&key));
    let text = fs::read_to_string(world.work().join("app.py")).unwrap();
    assert!(text.contains("import os\n"), "{}", text.replace(&key, "…"));
    let read = "\nMISTRAL_API_KEY = os.environ[\"MISTRAL_API_KEY\"]\n";
    assert!(text.ends_with(read), "{}", text.replace(&key, "…"));
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/editors").join(name)
}

/// A client that others use: pygls checks each answer against the protocol's
/// types.
#[test]
fn a_client_of_others_is_served() {
    let mut python = Command::new(pygls());
    python.arg(script("session.py")).arg(env!("CARGO_BIN_EXE_leeward"));
    session_of(python);
}

/// An editor that others use, without a screen.
#[cfg(target_os = "linux")]
#[test]
fn neovim_is_served() {
    let mut editor = Command::new(neovim());
    editor.args(["--headless", "--clean", "-n", "-u", "NONE", "-l"]);
    // Before 0.9 there is no `-l`.
    let has_scripts = Command::new(neovim()).arg("--help").output().unwrap();
    if !String::from_utf8_lossy(&has_scripts.stdout).contains("-l <script>") {
        editor = Command::new(neovim());
        editor.args(["--headless", "--clean", "-n", "-u", "NONE", "-S"]);
    }
    editor.arg(script("session.lua"));
    session_of(editor);
}

/// Neovim, installed once if the machine has none.
#[cfg(target_os = "linux")]
fn neovim() -> &'static str {
    let is_there = || Command::new("nvim").arg("--version").output().is_ok();
    if !is_there() {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        apt.args(["install", "-y", "--no-install-recommends", "neovim"]);
        let _ = apt.stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(is_there(), "this test needs `nvim`: install the package `neovim` of your system");
    }
    "nvim"
}

#[test]
fn the_extension_is_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../editors/vscode");
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let package: Value = serde_json::from_str(&read("package.json")).unwrap();
    assert_eq!(package["version"], env!("CARGO_PKG_VERSION"));
    let main = package["main"].as_str().unwrap();
    let code = read(main);
    let properties = package["contributes"]["configuration"]["properties"].as_object().unwrap();
    // A workspace must not say which program is run.
    assert_eq!(properties["leeward.path"]["scope"], "machine");
    for name in properties.keys().filter(|name| !name.contains("trace")) {
        let name = name.strip_prefix("leeward.").unwrap();
        assert!(code.contains(&format!("\"{name}\"")), "{name} is not read");
    }
    for command in package["contributes"]["commands"].as_array().unwrap() {
        assert!(code.contains(command["command"].as_str().unwrap()), "{command}");
    }
    // `npm run check` has the types; here is whether it is a program at all.
    if let Ok(checked) = Command::new("node").arg("--check").arg(folder.join(main)).output() {
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    }
}

/// A Python that has pygls, installed once below the target directory.
fn pygls() -> PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_leeward")).ancestors().nth(2).unwrap();
    let venv = target.join("pygls");
    let python = venv.join("bin/python");
    let has_it = || {
        let mut ask = Command::new(&python);
        ask.args(["-c", "import pygls.lsp.client"]).stderr(Stdio::null());
        ask.status().is_ok_and(|status| status.success())
    };
    if !has_it() {
        let made = Command::new("python3").args(["-m", "venv"]).arg(&venv).status();
        assert!(made.is_ok_and(|status| status.success()), "this test needs `python3` with `venv`");
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--no-input", "pygls>=2.1,<3"]);
        assert!(
            pip.status().is_ok_and(|status| status.success()) && has_it(),
            "this test needs pygls: `pip install pygls` into {}",
            venv.display()
        );
    }
    python
}
