//! Codex on the command line.
//!
//! Facts: learn.chatgpt.com/docs/hooks, and `codex-rs/hooks` of its repository:
//! `schema/generated`, `engine/output_parser.rs`, `events/post_tool_use.rs`;
//! hooks are on by default
//! since 0.124. The events are Claude Code's with `turn_id` and `model` beside
//! them. Differences that matter here: a field that is not known makes an answer
//! invalid, and invalid answers let pass; `ask` is not supported; `updatedInput`
//! goes only with `allow`; a `PostToolUse` cannot replace the output, but a
//! `decision: "block"` has the model read its `reason` instead, so the masked
//! output goes there. Its older `notify` runs after a turn, with the event as an
//! argument: too late for anything, and not spoken here.

use serde_json::{Map, Value, json};

use super::{Answer, Event, Known, Moment, Verdict, noted, refused, said};

const KNOWN: &[Known] = &[
    Known("UserPromptSubmit", Moment::Prompt, &["prompt"]),
    Known("PreToolUse", Moment::Before, &["tool_input"]),
    Known("PostToolUse", Moment::After, &["tool_response"]),
];

const HARMLESS: &[&str] = &[
    "SessionStart",
    "SessionEnd",
    "Stop",
    "StopFailure",
    "SubagentStart",
    "SubagentStop",
    "PreCompact",
    "PostCompact",
    "PermissionRequest",
    "Interrupt",
];

pub(super) fn is_spoken(said: &Map<String, Value>) -> bool {
    said.contains_key("turn_id") && said.contains_key("hook_event_name")
}

pub(super) fn event(said: Map<String, Value>) -> Option<Event> {
    super::event(said, &["hook_event_name"], KNOWN, HARMLESS)
}

pub(super) fn answer(event: &Event, verdict: Verdict) -> Answer {
    let blocked = |why: String| said(json!({ "decision": "block", "reason": why }));
    match (event.moment, verdict) {
        (_, Verdict::Pass) => Answer::default(),
        (_, Verdict::Noted(note)) => noted(note),
        (Moment::Prompt, Verdict::Stop(why) | Verdict::Ask(why)) => blocked(why),
        // The user's own confirmation would be skipped with `allow`.
        (Moment::Before, Verdict::Stop(why) | Verdict::Ask(why) | Verdict::Masked(_, why)) => {
            said(json!({ "hookSpecificOutput": {
                "hookEventName": event.name,
                "permissionDecision": "deny",
                "permissionDecisionReason": why,
            }}))
        }
        (Moment::After, Verdict::Masked(output, why)) => {
            let output = match output {
                Value::String(text) => text,
                output => output.to_string(),
            };
            blocked(format!("{why}\n\n{output}"))
        }
        (_, Verdict::Stop(why) | Verdict::Ask(why) | Verdict::Masked(_, why)) => refused(why),
    }
}
