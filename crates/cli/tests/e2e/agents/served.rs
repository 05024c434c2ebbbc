//! `leeward mcp`: a session of the protocol's own client, and one of ours that
//! keeps to nothing.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Instant,
};

use serde_json::{Value, json};

use crate::fixture::{World, key, line};

/// A server with a line to it.
struct Served {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    said: String,
}

impl Served {
    fn start(world: &World, args: &[&str]) -> Self {
        let mut command = world.leeward(&world.work());
        command.arg("mcp").args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::inherit()).spawn().unwrap();
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdin, stdout, said: String::new() }
    }

    fn initialized(world: &World, args: &[&str], version: &str) -> Self {
        let mut served = Self::start(world, args);
        let answer = served.ask(&json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize",
            "params": { "protocolVersion": version, "capabilities": {},
                "clientInfo": { "name": "test", "version": "1" } } }));
        assert_eq!(answer["result"]["protocolVersion"], version, "{answer}");
        served.say(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
        served
    }

    fn say(&mut self, line: &[u8]) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(line).unwrap();
        stdin.write_all(b"\n").unwrap();
        stdin.flush().unwrap();
    }

    fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        self.said += &line;
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    fn ask(&mut self, message: &Value) -> Value {
        self.say(message.to_string().as_bytes());
        self.hear()
    }

    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.ask(&json!({ "jsonrpc": "2.0", "id": "call", "method": "tools/call",
            "params": { "name": tool, "arguments": arguments } }));
        assert_eq!(answer["id"], "call");
        answer["result"].clone()
    }

    /// Everything it said, once it has ended.
    fn end(mut self) -> String {
        drop(self.stdin.take());
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.stdout, &mut rest).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        self.said + &rest
    }
}

#[test]
fn the_three_tools() {
    let world = World::new();
    let key = key();
    world.write("sub/.env", line(&key));
    world.write(format!("{key}.txt"), line(&key));
    let mut served = Served::initialized(&world, &[], "2025-11-25");
    let list = served.ask(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }));
    let names: Vec<&str> = list["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["scan", "explain", "redact"]);
    for tool in list["result"]["tools"].as_array().unwrap() {
        assert!(tool["description"].as_str().unwrap().to_lowercase().contains("never returned"));
    }
    let done = served.call("scan", json!({ "path": "." }));
    let found = &done["structuredContent"];
    assert_eq!(found["total"], 1, "{done:#}");
    assert_eq!(found["complete"], true);
    let finding = &found["findings"][0];
    assert_eq!(finding["dossier"], "mistral-api-key");
    assert_eq!(finding["total_locations"], 2);
    let places = finding["locations"].as_array().unwrap();
    assert!(
        places.iter().any(|place| place["path"] == "sub/.env" && place["line"] == 1),
        "{places:?}"
    );
    let text = done["content"][0]["text"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), *found);
    let print = finding["fingerprint"].clone();
    let done = served.call("explain", json!({ "fingerprint": print }));
    assert!(done["content"][0]["text"].as_str().unwrap().contains("What to do"), "{done}");
    let done = served.call("explain", json!({ "dossier": "mistral-api-key" }));
    assert!(done.get("isError").is_none());
    let done = served.call("redact", json!({ "text": format!("a\n{}b", line(&key)) }));
    assert_eq!(done["structuredContent"]["redacted"], 1);
    let text = done["structuredContent"]["text"].as_str().unwrap();
    let short = &print.as_str().unwrap()[4..12];
    assert_eq!(text, format!("a\nMISTRAL_API_KEY=[redacted:mistral-api-key:{short}]\nb"));
    let done = served.call("scan", json!({ "text": line(&key) }));
    assert_eq!(done["structuredContent"]["findings"][0]["fingerprint"], print);
    let said = served.end();
    assert!(!said.contains(&key), "{said}");
    assert!(!said.contains(&key[..8]), "not a part of it: {said}");
}

