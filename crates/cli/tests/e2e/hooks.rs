//! The hooks on a developer's machine, run by the real git.
