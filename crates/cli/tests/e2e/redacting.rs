//! Streams with their secrets masked.
