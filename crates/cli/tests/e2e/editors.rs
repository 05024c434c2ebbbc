//! A session of an editor with the language server.
