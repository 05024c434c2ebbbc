//! The hook in an agent's settings: text in, text out. What else stands there
//! keeps its order, its comments and its form; what is there already is not
//! added again; and what was added can be taken out.

use std::fmt::{self, Write as _};

use jsonc_parser::{
    ParseOptions,
    cst::{CstArray, CstInputValue, CstNode, CstObject, CstRootNode},
};

use super::Client;

/// Why settings were left as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// They are not JSON: the line.
    NotJson(usize),
    /// Something else stands where hooks do: its name.
    Other(&'static str),
    /// A hook of this name is not between our marks.
    Taken,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(line) => write!(f, "not JSON, from line {line}; nothing was changed"),
            Self::Other(name) => {
                write!(f, "`{name}` is not what hooks are written in; nothing was changed")
            }
            Self::Taken => f.write_str(
                "a hook named `leeward-before` or `leeward-after` stands there already; nothing \
                 was changed",
            ),
        }
    }
}

/// Where an agent looks for its settings, from the user's home directory or
/// the project's.
pub fn place(client: Client, of_project: bool) -> &'static str {
    match (client, of_project) {
        (Client::ClaudeCode, _) => ".claude/settings.json",
        (Client::Cursor, _) => ".cursor/hooks.json",
        (Client::Copilot, true) => ".github/hooks/leeward.json",
        (Client::Copilot, false) => ".copilot/hooks/leeward.json",
        (Client::Codex, _) => ".codex/hooks.json",
        (Client::Vibe, _) => ".vibe/hooks.toml",
    }
}

/// What else is to be done for the hook to run.
pub fn remark(client: Client) -> Option<&'static str> {
    match client {
        Client::ClaudeCode | Client::Cursor => None,
        Client::Copilot => {
            Some("a machine without `leeward` on its path refuses every tool in this project")
        }
        Client::Codex => Some("Codex asks once whether it may run this hook: `/hooks` shows it"),
        Client::Vibe => Some(
            "hooks are an experiment there: add `enable_experimental_hooks = true` to its \
             config.toml; what a person types is not looked at, for it has no event for it",
        ),
    }
}

/// Settings with the hook in them. `text` is what is there, if anything.
///
/// # Errors
/// Settings that are not understood are not touched.
pub fn install(client: Client, text: Option<&str>, program: &str) -> Result<String, Trouble> {
    let command = format!("{program} hook agent --client {client}");
    if client == Client::Vibe {
        return install_toml(text.unwrap_or_default(), &command);
    }
    let root = parse(text.filter(|text| !text.trim().is_empty()).unwrap_or("{}\n"))?;
    let object = root.object_value().ok_or(Trouble::Other("the file"))?;
    if matches!(client, Client::Cursor | Client::Copilot) && object.get("version").is_none() {
        object.insert(0, "version", CstInputValue::Number("1".to_owned()));
    }
    let hooks = object.object_value_or_create("hooks").ok_or(Trouble::Other("hooks"))?;
    for (event, entry) in entries(client, &command) {
        let list = hooks.array_value_or_create(event).ok_or(Trouble::Other(event))?;
        let is_there = list.elements().iter().any(|known| is_same(known, &command));
        if !is_there {
            take_out(&list);
            list.append(entry);
        }
    }
    Ok(root.to_string())
}

/// Settings without the hook.
///
/// # Errors
/// Settings that are not understood are not touched.
pub fn remove(client: Client, text: &str) -> Result<String, Trouble> {
    if client == Client::Vibe {
        return without_block(text);
    }
    let root = parse(text)?;
    let hooks = root.object_value().and_then(|object| object.object_value("hooks"));
    let Some(hooks) = hooks else { return Ok(text.to_owned()) };
    for event in hooks.properties() {
        let Some(list) = event.array_value() else { continue };
        if take_out(&list) && list.elements().is_empty() {
            event.remove();
        }
    }
    if hooks.properties().is_empty()
        && let Some(hooks) = root.object_value().and_then(|object| object.get("hooks"))
    {
        hooks.remove();
    }
    Ok(root.to_string())
}

