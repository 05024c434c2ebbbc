//! Agents: each protocol's documented events, with a key and without, through
//! the command; what is not an event; files that are none; settings. In no
//! answer is a value.

mod events;
mod hostile;
mod places;
mod served;
mod settings;

use serde_json::{Value, json};

use crate::fixture::{Run, World};

/// Hands an event to the hook.
fn hook(world: &World, args: &[&str], event: &Value) -> Run {
    raw(world, args, event.to_string().as_bytes())
}

/// Hands bytes to the hook.
fn raw(world: &World, args: &[&str], bytes: &[u8]) -> Run {
    let args: Vec<&str> = ["hook", "agent"].into_iter().chain(args.iter().copied()).collect();
    // A hook that has decided does not read on.
    world.run_with_input(&args, |stdin| drop(stdin.write_all(bytes)))
}

/// That nothing was said and nothing stopped.
#[track_caller]
fn passes(run: &Run) {
    assert!(run.code == 0 && (run.out.is_empty() || run.out == "{}\n"), "{run:?}");
}

/// That the value is nowhere.
#[track_caller]
fn shows_nothing(run: &Run, key: &str) {
    assert!(!run.out.contains(key) && !run.err.contains(key), "{run:?}");
}

/// An event of Claude Code.
fn claude(world: &World, name: &str, fields: Value) -> Value {
    let mut event = json!({
        "session_id": "abc123",
        "transcript_path": "/home/ada/.claude/projects/x/abc123.jsonl",
        "cwd": world.work(),
        "permission_mode": "default",
        "hook_event_name": name,
    });
    merge(&mut event, fields);
    event
}

fn merge(event: &mut Value, fields: Value) {
    let Value::Object(fields) = fields else { return };
    event.as_object_mut().unwrap().extend(fields);
}
