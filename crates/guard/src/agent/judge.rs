//! What is done about an event, whichever agent it comes from.

use std::path::{Path, PathBuf};

use leeward_detect::{Scratch, Sighting};
use leeward_respond::vault::shell;
use serde_json::Value;
use zeroize::Zeroizing;

use super::{
    Post, command,
    event::{Event, Moment, Verdict},
    file::{self, Held},
    texts::{self, Found},
    words,
};
use crate::policy::OnTrouble;

/// Tools that write files. What they name is not read by the agent.
const WRITERS: &[&str] = &[
    "write",
    "edit",
    "multiedit",
    "notebookedit",
    "create",
    "str_replace_editor",
    "apply_patch",
    "write_file",
    "edit_file",
    "delete",
    "search_replace",
];

/// Tools that run commands.
const SHELLS: &[&str] = &[
    "bash",
    "shell",
    "powershell",
    "exec",
    "exec_command",
    "local_shell",
    "run_terminal_cmd",
    "beforeshellexecution",
];

/// Fields that name a file.
const PATHS: &[&str] = &[
    "file_path",
    "filePath",
    "path",
    "paths",
    "notebook_path",
    "file",
    "files",
    "filename",
    "target_file",
    "absolute_path",
    "uri",
];

/// Files by which a user says what is left alone.
const OWN: &[&str] = &[".leeward-ignore.toml", "leeward.toml"];

/// Decides.
pub(super) fn judge(event: &Event, post: &Post<'_>) -> Verdict {
    let mut case = Case {
        event,
        post,
        cwd: event.cwd.clone().unwrap_or_else(|| post.here.to_owned()),
        scratch: Scratch::default(),
    };
    match event.moment {
        Moment::Prompt => case.prompt(),
        Moment::Rewrite => case.rewrite(),
        Moment::Before => case.before(),
        Moment::Reading => case.reading(),
        Moment::After => case.after(),
        Moment::Told => case.told(),
        Moment::Harmless => Verdict::Pass,
        Moment::Unknown => Verdict::Noted(words::UNKNOWN_EVENT.to_owned()),
    }
}

struct Case<'a> {
    event: &'a Event,
    post: &'a Post<'a>,
    cwd: PathBuf,
    scratch: Scratch,
}