#[cfg(unix)]
#[test]
fn nothing_outside_the_roots_is_scanned() {
    let world = World::new();
    let key = key();
    world.write("in/ok", "nothing");
    world.write("out/.env", line(&key));
    std::os::unix::fs::symlink("../out", world.work().join("in/link")).unwrap();
    let mut served = Served::initialized(&world, &["in"], "2025-06-18");
    let absolute = world.work().join("out/.env");
    for path in [
        "..",
        "../out",
        "../out/.env",
        "link",
        "link/.env",
        "/",
        "/etc/passwd",
        "none",
        "",
        "\u{0}",
        absolute.to_str().unwrap(),
        "/dev/zero",
        "~/.ssh",
    ] {
        let done = served.call("scan", json!({ "path": path }));
        if path.is_empty() {
            assert_eq!(done["structuredContent"]["total"], 0, "{done}");
            continue;
        }
        assert_eq!(done["isError"], true, "{path}: {done}");
        assert!(done["content"][0]["text"].as_str().unwrap().starts_with("no file or directory"));
    }
    // A link inside is not followed on the way either.
    let done = served.call("scan", json!({ "path": "." }));
    assert_eq!(done["structuredContent"]["total"], 0, "{done}");
    assert!(!served.end().contains(&key));
    let run = world.run(["mcp", "none"]).exits(2);
    assert!(run.err.contains("cannot serve `none`"), "{run:?}");
}

