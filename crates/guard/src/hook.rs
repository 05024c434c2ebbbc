//! Git's hooks on a developer's machine. `install` puts them in place, beside
//! whatever is there: `site` finds where, `put` changes a file, `script` writes
//! it, `frame` speaks to other managers of hooks; `commit`, `push` and `message` answer them; `leak` is
//! what they find and `tell` how people are told; `event` writes down what
//! somebody let pass; `deadline` keeps a decision in its time. The hook of a
//! server that takes a push is not here.

mod commit;
mod deadline;
mod event;
mod frame;
mod gather;
mod guarded;
mod install;
mod leak;
mod message;
mod push;
mod put;
mod script;
mod site;
mod tell;

pub use commit::commit;
pub use deadline::in_time;
pub use event::{BadReason, Bypass, EVENTS, record};
pub use guarded::Guarded;
pub use install::{
    install, install_shared, shared_hooks, status, status_shared, uninstall, uninstall_shared,
};
pub use leak::{At, Leak, Verdict};
pub use message::message;
pub use push::{BadLine, Named, push};
pub use put::{Deed, Standing, What};
pub use script::{LAYOUT, Wanted};
pub use site::{Manager, Site, Trouble};
pub use tell::{Line, Moment, Part, tell};
