//! The forms of reports that build services read.