#[test]
fn what_is_no_request_is_refused_and_the_session_goes_on() {
    let world = World::new();
    let mut served = Served::start(&world, &[]);
    let code = |answer: &Value| answer["error"]["code"].as_i64().unwrap_or_default();
    let early = served.ask(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }));
    assert_eq!(code(&early), -32600);
    // Newer clients ask this first, and then go on as older ones do.
    let early = served.ask(&json!({ "jsonrpc": "2.0", "id": 1, "method": "server/discover" }));
    assert_eq!(code(&early), -32601);
    // An unknown version is answered with the newest that is spoken.
    let answer = served.ask(&json!({ "jsonrpc": "2.0", "id": "x", "method": "initialize",
        "params": { "protocolVersion": "1999-01-01", "capabilities": {} } }));
    assert_eq!(answer["result"]["protocolVersion"], "2025-11-25");
    assert_eq!(answer["id"], "x");
    let cases: [(&[u8], i64, Value); 15] = [
        (b"{", -32700, Value::Null),
        (b"\xff\xfe", -32700, Value::Null),
        (b"nonsense", -32700, Value::Null),
        (b"3", -32600, Value::Null),
        (b"[]", -32600, Value::Null),
        (b"{}", -32600, Value::Null),
        (br#"{"jsonrpc":"1.0","id":5,"method":"ping"}"#, -32600, json!(5)),
        (br#"{"jsonrpc":"2.0","id":5}"#, -32600, json!(5)),
        (br#"{"jsonrpc":"2.0","id":5,"method":7}"#, -32600, json!(5)),
        (br#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600, Value::Null),
        (br#"{"jsonrpc":"2.0","id":5,"method":"ping","params":3}"#, -32600, json!(5)),
        (br#"{"jsonrpc":"2.0","id":5,"method":"resources/list"}"#, -32601, json!(5)),
        (
            br#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"rm"}}"#,
            -32602,
            json!(5),
        ),
        (br#"{"jsonrpc":"2.0","id":5,"method":"tools/call"}"#, -32602, json!(5)),
        (br#"[{"jsonrpc":"2.0","id":5,"method":"ping"}]"#, -32600, Value::Null),
    ];
    for (line, wanted, id) in cases {
        served.say(line);
        let answer = served.hear();
        let shown = String::from_utf8_lossy(line);
        assert_eq!(code(&answer), wanted, "{shown}: {answer}");
        assert_eq!(answer["id"], id, "{shown}");
    }
    let deep = "[".repeat(100_000);
    served.say(deep.as_bytes());
    assert_eq!(code(&served.hear()), -32700);
    let wide = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"a\":\"".to_owned()
        + &"x".repeat(70 << 20);
    served.say(wide.as_bytes());
    assert_eq!(code(&served.hear()), -32600);
    // What wants no answer gets none.
    served.say(br#"{"jsonrpc":"2.0","method":"notifications/whatever"}"#);
    served.say(br#"{"jsonrpc":"2.0","id":9,"result":{}}"#);
    served
        .say(br#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":77}}"#);
    served.say(b"");
    assert_eq!(served.ask(&json!({ "jsonrpc": "2.0", "id": 2.5, "method": "ping" }))["id"], 2.5);
    for (tool, arguments) in [
        ("scan", json!({})),
        ("scan", json!({ "path": 3 })),
        ("scan", json!({ "path": "a", "text": "b" })),
        ("redact", json!({})),
        ("redact", json!({ "text": [] })),
        ("explain", json!({})),
        ("explain", json!({ "dossier": "none" })),
        ("explain", json!({ "fingerprint": "x" })),
        ("explain", json!({ "fingerprint": format!("lw1_{}", "0".repeat(32)) })),
    ] {
        let done = served.call(tool, arguments.clone());
        assert_eq!(done["isError"], true, "{tool} {arguments}: {done}");
    }
    served.end();
}

#[test]
fn batches_are_answered_where_the_version_has_them() {
    let world = World::new();
    let mut served = Served::initialized(&world, &[], "2025-03-26");
    let answer = served.ask(&json!([
        { "jsonrpc": "2.0", "id": 1, "method": "ping" },
        { "jsonrpc": "2.0", "method": "notifications/x" },
        { "jsonrpc": "2.0", "id": 2, "method": "tools/call",
            "params": { "name": "redact", "arguments": { "text": "plain" } } },
        3,
    ]));
    let answers = answer.as_array().unwrap();
    assert_eq!(answers.len(), 3, "{answer}");
    // Before version 2025-06-18 there was no structured content.
    assert!(answers[1]["result"].get("structuredContent").is_none());
    served.end();
}

#[cfg(unix)]
#[test]
fn a_scan_that_nobody_wants_any_more_ends() {
    let world = World::new();
    let big = File::create(world.work().join("big")).unwrap();
    // A hole counts as read at once, so it is one with something in it.
    for piece in 0..400_u64 {
        std::os::unix::fs::FileExt::write_all_at(&big, &[b'a'; 4096], piece << 20).unwrap();
    }
    let mut served = Served::initialized(&world, &[], "2025-11-25");
    let begun = Instant::now();
    served.say(br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"scan","arguments":{"path":"big"}}}"#);
    served.say(br#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#);
    let answer = served.ask(&json!({ "jsonrpc": "2.0", "id": 2, "method": "ping" }));
    // Depending on which was quicker, the scan was answered or never will be.
    let is_done = answer["id"] == 1;
    assert!(answer["id"] == 2 || is_done, "{answer}");
    assert!(begun.elapsed().as_secs() < 20);
    served.end();
}

/// The protocol's own client for Python, against the server.
#[test]
fn its_own_client_gets_along_with_it() {
    let world = World::new();
    let key = key();
    world.write(".env", line(&key));
    let script = world.beside("session.py");
    fs::write(&script, SESSION).unwrap();
    let mut command = Command::new(python("mcp==2.3.0").join("bin/python"));
    let output = command
        .arg(&script)
        .arg(env!("CARGO_BIN_EXE_leeward"))
        .arg(world.work())
        .env("KEY", &key)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    assert!(out.contains("[redacted:mistral-api-key:"), "{out}");
    assert!(!out.contains(&key) && !err.contains(&key), "{out}\n{err}");
}

const SESSION: &str = r#"
import asyncio, os, sys
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

async def main():
    server = StdioServerParameters(command=sys.argv[1], args=["mcp", sys.argv[2]], cwd=sys.argv[2])
    async with stdio_client(server) as (read, write):
        async with ClientSession(read, write) as session:
            hello = await session.initialize()
            print(hello.protocol_version)
            await session.send_ping()
            tools = await session.list_tools()
            assert [tool.name for tool in tools.tools] == ["scan", "explain", "redact"], tools
            found = await session.call_tool("scan", {"path": "."})
            assert not found.is_error and found.structured_content["total"] == 1, found
            print(found)
            finding = found.structured_content["findings"][0]
            said = await session.call_tool("explain", {"fingerprint": finding["fingerprint"]})
            assert not said.is_error, said
            masked = await session.call_tool("redact", {"text": "MISTRAL_API_KEY=" + os.environ["KEY"]})
            print(masked.structured_content["text"])
            outside = await session.call_tool("scan", {"path": "/"})
            assert outside.is_error, outside

asyncio.run(main())
"#;

/// A virtual environment of Python's that holds one package, made once.
fn python(package: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let name: String =
        package.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let venv = root.join(&name);
    let lock = File::create(root.join(format!("{name}.lock"))).unwrap();
    lock.lock().unwrap();
    if !venv.join("installed").is_file() {
        let _ = fs::remove_dir_all(&venv);
        let ran = |command: &mut Command| {
            let output = command.stdin(Stdio::null()).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        ran(Command::new("python3").args(["-m", "venv"]).arg(&venv));
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", package];
        ran(Command::new(venv.join("bin/python")).args(pip));
        fs::write(venv.join("installed"), "").unwrap();
    }
    venv
}
