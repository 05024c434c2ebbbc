//! Keys that nobody uses, and who is seen using them.
