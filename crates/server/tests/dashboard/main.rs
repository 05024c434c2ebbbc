//! The dashboard, asked by requests and looked at by a browser.

#![cfg(unix)]
#![cfg(test)]

mod acts;
mod browser;
mod fixture;
mod pages;
