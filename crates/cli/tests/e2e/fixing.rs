//! Values moved out of files.
