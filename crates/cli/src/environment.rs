//! What the environment says of Git, proxies and the terminal, read in one place.

use std::{ffi::OsString, path::PathBuf};

/// The user's own list of files that Git ignores, at its default place.
pub(crate) fn git_ignore_rules() -> Option<PathBuf> {
    let config = variable("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(variable("HOME")?).join(".config")))?;
    Some(config.join("git/ignore"))
}

/// The index that Git names to its hooks, when a commit does not take all that
/// is staged.
pub(crate) fn git_index() -> Option<PathBuf> {
    variable("GIT_INDEX_FILE").map(PathBuf::from)
}

/// The proxy for encrypted connections, and the hosts that go without it.
pub(crate) fn proxy() -> (Option<String>, Option<String>) {
    let text = |names: &[&str]| {
        names.iter().find_map(|name| variable(name)).map(|text| text.to_string_lossy().into_owned())
    };
    let proxy = text(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]);
    (proxy, text(&["NO_PROXY", "no_proxy"]))
}

/// Whether text may hold more than ASCII here.
pub(crate) fn is_utf8() -> bool {
    ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable).is_some_and(|locale| {
        let locale = locale.to_string_lossy().to_ascii_lowercase();
        locale.replace('-', "").contains("utf8")
    })
}

/// A variable that is set to something.
fn variable(name: &str) -> Option<OsString> {
    #[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
    let value = std::env::var_os(name);
    value.filter(|value| !value.is_empty())
}
