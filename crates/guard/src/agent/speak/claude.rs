//! Claude Code.
//!
//! Facts: code.claude.com/docs/en/hooks, as of version 2.1.2xx (autumn 2026).
//! An event is JSON on standard input with `hook_event_name`, `session_id`,
//! `transcript_path`, `cwd`, `permission_mode`. Exit code 0 has standard output
//! read as JSON; 2 refuses, with standard error as the reason; others let pass.
//! - `UserPromptSubmit` (`prompt`): `decision: "block"` with `reason` erases
//!   the prompt and shows the reason to the user alone. Files that a prompt
//!   mentions by `@` are read without a `PreToolUse`.
//! - `PreToolUse` (`tool_name`, `tool_input`): `hookSpecificOutput` with
//!   `permissionDecision` of `allow`, `deny`, `ask` or `defer`,
//!   `permissionDecisionReason`, `updatedInput`. `allow` would skip the user's
//!   own confirmation, so it is never said here.
//! - `PostToolUse` (`tool_response`): `updatedToolOutput` replaces what the
//!   model sees, for any tool since 2.1.121, and must have the shape of the
//!   tool's own output; `updatedMCPToolOutput` is the older name, for tools of
//!   MCP servers. A version that knows neither shows the output as it is.
//! - `PostToolUseFailure` (`error`): only `additionalContext`.

use serde_json::{Map, Value, json};

use super::{Answer, Event, Known, Moment, Verdict, noted, refused, said};

const NAMED: &[&str] = &["hook_event_name"];

const KNOWN: &[Known] = &[
    Known("UserPromptSubmit", Moment::Prompt, &["prompt"]),
    Known("PreToolUse", Moment::Before, &["tool_input"]),
    Known("PostToolUse", Moment::After, &["tool_response"]),
    Known("PostToolUseFailure", Moment::Told, &["error"]),
];

/// Events that carry nothing which another has not shown before.
const HARMLESS: &[&str] = &[
    "SessionStart",
    "SessionEnd",
    "Setup",
    "Stop",
    "StopFailure",
    "SubagentStart",
    "SubagentStop",
    "PreCompact",
    "PostCompact",
    "Notification",
    "PermissionRequest",
    "PermissionDenied",
    "TeammateIdle",
    "TaskCreated",
    "TaskCompleted",
    "ConfigChange",
    "CwdChanged",
    "FileChanged",
    "InstructionsLoaded",
    "WorktreeCreate",
    "WorktreeRemove",
    "Elicitation",
    "ElicitationResult",
    "PostToolBatch",
];

pub(super) fn is_spoken(said: &Map<String, Value>) -> bool {
    let name = said.get("hook_event_name").and_then(Value::as_str).unwrap_or_default();
    KNOWN.iter().any(|known| known.0 == name) || HARMLESS.contains(&name)
}

pub(super) fn event(said: Map<String, Value>) -> Option<Event> {
    super::event(said, NAMED, KNOWN, HARMLESS)
}

pub(super) fn answer(event: &Event, verdict: Verdict) -> Answer {
    let specific = |fields: Value| {
        let mut fields = fields;
        fields["hookEventName"] = event.name.into();
        said(json!({ "hookSpecificOutput": fields }))
    };
    let decided = |decision: &str, why: String| {
        specific(json!({ "permissionDecision": decision, "permissionDecisionReason": why }))
    };
    match (event.moment, verdict) {
        (_, Verdict::Pass) => Answer::default(),
        (_, Verdict::Noted(note)) => noted(note),
        (Moment::Prompt, Verdict::Stop(why) | Verdict::Ask(why)) => {
            said(json!({ "decision": "block", "reason": why }))
        }
        (Moment::Before, Verdict::Stop(why)) => decided("deny", why),
        (Moment::Before, Verdict::Ask(why)) => decided("ask", why),
        (Moment::Before, Verdict::Masked(input, why)) => specific(json!({
            "permissionDecision": "ask",
            "permissionDecisionReason": why,
            "updatedInput": input,
        })),
        (Moment::After, Verdict::Masked(output, why)) => {
            let is_mcp = event.tool.as_deref().is_some_and(|tool| tool.starts_with("mcp__"));
            let mut fields = json!({ "additionalContext": why });
            if is_mcp {
                fields["updatedMCPToolOutput"] = output.clone();
            }
            fields["updatedToolOutput"] = output;
            specific(fields)
        }
        (Moment::Told, Verdict::Stop(why)) => specific(json!({ "additionalContext": why })),
        (_, Verdict::Stop(why) | Verdict::Ask(why) | Verdict::Masked(_, why)) => refused(why),
    }
}
