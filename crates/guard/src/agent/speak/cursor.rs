//! Cursor, and its agent on the command line.
//!
//! Facts: cursor.com/docs/hooks and cursor.com/docs/reference/third-party-hooks;
//! what the documentation leaves open was read by others in build 2026.09.18. Every
//! event has `hook_event_name`, `conversation_id` and `cursor_version`.
//! - An empty answer counts as a failed hook, which stops something under
//!   `failClosed`, so there is always a JSON object.
//! - `permission: "allow"` would skip the user's own confirmation, so `{}` is
//!   said instead: no opinion.
//! - `beforeShellExecution` (`command`), `beforeMCPExecution` (`tool_input` as a
//!   text), `beforeReadFile` and `beforeTabFileRead` (`file_path`, `content`),
//!   `preToolUse` (`tool_name`, `tool_input`): `permission` of `deny` or `ask`,
//!   `user_message`, `agent_message`; `preToolUse` also `updated_input`.
//! - `beforeSubmitPrompt` (`prompt`, `attachments`): `continue: false`,
//!   `user_message`.
//! - `postToolUse` (`tool_output` as a text): `additional_context`, and
//!   `updated_mcp_tool_output` for tools of MCP servers only: what a command of
//!   Cursor's own printed cannot be masked.
//! - `afterShellExecution`, `afterMCPExecution`, `afterFileEdit`,
//!   `postToolUseFailure` are told, and their answers are not read.
//!
//! Cursor also runs the hooks in the settings of Claude Code.

use serde_json::{Map, Value, json};

use super::{Answer, Event, Known, Moment, Verdict, said, unpacked};

const KNOWN: &[Known] = &[
    Known("beforeSubmitPrompt", Moment::Prompt, &["prompt"]),
    Known("beforeShellExecution", Moment::Before, &["command"]),
    Known("beforeMCPExecution", Moment::Before, &["tool_input"]),
    Known("beforeReadFile", Moment::Reading, &["content"]),
    Known("beforeTabFileRead", Moment::Reading, &["content"]),
    Known("preToolUse", Moment::Before, &["tool_input"]),
    Known("postToolUse", Moment::After, &["tool_output"]),
    Known("postToolUseFailure", Moment::Told, &["error_message"]),
    Known("afterShellExecution", Moment::Told, &["output"]),
    Known("afterMCPExecution", Moment::Told, &["result_json"]),
    Known("afterFileEdit", Moment::Told, &["edits"]),
    // Under the names of Claude Code, when its settings are read.
    Known("UserPromptSubmit", Moment::Prompt, &["prompt"]),
    Known("PreToolUse", Moment::Before, &["tool_input"]),
    Known("PostToolUse", Moment::After, &["tool_output", "tool_response"]),
];

const HARMLESS: &[&str] = &[
    "afterTabFileEdit",
    "stop",
    "afterAgentResponse",
    "afterAgentThought",
    "sessionStart",
    "sessionEnd",
    "preCompact",
    "subagentStart",
    "subagentStop",
    "workspaceOpen",
    "SessionStart",
    "SessionEnd",
    "Stop",
    "SubagentStop",
    "PreCompact",
    "Notification",
];

pub(super) fn is_spoken(said: &Map<String, Value>) -> bool {
    said.contains_key("cursor_version")
        || said.contains_key("conversation_id") && said.contains_key("hook_event_name")
}

pub(super) fn event(said: Map<String, Value>) -> Option<Event> {
    let path = super::text(&said, "file_path");
    let attached = said.get("attachments").and_then(Value::as_array).cloned().unwrap_or_default();
    let root = said.get("workspace_roots").and_then(|roots| roots.get(0)).cloned();
    let mut event = super::event(said, &["hook_event_name"], KNOWN, HARMLESS)?;
    let attached = attached.iter().filter_map(|file| {
        file.get("file_path").or_else(|| file.get("filePath")).and_then(Value::as_str)
    });
    event.files = path.iter().map(String::as_str).chain(attached).map(Into::into).collect();
    if event.cwd.is_none() {
        event.cwd = root.as_ref().and_then(Value::as_str).map(Into::into);
    }
    if event.name == "beforeShellExecution" {
        event.tool = Some("shell".to_owned());
    }
    // The output of its own tools cannot be replaced.
    let is_mcp = event.tool.as_deref().is_some_and(|tool| tool.starts_with("MCP:"));
    if event.moment == Moment::After && !is_mcp {
        event.moment = Moment::Told;
    }
    if event.moment != Moment::Prompt && event.moment != Moment::Reading {
        event.said = unpacked(std::mem::take(&mut event.said));
    }
    Some(event)
}

pub(super) fn answer(event: &Event, verdict: Verdict) -> Answer {
    let permission = |decision: &str, why: &str| json!({ "permission": decision, "user_message": why, "agent_message": why });
    match (event.moment, verdict) {
        (_, Verdict::Pass) => said(json!({})),
        (_, Verdict::Noted(note)) => Answer { note: Some(note), ..said(json!({})) },
        (Moment::Prompt, Verdict::Stop(why) | Verdict::Ask(why)) => {
            said(json!({ "continue": false, "user_message": why }))
        }
        (Moment::Before | Moment::Reading, Verdict::Stop(why)) => said(permission("deny", &why)),
        (Moment::Reading, Verdict::Ask(why)) => said(permission("deny", &why)),
        (Moment::Before, Verdict::Ask(why)) => said(permission("ask", &why)),
        (Moment::Before, Verdict::Masked(input, why)) => {
            // Only one of the events before a tool lets its input be replaced.
            if event.name.eq_ignore_ascii_case("preToolUse") {
                let mut out = permission("ask", &why);
                out["updated_input"] = input;
                said(out)
            } else {
                said(permission("deny", &why))
            }
        }
        (Moment::After, Verdict::Masked(output, why)) => {
            let output = match output {
                output @ (Value::Object(_) | Value::String(_)) => output,
                output => output.to_string().into(),
            };
            said(json!({ "additional_context": why, "updated_mcp_tool_output": output }))
        }
        (Moment::Told, Verdict::Stop(why)) if event.name.eq_ignore_ascii_case("postToolUse") => {
            said(json!({ "additional_context": why }))
        }
        (_, Verdict::Stop(why) | Verdict::Ask(why) | Verdict::Masked(_, why)) => {
            Answer { note: Some(why), ..said(json!({})) }
        }
    }
}
