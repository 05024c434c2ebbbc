//! What AI agents are told, in the protocols of their own.
