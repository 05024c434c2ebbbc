//! Whether the log is what was written: its chain, its end, and what follows from it.