impl Case<'_> {
    fn prompt(&mut self) -> Verdict {
        let found = self.found(&self.event.said);
        if !found.sightings.is_empty() {
            return Verdict::Stop(words::prompt(&self.named(&found.sightings)));
        }
        let mentioned = self.event.said.as_str().map(mentions).unwrap_or_default();
        let mut files = self.event.files.clone();
        files.extend(mentioned.into_iter().map(PathBuf::from));
        for file in files {
            let path = self.resolve(&file.to_string_lossy());
            if let Held::Keys(keys) = self.held(&path) {
                return Verdict::Stop(words::attached(&path, &self.named(&keys)));
            }
        }
        Verdict::Pass
    }

    fn rewrite(&mut self) -> Verdict {
        self.masked(words::rewritten)
    }

    fn before(&mut self) -> Verdict {
        let tool = self.event.tool.as_deref().unwrap_or_default().to_ascii_lowercase();
        let is_writer = WRITERS.contains(&tool.as_str());
        // What an edit takes out of a file is not what it brings.
        let brought = is_writer.then(|| without_old(&self.event.said));
        let found = self.found(brought.as_ref().unwrap_or(&self.event.said));
        if !found.sightings.is_empty() {
            let what = self.named(&found.sightings);
            if self.post.masks_input {
                return self.masked(words::input_masked);
            }
            return Verdict::Stop(words::input(&what));
        }
        if !is_writer
            && let Some(line) = command_line(&self.event.said, SHELLS.contains(&tool.as_str()))
        {
            let verdict = self.command(&line);
            if verdict != Verdict::Pass {
                return verdict;
            }
        }
        let paths = named_files(&self.event.said);
        let is_view = self.event.said.get("command").and_then(Value::as_str) == Some("view");
        if is_writer && !is_view {
            return self.writing(&paths);
        }
        for path in paths {
            let verdict = self.file(&self.resolve(&path));
            if verdict != Verdict::Pass {
                return verdict;
            }
        }
        Verdict::Pass
    }

    /// A file that is changed: what it will hold is known only with what is
    /// there already.
    fn writing(&mut self, paths: &[String]) -> Verdict {
        for path in paths {
            let path = self.resolve(path);
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if OWN.contains(&name) {
                return Verdict::Ask(words::OWN_SETTINGS.to_owned());
            }
            if let Some(keys) = self.after_edit(&path) {
                return Verdict::Stop(words::input(&self.named(&keys)));
            }
        }
        Verdict::Pass
    }

    /// The keys that an edit brings into a file.
    fn after_edit(&mut self, path: &Path) -> Option<Vec<Sighting>> {
        let field = |names: [&str; 2]| {
            names.iter().find_map(|name| self.event.said.get(name)).and_then(Value::as_str)
        };
        let old = field(["old_string", "old_str"]).filter(|old| !old.is_empty())?;
        let new = field(["new_string", "new_str"])?;
        let content = file::content(path)?;
        let content = std::str::from_utf8(&content).ok()?;
        let edited = Zeroizing::new(content.replacen(old, new, 1));
        let mut keys = self.post.look.at(edited.as_bytes(), Some(path), &mut self.scratch);
        #[expect(clippy::disallowed_methods, reason = "whether the edit brings the value")]
        keys.retain(|key| {
            std::str::from_utf8(key.secret.expose()).is_ok_and(|value| new.contains(value))
        });
        (!keys.is_empty()).then_some(keys)
    }

    fn command(&mut self, line: &str) -> Verdict {
        let wants = command::wants(line, &self.cwd, self.post.home);
        for path in &wants.files {
            let verdict = self.file(path);
            if verdict != Verdict::Pass {
                return verdict;
            }
        }
        let library = self.post.look.library();
        if let Some(name) = wants.variables.iter().find(|name| command::holds_key(name, library)) {
            return Verdict::Stop(words::variable(name));
        }
        if wants.environment {
            let environment = (self.post.environment)();
            let environment = match &wants.lines_with {
                Some(part) => lines_with(&environment, part),
                None => environment,
            };
            let keys = self.post.look.at_whatever_it_says(&environment, &mut self.scratch);
            if !keys.is_empty() {
                return Verdict::Stop(words::environment(&self.named(&keys)));
            }
        }
        match wants.elsewhere {
            Some(file) => Verdict::Ask(words::elsewhere(file)),
            None if wants.own_settings => Verdict::Ask(words::OWN_SETTINGS.to_owned()),
            None => Verdict::Pass,
        }
    }

    fn file(&mut self, path: &Path) -> Verdict {
        match self.held(path) {
            Held::Nothing => Verdict::Pass,
            Held::Keys(keys) => {
                let line = keys.first().map(|key| key.start.line);
                Verdict::Stop(words::reading(path, line, &self.named(&keys)))
            }
            Held::Unknown(why) if self.post.policy.on_trouble == OnTrouble::Stop => {
                Verdict::Stop(words::not_looked_at(path, why))
            }
            Held::Unknown(why) => Verdict::Noted(words::passed(why)),
        }
    }

    /// A file that is handed over with what it holds.
    fn reading(&mut self) -> Verdict {
        let path = self.event.files.first().map(|file| self.resolve(&file.to_string_lossy()));
        if let Some(text) = self.event.said.as_str() {
            let keys = self.post.look.at(text.as_bytes(), path.as_deref(), &mut self.scratch);
            if !keys.is_empty() {
                let line = keys.first().map(|key| key.start.line);
                let path = path.unwrap_or_default();
                return Verdict::Stop(words::reading(&path, line, &self.named(&keys)));
            }
            return Verdict::Pass;
        }
        path.map_or(Verdict::Pass, |path| self.file(&path))
    }

    fn after(&mut self) -> Verdict {
        self.masked(words::output)
    }

    fn told(&mut self) -> Verdict {
        let found = self.found(&self.event.said);
        if found.sightings.is_empty() {
            return Verdict::Pass;
        }
        let what = self.named(&found.sightings);
        let is_prompt =
            self.event.name.starts_with("userPrompt") || self.event.name.starts_with("UserPrompt");
        let words = if is_prompt { words::sent } else { words::too_late };
        Verdict::Stop(words(&what))
    }

    fn masked(&mut self, words: fn(&str) -> String) -> Verdict {
        let found = self.found(&self.event.said);
        if found.sightings.is_empty() || found.mask.is_empty() {
            return Verdict::Pass;
        }
        let masked = texts::masked(&self.event.said, &found, self.post.look, &mut self.scratch);
        Verdict::Masked(masked, words(&self.named(&found.sightings)))
    }

    fn found(&mut self, value: &Value) -> Found {
        Found::of(value, self.post.look, &mut self.scratch)
    }

    fn held(&mut self, path: &Path) -> Held {
        file::held(path, self.post.look, &mut self.scratch)
    }

    fn named(&self, sightings: &[Sighting]) -> String {
        words::named(sightings, self.post.look.library())
    }

    fn resolve(&self, path: &str) -> PathBuf {
        file::resolve(path, &self.cwd, self.post.home)
    }
}

