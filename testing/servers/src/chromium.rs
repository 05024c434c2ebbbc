//! Chromium without a window, for tests that look at pages as a browser does. It is
//! spoken to by its own protocol (CDP), over a socket on this machine: what a page said
//! on its console, what its policy forbade, keys, colours, sizes and pictures are all in
//! it, so that no driver of another version stands between.

mod find;

use std::{
    collections::VecDeque,
    fs,
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tungstenite::{Message, WebSocket};

/// How long a page, or the program itself, may take: a busy machine of two cores.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one page, stopped when it is dropped.
pub struct Chromium {
    program: Child,
    profile: TempDir,
    socket: WebSocket<TcpStream>,
    session: String,
    number: u64,
    events: VecDeque<Value>,
    /// What went wrong on pages: errors, and what a policy forbade.
    complaints: Vec<String>,
}

impl std::fmt::Debug for Chromium {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chromium").field("profile", &self.profile.path()).finish_non_exhaustive()
    }
}

impl Chromium {
    /// Starts one.
    ///
    /// # Panics
    /// If there is none and none can be installed, with what to install; or if it does
    /// not start.
    pub fn start() -> Self {
        let profile = tempfile::tempdir().expect("a directory for the browser");
        let mut command = Command::new(find::program());
        command.args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--no-default-browser-check",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--remote-debugging-port=0",
        ]);
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        command.arg("about:blank");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut program = command.spawn().expect("the browser starts");
        let (port, path) = address(profile.path(), &mut program);
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("the browser listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        let url = format!("ws://127.0.0.1:{port}{path}");
        let (socket, _) = tungstenite::client(url, stream).expect("the browser answers");
        let mut one = Self {
            program,
            profile,
            socket,
            session: String::new(),
            number: 0,
            events: VecDeque::new(),
            complaints: Vec::new(),
        };
        let target = one.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attached = one.call(
            "Target.attachToTarget",
            json!({ "targetId": target["targetId"], "flatten": true }),
        );
        one.session = attached["sessionId"].as_str().expect("a session").to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            one.call(&format!("{domain}.enable"), json!({}));
        }
        one.size(1440, 900);
        one
    }

    /// Says something of the protocol, and hands back the answer.
    ///
    /// # Panics
    /// If the browser says that it cannot, or nothing.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.number += 1;
        let number = self.number;
        let mut asked = json!({ "id": number, "method": method, "params": params });
        if !self.session.is_empty() {
            asked["sessionId"] = json!(self.session);
        }
        self.socket.send(Message::text(asked.to_string())).expect("the browser hears");
        loop {
            let said = self.hear();
            if said["id"] == json!(number) {
                assert!(said.get("error").is_none(), "{method}: {}", said["error"]);
                return said["result"].clone();
            }
        }
    }

    fn hear(&mut self) -> Value {
        loop {
            let message = self.socket.read().expect("the browser says something");
            let Message::Text(text) = message else { continue };
            let said: Value = serde_json::from_str(&text).expect("JSON");
            self.listen(&said);
            if said.get("method").is_some() {
                self.events.push_back(said.clone());
                // Old ones are of no use to anybody.
                if self.events.len() > 500 {
                    self.events.pop_front();
                }
            }
            return said;
        }
    }

    fn listen(&mut self, said: &Value) {
        let complaint = match said["method"].as_str() {
            Some("Runtime.exceptionThrown") => said["params"]["exceptionDetails"].to_string(),
            Some("Log.entryAdded") if said["params"]["entry"]["level"] == "error" => {
                said["params"]["entry"].to_string()
            }
            Some("Runtime.consoleAPICalled")
                if said["params"]["type"] == "error" || said["params"]["type"] == "assert" =>
            {
                said["params"]["args"].to_string()
            }
            _ => return,
        };
        self.complaints.push(complaint);
    }

    /// Goes to a page and waits until all of it is there.
    pub fn go(&mut self, url: &str) {
        self.events.clear();
        self.call("Page.navigate", json!({ "url": url }));
        self.loaded();
    }

    /// Waits until a page that was gone to is there.
    ///
    /// # Panics
    /// If it does not come.
    pub fn loaded(&mut self) {
        let until = Instant::now() + PATIENCE;
        while !self.events.iter().any(|said| said["method"] == "Page.loadEventFired") {
            assert!(Instant::now() < until, "the page does not come");
            self.hear();
        }
        self.events.clear();
    }

    /// What an expression is worth on the page; a promise is waited for.
    ///
    /// # Panics
    /// If it throws.
    pub fn eval(&mut self, expression: &str) -> Value {
        let said = self.call(
            "Runtime.evaluate",
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true }),
        );
        assert!(said.get("exceptionDetails").is_none(), "{expression}: {said}");
        said["result"]["value"].clone()
    }

    /// Presses a key, such as `j`, `Tab`, `Enter` or `/`.
    pub fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, None),
            "Enter" => (13, Some("\r")),
            "Escape" => (27, None),
            key => (i64::from(key.as_bytes()[0].to_ascii_uppercase()), Some(key)),
        };
        let mut down = json!({ "type": if text.is_some() { "keyDown" } else { "rawKeyDown" },
            "key": key, "windowsVirtualKeyCode": code });
        if let Some(text) = text {
            down["text"] = json!(text);
        }
        self.call("Input.dispatchKeyEvent", down);
        self.call(
            "Input.dispatchKeyEvent",
            json!({ "type": "keyUp", "key": key, "windowsVirtualKeyCode": code }),
        );
    }

    /// The size of the window.
    pub fn size(&mut self, width: u32, height: u32) {
        self.call(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false }),
        );
    }

    /// `light` or `dark`, as the system would have it.
    pub fn prefers(&mut self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// Whether pages run scripts.
    pub fn runs_scripts(&mut self, may: bool) {
        self.call("Emulation.setScriptExecutionDisabled", json!({ "value": !may }));
    }

    /// The whole page as a picture, a PNG in base64.
    pub fn picture(&mut self) -> String {
        let params = json!({ "format": "png", "captureBeyondViewport": true });
        let said = self.call("Page.captureScreenshot", params);
        said["data"].as_str().unwrap_or_default().to_owned()
    }

    /// What went wrong since the last time that somebody asked.
    pub fn complaints(&mut self) -> Vec<String> {
        // Whatever the page said before this comes before its answer.
        self.eval("0");
        std::mem::take(&mut self.complaints)
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// Where it listens, as it writes down itself.
fn address(profile: &Path, program: &mut Child) -> (u16, String) {
    let file: PathBuf = profile.join("DevToolsActivePort");
    let until = Instant::now() + PATIENCE;
    loop {
        let text = fs::read_to_string(&file).unwrap_or_default();
        if let Some((port, path)) = text.trim().split_once('\n')
            && let Ok(port) = port.trim().parse()
        {
            return (port, path.trim().to_owned());
        }
        if let Ok(Some(ended)) = program.try_wait() {
            panic!("the browser ended at once: {ended}");
        }
        assert!(Instant::now() < until, "the browser does not listen");
        thread::sleep(Duration::from_millis(20));
    }
}
