//! GitHub Copilot: its command line, its cloud agent, and VS Code.
//!
//! Facts: docs.github.com/en/copilot/reference/hooks-reference. Two forms. In
//! the first (events configured in camelCase) an event has no name: its fields
//! tell it. In the second (PascalCase, as in VS Code and in the settings of
//! Claude Code, which Copilot reads too) it has `hook_event_name` and a
//! `timestamp`, and fields in snake_case.
//! - `preToolUse` (`toolName`, `toolArgs`): `permissionDecision` of `allow`,
//!   `deny`, `ask`, with `permissionDecisionReason`, and `modifiedArgs`. In the
//!   cloud `ask` is `deny`. Any exit code but 0 denies; a timeout lets pass.
//! - `postToolUse` (`toolResult.textResultForLlm`): `modifiedResult` replaces
//!   it, `additionalContext` goes along.
//! - `userPromptSubmitted` (`prompt`): what a hook prints is dropped, and exit
//!   code 2 is shown to the user as a warning, while the prompt goes on.
//! - `userPromptTransformed` (`transformedPrompt`): `modifiedTransformedPrompt`
//!   replaces what the model reads, so this is where a prompt is masked.
//! - `postToolUseFailure` (`error`): exit code 2 has standard error added.

use serde_json::{Map, Value, json};

use super::{Answer, Event, Known, Moment, Verdict, noted, refused, said, taken, text, unpacked};

/// The second form.
const KNOWN: &[Known] = &[
    Known("UserPromptSubmit", Moment::Told, &["prompt"]),
    Known("PreToolUse", Moment::Before, &["tool_input"]),
    Known("PostToolUse", Moment::After, &["tool_result", "tool_response"]),
    Known("PostToolUseFailure", Moment::Told, &["error"]),
];

const HARMLESS: &[&str] = &[
    "SessionStart",
    "SessionEnd",
    "Stop",
    "SubagentStart",
    "SubagentStop",
    "PreCompact",
    "ErrorOccurred",
    "Notification",
    "PermissionRequest",
];

pub(super) fn is_spoken(said: &Map<String, Value>) -> bool {
    let has = |field: &str| said.contains_key(field);
    let is_first = has("sessionId") && !has("hook_event_name");
    is_first
        || has("toolName")
        || has("timestamp") && (has("hook_event_name") || has("hookEventName"))
}

pub(super) fn event(mut said: Map<String, Value>) -> Option<Event> {
    if said.contains_key("hook_event_name") || said.contains_key("hookEventName") {
        let mut event = super::event(said, &["hook_event_name", "hookEventName"], KNOWN, HARMLESS)?;
        event.said = unpacked(std::mem::take(&mut event.said));
        return Some(event);
    }
    let has = |field: &str| said.contains_key(field);
    let (moment, name, field) = if has("transformedPrompt") {
        (Moment::Rewrite, "userPromptTransformed", "transformedPrompt")
    } else if has("toolResult") {
        (Moment::After, "postToolUse", "toolResult")
    } else if has("toolName") && has("error") {
        (Moment::Told, "postToolUseFailure", "error")
    } else if has("toolName") && has("toolArgs") {
        (Moment::Before, "preToolUse", "toolArgs")
    } else if has("prompt") {
        (Moment::Told, "userPromptSubmitted", "prompt")
    } else if ["source", "reason", "stopReason", "trigger", "agentName", "error", "toolInput"]
        .into_iter()
        .any(has)
    {
        (Moment::Harmless, "", "")
    } else {
        (Moment::Unknown, "", "")
    };
    Some(Event {
        moment,
        name,
        tool: text(&said, "toolName"),
        files: Vec::new(),
        cwd: text(&said, "cwd").map(Into::into),
        is_snake: false,
        // Some versions send the arguments as a text.
        said: if moment == Moment::Rewrite {
            taken(&mut said, &[field])
        } else {
            unpacked(taken(&mut said, &[field]))
        },
    })
}

pub(super) fn answer(event: &Event, verdict: Verdict) -> Answer {
    match (event.moment, verdict) {
        (_, Verdict::Pass) => Answer::default(),
        (_, Verdict::Noted(note)) => noted(note),
        (Moment::Before, Verdict::Stop(why)) => decided(event, "deny", why, None),
        (Moment::Before, Verdict::Ask(why)) => decided(event, "ask", why, None),
        (Moment::Before, Verdict::Masked(input, why)) => decided(event, "ask", why, Some(input)),
        (Moment::Rewrite, Verdict::Masked(prompt, why)) => {
            Answer { note: Some(why), ..said(json!({ "modifiedTransformedPrompt": prompt })) }
        }
        (Moment::After, Verdict::Masked(mut output, why)) => {
            if !event.is_snake {
                return said(json!({ "modifiedResult": output, "additionalContext": why }));
            }
            // The command line reads the upper fields, VS Code the inner.
            let mut inner = json!({ "hookEventName": event.name, "additionalContext": why });
            let text = output.get_mut("text_result_for_llm").map(Value::take);
            if text.is_none() {
                inner["updatedToolOutput"] = output.clone();
            }
            let text = text.unwrap_or_else(|| match &output {
                Value::String(_) => output.clone(),
                output => output.to_string().into(),
            });
            said(json!({
                "modifiedResult": { "resultType": "success", "textResultForLlm": text },
                "additionalContext": why,
                "decision": "block",
                "reason": why,
                "hookSpecificOutput": inner,
            }))
        }
        (_, Verdict::Stop(why) | Verdict::Ask(why) | Verdict::Masked(_, why)) => refused(why),
    }
}

fn decided(event: &Event, decision: &str, why: String, input: Option<Value>) -> Answer {
    let mut out = json!({ "permissionDecision": decision, "permissionDecisionReason": why });
    if let Some(input) = &input {
        out["modifiedArgs"] = input.clone();
    }
    if event.is_snake {
        out["hookSpecificOutput"] = json!({
            "hookEventName": event.name,
            "permissionDecision": decision,
            "permissionDecisionReason": why,
        });
        if let Some(input) = input {
            out["hookSpecificOutput"]["updatedInput"] = input;
        }
    }
    said(out)
}