/// Files that a prompt brings along: `@path`, as Claude Code and others read
/// them without asking a hook.
fn mentions(prompt: &str) -> Vec<String> {
    let words = prompt.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '(' | ')'));
    let plain = |word: &str| {
        let path = word.strip_prefix('@')?;
        let path = path.split('#').next()?.trim_end_matches([',', '.', ';', ':', '?', '!']);
        (!path.is_empty()).then(|| path.to_owned())
    };
    words.filter_map(plain).take(64).collect()
}

/// The command that a tool would run: a line, or a program with its arguments.
/// What is not known as a shell may be one under another name, if it has a field
/// for a command.
fn command_line(said: &Value, is_shell: bool) -> Option<String> {
    let command = said.get("command").or_else(|| said.get("cmd"));
    match command.or(Some(said).filter(|_| is_shell))? {
        Value::String(line) => Some(line.clone()),
        Value::Array(words) => {
            let words: Vec<String> = words.iter().filter_map(Value::as_str).map(shell).collect();
            Some(words.join(" "))
        }
        _ => None,
    }
}

/// The lines of a text that hold a part, in letters of either case.
fn lines_with(text: &[u8], part: &str) -> Zeroizing<Vec<u8>> {
    let part = part.to_ascii_lowercase();
    let holds = |line: &&[u8]| {
        let lower = Zeroizing::new(line.to_ascii_lowercase());
        memchr::memmem::find(&lower, part.as_bytes()).is_some()
    };
    let mut kept = Zeroizing::new(Vec::with_capacity(text.len()));
    for line in text.split_inclusive(|&byte| byte == b'\n').filter(holds) {
        kept.extend_from_slice(line);
    }
    kept
}

/// A tool's input without the text that an edit replaces.
fn without_old(said: &Value) -> Value {
    match said {
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "old_string" | "old_str"))
            .map(|(name, field)| (name.clone(), without_old(field)))
            .collect(),
        Value::Array(items) => items.iter().map(without_old).collect(),
        other => other.clone(),
    }
}

/// The files that a tool's input names.
fn named_files(said: &Value) -> Vec<String> {
    let mut files = Vec::new();
    for name in PATHS {
        match said.get(name) {
            Some(Value::String(path)) => files.push(path.clone()),
            Some(Value::Array(paths)) => {
                files.extend(paths.iter().take(64).filter_map(Value::as_str).map(str::to_owned));
            }
            _ => {}
        }
    }
    files
}
