//! Packages that stole credentials, in lock files that are scanned.
