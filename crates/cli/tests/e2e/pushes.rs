//! Pushes to a server that looks at them before it takes them.