fn parse(text: &str) -> Result<CstRootNode, Trouble> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    CstRootNode::parse(text, &ParseOptions::default())
        .map_err(|error| Trouble::NotJson(error.line_display()))
}

/// Whether an entry is ours and calls exactly this command.
fn is_same(entry: &CstNode, command: &str) -> bool {
    let object = entry.as_object();
    let inner = object.as_ref().and_then(|object| object.array_value("hooks"));
    let of = |object: &CstObject| {
        let value = object.get("command").and_then(|property| property.value());
        value.and_then(|value| value.as_string_lit()?.decoded_value().ok())
    };
    match inner {
        Some(inner) => inner.elements().iter().any(|entry| is_same(entry, command)),
        None => object.and_then(|object| of(&object)).is_some_and(|known| known == command),
    }
}

/// Takes our entries out of a list; whether there were any.
fn take_out(list: &CstArray) -> bool {
    let mut had = false;
    for entry in list.elements() {
        let Some(object) = entry.as_object() else { continue };
        if let Some(inner) = object.array_value("hooks") {
            if take_out(&inner) {
                had = true;
                if inner.elements().is_empty() {
                    entry.remove();
                }
            }
        } else if is_ours(&object) {
            had = true;
            entry.remove();
        }
    }
    had
}

fn is_ours(entry: &CstObject) -> bool {
    let value = entry.get("command").and_then(|property| property.value());
    let command = value.and_then(|value| value.as_string_lit()?.decoded_value().ok());
    command.is_some_and(|text| text.contains("leeward") && text.contains(" hook agent --client "))
}

/// What is said where, and how it is written there. Times are seconds, and
/// longer than a decision takes: an agent lets pass what does not answer.
fn entries(client: Client, command: &str) -> Vec<(&'static str, CstInputValue)> {
    let text = |text: &str| CstInputValue::String(text.to_owned());
    let number = |number: &str| CstInputValue::Number(number.to_owned());
    let object = |fields: Vec<(&str, CstInputValue)>| {
        CstInputValue::Object(
            fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        )
    };
    let nested = |matcher: Option<&str>| {
        let handler = object(vec![
            ("type", text("command")),
            ("command", text(command)),
            ("timeout", number("30")),
        ]);
        let mut fields = Vec::new();
        fields.extend(matcher.map(|matcher| ("matcher", text(matcher))));
        fields.push(("hooks", CstInputValue::Array(vec![handler])));
        object(fields)
    };
    match client {
        Client::ClaudeCode => vec![
            ("UserPromptSubmit", nested(None)),
            ("PreToolUse", nested(Some("*"))),
            ("PostToolUse", nested(Some("*"))),
            ("PostToolUseFailure", nested(Some("*"))),
        ],
        Client::Codex => vec![
            ("UserPromptSubmit", nested(None)),
            ("PreToolUse", nested(None)),
            ("PostToolUse", nested(None)),
        ],
        Client::Copilot => {
            let entry = || {
                object(vec![
                    ("type", text("command")),
                    ("command", text(command)),
                    ("timeoutSec", number("30")),
                ])
            };
            let events =
                ["userPromptTransformed", "preToolUse", "postToolUse", "postToolUseFailure"];
            events.map(|event| (event, entry())).into()
        }
        Client::Cursor => {
            let entry = |fails_closed: bool| {
                let mut fields = vec![("command", text(command)), ("timeout", number("30"))];
                if fails_closed {
                    fields.push(("failClosed", CstInputValue::Bool(true)));
                }
                object(fields)
            };
            vec![
                ("beforeSubmitPrompt", entry(true)),
                ("beforeReadFile", entry(true)),
                ("beforeShellExecution", entry(true)),
                ("beforeMCPExecution", entry(true)),
                ("preToolUse", entry(true)),
                ("postToolUse", entry(false)),
            ]
        }
        Client::Vibe => Vec::new(),
    }
}

/// What stands around ours in a file of TOML.
const BEGIN: &str =
    "# leeward: begin; `leeward hook agent install --client vibe --remove` removes it";
const END: &str = "# leeward: end";

