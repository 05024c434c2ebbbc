//! Git's hooks on a developer's machine. `install` puts them in place, beside
//! whatever is there; `commit`, `push` and `message` answer them; `leak` is
//! what they find and `tell` how people are told; `event` writes down what
//! somebody let pass; `deadline` keeps a decision in its time. The hook of a
//! server that takes a push is not here.

mod commit;
mod deadline;
mod event;
mod gather;
mod guarded;
mod leak;
mod message;
mod push;
mod tell;

pub use commit::commit;
pub use deadline::in_time;
pub use event::{BadReason, Bypass, EVENTS, record};
pub use guarded::Guarded;
pub use leak::{At, Leak, Verdict};
pub use message::message;
pub use push::{BadLine, Named, push};
pub use tell::{Line, Moment, Part, tell};
