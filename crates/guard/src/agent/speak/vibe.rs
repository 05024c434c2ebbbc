//! Vibe on the command line.
//!
//! Facts: its repository, README "Hooks (Experimental)"
//! and `vibe/core/hooks/models.py`, as of July 2026. Hooks run only under
//! `enable_experimental_hooks = true`. Standard output is empty or one JSON
//! object; any exit code but 0 is a failure, which stops something only if the
//! hook is `strict`, as `install` writes it.
//! - `before_tool` (`tool_name`, `tool_input`): `decision: "deny"` with
//!   `reason`; `hook_specific_output.tool_input` replaces the arguments, and is
//!   what the user is then asked about.
//! - `after_tool` (`tool_output_text`): with `decision: "deny"` the model reads
//!   `reason` in its place.
//! - `post_agent_turn`: nothing to look at.
//!
//! No event comes before a prompt: what a person types is not looked at.

use serde_json::{Map, Value, json};

use super::{Answer, Event, Known, Moment, Verdict, noted, refused, said};

const KNOWN: &[Known] = &[
    Known("before_tool", Moment::Before, &["tool_input"]),
    Known("after_tool", Moment::After, &["tool_output_text"]),
];

const HARMLESS: &[&str] = &["post_agent_turn"];

pub(super) fn is_spoken(said: &Map<String, Value>) -> bool {
    let name = said.get("hook_event_name").and_then(Value::as_str).unwrap_or_default();
    KNOWN.iter().any(|known| known.0 == name) || HARMLESS.contains(&name)
}

pub(super) fn event(said: Map<String, Value>) -> Option<Event> {
    super::event(said, &["hook_event_name"], KNOWN, HARMLESS)
}

pub(super) fn answer(event: &Event, verdict: Verdict) -> Answer {
    let denied = |why: String| said(json!({ "decision": "deny", "reason": why }));
    match (event.moment, verdict) {
        (_, Verdict::Pass) => Answer::default(),
        (_, Verdict::Noted(note)) => noted(note),
        // It has no way to ask; what it cannot be sure of does not run.
        (Moment::Before, Verdict::Stop(why) | Verdict::Ask(why)) => denied(why),
        (Moment::Before, Verdict::Masked(input @ Value::Object(_), why)) => said(json!({
            "system_message": why,
            "hook_specific_output": { "tool_input": input },
        })),
        (Moment::After, Verdict::Masked(output, why)) => {
            let output = output.as_str().map(str::to_owned).unwrap_or_else(|| output.to_string());
            said(json!({
                "decision": "deny",
                "reason": format!("{output}\n\n{why}"),
                "system_message": why,
            }))
        }
        (_, Verdict::Stop(why) | Verdict::Ask(why) | Verdict::Masked(_, why)) => refused(why),
    }
}