fn install_toml(text: &str, command: &str) -> Result<String, Trouble> {
    let rest = without_block(text)?;
    if rest.contains("\"leeward-before\"") || rest.contains("\"leeward-after\"") {
        return Err(Trouble::Taken);
    }
    // A string of TOML is one of JSON.
    let command = serde_json::Value::from(command).to_string();
    let mut block = String::from(BEGIN);
    for (name, event) in [("leeward-before", "before_tool"), ("leeward-after", "after_tool")] {
        let _ = write!(
            block,
            "\n[[hooks]]\nname = \"{name}\"\ntype = \"{event}\"\ncommand = {command}\n\
             timeout = 30.0\nstrict = true\n"
        );
    }
    block += END;
    block.push('\n');
    let gap = if rest.is_empty() || rest.ends_with("\n\n") {
        ""
    } else if rest.ends_with('\n') {
        "\n"
    } else {
        "\n\n"
    };
    Ok(format!("{rest}{gap}{block}"))
}

fn without_block(text: &str) -> Result<String, Trouble> {
    let Some(begin) = text.find(BEGIN) else { return Ok(text.to_owned()) };
    let Some(length) = text[begin..].find(END) else { return Err(Trouble::Other(END)) };
    let after = &text[begin + length + END.len()..];
    let after = after.strip_prefix('\n').unwrap_or(after);
    let before = &text[..begin];
    let before = before.strip_suffix("\n\n").map_or(before, |_| &before[..before.len() - 1]);
    Ok(format!("{before}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: &str = r#"{
  // mine
  "model": "x",
  "hooks": {
    "PreToolUse": [
      { "matcher": "Bash", "hooks": [{ "type": "command", "command": "mine.sh" }] }
    ],
    "Stop": []
  },
  "last": [1, 2,  3]
}
"#;

    #[test]
    fn what_is_there_is_kept_and_comes_back() {
        for client in Client::ALL.into_iter().filter(|client| *client != Client::Vibe) {
            let with = install(client, Some(KEPT), "leeward").unwrap();
            assert!(with.contains("// mine") && with.contains("[1, 2,  3]"), "{with}");
            assert!(with.contains("mine.sh") && with.contains("hook agent --client"), "{with}");
            assert_eq!(install(client, Some(&with), "leeward").unwrap(), with, "again");
            let moved = install(client, Some(&with), "/opt/leeward").unwrap();
            assert_eq!(moved.matches("--client").count(), with.matches("--client").count());
            let without = remove(client, &moved).unwrap();
            assert!(!without.contains("leeward"), "{without}");
            if !with.contains("version") {
                assert_eq!(without, KEPT);
            }
        }
    }

    #[test]
    fn an_empty_place_gets_a_whole_file() {
        for client in Client::ALL {
            for text in [None, Some(""), Some(" \n")] {
                let with = install(client, text, "leeward").unwrap();
                assert!(with.ends_with('\n'), "{with:?}");
                if client != Client::Vibe {
                    serde_json::from_str::<serde_json::Value>(&with).unwrap();
                }
            }
        }
    }

    #[test]
    fn what_is_not_understood_is_not_touched() {
        assert_eq!(install(Client::Cursor, Some("{\n oops"), "leeward"), Err(Trouble::NotJson(2)));
        let odd = install(Client::ClaudeCode, Some("{\"hooks\": 3}"), "leeward");
        assert_eq!(odd, Err(Trouble::Other("hooks")));
        assert_eq!(install(Client::Codex, Some("[]"), "leeward"), Err(Trouble::Other("the file")));
    }

    #[test]
    fn a_file_of_toml_is_added_to() {
        let mine = "[[hooks]]\nname = \"mine\"\ntype = \"before_tool\"\ncommand = \"x\"\n";
        let with = install(Client::Vibe, Some(mine), "/a b/leeward").unwrap();
        assert!(with.starts_with(mine) && with.matches("[[hooks]]").count() == 3, "{with}");
        assert_eq!(install(Client::Vibe, Some(&with), "/a b/leeward").unwrap(), with);
        assert_eq!(remove(Client::Vibe, &with).unwrap(), mine);
    }
}
