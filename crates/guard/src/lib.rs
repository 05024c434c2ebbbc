//! Stands where a key could slip out: before a commit, a push, on the server
//! that takes the push, in an editor, before an agent, in a pipe of logs. It
//! works on what it is handed and answers at once: it asks no provider, opens
//! no database and starts no async runtime.
//!
//! `look` a text that is at hand; `policy` what a guard does when it cannot do
//! its work; `hook` Git's hooks on a developer's machine, put in place and
//! answered; `receive` a push before a server takes it; `fix` a value moved out
//! of a file; `agent` the hook protocols of AI agents; `mcp` tools for agents;
//! `lsp` editors; `redact` streams with their secrets masked; `honey` keys that
//! nobody uses.

pub mod agent;
pub mod fix;
pub mod honey;
pub mod hook;
pub mod look;
pub mod lsp;
pub mod mcp;
pub mod policy;
pub mod receive;
pub mod redact;
